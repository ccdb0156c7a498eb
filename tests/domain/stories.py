"""Visits that were really made, put off or called off, from public reports.

A desk follows each visit and enters a change at nine on the morning after it became known.
If the story is loaded from an archive, it enters everything at one later time.
"""

from collections.abc import Callable

from domain.status import Status
from domain.terms import Side, StatementKind, VisitKind
from domain.values import Condition, Host, Place, Principal, VisitDetails
from domain.visit import Visit
from tests.domain.builders import days, enter, word
from tests.domain.following import ANONYMOUS, RECORD, Desk
from tests.domain.visits_to_beijing import beijing_2023, borrell_2023, burns_2023

# Donald Trump and Kim Jong Un in Singapore, 2018

TWELFTH_OF_JUNE = days("2018-06-12")


def singapore_2018(loaded: str = "") -> Visit:
    """Called off by a letter, and planned again for the same day."""
    desk = Desk("trump-singapore-2018", loaded)
    trump = word(Side.GUEST, "Donald Trump")
    desk.enter(
        "schedule",
        "2018-05-10",
        trump,
        details=VisitDetails(
            title="Trump and Kim in Singapore",
            principal=Principal("Donald Trump", "President", "US"),
            host=Host("SG"),
            destinations=(Place("Singapore", "SG"),),
        ),
        window=TWELFTH_OF_JUNE,
    )
    desk.enter("cancel", "2018-05-24", trump, reason="A letter to Kim Jong Un")
    desk.hear(
        StatementKind.REPORT,
        Side.GUEST,
        "2018-05-25",
        speaker="Donald Trump",
        claimed_window=TWELFTH_OF_JUNE,
    )
    desk.enter("reschedule", "2018-06-01", trump, window=TWELFTH_OF_JUNE)
    desk.enter(
        "complete",
        "2018-06-12",
        word(Side.GUEST, "Office of the Historian", RECORD),
        held_window=None,
    )
    return desk.visit


# Donald Trump to Denmark, 2019


def denmark_2019(*, is_cancelled: bool) -> Visit:
    """The guest says "postponing" and his office "cancelled", on one day.

    The desk records the office's word as a change of status, or as a statement.
    """
    desk = Desk("trump-denmark-2019")
    office = word(Side.GUEST, "White House")
    desk.enter(
        "schedule",
        "2019-07-31",
        office,
        details=VisitDetails(
            title="Trump to Denmark",
            principal=Principal("Donald Trump", "President", "US"),
            host=Host("DK"),
            kind=VisitKind.STATE,
        ),
        window=days("2019-09-02", "2019-09-03"),
    )
    desk.enter("postpone", "2019-08-20", word(Side.GUEST, "Donald Trump"))
    if is_cancelled:
        desk.enter("cancel", "2019-08-20", office)
    else:
        desk.hear(
            StatementKind.ANNOUNCE,
            Side.GUEST,
            "2019-08-20",
            speaker="White House",
            claimed_status=Status.CANCELLED,
        )
    desk.hear(StatementKind.REPORT, Side.HOST, "2019-08-21", speaker="Royal household")
    return desk.visit


# Dilma Rousseff to Washington, 2013 to 2015


def washington_2013() -> Visit:
    """Left open by both sides together, and made two years later as another kind of visit."""
    desk = Desk("rousseff-washington-2013")
    planalto, carney = word(Side.GUEST, "Planalto"), word(Side.HOST, "Jay Carney")
    desk.enter(
        "schedule",
        "2013-05-29",
        word(Side.HOST, "White House"),
        details=VisitDetails(
            title="Rousseff to Washington",
            principal=Principal("Dilma Rousseff", "President", "BR"),
            host=Host("US"),
            kind=VisitKind.STATE,
        ),
        window=days("2013-10-23"),
    )
    desk.enter(
        "defer",
        "2013-09-16",
        planalto,
        carney,
        known="2013-09-17",
        condition=Condition("once the question is settled", Side.GUEST, speaker="Planalto"),
    )
    desk.enter(
        "reschedule",
        "2015-04-11",
        word(Side.GUEST, "Dilma Rousseff"),
        word(Side.HOST, "Barack Obama"),
        window=days("2015-06-30"),
    )
    desk.enter(
        "complete",
        "2015-06-30",
        word(Side.HOST, "Office of the Historian", RECORD),
        held_window=None,
    )
    return desk.visit


# Charles III to France, 2023


def france_2023(*basis: Side) -> Visit:
    """A minister of the host says "ready" hours before the host asks to put it off."""
    desk = Desk("charles-france-2023")
    desk.enter(
        "schedule",
        "2023-03-03",
        word(Side.GUEST, "Buckingham Palace"),
        details=VisitDetails(
            title="Charles III to France",
            principal=Principal("Charles III", "King", "GB"),
            host=Host("FR"),
            kind=VisitKind.STATE,
        ),
        window=days("2023-03-26", "2023-03-29"),
    )
    desk.hear(
        StatementKind.REAFFIRM,
        Side.HOST,
        "2023-03-24",
        speaker="Minister of the interior",
        claimed_status=Status.SCHEDULED,
    )
    desk.enter("postpone", "2023-03-24", *(word(side) for side in basis))
    return desk.visit


# Xi Jinping to Japan, 2019 to 2020


def japan_2020() -> Visit:
    """Reported, then confirmed by the host, then left open by each side in its own words."""
    desk = Desk("xi-japan-2020")
    desk.enter(
        "schedule",
        "2019-06",
        word(Side.PRESS, "AFP"),
        known="2019-06-30",
        details=VisitDetails(
            title="Xi Jinping to Japan",
            principal=Principal("Xi Jinping", "President", "CN"),
            host=Host("JP"),
            kind=VisitKind.STATE,
        ),
        window=days("2020-03-01", "2020-05-31", "next spring", approximate=True),
    )
    desk.hear(StatementKind.REAFFIRM, Side.HOST, "2020-02-29", speaker="Shinzo Abe")
    desk.hear(
        StatementKind.REPORT,
        Side.PRESS,
        "2020-03-01",
        ANONYMOUS,
        speaker="Sankei",
        claimed_status=Status.POSTPONED,
    )
    for side, text in [
        (Side.HOST, "at a time that suits both sides"),
        (Side.GUEST, "at the most opportune time"),
    ]:
        desk.enter("defer", "2020-03-05", word(side), condition=Condition(text, side))
    return desk.visit


# A wire that was wrong


def mistaken_postponement(*, was_believed: bool) -> Visit:
    """A postponement of 10 March, entered on the 11th and retracted on the 13th.

    Either the desk had mistyped, or the world believed the wire until the 12th.
    """
    desk = Desk("mistaken-2024")
    desk.enter(
        "schedule",
        "2024-03-01",
        word(Side.GUEST),
        details=VisitDetails(
            title="A visit", principal=Principal("A minister", country="NO"), host=Host("SE")
        ),
        window=days("2024-04-02", "2024-04-03"),
    )
    desk.enter("postpone", "2024-03-10", word(Side.PRESS, "A wire", ANONYMOUS))
    enter(
        desk.visit,
        "retract",
        "2024-03-13 09:00",
        known="2024-03-12" if was_believed else "",
        retracted_version=2,
        reason="The wire was withdrawn",
    )
    return desk.visit


ALL: dict[str, Callable[[], Visit]] = {
    "Beijing 2023": beijing_2023,
    "Burns 2023": burns_2023,
    "Singapore 2018": singapore_2018,
    "Denmark 2019": lambda: denmark_2019(is_cancelled=True),
    "Washington 2013": washington_2013,
    "France 2023": lambda: france_2023(Side.GUEST, Side.HOST),
    "Japan 2020": japan_2020,
    "Borrell 2023": borrell_2023,
    "mistaken": lambda: mistaken_postponement(was_believed=True),
}
