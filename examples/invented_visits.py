"""Seventeen visits around today, to try the status board with. None of their people exists.

``python examples/invented_visits.py HOST:PORT`` records them on a server: some are planned, some
are put off or left open, one is overdue, and about two the sides disagree. The days are reckoned
from the moment at which it runs, so that the board always has something to tell.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from chancery.client import Basis, ChanceryError, Condition, Connection, Principal, Window, draft
from chancery.client.words import AttributionWord, SideWord
from chancery.v1.desk_service_pb2 import Change

# Who records what: an editor of the desk, and a change.
Entry = tuple[str, Change]
ANNA, BEN, CARLA = "anna", "ben", "carla"


class Calendar:
    """Days and instants, reckoned from a moment."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.today = now.date()

    def day(self, number: int) -> date:
        """The day so many days from today."""
        return self.today + timedelta(number)

    def days(self, first: int, last: int) -> Window:
        """The window from one day to another, both counted from today."""
        return Window(self.day(first), self.day(last))

    def hours_ago(self, hours: float) -> datetime:
        """The instant so many hours ago, to the minute."""
        return (self.now - timedelta(hours=hours)).replace(second=0, microsecond=0)

    def month(self, number: int, day: int = 1) -> date:
        """A day of the month so many months from this one."""
        months = self.today.year * 12 + self.today.month - 1 + number
        return date(months // 12, months % 12 + 1, day)

    def within(self, phrase: str, month: int, first: int = 1, last: int = 28) -> Window:
        """A phrase that names a month, with the days that the desk takes it for."""
        start, end = self.month(month, first), self.month(month, last)
        return Window(start, end, approximate=True, as_stated=phrase.format(f"{start:%B}"))


def entries(now: datetime) -> Iterator[Entry]:
    """All changes of the visits, in the order in which they are recorded."""
    calendar = Calendar(now)
    yield from _held(calendar)
    yield from _planned(calendar)
    yield from _roughly_planned(calendar)
    yield from _waiting(calendar)
    yield from _disputed(calendar)
    yield from _today(calendar)


def said(
    side: SideWord, speaker: str, attribution: AttributionWord = "on the record", outlet: str = ""
) -> Basis:
    """On whose word a change rests."""
    return Basis(side, attribution, speaker, outlet=outlet)


def _held(c: Calendar) -> Iterator[Entry]:
    yield (
        ANNA,
        draft.schedule(
            "bianchi-japan",
            title="Bianchi to Japan",
            principal=Principal("Giulia Bianchi", "Foreign Minister", "IT"),
            host="JP",
            destinations="Tokyo, JP",
            window=c.days(-9, -8),
            known=c.day(-30),
            basis=said("host", "Foreign Ministry, Tokyo"),
        ),
    )
    yield (
        ANNA,
        draft.complete(
            "bianchi-japan",
            held_window=c.days(-9, -8),
            known=c.day(-8),
            reason="A joint statement was signed",
            basis=said("guest", "Giulia Bianchi"),
        ),
    )
    yield (
        CARLA,
        draft.disclose(
            "saarinen-ukraine",
            title="Saarinen to Ukraine",
            principal=Principal("Aino Saarinen", "President", "FI"),
            host="UA",
            destinations="Kyiv, UA",
            held_window=c.days(-4, -4),
            known=c.day(-4),
            reason="Not announced before, for her safety",
            basis=said("guest", "Office of the President, Helsinki"),
        ),
    )


def _planned(c: Calendar) -> Iterator[Entry]:
    yield (
        ANNA,
        draft.schedule(
            "lindqvist-canada",
            title="Lindqvist to Canada",
            principal=Principal("Maj Lindqvist", "Minister for Trade", "SE"),
            host="CA",
            destinations="Ottawa, CA",
            window=c.days(-5, -4),
            known=c.day(-40),
            basis=said("guest", "Government Offices, Stockholm"),
        ),
    )
    yield (
        BEN,
        draft.schedule(
            "halvorsen-south-korea",
            title="Halvorsen to South Korea",
            principal=Principal("Ingrid Halvorsen", "Prime Minister", "NO"),
            host="KR",
            destinations="Seoul, KR",
            window=c.days(2, 4),
            known=c.day(-25),
            basis=said("guest", "Office of the Prime Minister"),
        ),
    )
    yield (
        CARLA,
        draft.schedule(
            "okafor-turkiye",
            title="Okafor to Türkiye",
            principal=Principal("Chidi Okafor", "Foreign Minister", "NG"),
            host="TR",
            destinations="Ankara, TR",
            window=c.days(9, 11),
            known=c.day(-12),
            basis=said("host", "Ministry of Foreign Affairs, Ankara"),
        ),
    )
    yield (
        ANNA,
        draft.schedule(
            "kipkorir-china",
            title="Kipkorir to China",
            principal=Principal("Ruth Kipkorir", "Cabinet Secretary for Trade", "KE"),
            host="CN",
            destinations="Beijing, CN",
            window=c.days(17, 20),
            known=c.day(-15),
            basis=[
                said("guest", "State House, Nairobi"),
                said("host", "Foreign Ministry, Beijing"),
            ],
        ),
    )
    yield (
        BEN,
        draft.schedule(
            "haddad-eu",
            title="Haddad to the European Union",
            principal=Principal("Rania Haddad", "Foreign Minister", "JO"),
            host="European Union",
            destinations="Brussels, BE",
            window=c.days(46, 47),
            known=c.day(-10),
            basis=said("host", "Spokesperson of the Commission"),
        ),
    )
    yield (
        CARLA,
        draft.schedule(
            "duarte-portugal",
            title="Duarte to Portugal",
            principal=Principal("Samuel Duarte", "President", "MZ"),
            host="PT",
            destinations="Lisbon, PT",
            kind="state",
            window=c.days(103, 106),
            known=c.day(-18),
            basis=said("host", "Presidency, Lisbon"),
        ),
    )


def _roughly_planned(c: Calendar) -> Iterator[Entry]:
    yield (
        ANNA,
        draft.schedule(
            "marchetti-brazil",
            title="Marchetti to Brazil",
            principal=Principal("Paolo Marchetti", "Minister of the Economy", "IT"),
            host="BR",
            destinations="Brasília, BR",
            window=c.within("mid-{}", 1, 10, 20),
            known=c.day(-6),
            basis=said("press", "diplomats", "anonymous", outlet="Folha do Planalto"),
        ),
    )
    yield (
        ANNA,
        draft.schedule(
            "ibarra-united-states",
            title="Ibarra to the United States",
            principal=Principal("Lucía Ibarra", "President", "AR"),
            host="US",
            destinations="Washington, US",
            window=c.within("in {}", 1, 1, 20),
            known=c.day(-35),
            basis=[said("guest", "Casa Rosada"), said("host", "White House")],
        ),
    )
    yield (
        BEN,
        draft.schedule(
            "novak-india",
            title="Novák to India",
            principal=Principal("Jan Novák", "Prime Minister", "CZ"),
            host="IN",
            destinations="New Delhi, IN",
            window=c.within("before the end of {}", 2),
            known=c.day(-20),
            basis=said("guest", "Government Office, Prague"),
        ),
    )
    yield (
        CARLA,
        draft.schedule(
            "de-jong-indonesia",
            title="De Jong to Indonesia",
            principal=Principal("Pieter de Jong", "Prime Minister", "NL"),
            host="ID",
            destinations="Jakarta, ID",
            window=c.days(12, 14),
            known=c.day(-22),
            basis=said("guest", "Foreign Ministry, The Hague"),
        ),
    )


def _waiting(c: Calendar) -> Iterator[Entry]:
    yield (
        BEN,
        draft.defer(
            "arslan-egypt",
            title="Arslan to Egypt",
            principal=Principal("Deniz Arslan", "Foreign Minister", "TR"),
            host="EG",
            destinations="Cairo, EG",
            condition=Condition("once the ceasefire holds", "guest", "Foreign Ministry, Ankara"),
            known=c.day(-86),
            basis=said("guest", "Foreign Ministry, Ankara"),
        ),
    )
    yield (
        ANNA,
        draft.schedule(
            "delacroix-algeria",
            title="Delacroix to Algeria",
            principal=Principal("Hélène Delacroix", "President", "FR"),
            host="DZ",
            destinations="Algiers, DZ",
            kind="state",
            window=c.days(-60, -58),
            known=c.day(-120),
            basis=said("guest", "Élysée"),
        ),
    )
    yield (
        ANNA,
        draft.defer(
            "delacroix-algeria",
            condition=Condition("when calm has returned between us", "guest", "Élysée"),
            known=c.day(-75),
            reason="The ambassadors were recalled",
            basis=said("guest", "Élysée"),
        ),
    )
    yield (
        BEN,
        draft.state(
            "delacroix-algeria",
            "confirm",
            "host",
            speaker="Foreign Ministry, Algiers",
            text="The invitation stands, in conditions of mutual respect",
            condition="in conditions of mutual respect",
            known=c.day(-74),
            basis=said("host", "Foreign Ministry, Algiers"),
        ),
    )
    yield (
        CARLA,
        draft.postpone(
            "tanaka-kenya",
            title="Tanaka to Kenya",
            principal=Principal("Haruki Tanaka", "Foreign Minister", "JP"),
            host="KE",
            destinations="Nairobi, KE",
            window_given_up=c.days(-10, -9),
            known=c.day(-16),
            reason="A session of parliament was extended",
            basis=said("guest", "Foreign Ministry, Tokyo"),
        ),
    )


def _disputed(c: Calendar) -> Iterator[Entry]:
    yield (
        CARLA,
        draft.schedule(
            "moreau-rwanda",
            title="Moreau to Rwanda",
            principal=Principal("Luc Moreau", "Prime Minister", "BE"),
            host="RW",
            destinations="Kigali, RW",
            window=c.days(3, 4),
            known=c.day(-24),
            basis=[
                said("guest", "Office of the Prime Minister"),
                said("host", "Office of the Government Spokesperson"),
            ],
        ),
    )
    yield (
        ANNA,
        draft.schedule(
            "al-mutairi-iraq",
            title="Al-Mutairi to Iraq",
            principal=Principal("Yusuf Al-Mutairi", "Foreign Minister", "KW"),
            host="IQ",
            destinations="Baghdad, IQ",
            window=c.within("early in {}", 1, 2, 6),
            known=c.day(-6),
            basis=said("guest", "Foreign Ministry, Kuwait"),
        ),
    )
    yield (
        BEN,
        draft.state(
            "al-mutairi-iraq",
            "deny",
            "host",
            speaker="Foreign Ministry, Baghdad",
            text="No such visit has been agreed",
            known=c.day(-5),
            basis=said("host", "Foreign Ministry, Baghdad"),
        ),
    )


def _today(c: Calendar) -> Iterator[Entry]:
    yield (
        ANNA,
        draft.state(
            "halvorsen-south-korea",
            "confirm",
            "host",
            speaker="Foreign Ministry, Seoul",
            text=f"Looks forward to the talks of {c.day(3):%-d %B}",
            known=c.hours_ago(22),
            basis=said("host", "Foreign Ministry, Seoul"),
        ),
    )
    yield (
        CARLA,
        draft.postpone(
            "moreau-rwanda",
            known=c.hours_ago(19),
            reason="The security of the delegation",
            basis=said("guest", "Office of the Prime Minister"),
        ),
    )
    yield (
        BEN,
        draft.state(
            "moreau-rwanda",
            "deny",
            "host",
            speaker="Office of the Government Spokesperson",
            text="Kigali has withdrawn the invitation: there is nothing to postpone",
            known=c.hours_ago(17),
            basis=said("host", "Office of the Government Spokesperson"),
        ),
    )
    yield (
        BEN,
        draft.cancel(
            "de-jong-indonesia",
            known=c.hours_ago(14),
            reason="The cabinet resigned",
            basis=[
                said("host", "Foreign Ministry, Jakarta"),
                said("guest", "Foreign Ministry, The Hague"),
            ],
        ),
    )
    yield (
        ANNA,
        draft.reschedule(
            "ibarra-united-states",
            window=c.within("early in {}", 2, 1, 15),
            known=c.hours_ago(11),
            reason="No day could be found before the recess",
            basis=said("host", "White House"),
        ),
    )
    yield (
        ANNA,
        draft.state(
            "marchetti-brazil",
            "decline",
            "guest",
            speaker="Palazzo Chigi",
            text="There is no travel to announce",
            known=c.hours_ago(8),
            basis=said("guest", "Palazzo Chigi"),
        ),
    )
    yield (
        ANNA,
        draft.state(
            "delacroix-algeria",
            "report",
            "press",
            speaker="Radio Maghreb",
            text=f"Envoys met in Madrid; the visit could be set for {c.month(2):%B}",
            known=c.hours_ago(1),
            basis=Basis(
                "press",
                "anonymous",
                "people familiar with the talks",
                source_count=3,
                outlet="Radio Maghreb",
            ),
        ),
    )


def record(connection: Connection, now: datetime) -> int:
    """Record all visits, and give the number of changes."""
    number = 0
    for actor, change in entries(now):
        connection.for_caller(actor=actor).record(change)
        number += 1
    return number


def main() -> None:
    """Record the visits on the server whose address was given."""
    if len(sys.argv) != len(("program", "address")):
        sys.exit("usage: python examples/invented_visits.py HOST:PORT")
    with Connection(sys.argv[1], timeout=10) as connection:
        try:
            number = record(connection, datetime.now(UTC))
        except ChanceryError as error:
            sys.exit(f"Not recorded: {error}")
    print(f"Recorded {number} changes of seventeen invented visits")


if __name__ == "__main__":
    main()
