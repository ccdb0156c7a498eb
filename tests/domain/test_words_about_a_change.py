"""A word about one change counts while that change is what the status rests on."""

import pytest

from domain.status import Status
from domain.terms import Side, StatementKind
from domain.visit import Visit
from tests.domain.amending import amend
from tests.domain.builders import FEBRUARY, blank_visit, enter, say, scheduled_visit, word
from tests.domain.correcting import correct
from tests.domain.retracting import retract
from tests.domain.speaking import (
    ANNOUNCE,
    ARRIVED,
    CONFIRM,
    DENY,
    DEPARTED,
    DOUBT,
    GUEST,
    HOST,
    counting,
    said,
    stands,
)


def visit_cancelled_in_february() -> Visit:
    """A visit that was scheduled in January and cancelled in February, by the press."""
    visit = blank_visit()
    enter(visit, "schedule", known="2023-01-10", basis=[word(Side.PRESS)])
    enter(visit, "cancel", known="2023-02-10", basis=[word(Side.PRESS)])
    return visit


# Changes of the status


@pytest.mark.parametrize(("about", "expected"), [(0, "official"), (1, "reported"), (2, "official")])
def test_a_word_about_a_status_change_is_about_the_status_that_it_made(
    about: int, expected: str
) -> None:
    """Confirmed in March that it was planned in January: that says nothing of the cancellation."""
    visit = visit_cancelled_in_february()
    say(visit, CONFIRM, HOST, known="2023-03-01", about_version=about, text="so it is")
    assert stands(visit) == expected
    assert said(visit.state) == ["so it is"]


def test_a_word_about_the_change_before_counts_again_when_the_last_is_retracted() -> None:
    """That change made the status."""
    visit = visit_cancelled_in_february()
    say(visit, CONFIRM, HOST, about_version=1)
    retract(visit, 2)
    assert stands(visit) == "official"


@pytest.mark.parametrize(
    ("again", "expected"),
    [("postpone", "official"), ("defer", "reported"), ("cancel", "reported")],
)
def test_a_word_about_a_retracted_change_is_about_a_later_one_to_the_same_status(
    again: str, expected: str
) -> None:
    """An earlier change was inserted, and the others entered again. The group is not enough."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-10")
    enter(visit, "postpone", effective="2023-02-10")
    say(visit, CONFIRM, HOST, effective="2023-03-01", about_version=2)
    assert stands(visit) == "official"
    retract(visit, 2)
    assert stands(visit) == "reported"
    enter(visit, again, effective="2023-02-10")
    assert stands(visit) == expected


def test_a_word_about_a_retracted_change_is_not_about_an_earlier_one() -> None:
    """That made the status before the word was thought of."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-10", window=None)
    enter(visit, "reschedule", effective="2023-01-15", window=FEBRUARY)
    enter(visit, "reschedule", effective="2023-01-20")
    say(visit, CONFIRM, HOST, effective="2023-03-01", about_version=3)
    retract(visit, 3)
    assert (visit.state.status, stands(visit)) == ("rescheduled", "reported")


# Other changes


def test_a_word_about_an_amendment_counts_behind_the_status_change() -> None:
    """While that amendment stands."""
    visit = scheduled_visit()
    amend(visit, "title")
    say(visit, CONFIRM, HOST, about_version=2)
    assert stands(visit) == "official"
    retract(visit, 2)
    assert stands(visit) == "reported"


def test_a_word_about_what_was_said_before_the_change_does_not_count() -> None:
    """It is about another status."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-10")
    say(visit, ANNOUNCE, GUEST, effective="2023-01-20")
    enter(visit, "postpone", effective="2023-02-10")
    say(visit, DENY, HOST, effective="2023-03-01", about_version=2)
    assert stands(visit) == "reported"


def test_a_word_about_a_correction_counts_behind_what_it_corrects() -> None:
    """The correction stands directly behind that change."""
    visit = scheduled_visit()
    correct(visit, "reason", reason="An invitation")
    say(visit, CONFIRM, HOST, about_version=2)
    assert stands(visit) == "official"
    retract(visit, 2)
    assert stands(visit) == "reported"


@pytest.mark.parametrize(
    ("kind", "between", "expected"),
    [
        (CONFIRM, None, "official"),
        (DENY, None, "disputed"),
        (DOUBT, None, "reported"),
        (DENY, CONFIRM, "official"),
        (CONFIRM, DENY, "disputed"),
    ],
)
def test_a_word_may_be_about_a_change_that_took_effect_later(
    kind: StatementKind, between: StatementKind | None, expected: str
) -> None:
    """It was entered later, about what stands behind the change; the later word counts."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-10")
    amend(visit, "title", effective="2023-04-30")
    say(visit, kind, HOST, effective="2023-04-20", about_version=2)
    if between is not None:
        say(visit, between, HOST, effective="2023-04-25")
    assert stands(visit) == expected


def test_a_word_about_a_later_change_behind_another_status_does_not_count() -> None:
    """The word itself stands ahead of that."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-10")
    enter(visit, "postpone", effective="2023-04-25")
    amend(visit, "title", effective="2023-04-30")
    say(visit, CONFIRM, HOST, effective="2023-04-20", about_version=3)
    assert stands(visit) == "reported"


def test_a_word_about_a_retraction_does_not_count() -> None:
    """A retraction is no change that stands in the fold."""
    visit = scheduled_visit()
    amend(visit, "title")
    retract(visit, 2)
    say(visit, CONFIRM, HOST, about_version=3)
    assert stands(visit) == "reported"


# Arrivals and departures before a completion


@pytest.mark.parametrize("kind", [ARRIVED, DEPARTED])
def test_a_firm_arrival_counts_for_the_completion_that_follows(kind: StatementKind) -> None:
    """Whoever reports that the visit took place."""
    visit = scheduled_visit()
    say(visit, kind, HOST, effective="2023-02-05")
    enter(visit, "complete", effective="2023-02-06", basis=[word(Side.PRESS)])
    assert (visit.state.status, stands(visit)) == ("completed", "official")


@pytest.mark.parametrize("change", ["postpone", "cancel", "reschedule"])
def test_an_arrival_counts_for_no_other_change(change: str) -> None:
    """Those start afresh."""
    visit = scheduled_visit()
    say(visit, ARRIVED, HOST, effective="2023-02-05")
    enter(visit, change, effective="2023-02-06", basis=[word(Side.PRESS)])
    assert stands(visit) == "reported"


def test_other_words_do_not_count_for_the_completion_that_follows() -> None:
    """They were about the plan."""
    visit = scheduled_visit()
    say(visit, CONFIRM, HOST, effective="2023-02-04")
    enter(visit, "complete", effective="2023-02-06")
    assert stands(visit) == "reported"


def test_an_arrival_before_the_plan_changed_does_not_count() -> None:
    """It is behind the change before the one that the completion followed."""
    visit = scheduled_visit()
    say(visit, ARRIVED, HOST, effective="2023-02-05")
    enter(visit, "reschedule", effective="2023-02-06")
    enter(visit, "complete", held_window=FEBRUARY)
    assert stands(visit) == "reported"


def test_a_doubt_after_the_arrival_does_not_take_it_back() -> None:
    """The doubt was about the plan; that somebody came is so."""
    visit = scheduled_visit()
    say(visit, ARRIVED, HOST, effective="2023-02-05")
    say(visit, DOUBT, HOST, effective="2023-02-05")
    enter(visit, "complete", effective="2023-02-06")
    assert stands(visit) == "official"


@pytest.mark.parametrize(("about", "expected"), [(0, "official"), (2, "reported"), (3, "reported")])
def test_an_arrival_about_a_change_before_the_completion_does_not_count_for_it(
    about: int, expected: str
) -> None:
    """That change stands no more behind the one that made the status."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-10")
    enter(visit, "reschedule", effective="2023-01-20")
    amend(visit, "title", effective="2023-01-21")
    say(visit, ARRIVED, HOST, effective="2023-02-05", about_version=about)
    enter(visit, "complete", effective="2023-02-06", held_window=FEBRUARY)
    assert stands(visit) == expected


def test_the_word_of_the_completion_is_later_than_the_arrival() -> None:
    """One word for each voice."""
    visit = scheduled_visit()
    say(visit, ARRIVED, HOST, effective="2023-02-05")
    enter(visit, "complete", effective="2023-02-06", basis=[word(HOST)])
    say(visit, ANNOUNCE, HOST, claimed_status=Status.CANCELLED)
    assert counting(visit) == {(HOST, "CN"): "contradicts the status"}
