"""The effective times of status changes never go back."""

from datetime import timedelta
from typing import Any

import pytest

from domain.errors import InvalidValue
from domain.history import fold
from domain.terms import Side, StatementKind
from domain.times import Precision
from tests.domain.builders import NOW, at, blank_visit, enter, on, say
from tests.domain.moments import TEN, refused_fields, stands, visit_from

# Going back


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2023-02-03", "2023-02-02"),
        ("2023-02-03", "2023-02-02 23:59"),
        ("2023-02-03", "2023-01"),
        ("2023-02-03", "2022"),
        ("2023-02-03 18:00", "2023-02-03 17:59"),
        ("2023-02-03 18:00", "2023-02-02"),
        ("2023-02", "2023-01-31"),
        ("2023-02", "2023-01-31 23:59"),
        ("2023-02", "2023-01"),
        ("2023", "2022-12-31 23:59"),
    ],
)
def test_a_status_change_before_the_one_that_stands_is_refused(before: str, after: str) -> None:
    """Compared at the coarser precision of the two, effective times never go back."""
    visit = visit_from(before, NOW)
    assert refused_fields(visit, "postpone", effective=after) == ["context.effective_time"]


def test_the_refusal_of_going_back_names_the_time_that_stands() -> None:
    """The client can see which time its change has to follow."""
    visit = visit_from("2023-02", NOW)
    with pytest.raises(InvalidValue, match=r"2023-02-28T23:59:59\.999999Z \(month\)"):
        enter(visit, "postpone", effective="2023-01-31")


@pytest.mark.parametrize(
    ("before", "after", "stands_at"),
    [
        ("2023-02-03", "2023-02-03", "2023-02-03"),
        ("2023-02-03", "2023-02-04", "2023-02-04"),
        ("2023-02-03", "2023-02", "2023-02-28"),
        ("2023-02-03", "2023", NOW),
        ("2023-02-03 18:00", "2023-02-03 18:00", "2023-02-03 18:00"),
        ("2023-02-03 18:00", "2023-02-03", "2023-02-03"),
        ("2023-02", "2023-03-01 00:00", "2023-03-01 00:00"),
    ],
)
def test_a_status_change_that_follows_keeps_its_time(
    before: str, after: str, stands_at: str
) -> None:
    """A time that is not before that of the last status change stays as it is."""
    event = enter(visit_from(before, NOW), "postpone", effective=after)
    assert event.effective == event.known == stands(stands_at, on(after).precision)


@pytest.mark.parametrize(
    ("before", "after", "stands_at", "precision"),
    [
        ("2023-02-03", "2023-02-03 09:00", "2023-02-03", Precision.DAY),
        ("2023-02", "2023-02-03 09:00", "2023-02-28", Precision.MONTH),
        ("2023-02", "2023-02-03", "2023-02-28", Precision.MONTH),
        ("2022", "2022-11", "2022-12-31", Precision.YEAR),
        ("2022", "2022-01-01 00:00", "2022-12-31", Precision.YEAR),
    ],
)
def test_within_the_coarser_period_the_later_change_is_raised(
    before: str, after: str, stands_at: str, precision: Precision
) -> None:
    """It takes the precision of the time that it is raised to, which may be outside its period."""
    event = enter(visit_from(before, NOW), "postpone", effective=after)
    assert event.effective == stands(stands_at, precision)


def test_a_coarse_time_that_was_lowered_is_raised_again_and_stays_coarse() -> None:
    """A month that was known on the 3rd follows on a change at noon of the 20th."""
    visit = visit_from("2023-02-20 12:00", NOW)
    event = enter(visit, "postpone", effective="2023-02", known="2023-02-03")
    assert event.effective == stands("2023-02-20 12:00", Precision.MONTH)


def test_raising_leaves_the_known_time_as_it_was_told() -> None:
    """What was known on a day does not depend on how roughly an earlier change was dated."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2022-11-14")
    enter(visit, "reschedule", effective="2023-05")
    event = enter(visit, "postpone", effective="2023-05-10")
    assert event.effective == stands("2023-05-31", Precision.MONTH)
    assert event.known == stands("2023-05-10", Precision.DAY)
    assert fold(visit.changes, known_at=at("2023-05-12")).status == "postponed"


def test_raising_leaves_a_later_known_time_alone() -> None:
    """What was known on the day after was known on the day after."""
    visit = visit_from("2023-02-03", NOW)
    event = enter(visit, "postpone", effective="2023-02-03 09:00", known="2023-02-04 10:00")
    assert event.known == stands("2023-02-04 10:00", Precision.INSTANT)


def test_a_change_that_was_raised_is_a_floor_as_coarse_as_itself() -> None:
    """A third change within the month is raised as well, and one before it is refused."""
    visit = visit_from("2023-02", NOW)
    enter(visit, "postpone", effective="2023-02-10")
    assert refused_fields(visit, "defer", effective="2023-01-31")
    event = enter(visit, "defer", effective="2023-02-20 12:00")
    assert event.effective == stands("2023-02-28", Precision.MONTH)


def test_a_day_told_before_it_ends_is_a_floor_at_the_time_it_was_told() -> None:
    """What happens later that day needs no raising."""
    visit = visit_from("2023-02-03", "2023-02-03 10:00")
    event = enter(visit, "postpone", "2023-02-03 19:00", effective="2023-02-03 18:00")
    assert event.effective == stands("2023-02-03 18:00", Precision.INSTANT)


def test_a_change_without_times_follows_on_any_other() -> None:
    """The record time never goes back."""
    visit = visit_from("2023-06-06 12:00", NOW)
    enter(visit, "postpone", NOW)
    assert visit.state.status == "postponed"


def test_known_times_come_in_any_order() -> None:
    """The earlier change may have become known later."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-01", known="2023-06-01")
    event = enter(visit, "postpone", effective="2023-02-01", known="2023-02-01")
    assert event.known == stands("2023-02-01", Precision.DAY)


def test_only_changes_of_status_never_go_back() -> None:
    """A statement, an amendment and a retraction may take effect before the status did."""
    visit = visit_from("2023-02-03", NOW)
    say(visit, StatementKind.REPORT, Side.PRESS, effective="2023-01-16")
    enter(visit, "amend", effective="2022-11-14")
    enter(visit, "retract", retracted_version=2, effective="2023-01-16")
    assert visit.version == 4


def test_a_retracted_change_is_no_floor() -> None:
    """A change entered in error does not prevent an earlier one."""
    visit = visit_from("2023-01-01", NOW)
    enter(visit, "postpone", effective="2023-03-01")
    enter(visit, "retract", retracted_version=2)
    event = enter(visit, "postpone", effective="2023-02-03")
    assert event.effective == stands("2023-02-03", Precision.DAY)


def test_a_withdrawn_visit_is_opened_again_at_any_time() -> None:
    """There is no status change that it would have to follow."""
    visit = visit_from("2023-02-03", NOW)
    enter(visit, "retract")
    event = enter(visit, "schedule", effective="2022-11-14")
    assert event.effective == stands("2022-11-14", Precision.DAY)


# A record time that comes after the decision


@pytest.mark.parametrize(
    ("times_of_the_first", "second", "times_of_the_second"),
    [
        pytest.param({}, "postpone", {}, id="none names its times"),
        pytest.param({"known": TEN}, "postpone", {}, id="the first does"),
        pytest.param({"known": TEN}, "postpone", {"known": "2023-02-03"}, id="both do"),
        pytest.param({"known": TEN}, "amend", {"correction": True}, id="one corrects the other"),
        pytest.param({}, "amend", {}, id="one amends the other"),
    ],
)
def test_changes_decided_at_one_time_keep_their_order_when_they_are_recorded(
    times_of_the_first: dict[str, Any], second: str, times_of_the_second: dict[str, Any]
) -> None:
    """A change with times of its own follows one that has its own too, and never moves."""
    visit = blank_visit()
    enter(visit, "schedule", TEN, **times_of_the_first)
    enter(visit, second, TEN, **times_of_the_second)
    decided = visit.state.copy()

    visit.date_pending(at(TEN) + timedelta(milliseconds=5))

    recorded = visit.state
    assert (recorded.status, recorded.details) == (decided.status, decided.details)
    assert recorded.latest is visit.changes[1]
