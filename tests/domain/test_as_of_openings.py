"""Which opening says which visit this is, whatever was known of it."""

from dataclasses import replace

import pytest

from domain.values import VisitDetails
from domain.visit import Visit
from tests.domain.asking import as_of
from tests.domain.builders import DETAILS, FEBRUARY, JUNE, blank_visit, days, enter
from tests.domain.correcting import correct

# Two openings


def visit_opened_twice() -> Visit:
    """Before its withdrawal was known, the visit was planned a second time."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05", window=FEBRUARY)
    enter(visit, "reschedule", effective="2023-01-20", window=JUNE)
    enter(visit, "amend", effective="2023-02-01", details=VisitDetails(title="Amended"))
    enter(visit, "retract", known="2023-06-01")
    second = replace(DETAILS, title="Second", purpose="")
    enter(visit, "schedule", effective="2023-02-20", known="2023-03-01", details=second)
    return visit


@pytest.mark.parametrize(
    ("known", "valid", "title", "windows"),
    [
        ("2023-02-28", "", "Amended", [FEBRUARY]),
        ("2023-03-01", "", "Second", [FEBRUARY]),
        ("2023-03-01", "2023-02-19", "Amended", [FEBRUARY]),
        ("2023-03-01", "2023-01-31", DETAILS.title, [FEBRUARY]),
        ("2023-06-01", "", "Second", []),
    ],
)
def test_of_two_openings_the_latest_counts_that_was_known_and_in_force(
    known: str, valid: str, title: str, windows: object
) -> None:
    """What was amended before it does not touch its details; windows are folded as they came."""
    state = as_of(visit_opened_twice(), known=known, valid=valid)
    assert state.details.title == title
    assert [p.window for p in state.previous_windows] == windows


def test_of_two_openings_of_which_none_was_known_the_last_recorded_counts() -> None:
    """It says which visit this is."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05", known="2023-03-01")
    enter(visit, "cancel", effective="2023-01-20", known="2023-02-01")
    enter(visit, "retract", known="2023-06-01")
    second = replace(DETAILS, title="Second")
    enter(visit, "schedule", effective="2023-01-10", known="2023-04-01", details=second)
    state = as_of(visit, known="2023-02-01")
    assert (state.status, state.details.title) == ("cancelled", "Second")
    assert as_of(visit, known="2023-03-01").details.title == DETAILS.title


def test_a_visit_opened_again_as_called_off_keeps_the_window_that_was_known() -> None:
    """Until the withdrawal was known; an opening may say which window was given up."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05", window=FEBRUARY)
    enter(visit, "retract", known="2023-06-01")
    enter(visit, "cancel", effective="2023-02-20", details=DETAILS)
    assert as_of(visit, known="2023-03-01").window == FEBRUARY
    assert as_of(visit, known="2023-06-01").window is None
    correct(visit, "window_given_up", window_given_up=JUNE)
    assert as_of(visit, known="2023-03-01").window == JUNE


def test_a_retracted_opening_says_nothing_of_the_next() -> None:
    """Neither do the amendments between them."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    enter(visit, "amend", effective="2023-03-01", details=VisitDetails(title="Amended"))
    enter(visit, "retract")
    enter(visit, "schedule", effective="2023-02-01")
    assert visit.state.details == DETAILS


# What was known last


def visit_of_1971() -> Visit:
    """A visit known at once, of which the plan became known in 1999."""
    visit = blank_visit()
    held = days("1971-07-09", "1971-07-11")
    enter(visit, "schedule", effective="1971", known="1999", window=held)
    enter(visit, "complete", effective="1971", known="1971", held_window=held)
    return visit


def test_a_visit_whose_plan_became_known_later_has_its_details_all_the_same() -> None:
    """And the days on which it was held, which the completion says itself."""
    state = as_of(visit_of_1971(), known="1972-12-31")
    assert state.status == "completed"
    assert (state.details, state.window) == (DETAILS, None)
    assert state.held_window == days("1971-07-09", "1971-07-11")
    assert as_of(visit_of_1971(), known="1999-12-31").window == days("1971-07-09", "1971-07-11")


def test_a_correction_of_an_opening_that_was_not_known_counts_all_the_same() -> None:
    """From its own known time on, where it has one."""
    visit = visit_of_1971()
    right, later = VisitDetails(purpose="Secret talks"), VisitDetails(title="The secret trip")
    correct(visit, "details.purpose", version=1, details=right)
    correct(visit, "details.title", version=1, details=later, known="2003")
    state = as_of(visit, known="1972-12-31")
    assert (state.details.purpose, state.details.title) == ("Secret talks", DETAILS.title)
    assert as_of(visit, known="2003-12-31").details.title == "The secret trip"
