"""Visits on the word of some sides, and short names for what sides say."""

from domain.standing import Standing, standing
from domain.terms import Attribution, Side, StatementKind
from domain.visit import Visit
from tests.domain.builders import blank_visit, enter, word

GUEST, HOST = Side.GUEST, Side.HOST
ANNOUNCE, CONFIRM, REAFFIRM = StatementKind.ANNOUNCE, StatementKind.CONFIRM, StatementKind.REAFFIRM
DENY, DECLINE, REPORT = StatementKind.DENY, StatementKind.DECLINE, StatementKind.REPORT
FIRM = [
    Attribution.ON_THE_RECORD,
    Attribution.DOCUMENT,
    Attribution.READOUT,
    Attribution.OFFICIAL_RECORD,
]


def visit_on_the_word_of(*sides: Side) -> Visit:
    """A visit scheduled in January on the record of these sides."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05 12:00", basis=[word(side) for side in sides])
    return visit


def stands(visit: Visit) -> Standing:
    return standing(visit.state)
