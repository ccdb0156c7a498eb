"""A correction says what an earlier change should have said, where that stands."""

from dataclasses import replace

from domain.events import Corrected
from domain.state import Ending, PreviousWindow
from domain.terms import Side, StatementKind
from domain.values import VisitDetails
from domain.visit import Visit
from tests.domain.amending import amend
from tests.domain.asking import as_of
from tests.domain.builders import (
    DETAILS,
    FEBRUARY,
    JUNE,
    blank_visit,
    days,
    enter,
    say,
    scheduled_visit,
    word,
)
from tests.domain.correcting import correct
from tests.domain.speaking import GUEST, stands

MAY = days("2024-05-01")
RIGHT = VisitDetails(title="As it was first")


def visit_moved_in_february() -> Visit:
    """A visit planned for 1 May 2024, and from 10 February on for 18 June."""
    visit = blank_visit()
    enter(visit, "schedule", "2024-11-30", known="2024-01-10", window=MAY)
    enter(visit, "reschedule", "2024-11-30", known="2024-02-10", window=days("2024-06-18"))
    return visit


# Where it stands


def test_a_correction_without_a_version_is_of_the_window_that_is_planned() -> None:
    """The days before it are still those that were planned before."""
    visit = visit_moved_in_february()
    correct(visit, "window", recorded="2024-11-30", window=days("2024-06-19"))
    assert visit.state.window == days("2024-06-19")
    assert visit.state.previous_windows == (PreviousWindow(MAY, Ending.MOVED, 2),)


def test_a_window_that_was_replaced_is_corrected_where_it_stood() -> None:
    """And not in what came after."""
    visit = visit_moved_in_february()
    correct(visit, "window", version=1, recorded="2024-11-30", window=days("2024-05-02"))
    assert visit.state.window == days("2024-06-18")
    assert [p.window for p in visit.state.previous_windows] == [days("2024-05-02")]
    assert as_of(visit, valid="2024-01-31").window == days("2024-05-02")


def test_a_corrected_window_is_no_previous_one() -> None:
    """It was never planned."""
    visit = scheduled_visit()
    correct(visit, "window", window=JUNE)
    assert (visit.state.window, visit.state.previous_windows) == (JUNE, ())


def test_a_correction_does_not_undo_a_later_amendment() -> None:
    """It stands behind the opening, and the amendment after it."""
    visit = scheduled_visit()
    amend(visit, "title")
    correct(visit, "details.title", version=1, details=RIGHT)
    assert visit.state.details.title == "State visit to Washington"
    assert as_of(visit, valid="2023-01-31").details.title == RIGHT.title


def test_a_correction_is_known_as_early_as_the_change() -> None:
    """A typing error was never known; only our own record shows it."""
    visit = blank_visit()
    enter(visit, "schedule", "2023-01-06 09:00", effective="2023-01-05")
    correct(visit, "details.title", recorded="2023-03-01 09:00", details=RIGHT)
    assert as_of(visit, known="2023-01-05").details.title == RIGHT.title
    assert as_of(visit, valid="2023-01-05").details.title == RIGHT.title
    assert as_of(visit, recorded="2023-02-28").details.title == DETAILS.title


def test_a_correction_may_be_known_later() -> None:
    """The world itself was misled until then."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    correct(visit, "window", known="2023-02-01", window=JUNE)
    assert as_of(visit, known="2023-01-31").window == FEBRUARY
    assert as_of(visit, known="2023-02-01").window == JUNE
    assert as_of(visit, valid="2023-01-05").window == JUNE


def test_a_correction_goes_with_the_change_that_it_corrects() -> None:
    """While that is not in force, or retracted, it says nothing."""
    visit = visit_moved_in_february()
    correct(visit, "window", recorded="2024-11-30", window=days("2024-06-19"))
    assert as_of(visit, valid="2024-02-09").window == MAY
    enter(visit, "retract", "2024-11-30", retracted_version=2)
    assert (visit.state.window, visit.state.previous_windows) == (MAY, ())


def test_corrections_of_one_change_follow_each_other_by_version() -> None:
    """The latest of a field counts."""
    visit = scheduled_visit()
    correct(visit, "details.title", "details.purpose", details=RIGHT)
    correct(visit, "details.title", version=2, details=VisitDetails(title="Last"))
    assert (visit.state.details.title, visit.state.details.purpose) == ("Last", "")
    last = visit.changes[-1]
    assert isinstance(last, Corrected)
    assert last.corrected_version == 1


def test_a_correction_touches_nothing_but_its_fields() -> None:
    """What else the change said, and what was said about it, stays."""
    visit = blank_visit()
    enter(visit, "schedule", basis=[word(GUEST)], reason="An invitation")
    say(visit, StatementKind.REPORT, Side.PRESS)
    before = as_of(visit)
    correct(visit, "details.purpose", version=1, details=VisitDetails(purpose="Talks"))
    after = as_of(visit)
    assert after.details == replace(before.details, purpose="Talks")
    for name in ("status", "window", "held_window", "conditions", "last_heard"):
        assert getattr(after, name) == getattr(before, name)
    assert stands(visit) == "official"
