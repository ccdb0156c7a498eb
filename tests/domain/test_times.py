"""How the effective and the known time of a change resolve."""

from datetime import datetime
from typing import Any

import pytest

from domain.errors import InvalidValue
from domain.times import LAST_INSTANT, TICK, Precision, end_of, start_of
from tests.domain.builders import at, blank_visit, end_of_day, enter, on
from tests.domain.moments import refused_fields, stands

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
    """A period runs from its first day to its last, whichever instant of it is given."""
    begin, end = at(first), end_of_day(last)
    precision = on(text).precision
    for instant in begin, begin + (end - begin) / 2, end:
        assert start_of(instant, precision) == begin
        assert end_of(instant, precision) == end


@pytest.mark.parametrize("instant", [at("2023-02-03 18:00"), LAST_INSTANT, at("0001-01-01")])
def test_an_instant_is_a_period_of_its_own(instant: datetime) -> None:
    """It is its own beginning and end."""
    assert start_of(instant, Precision.INSTANT) == instant
    assert end_of(instant, Precision.INSTANT) == instant


# How a time resolves


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
    visit = blank_visit()
    event = enter(visit, "schedule", "2023-06-10 09:00")
    assert (event.effective, event.known, event.has_own_times) == (None, None, False)
    assert event.effective_moment == event.known_moment == on("2023-06-10 09:00")

    visit.date_pending(at("2023-06-10 09:01"))
    (event,) = visit.changes

    assert event.effective_moment == event.known_moment == on("2023-06-10 09:01")


def test_a_record_time_leaves_given_times_alone() -> None:
    """Given times do not move with the record time."""
    visit = blank_visit()
    enter(visit, "schedule", "2023-06-10 09:00", effective="2023-05")
    visit.date_pending(at("2023-06-10 09:01"))
    (event,) = visit.changes
    assert event.has_own_times
    assert event.effective_moment == event.known_moment == stands("2023-05-31", Precision.MONTH)


@pytest.mark.parametrize("given", ["2023", "2023-05", "2023-05-19", "2023-05-19 18:00"])
@pytest.mark.parametrize("name", ["effective", "known"])
def test_where_one_time_is_given_the_other_takes_its_value(name: str, given: str) -> None:
    """Neither is left to the record time, and both are equally exact."""
    times: dict[str, Any] = {name: given}
    event = enter(blank_visit(), "schedule", **times)
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
    """Nothing can be known before it is so."""
    fields = refused_fields(blank_visit(), "schedule", effective=effective, known=known)
    assert fields == ["context.effective_time"]


# The future


@pytest.mark.parametrize("told", ["2023-06-10 09:00", "2023-12-31 23:59:59.999999"])
@pytest.mark.parametrize("name", ["effective", "known"])
def test_a_time_in_the_future_is_refused(name: str, told: str) -> None:
    """A period is in the future if all of it is."""
    after = at(told) + TICK
    next_year = f"{at(told).year + 1}"
    for text in after.isoformat(" ").removesuffix("+00:00"), next_year, f"{next_year}-01":
        fields = refused_fields(blank_visit(), "schedule", told, **{name: text})
        assert fields == [f"context.{name}_time"]


def test_tomorrow_is_the_future_and_today_is_not() -> None:
    """Today resolves to the time of the command."""
    last_minute = "2023-06-10 23:59"
    assert refused_fields(blank_visit(), "schedule", last_minute, known="2023-06-11")
    event = enter(blank_visit(), "schedule", last_minute, known="2023-06-10")
    assert event.known == stands(last_minute, Precision.DAY)


def test_the_refusal_of_a_future_time_says_what_time_it_is() -> None:
    """A client whose clock is ahead can see by how much."""
    with pytest.raises(InvalidValue, match=r"it is now 2023-06-10T09:00:00\.000000Z"):
        enter(blank_visit(), "schedule", "2023-06-10 09:00", known="2024")
