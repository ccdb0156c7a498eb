"""The days on which a visit took place, which do not lie in the future."""

from datetime import date

import pytest

from domain.errors import InvalidValue, NoWindow
from domain.values import Window
from domain.visit import Visit
from tests.domain.builders import (
    AUTUMN,
    FEBRUARY,
    JUNE,
    blank_visit,
    cancelled_visit,
    completed_visit,
    days,
    enter,
    postponed_visit,
    scheduled_visit,
)


def test_a_visit_is_held_on_the_planned_days_where_none_are_given() -> None:
    """They are recorded with the completion, and the planned window is kept beside them."""
    visit = completed_visit()
    assert (visit.state.window, visit.state.held_window) == (FEBRUARY, FEBRUARY)
    assert vars(visit.changes[-1])["held_window"] == FEBRUARY


def test_a_visit_may_be_held_on_other_days() -> None:
    """The planned window still says what was planned."""
    visit = scheduled_visit()
    enter(visit, "complete", held_window=days("2023-02-05", "2023-02-07"))
    assert visit.state.window == FEBRUARY
    assert visit.state.held_window == days("2023-02-05", "2023-02-07")


def test_a_visit_without_a_date_may_take_place() -> None:
    """Nobody has to announce a new date first."""
    visit = postponed_visit()
    enter(visit, "complete", held_window=JUNE)
    assert (visit.state.window, visit.state.held_window) == (None, JUNE)


def test_a_cancelled_visit_that_took_place_after_all_was_held_as_planned() -> None:
    """Its cancellation kept the window."""
    visit = cancelled_visit()
    enter(visit, "complete", held_window=None)
    assert (visit.state.status, visit.state.held_window) == ("completed", FEBRUARY)


def visit_planned_for(window: Window | None) -> Visit:
    """A visit that is planned for a window."""
    visit = blank_visit()
    enter(visit, "schedule", window=window)
    return visit


@pytest.mark.parametrize(
    "visit",
    [
        visit_planned_for(None),
        visit_planned_for(Window(as_stated="in February")),
        visit_planned_for(Window(FEBRUARY.start)),
        visit_planned_for(Window(None, FEBRUARY.end)),
        visit_planned_for(days("2023-02-05", "2023-02-06", approximate=True)),
        postponed_visit(),
    ],
)
def test_a_visit_without_an_exact_plan_needs_the_days_on_which_it_was_held(visit: Visit) -> None:
    """The refusal asks for them."""
    version, status = visit.version, visit.state.status
    with pytest.raises(NoWindow, match="say when it was held") as refused:
        enter(visit, "complete", held_window=None)
    assert (refused.value.visit_id, refused.value.status) == (visit.id, status)
    assert visit.version == version


@pytest.mark.parametrize(
    ("effective", "held"),
    [
        ("2023-02-04 09:59", "2023-02-05"),
        ("2023-02-04", "2023-02-05"),
        ("2023-01", "2023-02-01"),
        ("2022", "2023-01-01"),
        ("", "2023-10-20"),
        ("2023-10", "2023-10-20"),
        ("2023", "2030-05-01"),
    ],
)
def test_what_lies_in_the_future_did_not_take_place(effective: str, held: str) -> None:
    """A visit was not held after the day, month or year in which that took effect, nor after now.

    An instant may be the next day elsewhere on Earth.
    """
    visit = blank_visit()
    enter(visit, "schedule", effective="2022", known="2022", window=FEBRUARY)
    with pytest.raises(InvalidValue, match=f"begins on {held}, and must not begin") as refused:
        enter(visit, "complete", effective=effective, held_window=days(held))
    assert [p.field for p in refused.value.problems] == ["completed.held_window"]
    assert visit.version == 1


def test_the_rest_of_a_period_is_the_future_of_whoever_knew_of_it() -> None:
    """In early February nobody knew of a visit of March 2023 that took place in 2023."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2022", known="2022", window=FEBRUARY)
    with pytest.raises(InvalidValue, match="must not begin after 2023-02-05"):
        enter(
            visit,
            "complete",
            effective="2023",
            known="2023-02-04",
            held_window=days("2023-03-01"),
        )


@pytest.mark.parametrize(
    ("effective", "held"),
    [
        ("2023-02-04 10:00", "2023-02-05"),
        ("2023-02-05", "2023-02-05"),
        ("2023-02", "2023-02-28"),
        ("2022", "2022-12-31"),
        ("", "2023-10-19"),
    ],
)
def test_a_visit_that_has_begun_took_place(effective: str, held: str) -> None:
    """It may have begun on the day itself, and may go on."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2022", known="2022", window=FEBRUARY)
    enter(visit, "complete", effective=effective, held_window=days(held, "2023-12-31"))
    assert visit.state.status == "completed"


@pytest.mark.parametrize(
    "window",
    [
        Window(as_stated="some time ago"),
        Window(None, FEBRUARY.end),
        Window(None, date(2023, 12, 31), as_stated="it goes on until the end of the year"),
        AUTUMN,
    ],
)
def test_the_days_of_a_visit_that_was_held_may_be_uncertain(window: Window) -> None:
    """A phrase, an end or an approximate window says what is known."""
    visit = scheduled_visit()
    enter(visit, "complete", held_window=window)
    assert visit.state.held_window == window


def test_the_planned_days_that_lie_in_the_future_did_not_take_place() -> None:
    """Also where the completion does not repeat them."""
    visit = visit_planned_for(days("2030-05-01"))
    with pytest.raises(NoWindow, match="planned window begins on 2030-05-01") as refused:
        enter(visit, "complete", held_window=None)
    assert (refused.value.visit_id, refused.value.status) == (visit.id, "scheduled")
    assert visit.version == 1


@pytest.mark.parametrize("change", ["amend", "record_statement"])
def test_a_visit_that_was_held_keeps_its_days(change: str) -> None:
    """They are gone only with a change of status."""
    visit = completed_visit()
    enter(visit, change)
    assert visit.state.held_window == FEBRUARY
