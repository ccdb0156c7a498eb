"""What was known, recorded and in force: cases of real visits, and each rule by itself."""

from collections.abc import Callable, Sequence
from datetime import datetime

import pytest

from domain.errors import Invisible, NotVisibleThen, VisitWithdrawn
from domain.events import Event
from domain.history import fold, visible, why_invisible
from domain.standing import standing
from domain.state import State
from domain.terms import Side, StatementKind
from domain.times import LAST_INSTANT
from domain.values import Condition, VisitDetails
from domain.visit import Visit
from tests.domain import stories
from tests.domain.builders import (
    DETAILS,
    FEBRUARY,
    JUNE,
    at,
    blank_visit,
    condition,
    days,
    end_of_day,
    enter,
    say,
    word,
)

PLANNED, OPEN, AGAIN = "scheduled", "when conditions allow", "rescheduled"
UNKNOWN, UNRECORDED, NOT_YET = "(not known)", "(not recorded)", "(not in force)"


def instant(text: str) -> datetime:
    """A bare day is asked about as of its end; nothing is asked as of now."""
    if not text:
        return LAST_INSTANT
    return at(text) if ":" in text else end_of_day(text)


def as_of(visit: Visit, *, known: str = "", valid: str = "", recorded: str = "") -> State:
    """The visit as of these times."""
    return fold(events_by(visit, recorded), instant(known), instant(valid))


def events_by(visit: Visit, recorded: str) -> Sequence[Event]:
    return [event for event in visit.changes if event.timestamp <= instant(recorded)]


def status_as_of(visit: Visit, known: str, valid: str, recorded: str) -> str:
    """Its status then, or why it had none."""
    state = as_of(visit, known=known, valid=valid, recorded=recorded)
    if state.status is not None:
        return state.status
    why = why_invisible(visit.id, events_by(visit, recorded), instant(known))
    return f"({why.why})" if isinstance(why, NotVisibleThen) else "(withdrawn)"


Story = Callable[[], Visit]


def cases(*rows: tuple[str, str, str, str]) -> pytest.MarkDecorator:
    """Each row: known at, valid at, recorded by, and the status in that answer."""
    return pytest.mark.parametrize(("known", "valid", "recorded", "expected"), rows)


# Beijing 2023, entered from day to day at nine on the next morning


@cases(
    # what the world knew
    ("2022-11-13", "", "", UNKNOWN),
    ("2022-11-14 23:00", "", "", UNKNOWN),
    ("2022-11-14", "", "", PLANNED),
    ("2023-02-02", "", "", PLANNED),
    ("2023-02-03", "", "", OPEN),
    ("2023-03-01", "", "", OPEN),
    ("2023-06-07", "", "", OPEN),
    ("2023-06-13", "", "", OPEN),
    ("2023-06-14", "", "", AGAIN),
    ("2023-06-18", "", "", AGAIN),
    ("2023-06-19", "", "", "completed"),
    ("", "", "", "completed"),
    # what was so, as known today
    ("", "2022-11-13", "", NOT_YET),
    ("", "2022-11-14", "", PLANNED),
    ("", "2023-02-02", "", PLANNED),
    ("", "2023-02-03 12:00", "", PLANNED),
    ("", "2023-02-03", "", OPEN),
    ("", "2023-06-13", "", OPEN),
    ("", "2023-06-14", "", AGAIN),
    ("", "2023-06-19", "", "completed"),
    # what our own record said
    ("", "", "2022-11-14", UNRECORDED),
    ("", "", "2022-11-15 09:00", PLANNED),
    ("", "", "2023-02-03", PLANNED),
    ("", "", "2023-02-04 08:59", PLANNED),
    ("", "", "2023-02-04 09:00", OPEN),
    ("", "", "2023-03-01", OPEN),
    ("", "", "2023-06-15", AGAIN),
    ("", "", "2023-06-20", "completed"),
    # what was known on 1 March about 10 February, and about the days before and after
    ("2023-03-01", "2023-02-10", "", OPEN),
    ("2023-03-01", "2023-02-02", "", PLANNED),
    ("2023-03-01", "2023-06-19", "", OPEN),
    # all three
    ("2023-03-01", "2023-02-10", "2023-02-04 08:59", PLANNED),
    ("2023-03-01", "2023-02-10", "2023-02-04 09:00", OPEN),
    ("2023-02-03", "2023-02-03", "2023-06-20", OPEN),
)
def test_beijing_2023(known: str, valid: str, recorded: str, expected: str) -> None:
    """Planned, left open, planned again, made: before, between and after."""
    assert status_as_of(stories.beijing_2023(), known, valid, recorded) == expected


@cases(
    ("2022-11-13", "", "", UNKNOWN),
    ("2023-03-01", "2023-02-10", "", OPEN),
    ("2023-06-07", "", "", OPEN),
    ("2023-06-14", "", "", AGAIN),
    ("", "", "2025-01-09", UNRECORDED),
    ("2023-03-01", "", "2025-01-09", UNRECORDED),
    ("2023-03-01", "", "2025-01-10", OPEN),
)
def test_beijing_2023_loaded_two_years_later(
    known: str, valid: str, recorded: str, expected: str
) -> None:
    """What the world knew does not depend on when it was entered; what we had recorded does."""
    visit = stories.beijing_2023(loaded="2025-01-10 09:00")
    assert status_as_of(visit, known, valid, recorded) == expected


def test_on_1_march_beijing_had_no_date_and_a_condition() -> None:
    """The answer holds all that was known by then, and nothing of what came after."""
    state = as_of(stories.beijing_2023(), known="2023-03-01")
    assert state.window is None
    assert state.previous_windows == (stories.EARLY_2023,)
    assert [c.text for c in state.conditions.values()] == ["when conditions allow"]
    assert [s.speaker for s in state.statements.values()] == [
        "Politico",
        "Foreign ministry",
        "Ned Price",
    ]
    assert standing(state) == "disputed"
    assert state.details.title == "Blinken to Beijing"


def test_on_7_june_beijing_was_talked_about_and_still_open() -> None:
    """Reports and refusals to comment change no status."""
    state = as_of(stories.beijing_2023(), known="2023-06-07")
    assert {s.side: (s.kind, s.speaker) for s in state.statements.values()} == {
        Side.PRESS: (StatementKind.REPORT, "CBS News"),
        Side.GUEST: (StatementKind.DECLINE, "Vedant Patel"),
        Side.HOST: (StatementKind.DECLINE, "Wang Wenbin"),
    }
    assert state.window is None
    assert state.conditions == {
        Side.GUEST: Condition("when conditions allow", Side.GUEST, "Ned Price")
    }


def test_on_14_june_beijing_had_a_new_window_and_no_condition() -> None:
    """The window of the winter is a previous one."""
    state = as_of(stories.beijing_2023(), known="2023-06-14")
    assert (state.window, state.previous_windows) == (stories.JUNE_2023, (stories.EARLY_2023,))
    assert (state.conditions, state.held_window) == ({}, None)
    assert standing(state) == "official"


def test_the_record_of_october_makes_beijing_official_from_then_on() -> None:
    """It confirms what was so since June."""
    visit = stories.beijing_2023()
    assert standing(as_of(visit, known="2023-10-17")) == "reported"
    assert standing(as_of(visit, known="2023-10-18")) == "official"
    assert standing(as_of(visit, recorded="2023-10-18")) == "reported"
    assert standing(as_of(visit, valid="2023-10-17")) == "reported"


# Burns, May 2023: made in secret in May, disclosed on 2 June, entered on 10 June


@cases(
    ("2023-05-31", "", "", UNKNOWN),
    ("2023-06-01", "", "", UNKNOWN),
    ("2023-06-02", "", "", "completed"),
    ("2023-06-06", "", "", "completed"),
    ("", "2023-04-30", "", NOT_YET),
    ("", "2023-05-19", "", NOT_YET),
    ("", "2023-05-31", "", "completed"),
    ("2023-06-01", "2023-05-31", "", UNKNOWN),
    ("2023-06-02", "2023-05-19", "", NOT_YET),
    ("2023-06-02", "2023-05-31", "", "completed"),
    ("", "", "2023-06-02", UNRECORDED),
    ("", "", "2023-06-10 08:59", UNRECORDED),
    ("", "", "2023-06-10 09:00", "completed"),
    ("2023-06-06", "2023-05-31", "2023-06-06", UNRECORDED),
    ("2023-06-01", "2023-05-31", "2023-06-10", UNKNOWN),
    ("2023-06-06", "2023-05-31", "2023-06-10", "completed"),
)
def test_the_secret_trip_of_may_2023(known: str, valid: str, recorded: str, expected: str) -> None:
    """Three different times; "May" does not claim more than its last day."""
    assert status_as_of(stories.burns_2023(), known, valid, recorded) == expected


def test_the_secret_trip_was_held_in_may() -> None:
    """It was never planned in public; nobody gave a name for it."""
    state = as_of(stories.burns_2023(), known="2023-06-06")
    assert (state.held_window, state.window, state.previous_windows) == (stories.IN_MAY, None, ())
    assert standing(state) == "reported"


# Singapore 2018


@cases(
    ("2018-05-09", "", "", UNKNOWN),
    ("2018-05-10", "", "", PLANNED),
    ("2018-05-23", "", "", PLANNED),
    ("2018-05-24", "", "", "cancelled"),
    ("2018-05-25", "", "", "cancelled"),
    ("2018-05-31", "", "", "cancelled"),
    ("2018-06-01", "", "", AGAIN),
    ("2018-06-11", "", "", AGAIN),
    ("2018-06-12", "", "", "completed"),
    ("", "2018-05-09", "", NOT_YET),
    ("", "2018-05-23", "", PLANNED),
    ("", "2018-05-31", "", "cancelled"),
    ("", "2018-06-01", "", AGAIN),
    ("", "2018-06-12", "", "completed"),
    ("", "", "2018-05-10", UNRECORDED),
    ("", "", "2018-05-24", PLANNED),
    ("", "", "2018-05-25 09:00", "cancelled"),
    ("", "", "2018-06-01", "cancelled"),
    ("", "", "2018-06-02 09:00", AGAIN),
    ("", "", "2018-06-13 09:00", "completed"),
    ("2018-05-25", "2018-05-20", "", PLANNED),
    ("2018-05-31", "2018-06-12", "", "cancelled"),
    ("2018-06-12", "2018-05-31", "2018-06-01", "cancelled"),
)
def test_singapore_2018(known: str, valid: str, recorded: str, expected: str) -> None:
    """Called off, and a week later planned again."""
    assert status_as_of(stories.singapore_2018(), known, valid, recorded) == expected


@pytest.mark.parametrize(
    ("known", "window", "previous", "held"),
    [
        ("2018-05-10", True, 0, False),
        ("2018-05-31", True, 0, False),
        ("2018-06-01", True, 1, False),
        ("2018-06-12", True, 1, True),
    ],
)
def test_singapore_2018_was_always_about_one_day(
    known: str, window: bool, previous: int, held: bool
) -> None:
    """The cancellation keeps the window, and it is then planned a second time."""
    state = as_of(stories.singapore_2018(), known=known)
    day = stories.TWELFTH_OF_JUNE
    assert state.window == (day if window else None)
    assert state.previous_windows == (day,) * previous
    assert state.held_window == (day if held else None)


# A postponement of 10 March that was a mistake, entered on the 11th, retracted on the 13th


@cases(
    ("2024-02-29", "", "", UNKNOWN),
    ("2024-03-09", "", "", PLANNED),
    ("2024-03-10", "", "", PLANNED),
    ("2024-03-11", "", "", PLANNED),
    ("2024-03-13", "", "", PLANNED),
    ("", "2024-03-09", "", PLANNED),
    ("", "2024-03-11", "", PLANNED),
    ("", "", "2024-03-11 08:59", PLANNED),
    ("", "", "2024-03-11 09:00", "postponed"),
    ("", "", "2024-03-13 08:59", "postponed"),
    ("", "", "2024-03-13 09:00", PLANNED),
    ("2024-03-11", "", "2024-03-12", "postponed"),
    ("2024-03-11", "2024-03-11", "2024-03-12", "postponed"),
    ("2024-03-11", "2024-03-11", "2024-03-13", PLANNED),
)
def test_a_postponement_that_was_mistyped(
    known: str, valid: str, recorded: str, expected: str
) -> None:
    """It was never known; only our own record had it, until it was retracted."""
    visit = stories.mistaken_postponement(was_believed=False)
    assert status_as_of(visit, known, valid, recorded) == expected


@cases(
    ("2024-03-09", "", "", PLANNED),
    ("2024-03-10", "", "", "postponed"),
    ("2024-03-11", "", "", "postponed"),
    ("2024-03-12 23:00", "", "", "postponed"),
    ("2024-03-12", "", "", PLANNED),
    ("", "2024-03-11", "", PLANNED),
    ("2024-03-11", "2024-03-09", "", PLANNED),
    ("2024-03-11", "2024-03-11", "", "postponed"),
    ("2024-03-12", "2024-03-11", "", PLANNED),
    ("", "", "2024-03-10", PLANNED),
    ("", "", "2024-03-12", "postponed"),
    ("", "", "2024-03-13", PLANNED),
    ("2024-03-11", "", "2024-03-13", "postponed"),
    ("2024-03-12", "", "2024-03-12", "postponed"),
)
def test_a_postponement_that_the_world_believed(
    known: str, valid: str, recorded: str, expected: str
) -> None:
    """It was known until the 12th; what was in force, as known today, was always the plan."""
    visit = stories.mistaken_postponement(was_believed=True)
    assert status_as_of(visit, known, valid, recorded) == expected


def test_a_mistake_moves_the_window_for_as_long_as_it_is_believed() -> None:
    """And back, as if nothing had been said."""
    visit = stories.mistaken_postponement(was_believed=True)
    planned = days("2024-04-02", "2024-04-03")
    believed, today = as_of(visit, known="2024-03-11"), as_of(visit)
    assert (believed.window, believed.previous_windows) == (None, (planned,))
    assert (today.window, today.previous_windows) == (planned, ())


# Every story


@pytest.mark.parametrize("story", stories.ALL.values(), ids=stories.ALL)
def test_today_is_the_visit_as_it_stands(story: Story) -> None:
    """Each of the three times defaults to now."""
    visit = story()
    assert fold(visit.changes) == visit.state


@pytest.mark.parametrize("story", stories.ALL.values(), ids=stories.ALL)
def test_what_comes_later_never_changes_an_answer(story: Story) -> None:
    """Nothing from outside the changes recorded by then has any influence."""
    visit = story()
    for version in range(1, visit.version + 1):
        replayed = blank_visit(visit.id)
        for event in visit.changes[:version]:
            event.mutate(replayed)
        assert fold(visit.changes[:version]) == replayed.state


# The rules


def test_a_change_counts_from_its_known_instant_on() -> None:
    """Not after, and not before."""
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
    """The table of changes is not asked again: a status may be known before the plan."""
    state = as_of(visit_known_backwards(), known=known, valid=valid)
    assert (state.status, state.previous_windows) == (status, previous)
    assert state.details == (DETAILS if known == "2023-04-01" else VisitDetails())


def test_changes_are_folded_by_effective_time_and_then_by_version() -> None:
    """A statement about January that is entered in June stands before those of February."""
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
    """The status changes behind the target stay as well."""
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
    """What the visit was called, then."""
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
    """Under which words the visit was open, then."""
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
    """A duplicate that the world took for a visit of its own until June."""
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


# Why there is no answer


def test_a_visit_of_which_nothing_was_recorded_says_so() -> None:
    """The reason is told with the refusal."""
    why = why_invisible("beijing-2023", [])
    assert isinstance(why, NotVisibleThen)
    assert (why.visit_id, why.why) == ("beijing-2023", Invisible.NOT_RECORDED)
    assert str(why) == "visit 'beijing-2023' was not recorded by then"


def test_a_visit_of_which_only_a_statement_was_known_was_not_known() -> None:
    """It takes a status for a visit to be one."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05", known="2023-03-01")
    say(visit, StatementKind.REPORT, Side.PRESS, effective="2023-01-16")
    why = why_invisible(visit.id, visit.changes, at("2023-02-01"))
    assert isinstance(why, NotVisibleThen)
    assert why.why is Invisible.NOT_KNOWN


def test_a_withdrawn_visit_says_that_it_was_withdrawn() -> None:
    """And of which visit it was a duplicate."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    enter(visit, "retract", merged_into="another-visit")
    why = why_invisible(visit.id, visit.changes)
    assert isinstance(why, VisitWithdrawn)
    assert why.merged_into == "another-visit"
