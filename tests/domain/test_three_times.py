"""Where the effective and the known time of a change stand, and which are refused."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.errors import InvalidValue
from domain.history import fold
from domain.terms import Side, StatementKind
from domain.times import LAST_INSTANT, TICK, Moment, Precision, end_of, start_of
from domain.visit import Visit
from tests.domain.builders import (
    NOW,
    at,
    blank_visit,
    end_of_day,
    enter,
    on,
    say,
)

TEN = "2023-02-03 10:00"


def stands(text: str, precision: Precision) -> Moment:
    """A moment that stands at an instant: a bare day is its last one."""
    return Moment(at(text) if ":" in text else end_of_day(text), precision)


def visit_from(effective: str, recorded: str) -> Visit:
    """A visit that is scheduled from a given time on."""
    visit = blank_visit()
    enter(visit, "schedule", recorded, effective=effective)
    return visit


def refused_fields(visit: Visit, command: str, recorded: str = NOW, **times: str) -> list[str]:
    """The fields that a command is refused for; the visit stays as it is."""
    version = visit.version
    with pytest.raises(InvalidValue) as refused:
        enter(visit, command, recorded, **times)
    assert visit.version == version
    return [problem.field for problem in refused.value.problems]


# Periods


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2023", "2023-01-01", "2023-12-31"),
        ("2023-01", "2023-01-01", "2023-01-31"),
        ("2023-02", "2023-02-01", "2023-02-28"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2000-02", "2000-02-01", "2000-02-29"),
        ("1900-02", "1900-02-01", "1900-02-28"),
        ("2023-04", "2023-04-01", "2023-04-30"),
        ("2023-12", "2023-12-01", "2023-12-31"),
        ("2024-02-29", "2024-02-29", "2024-02-29"),
        ("2023-12-31", "2023-12-31", "2023-12-31"),
        ("0001", "0001-01-01", "0001-12-31"),
        ("9998-12", "9998-12-01", "9998-12-31"),
        ("9999", "9999-01-01", "9999-12-31"),
        ("9999-11", "9999-11-01", "9999-11-30"),
        ("9999-12", "9999-12-01", "9999-12-31"),
        ("9999-12-31", "9999-12-31", "9999-12-31"),
    ],
)
def test_a_period_has_a_first_and_a_last_instant(text: str, first: str, last: str) -> None:
    """Whatever instant of it is given, a period runs from its first day to its last."""
    begin, end = at(first), end_of_day(last)
    precision = on(text).precision
    for instant in begin, begin + (end - begin) / 2, end:
        assert start_of(instant, precision) == begin
        assert end_of(instant, precision) == end


@pytest.mark.parametrize("instant", [at("2023-02-03 18:00"), LAST_INSTANT, at("0001-01-01")])
def test_an_instant_is_a_period_of_its_own(instant: datetime) -> None:
    """It begins and ends where it is."""
    assert start_of(instant, Precision.INSTANT) == instant
    assert end_of(instant, Precision.INSTANT) == instant


# Where a time stands


@pytest.mark.parametrize(
    ("told", "effective", "stands_at"),
    [
        pytest.param("2023-06-10 09:00", "2023", "2023-06-10 09:00", id="a year that goes on"),
        pytest.param("2023-06-10 09:00", "2022", "2022-12-31", id="a year that is over"),
        pytest.param("2023-06-10 09:00", "2023-06", "2023-06-10 09:00", id="a month that goes on"),
        pytest.param("2023-06-10 09:00", "2023-05", "2023-05-31", id="a month that is over"),
        pytest.param("2023-06-10 09:00", "2023-06-10", "2023-06-10 09:00", id="today"),
        pytest.param("2023-06-10 09:00", "2023-06-09", "2023-06-09", id="yesterday"),
        pytest.param("2023-06-10 09:00", "2023-06-10 08:59", "2023-06-10 08:59", id="an instant"),
        pytest.param("2023-06-10 09:00", "2023-06-10 09:00", "2023-06-10 09:00", id="now"),
        pytest.param("2024-03-01", "2024-02", "2024-02-29", id="a leap February"),
        pytest.param("9999-12-31 12:00", "9999", "9999-12-31 12:00", id="the last year"),
        pytest.param("9999-12-31 23:59:59.999999", "9999-12-31", "9999-12-31", id="the last day"),
    ],
)
def test_a_time_stands_at_the_latest_instant_that_it_can_mean(
    told: str, effective: str, stands_at: str
) -> None:
    """That is the end of its period, or the time of the command if that is earlier."""
    event = enter(blank_visit(), "schedule", told, effective=effective)
    assert event.effective == stands(stands_at, on(effective).precision)


def test_a_change_without_times_has_those_of_its_record() -> None:
    """The event leaves both unset, which means the record time, also one given later."""
    event = enter(blank_visit(), "schedule", "2023-06-10 09:00")
    assert (event.effective, event.known, event.has_own_times) == (None, None, False)
    assert event.effective_moment == event.known_moment == on("2023-06-10 09:00")

    event.stamp(at("2023-06-10 09:01"))

    assert event.effective_moment == event.known_moment == on("2023-06-10 09:01")


def test_a_record_time_leaves_given_times_alone() -> None:
    """Times of its own do not move with the record time."""
    event = enter(blank_visit(), "schedule", "2023-06-10 09:00", effective="2023-05")
    event.stamp(at("2023-06-10 09:01"))
    assert event.has_own_times
    assert event.effective_moment == event.known_moment == stands("2023-05-31", Precision.MONTH)


@pytest.mark.parametrize("given", ["2023", "2023-05", "2023-05-19", "2023-05-19 18:00"])
@pytest.mark.parametrize("name", ["effective", "known"])
def test_where_one_time_is_given_the_other_takes_its_value(name: str, given: str) -> None:
    """Neither is left to the record time, and both are equally exact."""
    event = enter(blank_visit(), "schedule", **{name: given})
    assert event.effective == event.known
    assert event.effective is not None
    assert event.effective.precision == on(given).precision


@pytest.mark.parametrize(
    ("effective", "known", "effective_stands", "known_stands"),
    [
        pytest.param(
            "2023-05", "2023-06-02", "2023-05-31", "2023-06-02", id="a secret month, disclosed"
        ),
        pytest.param("2013-09-16", "2013-09-17", "2013-09-16", "2013-09-17", id="known next day"),
        pytest.param(
            "2023-02-03",
            "2023-02-03 18:00",
            "2023-02-03 18:00",
            "2023-02-03 18:00",
            id="a day that was known before it ended",
        ),
        pytest.param(
            "2023-05", "2023-05-19", "2023-05-19", "2023-05-19", id="a month, known on a day of it"
        ),
        pytest.param(
            "2022", "2022-11-14", "2022-11-14", "2022-11-14", id="a year, known on a day of it"
        ),
        pytest.param(
            "2023-05-19", "2023-05", "2023-05-19", "2023-05-31", id="a day, known in its month"
        ),
        pytest.param(
            "2023-05-19 18:00", "2023-05-19", "2023-05-19 18:00", "2023-05-19", id="known that day"
        ),
        pytest.param(
            "2023-05-19 18:00",
            "2023-05-19 18:00",
            "2023-05-19 18:00",
            "2023-05-19 18:00",
            id="same",
        ),
    ],
)
def test_no_change_takes_effect_after_it_is_known(
    effective: str, known: str, effective_stands: str, known_stands: str
) -> None:
    """Within one period the effective time is lowered to the known one; each stays as exact."""
    event = enter(blank_visit(), "schedule", "2023-06-10 09:00", effective=effective, known=known)
    assert event.effective == stands(effective_stands, on(effective).precision)
    assert event.known == stands(known_stands, on(known).precision)


@pytest.mark.parametrize(
    ("effective", "known"),
    [
        ("2023-06-03", "2023-06-02"),
        ("2023-06", "2023-05"),
        ("2023-06", "2023-05-31"),
        ("2023-06-01", "2023-05"),
        ("2023", "2022-12-31"),
        ("2023-02-03 18:00", "2023-02-03 17:59"),
        ("2023-02-03 00:00", "2023-02-02"),
    ],
)
def test_an_effective_time_after_the_known_one_is_refused(effective: str, known: str) -> None:
    """What was not so yet cannot have been known."""
    fields = refused_fields(blank_visit(), "schedule", effective=effective, known=known)
    assert fields == ["context.effective_time"]


# The future


@pytest.mark.parametrize("told", ["2023-06-10 09:00", "2023-12-31 23:59:59.999999"])
@pytest.mark.parametrize("name", ["effective", "known"])
def test_a_time_in_the_future_is_refused(name: str, told: str) -> None:
    """A period is in the future where all of it is."""
    after = at(told) + TICK
    next_year = f"{at(told).year + 1}"
    for text in after.isoformat(" ").removesuffix("+00:00"), next_year, f"{next_year}-01":
        fields = refused_fields(blank_visit(), "schedule", told, **{name: text})
        assert fields == [f"context.{name}_time"]


def test_tomorrow_is_the_future_and_today_is_not() -> None:
    """Today stands at the time of the command."""
    last_minute = "2023-06-10 23:59"
    assert refused_fields(blank_visit(), "schedule", last_minute, known="2023-06-11")
    event = enter(blank_visit(), "schedule", last_minute, known="2023-06-10")
    assert event.known == stands(last_minute, Precision.DAY)


def test_the_refusal_of_a_future_time_says_what_time_it_is() -> None:
    """A client whose clock is ahead can see by how much."""
    with pytest.raises(InvalidValue, match=r"it is now 2023-06-10T09:00:00\.000000Z"):
        enter(blank_visit(), "schedule", "2023-06-10 09:00", known="2024")


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
    """The client can see what its change would have to follow."""
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
    """A time that does not lie before the one that stands is taken as it is."""
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
    """It is as exact as the time that it is raised to, which need not be of its own period."""
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
    """What was entered in error does not stand in the way of an earlier change."""
    visit = visit_from("2023-01-01", NOW)
    enter(visit, "postpone", effective="2023-03-01")
    enter(visit, "retract", retracted_version=2)
    event = enter(visit, "postpone", effective="2023-02-03")
    assert event.effective == stands("2023-02-03", Precision.DAY)


def test_a_withdrawn_visit_is_opened_again_at_any_time() -> None:
    """Nothing that stands would have to come before."""
    visit = visit_from("2023-02-03", NOW)
    enter(visit, "retract")
    event = enter(visit, "schedule", effective="2022-11-14")
    assert event.effective == stands("2022-11-14", Precision.DAY)


# The record time, which comes after the decision


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
    """A change that names its times follows on one that does so too: that one never moves."""
    visit = blank_visit()
    enter(visit, "schedule", TEN, **times_of_the_first)
    enter(visit, second, TEN, **times_of_the_second)
    decided = visit.state.copy()

    for event in visit.changes:
        event.stamp(at(TEN) + timedelta(milliseconds=5))

    recorded = fold(visit.changes)
    assert (recorded.status, recorded.details) == (decided.status, decided.details)
    assert recorded.latest is visit.changes[1]
