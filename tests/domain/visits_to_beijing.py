"""Visits to Beijing, from public reports."""

from dataclasses import replace

from domain.status import Status
from domain.terms import Attribution, Side, StatementKind, VisitKind
from domain.values import Condition, Host, Principal, Statement, VisitDetails
from domain.visit import Visit
from tests.domain.builders import days, word
from tests.domain.following import ANONYMOUS, BACKGROUND, BEIJING, RECORD, Desk

# Antony Blinken to Beijing, 2022 to 2023

EARLY_2023 = days("2023-01-01", "2023-03-31", "early next year", approximate=True)
WHEN_ALLOWED = Condition("when conditions allow", Side.GUEST, speaker="Antony Blinken")
JUNE_2023 = days("2023-06-18", "2023-06-19")
THIS_MONTH = days("2023-06-06", "2023-06-30", "this month", approximate=True)


def beijing_2023(loaded: str = "") -> Visit:
    """Planned, left open after a balloon was seen, planned again, and made."""
    desk = Desk("blinken-beijing-2023", loaded)
    desk.enter(
        "schedule",
        "2022-11-14",
        word(Side.GUEST, "White House"),
        word(Side.GUEST, "A senior official", BACKGROUND),
        details=VisitDetails(
            title="Blinken to Beijing",
            principal=Principal("Antony Blinken", "Secretary of State", "US"),
            host=Host("CN"),
            destinations=(BEIJING,),
            kind=VisitKind.WORKING,
        ),
        window=EARLY_2023,
    )
    desk.hear(
        StatementKind.REPORT,
        Side.PRESS,
        "2023-01-16",
        ANONYMOUS,
        speaker="Politico",
        claimed_window=days("2023-02-05", "2023-02-06"),
    )
    desk.hear(StatementKind.CONFIRM, Side.HOST, "2023-01-17", speaker="Wang Wenbin")
    desk.hear(StatementKind.CONFIRM, Side.GUEST, "2023-01-18", speaker="Ned Price")
    desk.enter(
        "defer",
        "2023-02-03",
        word(Side.GUEST, "Antony Blinken"),
        word(Side.GUEST, "A senior official", BACKGROUND),
        condition=WHEN_ALLOWED,
        reason="A surveillance balloon over the United States",
    )
    desk.hear(StatementKind.DENY, Side.HOST, "2023-02-04", speaker="Foreign ministry")
    desk.hear(
        StatementKind.REAFFIRM,
        Side.GUEST,
        "2023-02-06",
        speaker="Ned Price",
        condition=replace(WHEN_ALLOWED, speaker="Ned Price"),
    )
    desk.hear(
        StatementKind.REPORT,
        Side.PRESS,
        "2023-06-06",
        ANONYMOUS,
        speaker="CBS News",
        claimed_status=Status.RESCHEDULED,
        claimed_window=THIS_MONTH,
    )
    desk.hear(StatementKind.DECLINE, Side.GUEST, "2023-06-06", speaker="Vedant Patel")
    desk.hear(StatementKind.DECLINE, Side.HOST, "2023-06-07", speaker="Wang Wenbin")
    desk.enter("reschedule", "2023-06-14", word(Side.GUEST, "Matthew Miller"), window=JUNE_2023)
    desk.hear(StatementKind.ARRIVED, Side.PRESS, "2023-06-18", Attribution.ON_THE_RECORD)
    desk.enter("complete", "2023-06-19", word(Side.PRESS, "Wire agencies"), held_window=None)
    desk.enter(
        "record_statement",
        "2023-10-18",
        word(Side.GUEST, "Office of the Historian", RECORD),
        statement=Statement(
            StatementKind.CONFIRM,
            Side.GUEST,
            claimed_window=days("2023-06-17", "2023-06-19"),
            about_version=13,
        ),
    )
    return desk.visit


# William Burns to Beijing, May 2023

IN_MAY = days("2023-05-01", "2023-05-31", "in May", approximate=True)


def burns_2023(loaded: str = "2023-06-10 09:00") -> Visit:
    """Made in secret in May, disclosed on 2 June, entered on 10 June."""
    desk = Desk("burns-beijing-2023", loaded)
    desk.enter(
        "disclose",
        "2023-05",
        word(Side.PRESS, "Financial Times", ANONYMOUS),
        known="2023-06-02",
        details=VisitDetails(
            title="The director of central intelligence to Beijing",
            principal=Principal("William Burns", "Director of the CIA", "US"),
            host=Host("CN"),
            destinations=(BEIJING,),
        ),
        held_window=IN_MAY,
    )
    desk.hear(StatementKind.CONFIRM, Side.GUEST, "2023-06-02", ANONYMOUS, speaker="An official")
    return desk.visit


# Josep Borrell to Beijing, 2023


def borrell_2023() -> Visit:
    """Put off by the guest, announced by an ambassador, and put off again at the host's wish."""
    desk = Desk("borrell-beijing-2023")
    desk.enter(
        "schedule",
        "2023-04-01",
        word(Side.PRESS, "Wire agencies", ANONYMOUS),
        details=VisitDetails(
            title="Borrell to Beijing",
            principal=Principal("Josep Borrell", "High Representative", organisation="EU"),
            host=Host("CN"),
        ),
        window=days("2023-04-13", "2023-04-15"),
    )
    desk.enter("postpone", "2023-04-12", word(Side.GUEST, "Josep Borrell"), reason="Illness")
    desk.enter(
        "reschedule", "2023-07-02", word(Side.GUEST, "Jorge Toledo"), window=days("2023-07-10")
    )
    desk.enter("postpone", "2023-07-04", word(Side.GUEST, "Nabila Massrali"))
    desk.hear(StatementKind.DECLINE, Side.HOST, "2023-07-04", speaker="Mao Ning")
    desk.hear(StatementKind.ANNOUNCE, Side.PRESS, "2023-07-04", claimed_status=Status.CANCELLED)
    return desk.visit
