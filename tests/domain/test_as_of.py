"""What was known, recorded and in force: each rule by itself."""

import pytest

from domain.errors import Invisible, NotVisibleThen, VisitWithdrawn
from domain.history import counts, visible, why_invisible
from domain.standing import standing
from domain.terms import Side, StatementKind
from domain.times import LAST_INSTANT, TICK
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
    days,
    enter,
    say,
    word,
)

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
    """The table of changes plays no part: a status may be known before the plan."""
    state = as_of(visit_known_backwards(), known=known, valid=valid)
    assert (state.status, state.previous_windows) == (status, previous)
    assert state.details == (DETAILS if known == "2023-04-01" else VisitDetails())


def test_changes_are_folded_by_effective_time_and_then_by_version() -> None:
    """A statement about January that is entered in June comes before those of February."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2022-11-14")
    say(visit, StatementKind.REPORT, Side.PRESS, effective="2023-02-02", text="second")
    say(visit, StatementKind.REPORT, Side.PRESS, effective="2023-02-02", text="third")
    say(visit, StatementKind.REPORT, Side.PRESS, effective="2023-01-16", text="first")
    assert [e.originator_version for e in visible(visit.changes)] == [1, 4, 2, 3]
    assert [s.text for s in visit.state.statements.values()] == ["third"]
    (then,) = as_of(visit, valid="2023-01-31").statements.values()
    assert then.text == "first"


def test_a_retraction_applies_whatever_the_valid_time() -> None:
    """It took effect in March; what it names was an error in February already."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    enter(visit, "postpone", effective="2023-02-03")
    enter(visit, "retract", effective="2023-02-10", known="2023-03-01", retracted_version=2)
    assert as_of(visit, valid="2023-02-05").status == PLANNED
    assert as_of(visit, known="2023-02-28", valid="2023-02-05").status == "postponed"


def test_a_retraction_whose_target_is_not_known_does_nothing() -> None:
    """The status changes after the target stay as well."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    enter(visit, "postpone", effective="2023-02-03", known="2023-06-01")
    enter(visit, "reschedule", effective="2023-02-20")
    enter(visit, "retract", known="2023-03-01", retracted_version=2)
    assert as_of(visit, known="2023-04-01").status == AGAIN
    assert as_of(visit, known="2023-06-01").status == PLANNED


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


def test_a_correction_was_always_so_and_always_known() -> None:
    """Only our own record shows the error."""
    visit = blank_visit()
    enter(visit, "schedule", "2023-01-06 09:00", effective="2023-01-05")
    enter(visit, "amend", "2023-03-01 09:00", correction=True, details=VisitDetails(title="Right"))
    assert as_of(visit, known="2023-01-05").details.title == "Right"
    assert as_of(visit, valid="2023-01-05").details.title == "Right"
    assert as_of(visit, recorded="2023-02-28").details.title == DETAILS.title


def test_conditions_are_folded_in_the_same_order() -> None:
    """The condition under which the visit was open at the time."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    enter(visit, "defer", effective="2023-02-03", condition=condition("when calm"))
    enter(visit, "defer", effective="2023-03-01", condition=condition("when invited"))
    enter(visit, "reschedule", effective="2023-04-01")
    texts = [
        [c.text for c in as_of(visit, valid=day).conditions.values()]
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


def test_of_two_openings_that_were_believed_the_later_begins_afresh() -> None:
    """Before the withdrawal was known, the visit was planned a second time."""
    visit = blank_visit()
    autumn = days("2023-09-01", "2023-11-30")
    enter(visit, "schedule", effective="2023-01-05", window=FEBRUARY)
    enter(visit, "reschedule", effective="2023-01-20", window=JUNE)
    enter(visit, "retract", known="2023-06-01")
    enter(visit, "schedule", effective="2023-02-20", window=autumn)
    state = as_of(visit, known="2023-03-01")
    assert (state.status, state.window, state.previous_windows) == (PLANNED, autumn, ())


def test_a_change_counts_if_it_was_known_and_in_force() -> None:
    """From both instants on."""
    visit = blank_visit()
    event = enter(visit, "schedule", effective="2023-01-05 12:00", known="2023-01-06 12:00")
    known, valid = at("2023-01-06 12:00"), at("2023-01-05 12:00")
    assert counts(event, known, valid)
    assert not counts(event, known - TICK, valid)
    assert not counts(event, known, valid - TICK)


def test_a_retraction_counts_as_soon_as_it_is_known() -> None:
    """Whatever its effective time is."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    event = enter(visit, "retract", effective="2023-02-10 12:00", known="2023-03-01 12:00")
    known = at("2023-03-01 12:00")
    assert counts(event, known, at("2023-01-01"))
    assert not counts(event, known - TICK, LAST_INSTANT)


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
    assert why.why is Invisible.NOT_KNOWN


def test_a_withdrawn_visit_says_that_it_was_withdrawn() -> None:
    """And which visit it duplicated."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    enter(visit, "retract", merged_into="another-visit")
    why = why_invisible(visit.id, visit.changes)
    assert isinstance(why, VisitWithdrawn)
    assert why.merged_into == "another-visit"
