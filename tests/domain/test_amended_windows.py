"""An amended window makes the plan exact that stands when it is entered, and no other."""

import pytest

from domain.errors import InvalidValue, NothingChanged
from domain.state import Ending, PreviousWindow
from domain.values import Window
from tests.domain.amending import amend
from tests.domain.asking import as_of
from tests.domain.builders import (
    FEBRUARY,
    JUNE,
    blank_visit,
    cancelled_visit,
    completed_visit,
    days,
    disclosed_visit,
    enter,
    rescheduled_visit,
    scheduled_visit,
)

EARLY = days("2023-01-01", "2023-03-31", "early next year", approximate=True)
LONGER = days("2023-02-05", "2023-02-07")


def test_the_window_before_is_listed_as_made_exact() -> None:
    """It is not a plan that was given up, and says so."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2022-11-14", window=EARLY)
    amend(visit, "window", window=FEBRUARY)
    assert visit.state.window == FEBRUARY
    assert visit.state.previous_windows == (PreviousWindow(EARLY, Ending.MADE_EXACT, 2),)
    assert visit.state.status == "scheduled"


def test_the_first_window_of_a_plan_without_one_lists_none() -> None:
    """The invitation was accepted, and then there were days."""
    visit = blank_visit()
    enter(visit, "schedule", window=None)
    amend(visit, "window", window=FEBRUARY)
    assert (visit.state.window, visit.state.previous_windows) == (FEBRUARY, ())


def test_a_disclosed_visit_gets_the_window_for_which_it_was_planned() -> None:
    """That it was planned may be learnt later."""
    visit = disclosed_visit()
    amend(visit, "window", window=LONGER)
    assert (visit.state.window, visit.state.held_window) == (LONGER, FEBRUARY)


def test_a_cancelled_visit_keeps_the_window_made_exact() -> None:
    """The days for which it was called off."""
    visit = cancelled_visit()
    amend(visit, "window", window=LONGER)
    enter(visit, "reschedule", window=JUNE)
    assert [p.ending for p in visit.state.previous_windows] == ["made exact", "moved"]


def test_the_days_on_which_a_visit_took_place_are_amended() -> None:
    """The plan stays what it was."""
    visit = completed_visit()
    amend(visit, "held_window", held_window=LONGER)
    assert (visit.state.window, visit.state.held_window) == (FEBRUARY, LONGER)
    assert visit.state.previous_windows == ()


@pytest.mark.parametrize("effective", ["2023-02-04 12:00", "2023-02-04", "2023-01"])
def test_a_visit_was_not_held_after_the_amendment_took_effect(effective: str) -> None:
    """What lies in the future did not take place; a period reaches to its last day."""
    visit = completed_visit()
    late = days("2023-02-06") if effective != "2023-01" else days("2023-02-01")
    with pytest.raises(InvalidValue, match="must not begin after") as refused:
        amend(visit, "held_window", effective=effective, known="2023-03-01", held_window=late)
    assert [p.field for p in refused.value.problems] == ["amended.held_window"]


def test_an_amendment_has_no_effect_behind_another_status_change() -> None:
    """The new plan is not the one that was made exact."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05", window=EARLY)
    amend(visit, "window", effective="2023-03-01", window=FEBRUARY)
    enter(visit, "reschedule", effective="2023-02-03", window=JUNE)
    assert visit.state.window == JUNE
    assert [p.window for p in visit.state.previous_windows] == [EARLY]
    assert as_of(visit, valid="2023-01-31").window == EARLY


def test_an_amendment_ahead_of_the_change_that_stands_is_refused() -> None:
    """An earlier plan is made exact by correcting it."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    enter(visit, "reschedule", effective="2023-02-03")
    with pytest.raises(NothingChanged, match="correct that one") as refused:
        amend(visit, "window", effective="2023-01-20", window=LONGER)
    assert refused.value.visit_id == visit.id
    assert visit.version == 2


def test_an_amendment_of_a_retracted_plan_has_no_effect() -> None:
    """The change that it made exact does not stand any more."""
    visit = rescheduled_visit()
    amend(visit, "window", window=days("2023-06-18"))
    enter(visit, "retract", retracted_version=3)
    enter(visit, "reschedule", window=JUNE)
    assert visit.state.window == JUNE


def test_an_amendment_keeps_its_other_fields_where_its_window_has_no_effect() -> None:
    """The title is no matter of the plan."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    enter(visit, "reschedule", effective="2023-02-03", window=JUNE)
    amend(visit, "window", "title", effective="2023-01-20", window=LONGER)
    assert (visit.state.window, visit.state.details.title) == (JUNE, "State visit to Washington")


@pytest.mark.parametrize(
    "window",
    [
        FEBRUARY,
        days("2023-02-05", "2023-02-06", approximate=True),
        days("2023-02-05", "2023-02-06", "early February"),
    ],
)
def test_a_window_differs_also_by_how_it_was_put(window: Window) -> None:
    """Only the very same one changes nothing."""
    visit = scheduled_visit()
    if window == FEBRUARY:
        with pytest.raises(NothingChanged):
            amend(visit, "window", window=window)
    else:
        amend(visit, "window", window=window)
        assert visit.state.window == window


def test_a_window_that_stays_is_not_made_exact() -> None:
    """An amendment that changes something else may repeat it."""
    visit = scheduled_visit()
    amend(visit, "window", "title", window=FEBRUARY)
    assert (visit.state.window, visit.state.previous_windows) == (FEBRUARY, ())


def test_postponing_moves_the_window_made_exact() -> None:
    """It is the plan that was given up."""
    visit = scheduled_visit()
    amend(visit, "window", window=LONGER)
    enter(visit, "postpone")
    assert visit.state.previous_windows == (
        PreviousWindow(FEBRUARY, Ending.MADE_EXACT, 2),
        PreviousWindow(LONGER, Ending.PUT_OFF, 3),
    )
