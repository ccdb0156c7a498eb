"""A visit whose first change is retracted is withdrawn."""

import pytest

from domain.errors import InvalidValue, Refusal, VisitWithdrawn
from domain.history import fold
from domain.terms import Side, StatementKind
from domain.values import VisitDetails
from tests.domain.builders import (
    at,
    blank_visit,
    enter,
    postponed_visit,
    rescheduled_visit,
    say,
    scheduled_visit,
    withdrawn_visit,
)
from tests.domain.retracting import problems, retract
from tests.domain.speaking import said


def test_a_visit_whose_first_change_is_retracted_is_withdrawn() -> None:
    """It has no status, but it keeps its history and its id."""
    visit = rescheduled_visit()
    retract(visit, 1)
    assert visit.state.status is None
    assert visit.state.merged_into == ""
    assert visit.version == 4
    assert vars(visit.changes[-1])["retracted_versions"] == (1, 2, 3)


def test_a_withdrawn_visit_still_has_the_details_that_it_had() -> None:
    """Its aliases stay taken, also those that were added."""
    visit = postponed_visit()
    enter(visit, "amend", details=VisitDetails(aliases=("another",)), update_mask=["aliases"])
    retract(visit, 1)
    assert visit.details_withdrawn.aliases == ("another",)
    retract(visit, 4)
    assert visit.details_withdrawn == visit.state.details


def test_a_duplicate_is_merged_into_the_visit_that_stays() -> None:
    """The refusal can point there."""
    visit = scheduled_visit()
    retract(visit, 1, merged_into="blinken-beijing")
    assert visit.state.merged_into == "blinken-beijing"


def test_a_visit_is_no_duplicate_of_itself() -> None:
    """It must be merged into another one."""
    visit = scheduled_visit()
    with pytest.raises(InvalidValue, match="another visit") as refused:
        retract(visit, 1, merged_into=visit.id)
    assert problems(refused) == ["retracted.merged_into"]


def test_only_a_visit_that_is_withdrawn_is_merged() -> None:
    """If any other change is retracted, the visit stays."""
    visit = postponed_visit()
    with pytest.raises(InvalidValue, match="the change that opened the visit") as refused:
        retract(visit, 2, merged_into="blinken-beijing")
    assert problems(refused) == ["retracted.merged_into"]


def test_a_visit_that_is_opened_again_is_no_duplicate_any_more() -> None:
    """Neither its state nor the fold of its history says so."""
    visit = scheduled_visit()
    retract(visit, 1, merged_into="blinken-beijing")
    enter(visit, "schedule")
    assert fold(visit.changes).merged_into == ""
    assert visit.state.merged_into == ""


def test_a_visit_may_be_withdrawn_again() -> None:
    """The retraction of the new opening says whether it was a duplicate."""
    visit = scheduled_visit()
    retract(visit, 1, merged_into="blinken-beijing")
    enter(visit, "schedule")
    retract(visit, 3, merged_into="blinken-china")
    assert visit.state.status is None
    assert visit.state.merged_into == "blinken-china"


def test_a_withdrawn_visit_says_of_which_it_was_a_duplicate_whatever_else_was_retracted() -> None:
    """Asked before it was opened again, a statement retracted since then does not matter."""
    visit = scheduled_visit()
    retract(visit, 1, merged_into="blinken-beijing")
    enter(visit, "schedule", effective="2023-03-01")
    say(visit, StatementKind.REPORT, Side.PRESS, effective="2023-01-16")
    retract(visit, 4)
    assert fold(visit.changes, known_at=at("2023-02-01")).merged_into == "blinken-beijing"


def test_a_visit_that_was_not_known_yet_was_no_duplicate_yet() -> None:
    """A retraction without a known time has its turn when the opening would have become known."""
    visit = blank_visit()
    enter(visit, "schedule", known="2023-03-01")
    retract(visit, 1, merged_into="blinken-beijing")
    assert fold(visit.changes, known_at=at("2023-02-15")).merged_into == ""
    assert fold(visit.changes, known_at=at("2023-03-02")).merged_into == "blinken-beijing"


def test_only_the_opening_that_stands_is_the_first_change() -> None:
    """One that was already retracted cannot be retracted again to merge the visit."""
    visit = withdrawn_visit()
    enter(visit, "schedule")
    with pytest.raises(Refusal):
        retract(visit, 1, merged_into="blinken-beijing")
    assert visit.state.status == "scheduled"


def test_a_reopened_visit_keeps_the_statements_made_about_it() -> None:
    """Only its status changes were retracted with the first."""
    visit = scheduled_visit()
    say(visit, StatementKind.CONFIRM, Side.HOST, effective="2023-01-17", text="welcome")
    retract(visit, 1)
    enter(visit, "schedule", effective="2022-11-14")
    assert said(visit.state) == ["welcome"]


def test_nothing_else_of_a_withdrawn_visit_is_retracted() -> None:
    """There is no visit any more that it could belong to."""
    visit = scheduled_visit()
    say(visit, StatementKind.CONFIRM, Side.HOST)
    retract(visit, 1)
    with pytest.raises(VisitWithdrawn):
        retract(visit, 2)
