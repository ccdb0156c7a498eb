"""Seventeen visits around today, to try the status board with. None of their people exists.

``python examples/invented_visits.py HOST:PORT`` records them on a server: some are planned, some
are put off or left open, one is overdue, and about two the sides disagree. The days are reckoned
from the moment at which it runs, so that the board always has something to tell.
"""

import re
import sys
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from chancery.client import Basis, ChanceryError, Condition, Connection, Principal, Window, draft
from chancery.client.words import SideWord, StatementWord
from chancery.v1.desk_service_pb2 import Change

# Who records what: an editor of the desk, and a change.
Entry = tuple[str, Change]
ANNA, BEN, CARLA = "anna", "ben", "carla"

# The plans: who records it, the title, the guest, the place, the window, the day on which it became
# known, and on whose word. Days are counted from today; "in {} @ 1: 1 to 20" are words, and the
# days of the next month that the desk takes them for.
PLANS = """
anna | Bianchi to Japan | Giulia Bianchi, Foreign Minister, IT | Tokyo, JP | -9 to -8 | -30 | host Foreign Ministry, Tokyo
anna | Lindqvist to Canada | Maj Lindqvist, Minister for Trade, SE | Ottawa, CA | -5 to -4 | -40 | guest Government Offices, Stockholm
ben | Halvorsen to South Korea | Ingrid Halvorsen, Prime Minister, NO | Seoul, KR | 2 to 4 | -25 | guest Office of the Prime Minister
carla | Okafor to Türkiye | Chidi Okafor, Foreign Minister, NG | Ankara, TR | 9 to 11 | -12 | host Ministry of Foreign Affairs, Ankara
anna | Kipkorir to China | Ruth Kipkorir, Cabinet Secretary for Trade, KE | Beijing, CN | 17 to 20 | -15 | guest State House, Nairobi; host Foreign Ministry, Beijing
ben | Haddad to the European Union | Rania Haddad, Foreign Minister, JO | Brussels, BE | 46 to 47 | -10 | host Spokesperson of the Commission
carla | Duarte to Portugal | Samuel Duarte, President, MZ | Lisbon, PT | 103 to 106 | -18 | host Presidency, Lisbon
anna | Marchetti to Brazil | Paolo Marchetti, Minister of the Economy, IT | Brasília, BR | mid-{} @ 1: 10 to 20 | -6 | press Folha do Planalto
anna | Ibarra to the United States | Lucía Ibarra, President, AR | Washington, US | in {} @ 1: 1 to 20 | -35 | guest Casa Rosada; host White House
ben | Novák to India | Jan Novák, Prime Minister, CZ | New Delhi, IN | before the end of {} @ 2: 1 to 28 | -20 | guest Government Office, Prague
carla | De Jong to Indonesia | Pieter de Jong, Prime Minister, NL | Jakarta, ID | 12 to 14 | -22 | guest Foreign Ministry, The Hague
carla | Moreau to Rwanda | Luc Moreau, Prime Minister, BE | Kigali, RW | 3 to 4 | -24 | guest Office of the Prime Minister; host Office of the Government Spokesperson
anna | Al-Mutairi to Iraq | Yusuf Al-Mutairi, Foreign Minister, KW | Baghdad, IQ | early in {} @ 1: 2 to 6 | -6 | guest Foreign Ministry, Kuwait
anna | Delacroix to Algeria | Hélène Delacroix, President, FR | Algiers, DZ | -60 to -58 | -120 | guest Élysée
"""  # noqa: E501


class Calendar:
    """Days and instants, reckoned from a moment."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.today = now.date()

    def day(self, number: int) -> date:
        """The day so many days from today."""
        return self.today + timedelta(number)

    def hours_ago(self, hours: float) -> datetime:
        """The instant so many hours ago, to the minute."""
        return (self.now - timedelta(hours=hours)).replace(second=0, microsecond=0)

    def month(self, number: int, day: int = 1) -> date:
        """A day of the month so many months from this one."""
        months = self.today.year * 12 + self.today.month - 1 + number
        return date(months // 12, months % 12 + 1, day)

    def window(self, told: str) -> Window:
        """A window as ``PLANS`` has it."""
        phrase, _, days = told.rpartition(" @ ")
        month, _, span = days.rpartition(": ")
        first, last = map(int, span.split(" to "))
        if not phrase:
            return Window(self.day(first), self.day(last))
        start, end = self.month(int(month), first), self.month(int(month), last)
        return Window(start, end, approximate=True, as_stated=phrase.format(f"{start:%B}"))


def entries(now: datetime) -> Iterator[Entry]:
    """All changes of the visits, in the order in which they are recorded."""
    calendar = Calendar(now)
    for line in PLANS.strip().splitlines():
        yield _planned(calendar, *line.split(" | "))
    for part in (_held, _waiting, _left_open, _yesterday, _last_night, _today):
        yield from part(calendar)


def said(side: SideWord, speaker: str) -> Basis:
    """On whose word a change rests: on the record, or as the press has it from diplomats."""
    if side == "press":
        return Basis("press", "anonymous", "diplomats", outlet=speaker)
    return Basis(side, "on the record", speaker)


def _planned(
    c: Calendar, actor: str, title: str, guest: str, place: str, window: str, known: str, words: str
) -> Entry:
    host = "European Union" if "European Union" in title else place[-2:]
    name, office, country = guest.split(", ")
    basis = [said(*word.split(" ", 1)) for word in words.split("; ")]  # type: ignore[arg-type]
    change = draft.schedule(
        _id(title),
        title=title,
        principal=Principal(name, office, country),
        host=host,
        destinations=place,
        window=c.window(window),
        known=c.day(int(known)),
        basis=basis,
    )
    return actor, change


def _id(title: str) -> str:
    """``novak-india`` for "Novák to India"."""
    plain = unicodedata.normalize("NFD", title.lower()).encode("ascii", "ignore").decode()
    return re.sub("[^a-z]+", "-", re.sub(" to( the)? ", " ", plain))


def _held(c: Calendar) -> Iterator[Entry]:
    yield (
        ANNA,
        draft.complete(
            "bianchi-japan",
            held_window=(c.day(-9), c.day(-8)),
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
            held_window=c.day(-4),
            known=c.day(-4),
            reason="Not announced before, for her safety",
            basis=said("guest", "Office of the President, Helsinki"),
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
        CARLA,
        draft.postpone(
            "tanaka-kenya",
            title="Tanaka to Kenya",
            principal=Principal("Haruki Tanaka", "Foreign Minister", "JP"),
            host="KE",
            destinations="Nairobi, KE",
            window_given_up=(c.day(-10), c.day(-9)),
            known=c.day(-16),
            reason="A session of parliament was extended",
            basis=said("guest", "Foreign Ministry, Tokyo"),
        ),
    )


def _left_open(c: Calendar) -> Iterator[Entry]:
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
            text="The invitation stands, in conditions of mutual respect",
            condition="in conditions of mutual respect",
            known=c.day(-74),
            basis=said("host", "Foreign Ministry, Algiers"),
        ),
    )
    speaker, words = "Foreign Ministry, Baghdad", "No such visit has been agreed"
    yield _host_says(BEN, "al-mutairi-iraq", "deny", speaker, words, c.day(-5))


def _yesterday(c: Calendar) -> Iterator[Entry]:
    speaker, words = "Foreign Ministry, Seoul", f"Looks forward to the talks of {c.day(3):%-d %B}"
    yield _host_says(ANNA, "halvorsen-south-korea", "confirm", speaker, words, c.hours_ago(22))
    yield (
        CARLA,
        draft.postpone(
            "moreau-rwanda",
            known=c.hours_ago(19),
            reason="The security of the delegation",
            basis=said("guest", "Office of the Prime Minister"),
        ),
    )
    speaker = "Office of the Government Spokesperson"
    words = "Kigali has withdrawn the invitation: there is nothing to postpone"
    yield _host_says(BEN, "moreau-rwanda", "deny", speaker, words, c.hours_ago(17))


def _last_night(c: Calendar) -> Iterator[Entry]:
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
            window=c.window("early in {} @ 2: 1 to 15"),
            known=c.hours_ago(11),
            reason="No day could be found before the recess",
            basis=said("host", "White House"),
        ),
    )


def _today(c: Calendar) -> Iterator[Entry]:
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
    outlet, speaker = "Radio Maghreb", "people familiar with the talks"
    yield (
        ANNA,
        draft.state(
            "delacroix-algeria",
            "report",
            "press",
            speaker=outlet,
            text=f"Envoys met in Madrid; the visit could be set for {c.month(2):%B}",
            known=c.hours_ago(1),
            basis=Basis("press", "anonymous", speaker, source_count=3, outlet=outlet),
        ),
    )


def _host_says(
    actor: str, visit: str, kind: StatementWord, speaker: str, text: str, known: date | datetime
) -> Entry:
    """The host speaks of a visit."""
    basis = said("host", speaker)
    return actor, draft.state(
        visit, kind, "host", speaker=speaker, text=text, known=known, basis=basis
    )


def record(connection: Connection, now: datetime) -> int:
    """Record all visits, and give the number of changes."""
    done = [connection.for_caller(actor=actor).record(change) for actor, change in entries(now)]
    return len(done)


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
