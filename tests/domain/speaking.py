"""Visits on the word of some sides, and short names for what sides say."""

from domain.standing import Standing, standing, words
from domain.state import State
from domain.terms import Attribution, Side, StatementKind
from domain.visit import Visit
from tests.domain.builders import blank_visit, enter, word

GUEST, HOST = Side.GUEST, Side.HOST
ANNOUNCE, CONFIRM, REAFFIRM = StatementKind.ANNOUNCE, StatementKind.CONFIRM, StatementKind.REAFFIRM
DENY, DECLINE, REPORT = StatementKind.DENY, StatementKind.DECLINE, StatementKind.REPORT
DOUBT = StatementKind.DOUBT
ARRIVED, DEPARTED = StatementKind.ARRIVED, StatementKind.DEPARTED
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


def said(state: State) -> list[str]:
    """What each voice said last, the oldest first."""
    return [w.said.statement.text for w in words(state) if w.said.statement is not None]


def counting(visit: Visit) -> dict[tuple[str, str], str]:
    """The stances of the words that count, by the country or organisation of their voice."""
    return {
        (word.voice.side or "", word.voice.country or word.voice.organisation): word.stance
        for word in words(visit.state)
        if word.stance is not None
    }
