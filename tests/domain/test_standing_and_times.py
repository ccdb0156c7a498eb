"""Which words count for a status when changes follow, or are retracted."""

import pytest

from domain.status import Status
from domain.terms import Side
from tests.domain.builders import enter, say, word
from tests.domain.speaking import ANNOUNCE, CONFIRM, DENY, GUEST, HOST, stands, visit_on_the_word_of

# Statements and the time of the change


def test_what_was_said_before_the_change_does_not_count() -> None:
    """It was about another status."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST, effective="2023-01-05 11:59")
    assert stands(visit) == "official"


@pytest.mark.parametrize("day", ["2023-02-03", "2023-02-03 12:00"])
@pytest.mark.parametrize(
    ("is_entered_first", "expected"), [(True, "official"), (False, "disputed")]
)
def test_of_one_day_what_is_entered_later_is_later(
    is_entered_first: bool, expected: str, day: str
) -> None:
    """A denial of the day of the change counts if it was entered behind it."""
    visit = visit_on_the_word_of(GUEST)
    if is_entered_first:
        say(visit, DENY, HOST, effective=day)
    enter(visit, "postpone", effective=day, basis=[word(GUEST)])
    if not is_entered_first:
        say(visit, DENY, HOST, effective=day)
    assert stands(visit) == expected


def test_an_hour_of_the_day_of_the_change_is_behind_it() -> None:
    """A day has no place of its own among the hours where none was known before."""
    visit = visit_on_the_word_of(GUEST)
    enter(visit, "cancel", known="2023-02-10", basis=[word(GUEST)])
    say(visit, DENY, HOST, known="2023-02-10 15:00")
    assert stands(visit) == "disputed"


def test_the_change_counts_over_what_its_side_said_before_at_the_same_time() -> None:
    """It is behind the statement, and starts the standing afresh."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST, effective="2023-02-03")
    enter(visit, "postpone", effective="2023-02-03", basis=[word(HOST)])
    assert stands(visit) == "official"


def test_a_statement_entered_before_the_change_counts_if_it_was_said_after() -> None:
    """The order of the times decides, not that of the entries."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST, effective="2023-02-04")
    enter(visit, "postpone", effective="2023-02-03", basis=[word(GUEST)])
    assert stands(visit) == "disputed"


@pytest.mark.parametrize(("basis", "expected"), [((GUEST,), "official"), ((), "reported")])
def test_a_change_of_status_starts_afresh(basis: tuple[Side, ...], expected: str) -> None:
    """What was said about the status before does not apply to this one."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST)
    enter(visit, "postpone", basis=[word(side) for side in basis])
    assert stands(visit) == expected


# Retraction


def test_a_retracted_denial_disputes_nothing() -> None:
    """The word before it is that side's latest again."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, CONFIRM, HOST)
    say(visit, DENY, HOST)
    enter(visit, "retract", retracted_version=3)
    assert stands(visit) == "official"


def test_a_retracted_confirmation_leaves_the_denial() -> None:
    """What it cleared is disputed again."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST)
    say(visit, CONFIRM, HOST)
    enter(visit, "retract", retracted_version=3)
    assert stands(visit) == "disputed"


def test_a_retracted_change_of_status_brings_the_standing_before_it_back() -> None:
    """With what was said about the status that is now back."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST, effective="2023-02-03")
    enter(visit, "postpone", basis=[word(GUEST)])
    assert stands(visit) == "official"
    enter(visit, "retract", retracted_version=3)
    assert stands(visit) == "disputed"


def test_what_was_said_about_a_retracted_status_is_held_against_the_one_before() -> None:
    """The statement stays; its claim decides anew."""
    visit = visit_on_the_word_of(GUEST)
    enter(visit, "postpone")
    say(visit, ANNOUNCE, HOST, claimed_status=Status.POSTPONED)
    assert stands(visit) == "official"
    enter(visit, "retract", retracted_version=2)
    assert stands(visit) == "disputed"
