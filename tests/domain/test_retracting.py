"""A change that was entered in error is marked as such, and nothing is deleted."""

import pytest

from domain.errors import InvalidValue, RetractionRefused, VersionMismatch
from domain.history import fold
from domain.status import Status
from domain.terms import Side, StatementKind
from domain.times import Moment, Precision
from domain.values import VisitDetails
from tests.domain.builders import (
    DETAILS,
    FEBRUARY,
    IN_STATUS,
    JUNE,
    at,
    blank_visit,
    completed_visit,
    condition,
    end_of_day,
    enter,
    on,
    postponed_visit,
    rescheduled_visit,
    say,
    scheduled_visit,
)
from tests.domain.retracting import problems, retract

# What is retracted


def test_a_statement_is_retracted_alone() -> None:
    """The word before it is the last one again."""
    visit = scheduled_visit()
    say(visit, StatementKind.CONFIRM, Side.HOST, text="welcome")
    say(visit, StatementKind.DENY, Side.HOST, text="never announced")
    enter(visit, "postpone")
    retract(visit, 3)
    assert [s.text for s in visit.state.statements.values()] == ["welcome"]
    assert visit.state.status == "postponed"


def test_an_amendment_is_retracted_alone() -> None:
    """The old value is back; what was amended later stays."""
    visit = scheduled_visit()
    enter(visit, "amend", update_mask=["title"])
    enter(visit, "amend", details=VisitDetails(purpose="Talks"), update_mask=["purpose"])
    retract(visit, 2)
    assert visit.state.details.title == DETAILS.title
    assert visit.state.details.purpose == "Talks"


def test_an_amended_window_is_retracted_alone() -> None:
    """The window that was stated before is back."""
    visit = scheduled_visit()
    enter(visit, "amend", details=None, window=JUNE, update_mask=["window"])
    retract(visit, 2)
    assert visit.state.window == FEBRUARY


def test_the_last_status_change_is_retracted() -> None:
    """Status, window and conditions are as they were before."""
    visit = scheduled_visit()
    enter(visit, "defer")
    retract(visit, 2)
    assert visit.state.status == "scheduled"
    assert (visit.state.window, visit.state.previous_windows) == (FEBRUARY, ())
    assert visit.state.conditions == {}


def test_a_status_change_is_retracted_with_all_status_changes_after_it() -> None:
    """They were decided on what turned out to be an error."""
    visit = rescheduled_visit()
    enter(visit, "complete")
    retract(visit, 2)
    assert visit.state.status == "scheduled"
    assert visit.state.status_change is visit.changes[0]


def test_statements_and_amendments_after_a_retracted_status_change_stay() -> None:
    """They do not depend on the status."""
    visit = postponed_visit()
    say(visit, StatementKind.DECLINE, Side.GUEST)
    enter(visit, "amend", update_mask=["title"])
    enter(visit, "reschedule")
    retract(visit, 2)
    assert visit.state.status == "scheduled"
    assert list(visit.state.statements) == [(Side.GUEST, "")]
    assert visit.state.details.title == "Another title"


def test_status_changes_made_after_a_retraction_stay() -> None:
    """To insert an earlier change, retract back to it and enter the changes again."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2022-11-14")
    enter(visit, "reschedule", effective="2023-06-14")
    retract(visit, 2)
    enter(visit, "defer", effective="2023-02-03")
    enter(visit, "reschedule", effective="2023-06-14")

    assert visit.state.status == "rescheduled"
    assert [e.STATUS_CHANGE for e in visit.changes if e.STATUS_CHANGE] == [
        "schedule",
        "reschedule",
        "defer",
        "reschedule",
    ]
    assert fold(visit.changes, valid_at=at("2023-03-01")).status == "when conditions allow"


def test_a_change_before_a_retracted_one_may_be_retracted_as_well() -> None:
    """One after the other, back to the opening."""
    visit = rescheduled_visit()
    retract(visit, 3)
    assert visit.state.status == "postponed"
    retract(visit, 2)
    assert visit.state.status == "scheduled"


@pytest.mark.parametrize("status", [s for s in Status if s != "scheduled"])
def test_each_change_of_status_can_be_retracted(status: Status) -> None:
    """The last one first, until the visit is scheduled as it was."""
    visit = IN_STATUS[status]()
    for version in range(visit.version, 1, -1):
        retract(visit, version)
    assert visit.state.status == "scheduled"
    assert (visit.state.window, visit.state.held_window) == (FEBRUARY, None)


def test_nothing_is_deleted() -> None:
    """The retraction is a change of its own, with its reason."""
    visit = postponed_visit()
    retract(visit, 2, reason="Another minister was meant")
    assert [type(e).TOPIC for e in visit.changes] == ["scheduled", "postponed", "retracted"]
    assert visit.changes[-1].reason == "Another minister was meant"
    assert visit.version == 3


# What cannot be retracted


def test_a_retraction_cannot_be_retracted() -> None:
    """What was right after all is entered again."""
    visit = postponed_visit()
    retract(visit, 2)
    with pytest.raises(RetractionRefused, match="it is itself a retraction") as refused:
        retract(visit, 3)
    assert (refused.value.visit_id, refused.value.version) == (visit.id, 3)


@pytest.mark.parametrize("version", [2, 3, 4])
def test_a_change_is_retracted_once(version: int) -> None:
    """Alone, or together with one before it."""
    visit = rescheduled_visit()
    enter(visit, "complete")
    retract(visit, 2)
    with pytest.raises(RetractionRefused, match="it was already retracted") as refused:
        retract(visit, version)
    assert refused.value.version == version
    assert visit.version == 5


@pytest.mark.parametrize("version", [3, 4, 1000])
def test_a_change_that_was_not_made_cannot_be_retracted(version: int) -> None:
    """The refusal names how many changes there are."""
    visit = postponed_visit()
    with pytest.raises(InvalidValue, match="which has 2") as refused:
        retract(visit, version)
    assert problems(refused) == ["retracted.retracted_version"]


def test_what_may_be_retracted_depends_on_the_version_that_was_seen() -> None:
    """A retraction of a visit that moved on is refused before its target is looked at."""
    visit = postponed_visit()
    with pytest.raises(VersionMismatch):
        enter(visit, "retract", retracted_version=9, expected_version=1)


# Times


def test_the_known_time_of_a_retraction_is_that_of_what_it_retracts() -> None:
    """A typing error was never known."""
    visit = scheduled_visit()
    enter(visit, "postpone", effective="2023-02-03", known="2023-02-04")
    retract(visit, 2)
    assert visit.changes[-1].known == Moment(end_of_day("2023-02-04"), Precision.DAY)


def test_the_known_time_of_what_has_no_times_is_its_record_time() -> None:
    """The record time then stands for both."""
    visit = postponed_visit()
    retract(visit, 2)
    assert visit.changes[-1].known_moment == on("2023-01-02 12:00")


@pytest.mark.parametrize("known", ["2023-02-03", "2023-02", "2023"])
def test_a_typing_error_of_a_period_that_went_on_was_never_known(known: str) -> None:
    """The retraction takes the known time of the error, though the period ended later."""
    visit = scheduled_visit()
    error = enter(visit, "postpone", "2023-02-03 10:00", effective=known)
    retract(visit, 2, "2024-01-10 09:00")
    assert visit.changes[-1].known_moment.instant == error.known_moment.instant
    assert fold(visit.changes, known_at=at("2023-02-03 12:00")).status == "scheduled"


def test_the_known_time_of_a_retraction_is_later_where_the_world_was_misled() -> None:
    """The command then gives that time."""
    visit = scheduled_visit()
    enter(visit, "postpone", effective="2023-02-03")
    retract(visit, 2, known="2023-02-06")
    assert visit.changes[-1].known == Moment(end_of_day("2023-02-06"), Precision.DAY)


def test_a_retraction_with_an_effective_time_alone_is_known_when_its_target_was() -> None:
    """This default takes precedence over that of other changes."""
    visit = scheduled_visit()
    enter(visit, "postpone", effective="2023-02-03", known="2023-02-06")
    retract(visit, 2, effective="2023-02-03")
    assert visit.changes[-1].known == Moment(end_of_day("2023-02-06"), Precision.DAY)


def test_the_condition_that_was_left_open_by_mistake_is_gone() -> None:
    """The one before it counts again."""
    visit = completed_visit()
    retract(visit, 2)
    enter(visit, "defer", condition=condition("when calm"))
    enter(visit, "defer", condition=condition("when invited"))
    retract(visit, 5)
    assert visit.state.conditions == {Side.GUEST: condition("when calm")}
