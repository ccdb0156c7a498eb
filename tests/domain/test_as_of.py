"""What was known, recorded and in force: each rule by itself."""

from datetime import datetime

import pytest

from domain.errors import Invisible, NotVisibleThen, VisitWithdrawn
from domain.events import Event
from domain.history import View, was_told, why_invisible
from domain.standing import conditions, standing
from domain.state import Ending, PreviousWindow
from domain.terms import Side, StatementKind
from domain.times import TICK
from domain.values import VisitDetails
from domain.visit import Visit
from tests.domain.asking import AGAIN, PLANNED, as_of
from tests.domain.builders import (
    DETAILS,
    FEBRUARY,
    JUNE,
    at,
    blank_visit,
    condition,
    end_of_day,
    enter,
    on,
    say,
    word,
)
from tests.domain.correcting import correct
from tests.domain.speaking import said

# The rules


def test_a_change_counts_from_its_known_instant_on() -> None:
    """From that instant on, and not before."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05 12:00", known="2023-01-06 12:00")
    assert as_of(visit, known="2023-01-06 11:59").status is None
    assert as_of(visit, known="2023-01-06 12:00").status == PLANNED
    assert as_of(visit, valid="2023-01-05 11:59").status is None
    assert as_of(visit, valid="2023-01-05 12:00").status == PLANNED


def test_a_change_without_times_counts_from_its_record_time_on() -> None:
    """It became known, and took effect, when it was recorded."""
    visit = blank_visit()
    enter(visit, "schedule", "2023-01-05 12:00")
    for question in "known", "valid", "recorded":
        assert as_of(visit, **{question: "2023-01-05 11:59"}).status is None
        assert as_of(visit, **{question: "2023-01-05 12:00"}).status == PLANNED


def visit_known_backwards() -> Visit:
    """Each change became known before the one that it followed."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05", known="2023-04-01", window=FEBRUARY)
    enter(visit, "postpone", effective="2023-02-03", known="2023-03-01")
    enter(visit, "reschedule", effective="2023-02-20", known="2023-02-20", window=JUNE)
    return visit


@pytest.mark.parametrize(
    ("known", "valid", "status", "previous"),
    [
        ("2023-02-19", "", None, ()),
        ("2023-02-20", "", AGAIN, ()),
        ("2023-02-20", "2023-02-10", None, ()),
        ("2023-03-01", "", AGAIN, ()),
        ("2023-03-01", "2023-02-10", "postponed", ()),
        ("2023-04-01", "", AGAIN, (FEBRUARY,)),
        ("2023-04-01", "2023-02-10", "postponed", (FEBRUARY,)),
        ("2023-04-01", "2023-01-10", PLANNED, ()),
    ],
)
def test_gaps_are_normal(known: str, valid: str, status: str | None, previous: object) -> None:
    """The table of changes plays no part: a status may be known before the plan.

    The details are those of the opening even then, for they say which visit this is.
    """
    state = as_of(visit_known_backwards(), known=known, valid=valid)
    assert (state.status, tuple(p.window for p in state.previous_windows)) == (status, previous)
    assert state.details == DETAILS


def test_changes_are_folded_by_effective_time_and_then_by_version() -> None:
    """A statement about January that is entered in June comes before those of February."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2022-11-14")
    say(visit, StatementKind.REPORT, Side.PRESS, effective="2023-02-02", text="second")
    say(visit, StatementKind.REPORT, Side.PRESS, effective="2023-02-02", text="third")
    say(visit, StatementKind.REPORT, Side.PRESS, effective="2023-01-16", text="first")
    assert said(visit.state) == ["third"]
    assert said(as_of(visit, valid="2023-01-31")) == ["first"]


def test_a_retraction_applies_whatever_the_valid_time() -> None:
    """It became known in March; what it lists was an error in February already."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    enter(visit, "postpone", effective="2023-02-03")
    enter(visit, "retract", known="2023-03-01", retracted_version=2)
    assert as_of(visit, valid="2023-02-05").status == PLANNED
    assert as_of(visit, known="2023-02-28", valid="2023-02-05").status == "postponed"


def test_a_retraction_takes_out_all_that_it_lists_from_its_known_time_on() -> None:
    """Also what became known later, and what would have."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    enter(visit, "postpone", effective="2023-02-03", known="2023-06-01")
    enter(visit, "reschedule", effective="2023-02-20")
    enter(visit, "retract", known="2023-03-01", retracted_version=2)
    known = ["2023-02-19", "2023-02-20", "2023-02-28", "2023-03-01", "2023-06-01"]
    statuses = [as_of(visit, known=day).status for day in known]
    assert statuses == [PLANNED, AGAIN, AGAIN, PLANNED, PLANNED]


def test_a_retraction_that_is_not_recorded_does_nothing() -> None:
    """Our record said what it said."""
    visit = blank_visit()
    enter(visit, "schedule", "2023-01-05 12:00")
    enter(visit, "cancel", "2023-02-03 12:00")
    enter(visit, "retract", "2023-02-04 12:00", retracted_version=2)
    assert as_of(visit, recorded="2023-02-04 11:59").status == "cancelled"
    assert as_of(visit, recorded="2023-02-04 12:00").status == PLANNED


def test_amendments_are_folded_in_the_same_order() -> None:
    """What the visit was called at the time."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    enter(visit, "amend", effective="2023-03-01", details=VisitDetails(title="New"))
    assert as_of(visit, valid="2023-02-28").details.title == DETAILS.title
    assert as_of(visit, valid="2023-03-01").details.title == "New"
    assert as_of(visit, known="2023-02-28").details.title == DETAILS.title


def test_conditions_are_folded_in_the_same_order() -> None:
    """The condition under which the visit was open at the time."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    enter(visit, "defer", effective="2023-02-03", condition=condition("when calm"))
    enter(visit, "defer", effective="2023-03-01", condition=condition("when invited"))
    enter(visit, "reschedule", effective="2023-04-01")
    texts = [
        [current.condition.text for current in conditions(as_of(visit, valid=day))]
        for day in ("2023-01-31", "2023-02-28", "2023-03-31", "2023-04-30")
    ]
    assert texts == [[], ["when calm"], ["when invited"], []]


def test_the_standing_is_that_of_what_was_known() -> None:
    """A denial counts from when it was known."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05", basis=[word(Side.GUEST)])
    say(visit, StatementKind.DENY, Side.HOST, effective="2023-01-06", known="2023-02-01")
    assert standing(as_of(visit, known="2023-01-31")) == "official"
    assert standing(as_of(visit, known="2023-02-01")) == "disputed"
    assert standing(as_of(visit, valid="2023-01-05")) == "official"


def test_a_withdrawn_visit_was_visible_while_it_was_believed() -> None:
    """A duplicate that the world took for a separate visit until June."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    enter(visit, "retract", known="2023-06-01", merged_into="another-visit")
    assert as_of(visit, known="2023-05-31").status == PLANNED
    assert as_of(visit, known="2023-05-31").merged_into == ""
    assert as_of(visit, known="2023-06-01").status is None
    assert as_of(visit, known="2023-06-01").merged_into == "another-visit"


def test_a_reopened_visit_was_withdrawn_in_between() -> None:
    """Asked by our record: planned, withdrawn, planned again."""
    visit = blank_visit()
    enter(visit, "schedule", "2023-01-05 12:00")
    enter(visit, "retract", "2023-02-05 12:00")
    enter(visit, "schedule", "2023-03-05 12:00")
    statuses = [
        as_of(visit, recorded=day).status for day in ("2023-01-31", "2023-02-28", "2023-03-31")
    ]
    assert statuses == [PLANNED, None, PLANNED]


def test_an_answer_has_the_times_of_its_own_status_change() -> None:
    """And the windows and the reason of it."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    enter(visit, "postpone", effective="2023-02-03", known="2023-02-04", reason="A balloon")
    change = as_of(visit, known="2023-02-04").status_change
    assert change is not None
    assert (change.effective, change.known) == (on("2023-02-03"), on("2023-02-04"))
    assert change.reason == "A balloon"
    assert as_of(visit, valid="2023-02-03").previous_windows == (
        PreviousWindow(FEBRUARY, Ending.PUT_OFF, 2),
    )


# Which changes count


def test_a_change_counts_if_it_was_known_and_in_force() -> None:
    """From both instants on."""
    visit = blank_visit()
    event = enter(visit, "schedule", effective="2023-01-05 12:00", known="2023-01-06 12:00")
    known, valid = at("2023-01-06 12:00"), at("2023-01-05 12:00")
    assert View(visit.changes, None, known, valid).counts(event)
    assert not View(visit.changes, None, known - TICK, valid).counts(event)
    assert not View(visit.changes, None, known, valid - TICK).counts(event)


def test_a_correction_counts_with_the_change_that_it_corrects() -> None:
    """And once it was known itself; a retraction never counts."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05 12:00", known="2023-01-06 12:00")
    event = correct(visit, "reason", reason="Another", known="2023-02-01 12:00")
    known, valid = at("2023-02-01 12:00"), at("2023-01-05 12:00")
    assert View(visit.changes, None, known, valid).counts(event)
    assert not View(visit.changes, None, known - TICK, valid).counts(event)
    assert not View(visit.changes, None, known, valid - TICK).counts(event)
    retraction = enter(visit, "retract", retracted_version=1)
    assert not View(visit.changes).counts(event)
    assert not View(visit.changes).counts(retraction)


def test_a_change_may_have_been_told_without_counting() -> None:
    """A correction was told with what it corrects; a retraction may have been at any time."""
    visit = blank_visit()
    told = enter(visit, "schedule", effective="2023-01-05 12:00", known="2023-01-06 12:00")
    known, valid = at("2023-01-06 12:00"), at("2023-01-05 12:00")
    correction = correct(visit, "reason", reason="Another")
    late = correct(visit, "reason", reason="A third", known="2023-01-20 12:00")
    never = enter(visit, "retract", retracted_version=3)
    later = enter(visit, "retract", known="2023-02-01 12:00", retracted_version=1)

    def was(event: Event, known_at: datetime, valid_at: datetime) -> bool:
        return was_told(event, lambda version: visit.changes[version - 1], known_at, valid_at)

    for event in (told, correction):
        assert was(event, known, valid)
        assert not was(event, known - TICK, valid)
        assert not was(event, known, valid - TICK)
    assert not was(late, known, valid)
    assert was(late, at("2023-01-20 12:00"), valid)
    assert not was(late, at("2023-01-20 12:00"), valid - TICK)
    assert was(never, known - TICK, valid - TICK)
    assert was(later, at("2023-02-01 12:00"), valid - TICK)
    assert not was(later, at("2023-02-01 12:00") - TICK, valid)


# Why there is no answer


def test_a_visit_of_which_nothing_was_recorded_says_so() -> None:
    """The refusal says why."""
    why = why_invisible("beijing-2023", [])
    assert isinstance(why, NotVisibleThen)
    assert (why.visit_id, why.why) == ("beijing-2023", Invisible.NOT_RECORDED)
    assert str(why) == "visit 'beijing-2023' was not recorded by then"


def test_a_visit_of_which_only_a_statement_was_known_was_not_known() -> None:
    """There is no visit without a status."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05", known="2023-03-01")
    say(visit, StatementKind.REPORT, Side.PRESS, effective="2023-01-16")
    why = why_invisible(visit.id, visit.changes, at("2023-02-01"))
    assert isinstance(why, NotVisibleThen)
    assert (why.why, why.first_known) == (Invisible.NOT_KNOWN, end_of_day("2023-03-01"))
    assert str(why).endswith("by then: it became known at 2023-03-01T23:59:59.999000Z")


def test_a_withdrawn_visit_says_that_it_was_withdrawn() -> None:
    """And which visit it duplicated."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    enter(visit, "retract", merged_into="another-visit")
    why = why_invisible(visit.id, visit.changes)
    assert isinstance(why, VisitWithdrawn)
    assert why.merged_into == "another-visit"
