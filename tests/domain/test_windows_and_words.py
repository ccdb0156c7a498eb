"""What each change does to the windows, the conditions and the statements of a visit."""

import pytest

from domain.errors import InvalidValue
from domain.terms import Side, StatementKind
from domain.values import Condition, Statement, Window
from tests.domain.builders import (
    FEBRUARY,
    IN_STATUS,
    JUNE,
    NOW,
    blank_visit,
    cancelled_visit,
    completed_visit,
    condition,
    days,
    disclosed_visit,
    enter,
    postponed_visit,
    rescheduled_visit,
    say,
    scheduled_visit,
    visit_left_open,
    withdrawn_visit,
)

AUTUMN = days("2023-09-01", "2023-11-30", "in the autumn", approximate=True)


# Windows


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
    assert (visit.state.window, visit.state.previous_windows) == (None, (FEBRUARY,))


def test_deferring_a_postponed_visit_moves_no_window() -> None:
    """It has none."""
    visit = postponed_visit()
    enter(visit, "defer")
    enter(visit, "defer", condition=condition("once the matter is settled"))
    assert (visit.state.window, visit.state.previous_windows) == (None, (FEBRUARY,))


def test_rescheduling_sets_the_window() -> None:
    """The new plan."""
    state = rescheduled_visit().state
    assert (state.window, state.previous_windows) == (JUNE, (FEBRUARY,))


def test_rescheduling_a_planned_visit_moves_the_old_window_to_the_previous_ones() -> None:
    """Put off and planned again in one breath."""
    visit = scheduled_visit()
    enter(visit, "reschedule", window=JUNE)
    enter(visit, "reschedule", window=AUTUMN)
    assert (visit.state.window, visit.state.previous_windows) == (AUTUMN, (FEBRUARY, JUNE))


def test_the_same_window_may_be_planned_again() -> None:
    """It is then the window and a previous one as well."""
    visit = cancelled_visit()
    enter(visit, "reschedule", window=FEBRUARY)
    assert (visit.state.window, visit.state.previous_windows) == (FEBRUARY, (FEBRUARY,))


def test_cancelling_keeps_the_window() -> None:
    """The days for which the visit was called off."""
    state = cancelled_visit().state
    assert (state.window, state.previous_windows) == (FEBRUARY, ())


def test_deferring_a_cancelled_visit_moves_its_window() -> None:
    """It is open again, without a date."""
    visit = cancelled_visit()
    enter(visit, "defer")
    assert (visit.state.window, visit.state.previous_windows) == (None, (FEBRUARY,))


def test_a_visit_is_held_on_the_planned_days_where_none_are_given() -> None:
    """The planned window is kept beside them."""
    state = completed_visit().state
    assert (state.window, state.held_window) == (FEBRUARY, FEBRUARY)


def test_a_visit_may_be_held_on_other_days() -> None:
    """The planned window still says what was planned."""
    visit = scheduled_visit()
    enter(visit, "complete", held_window=days("2023-02-05", "2023-02-07"))
    assert visit.state.window == FEBRUARY
    assert visit.state.held_window == days("2023-02-05", "2023-02-07")


@pytest.mark.parametrize("held", [None, JUNE])
def test_a_visit_without_a_date_may_take_place(held: Window | None) -> None:
    """Nobody has to announce a new date first. If no days are given, none are known."""
    visit = postponed_visit()
    enter(visit, "complete", held_window=held)
    assert (visit.state.window, visit.state.held_window) == (None, held)


def test_a_window_amended_after_the_visit_leaves_the_held_days() -> None:
    """They were set when it was completed."""
    visit = completed_visit()
    enter(visit, "amend", details=None, window=JUNE, update_mask=["window"])
    assert (visit.state.window, visit.state.held_window) == (JUNE, FEBRUARY)


def test_a_visit_that_is_opened_again_begins_without_the_windows_it_had() -> None:
    """What was withdrawn with the visit does not come back."""
    visit = withdrawn_visit()
    enter(visit, "schedule", window=JUNE)
    assert (visit.state.window, visit.state.previous_windows) == (JUNE, ())


# Conditions


def test_a_visit_is_left_open_under_a_condition() -> None:
    """The condition is kept with the side that named it."""
    assert visit_left_open().state.conditions == {Side.GUEST: condition()}


def test_each_side_has_its_own_condition() -> None:
    """The two sides of one visit may name different states of affairs."""
    visit = visit_left_open()
    hosts = Condition("at the most opportune time", Side.HOST, "Foreign ministry")
    enter(visit, "defer", condition=hosts)
    assert visit.state.conditions == {Side.GUEST: condition(), Side.HOST: hosts}


def test_the_latest_condition_of_a_side_counts() -> None:
    """A visit is deferred again for a changed condition; the last one to change comes last."""
    visit = visit_left_open()
    enter(visit, "defer", condition=condition("when invited", Side.HOST))
    enter(visit, "defer", condition=condition("once the matter is settled"))
    assert [c.text for c in visit.state.conditions.values()] == [
        "when invited",
        "once the matter is settled",
    ]


def test_a_postponement_may_name_a_condition() -> None:
    """It is kept when the visit is then left open."""
    visit = scheduled_visit()
    enter(visit, "postpone", condition=condition("as soon as dates are found", Side.HOST))
    enter(visit, "defer")
    assert list(visit.state.conditions) == [Side.HOST, Side.GUEST]


def test_a_condition_that_a_statement_carries_is_the_latest_of_its_side() -> None:
    """A side may restate its condition, in other words, without a change of status."""
    visit = visit_left_open()
    restated = condition("at the earliest opportunity")
    say(visit, StatementKind.REAFFIRM, Side.GUEST, condition=restated)
    assert visit.state.conditions == {Side.GUEST: restated}
    assert visit.state.status == "when conditions allow"


@pytest.mark.parametrize("change", ["reschedule", "complete", "cancel"])
def test_a_visit_that_is_no_longer_left_open_has_no_condition(change: str) -> None:
    """Neither one that is planned again, nor one that took place, nor one that is called off."""
    visit = visit_left_open()
    enter(visit, change)
    assert visit.state.conditions == {}


def test_a_cancellation_may_name_the_condition_for_another_try() -> None:
    """Of the conditions only that one is left."""
    visit = visit_left_open()
    enter(visit, "cancel", condition=condition("should things improve", Side.HOST))
    assert list(visit.state.conditions) == [Side.HOST]


# Statements


def test_a_statement_changes_no_status() -> None:
    """Whatever it claims."""
    for status, state in IN_STATUS.items():
        if status is not None:
            visit = state()
            before = visit.state.copy()
            for kind in StatementKind:
                say(visit, kind, Side.GUEST, claimed_window=AUTUMN)
            assert visit.state.status == before.status
            assert visit.state.status_change == before.status_change
            assert visit.state.window == before.window


def test_the_last_word_of_each_side_is_kept() -> None:
    """A side that speaks again replaces what it said."""
    visit = scheduled_visit()
    for side, text in [
        (Side.GUEST, "going"),
        (Side.HOST, "welcome"),
        (Side.GUEST, "nothing to announce"),
        (Side.PRESS, "going after all"),
    ]:
        say(visit, StatementKind.REPORT, side, text=text)
    assert [s.text for s in visit.state.statements.values()] == [
        "welcome",
        "nothing to announce",
        "going after all",
    ]


def test_speakers_of_one_side_from_several_countries_each_have_their_word() -> None:
    """A host is the place visited, and every expected counterpart's state."""
    visit = scheduled_visit()
    say(visit, StatementKind.CONFIRM, Side.HOST, country="SG", text="The island is ready")
    say(visit, StatementKind.CONFIRM, Side.HOST, country="KP", text="The chairman will come")
    say(visit, StatementKind.DECLINE, Side.HOST, country="SG", text="Ask the two sides")
    assert {k: s.text for k, s in visit.state.statements.items()} == {
        (Side.HOST, "KP"): "The chairman will come",
        (Side.HOST, "SG"): "Ask the two sides",
    }


def test_the_last_word_is_the_one_that_was_said_last() -> None:
    """In whichever order the two were entered."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2022-11-14")
    say(visit, StatementKind.DENY, Side.HOST, effective="2023-02-04", text="later")
    say(visit, StatementKind.CONFIRM, Side.HOST, effective="2023-01-17", text="earlier")
    assert [s.text for s in visit.state.statements.values()] == ["later"]


def test_statements_outlast_a_change_of_status() -> None:
    """They record what was said, not the status."""
    visit = scheduled_visit()
    say(visit, StatementKind.CONFIRM, Side.HOST)
    enter(visit, "postpone", NOW)
    enter(visit, "reschedule", NOW)
    assert [s.side for s in visit.state.statements.values()] == [Side.HOST]


def test_a_statement_may_be_about_any_change_that_was_made() -> None:
    """A later source for an earlier change is a confirmation of it."""
    visit = rescheduled_visit()
    for version in 0, 1, 2, 3:
        say(visit, StatementKind.CONFIRM, Side.GUEST, about_version=version)
    assert visit.version == 7


def test_a_statement_about_a_change_that_was_not_made_is_refused() -> None:
    """The refusal names how many changes there are."""
    visit = rescheduled_visit()
    statement = Statement(StatementKind.CONFIRM, Side.GUEST, about_version=4)
    with pytest.raises(InvalidValue, match="which has 3") as refused:
        enter(visit, "record_statement", statement=statement)
    assert [p.field for p in refused.value.problems] == [
        "statement_recorded.statement.about_version"
    ]
