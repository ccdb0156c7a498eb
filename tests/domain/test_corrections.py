"""A correction is an amendment that holds from the opening of the visit."""

from domain.times import Precision
from domain.values import VisitDetails
from domain.visit import Visit
from tests.domain.amending import OTHER, amend
from tests.domain.builders import (
    FEBRUARY,
    JUNE,
    NOW,
    blank_visit,
    days,
    enter,
    on,
    postponed_visit,
    rescheduled_visit,
    scheduled_visit,
)


def visit_of_february() -> Visit:
    """A visit that was scheduled in January and became known in March."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01", known="2023-03-01")
    return visit


def test_an_amendment_is_of_now() -> None:
    """Without its own times it is known and in force from its record time on."""
    event = amend(visit_of_february(), "title")
    assert (event.effective, event.known) == (None, None)


def test_a_correction_takes_the_times_of_the_opening() -> None:
    """The corrected fact was never true."""
    visit = visit_of_february()
    event = amend(visit, "title", correction=True)
    assert event.effective == visit.changes[0].effective
    assert event.known == visit.changes[0].known
    assert event.effective is not None
    assert event.effective.precision is Precision.MONTH


def test_a_correction_of_a_visit_opened_without_times_takes_its_record_time() -> None:
    """The opening then has the time of its record."""
    event = amend(scheduled_visit(), "title", correction=True)
    assert event.effective == event.known == on("2023-01-01 12:00")


def test_a_correction_may_have_times_of_its_own() -> None:
    """Those of the opening are only a default."""
    event = amend(
        visit_of_february(), "title", correction=True, effective="2023-02-03", known="2023-04-01"
    )
    assert event.effective is not None
    assert event.effective.precision is Precision.DAY
    assert event.known is not None
    assert event.known.instant > event.effective.instant


def test_a_correction_of_a_reopened_visit_takes_the_times_of_the_opening_that_stands() -> None:
    """The retracted one no longer counts."""
    visit = visit_of_february()
    enter(visit, "retract")
    opening = enter(visit, "schedule", effective="2022-11-14")
    event = amend(visit, "title", correction=True)
    assert (event.effective, event.known) == (opening.effective, opening.known)


def test_a_correction_does_not_undo_a_later_amendment() -> None:
    """It is folded at the opening, and the amendment after it."""
    visit = scheduled_visit()
    amend(visit, "title")
    amend(visit, "title", details=VisitDetails(title="As it was first"), correction=True)
    assert visit.state.details.title == OTHER.title


def test_a_correction_of_the_window_is_that_of_the_window_at_the_opening() -> None:
    """A visit that was rescheduled since keeps its new window."""
    visit = rescheduled_visit()
    amend(visit, "window", window=days("2023-02-05", "2023-02-07"), correction=True)
    assert visit.state.window == JUNE
    assert visit.state.previous_windows == (days("2023-02-05", "2023-02-07"),)


def test_an_amendment_that_took_effect_earlier_is_folded_where_it_belongs() -> None:
    """Amendments entered in another order than they took effect end with the latest."""
    visit = visit_of_february()
    amend(visit, "title", details=VisitDetails(title="Later"), effective="2023-05-01")
    amend(visit, "title", details=VisitDetails(title="Earlier"), effective="2023-04-01")
    assert visit.state.details.title == "Later"


def test_postponing_moves_the_amended_window() -> None:
    """The current window moves, not the original one."""
    visit = scheduled_visit()
    amend(visit, "window")
    enter(visit, "postpone", NOW)
    assert visit.state.previous_windows == (JUNE,)
    assert postponed_visit().state.previous_windows == (FEBRUARY,)
