"""What each change does to the planned, the previous and the held windows."""

from datetime import date

import pytest

from domain.errors import NothingChanged
from domain.state import PREVIOUS_WINDOWS, Ending, PreviousWindow
from domain.values import Window
from tests.domain.builders import (
    AUTUMN,
    FEBRUARY,
    JUNE,
    blank_visit,
    cancelled_visit,
    days,
    disclosed_visit,
    enter,
    postponed_visit,
    rescheduled_visit,
    scheduled_visit,
    withdrawn_visit,
)

PUT_OFF = (PreviousWindow(FEBRUARY, Ending.PUT_OFF, 2),)


# Planned and previous


def test_scheduling_sets_the_window() -> None:
    """Nothing was planned before."""
    state = scheduled_visit().state
    assert (state.window, state.previous_windows, state.held_window) == (FEBRUARY, (), None)


def test_disclosing_sets_the_held_window() -> None:
    """Nothing was planned in public, before or after."""
    state = disclosed_visit().state
    assert (state.window, state.previous_windows, state.held_window) == (None, (), FEBRUARY)


@pytest.mark.parametrize("change", ["postpone", "defer"])
def test_putting_off_moves_the_window_to_the_previous_ones(change: str) -> None:
    """There is no date any more, and the old one is kept."""
    visit = scheduled_visit()
    enter(visit, change)
    assert (visit.state.window, visit.state.previous_windows) == (None, PUT_OFF)


def test_deferring_a_postponed_visit_moves_no_window() -> None:
    """It has none."""
    visit = postponed_visit()
    enter(visit, "defer")
    enter(visit, "postpone")
    assert (visit.state.window, visit.state.previous_windows) == (None, PUT_OFF)


def test_rescheduling_sets_the_window() -> None:
    """The new plan."""
    state = rescheduled_visit().state
    assert (state.window, state.previous_windows) == (JUNE, PUT_OFF)


def test_rescheduling_a_planned_visit_moves_the_old_window_to_the_previous_ones() -> None:
    """Put off and planned again in one breath."""
    visit = scheduled_visit()
    enter(visit, "reschedule", window=JUNE)
    enter(visit, "reschedule", window=AUTUMN)
    assert visit.state.window == AUTUMN
    assert visit.state.previous_windows == (
        PreviousWindow(FEBRUARY, Ending.MOVED, 2),
        PreviousWindow(JUNE, Ending.MOVED, 3),
    )


def test_a_cancelled_visit_planned_for_the_same_days_gave_up_none() -> None:
    """It is on again, as it was."""
    visit = cancelled_visit()
    enter(visit, "reschedule", window=FEBRUARY)
    assert (visit.state.window, visit.state.previous_windows) == (FEBRUARY, ())


def test_cancelling_keeps_the_window() -> None:
    """The days for which the visit was called off."""
    state = cancelled_visit().state
    assert (state.window, state.previous_windows) == (FEBRUARY, ())


def test_deferring_a_cancelled_visit_moves_its_window() -> None:
    """It is open again, without a date."""
    visit = cancelled_visit()
    enter(visit, "defer")
    assert visit.state.window is None
    assert visit.state.previous_windows == (PreviousWindow(FEBRUARY, Ending.PUT_OFF, 3),)


def test_a_visit_that_is_opened_again_begins_without_the_windows_it_had() -> None:
    """What was withdrawn with the visit does not come back."""
    visit = withdrawn_visit()
    enter(visit, "schedule", window=JUNE)
    assert (visit.state.window, visit.state.previous_windows) == (JUNE, ())


def test_the_last_previous_windows_are_kept() -> None:
    """A visit that is moved again and again shows the latest 20."""
    visit = scheduled_visit()
    moved = [days(f"2024-01-{day:02}") for day in range(1, PREVIOUS_WINDOWS + 2)]
    for window in moved:
        enter(visit, "reschedule", window=window)
    assert [p.window for p in visit.state.previous_windows] == moved[:-1]


# The same plan


SUMMER = Window(as_stated="after the summer")


@pytest.mark.parametrize(
    ("plan", "again", "is_the_same"),
    [
        (FEBRUARY, FEBRUARY, True),
        (FEBRUARY, days("2023-02-05", "2023-02-06", "next week", approximate=True), True),
        (FEBRUARY, days("2023-02-05", "2023-02-07"), False),
        (FEBRUARY, Window(FEBRUARY.start), False),
        (FEBRUARY, SUMMER, False),
        (Window(FEBRUARY.start), Window(FEBRUARY.start, as_stated="or later"), True),
        (Window(None, FEBRUARY.end), Window(FEBRUARY.end), False),
        (SUMMER, Window(as_stated="After the summer"), True),
        (SUMMER, Window(as_stated="after the election"), False),
    ],
)
@pytest.mark.parametrize("is_moved", [False, True])
def test_planning_a_planned_visit_for_the_same_days_or_words_is_refused(
    plan: Window, again: Window, is_the_same: bool, is_moved: bool
) -> None:
    """That is a reaffirm; how exact the days are is amended."""
    visit = blank_visit()
    enter(visit, "schedule", window=JUNE if is_moved else plan)
    if is_moved:
        enter(visit, "reschedule", window=plan)
    version = visit.version
    if is_the_same:
        with pytest.raises(NothingChanged, match="record a statement that reaffirms it"):
            enter(visit, "reschedule", window=again)
        assert visit.version == version
    else:
        enter(visit, "reschedule", window=again)
        assert visit.state.window == again


def test_the_plan_counts_that_stood_where_the_change_has_its_place() -> None:
    """What was made exact in March was not yet planned in February."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05", window=AUTUMN)
    enter(visit, "amend", effective="2023-03-01", details=None, window=JUNE, update_mask=["window"])
    enter(visit, "reschedule", effective="2023-02-03", window=JUNE)
    assert visit.state.previous_windows == (PreviousWindow(AUTUMN, Ending.MOVED, 3),)


# Windows of which not everything is known


@pytest.mark.parametrize(
    "window",
    [
        Window(as_stated="after the election"),
        Window(date(2023, 6, 1), as_stated="in June or later"),
        Window(None, date(2023, 12, 31), as_stated="by the end of the year"),
        Window(date(2023, 6, 1)),
        Window(None, date(2023, 12, 31), approximate=True),
    ],
)
@pytest.mark.parametrize("command", ["schedule", "reschedule"])
def test_a_phrase_or_one_of_the_days_is_a_window(command: str, window: Window) -> None:
    """A plan is often no more than that."""
    visit = blank_visit() if command == "schedule" else scheduled_visit()
    enter(visit, command, window=window)
    assert visit.state.window == window
