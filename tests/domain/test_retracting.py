"""A change that was entered in error is marked as such, and nothing is deleted."""

import pytest

from domain.errors import InvalidValue, VersionMismatch
from domain.history import fold
from domain.standing import conditions
from domain.status import Status
from domain.terms import Side, StatementKind
from domain.values import VisitDetails
from tests.domain.asking import as_of
from tests.domain.builders import (
    DETAILS,
    FEBRUARY,
    IN_STATUS,
    JUNE,
    at,
    blank_visit,
    condition,
    enter,
    on,
    postponed_visit,
    rescheduled_visit,
    say,
    scheduled_visit,
    visit_left_open,
)
from tests.domain.correcting import correct
from tests.domain.retracting import problems, retract, retraction_refused
from tests.domain.speaking import said

# What is retracted


def test_a_statement_is_retracted_alone() -> None:
    """The word before it is the last one again."""
    visit = scheduled_visit()
    say(visit, StatementKind.CONFIRM, Side.HOST, effective="2023-02-01", text="welcome")
    say(visit, StatementKind.DENY, Side.HOST, effective="2023-02-02", text="never announced")
    enter(visit, "postpone")
    assert retract(visit, 3) == (3,)
    assert visit.state.status == "postponed"
    assert said(as_of(visit, valid="2023-03-01")) == ["welcome"]


def test_an_amendment_is_retracted_alone() -> None:
    """The old value is back; what was amended later stays."""
    visit = scheduled_visit()
    enter(visit, "amend", update_mask=["title"])
    enter(visit, "amend", details=VisitDetails(purpose="Talks"), update_mask=["purpose"])
    assert retract(visit, 2) == (2,)
    assert visit.state.details.title == DETAILS.title
    assert visit.state.details.purpose == "Talks"


def test_an_amended_window_is_retracted_alone() -> None:
    """The window that was stated before is back."""
    visit = scheduled_visit()
    enter(visit, "amend", details=None, window=JUNE, update_mask=["window"])
    retract(visit, 2)
    assert (visit.state.window, visit.state.previous_windows) == (FEBRUARY, ())


def test_a_correction_is_retracted_alone() -> None:
    """What the change said first was right after all."""
    visit = rescheduled_visit()
    correct(visit, "window", version=1, window=JUNE)
    assert retract(visit, 4) == (4,)
    assert [p.window for p in visit.state.previous_windows] == [FEBRUARY]


def test_the_last_status_change_is_retracted() -> None:
    """Status, window and conditions are as they were before."""
    visit = scheduled_visit()
    enter(visit, "defer")
    assert retract(visit, 2) == (2,)
    assert visit.state.status == "scheduled"
    assert (visit.state.window, visit.state.previous_windows) == (FEBRUARY, ())
    assert visit.state.conditions == {}


def test_a_status_change_is_retracted_with_all_status_changes_after_it() -> None:
    """They were decided on what turned out to be an error. The event lists all of them."""
    visit = rescheduled_visit()
    say(visit, StatementKind.CONFIRM, Side.HOST)
    enter(visit, "complete")
    assert retract(visit, 2) == (2, 3, 5)
    assert visit.state.status == "scheduled"
    assert visit.state.status_change is visit.changes[0]


def test_what_was_retracted_before_is_not_listed_again() -> None:
    """It is out already."""
    visit = rescheduled_visit()
    assert retract(visit, 3) == (3,)
    enter(visit, "cancel")
    assert retract(visit, 2) == (2, 5)
    assert visit.state.status == "scheduled"


def test_statements_and_amendments_after_a_retracted_status_change_stay() -> None:
    """They do not depend on the status."""
    visit = postponed_visit()
    say(visit, StatementKind.DECLINE, Side.GUEST, text="nothing to announce")
    enter(visit, "amend", update_mask=["title"])
    enter(visit, "reschedule")
    retract(visit, 2)
    assert visit.state.status == "scheduled"
    assert said(visit.state) == ["nothing to announce"]
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
        assert retract(visit, version) == (version,)
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


@pytest.mark.parametrize("version", [2, 3, 4])
def test_a_change_is_retracted_once(version: int) -> None:
    """Alone, or together with one before it."""
    visit = rescheduled_visit()
    enter(visit, "complete")
    retract(visit, 2)
    retraction_refused(visit, version, "it is retracted already")


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


def test_a_retraction_has_no_effective_time() -> None:
    """It takes out what it lists whatever time is asked about."""
    visit = postponed_visit()
    with pytest.raises(InvalidValue) as refused:
        retract(visit, 2, effective="2023-02-03")
    assert problems(refused) == ["context.effective_period"]


# Since when


@pytest.mark.parametrize("known", ["2023-02-03", "2023-02", "2023"])
def test_a_typing_error_was_never_known(known: str) -> None:
    """Without a known time each version is out from its own on, also one of a period."""
    visit = scheduled_visit()
    enter(visit, "postpone", "2023-02-03 10:00", effective=known)
    retract(visit, 2, "2024-01-10 09:00")
    assert visit.changes[-1].known is None
    assert as_of(visit, known="2023-02-03 12:00").status == "scheduled"


def test_a_change_is_out_later_where_the_world_was_misled() -> None:
    """The command then gives the time at which that was learnt."""
    visit = scheduled_visit()
    enter(visit, "postpone", effective="2023-02-03")
    retract(visit, 2, known="2023-02-06")
    assert visit.changes[-1].known == on("2023-02-06")
    assert as_of(visit, known="2023-02-05").status == "postponed"
    assert as_of(visit, known="2023-02-06").status == "scheduled"


@pytest.mark.parametrize(
    ("known", "status"),
    [
        ("2023-02-04", "scheduled"),
        ("2023-02-05", "scheduled"),
        ("2023-02-20", "scheduled"),
        ("2023-06-01", "scheduled"),
    ],
)
def test_each_version_is_out_from_its_own_known_time_on(known: str, status: str) -> None:
    """A cancellation known before the postponement that it went with is out as well."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-10")
    enter(visit, "postpone", effective="2023-02-01", known="2023-06-01")
    enter(visit, "cancel", known="2023-02-05")
    assert retract(visit, 2) == (2, 3)
    assert as_of(visit, known=known).status == status


def test_the_condition_that_was_left_open_by_mistake_is_gone() -> None:
    """The one before it counts again."""
    visit = visit_left_open()
    enter(visit, "defer", condition=condition("when calm"))
    enter(visit, "defer", condition=condition("when invited"))
    retract(visit, 4)
    assert [c.condition.text for c in conditions(visit.state)] == ["when calm"]
