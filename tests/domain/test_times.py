"""How the effective and the known time of a change resolve."""

from datetime import date
from typing import Any

import pytest

from domain.times import LAST_INSTANT, Moment, last_day_at
from tests.domain.builders import at, blank_visit, end_of_day, enter, on, time_field
from tests.domain.moments import refused_fields, stands

# Periods


@pytest.mark.parametrize(
    ("period", "first", "last"),
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
def test_a_period_has_a_first_and_a_latest_instant(period: str, first: str, last: str) -> None:
    """The latest is its last millisecond, so that who counts in milliseconds meets it."""
    moment = Moment.of_period(period)
    assert moment == Moment(end_of_day(last), period)
    assert moment.instant.microsecond == 999_000
    assert moment.begin == at(first)
    assert moment.last_day == date.fromisoformat(last)


def test_an_instant_is_its_own_begin() -> None:
    """It lasts no longer, and its day is the latest that it is anywhere on Earth."""
    assert on("2023-02-03 18:00").begin == at("2023-02-03 18:00")
    assert on("2023-02-03 09:59").last_day == date(2023, 2, 3)
    assert on("2023-02-03 10:00").last_day == date(2023, 2, 4)
    assert Moment(LAST_INSTANT).last_day == last_day_at(LAST_INSTANT) == date.max


@pytest.mark.parametrize(
    "text",
    [
        "",
        "23",
        "2023-1",
        "2023-13",
        "2023-02-30",
        "0000",
        "20230203",
        "2023-02-03T10:00",
        "\uff12\uff10\uff12\uff13",
    ],
)
def test_any_other_text_is_no_period(text: str) -> None:
    """A day, a month or a year of the calendar."""
    with pytest.raises(ValueError, match=r"must be a day, a month or a year|not in the calendar"):
        Moment.of_period(text)


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
        pytest.param("2024-03-01", "2024-02", "2024-02-29", id="a leap February"),
        pytest.param("9999-12-31 12:00", "9999", "9999-12-31 12:00", id="the last year"),
        pytest.param("9999-12-31 23:59:59.999999", "9999-12-31", "9999-12-31", id="the last day"),
    ],
)
def test_a_period_stands_at_the_latest_instant_that_it_can_mean(
    told: str, effective: str, stands_at: str
) -> None:
    """That is the end of its period, or the time of the command if that is earlier."""
    event = enter(blank_visit(), "schedule", told, effective=effective)
    assert event.effective == stands(stands_at, effective)


@pytest.mark.parametrize("told", ["2023-06-10 08:59", "2023-06-10 09:00"])
def test_an_instant_stands_where_it_is(told: str) -> None:
    """Up to the time of the command."""
    event = enter(blank_visit(), "schedule", "2023-06-10 09:00", effective=told)
    assert event.effective == stands(told)


def test_a_change_without_times_has_those_of_its_record() -> None:
    """The event leaves both unset, which means the record time, also one given later."""
    visit = blank_visit()
    event = enter(visit, "schedule", "2023-06-10 09:00")
    assert (event.effective, event.known) == (None, None)
    assert event.effective_moment == event.known_moment == on("2023-06-10 09:00")

    visit.date_pending(at("2023-06-10 09:01"))
    (event,) = visit.changes

    assert event.effective_moment == event.known_moment == on("2023-06-10 09:01")
    assert event.effective_instant == event.known_instant == at("2023-06-10 09:01")


def test_a_record_time_leaves_given_times_alone() -> None:
    """Given times do not move with the record time."""
    visit = blank_visit()
    enter(visit, "schedule", "2023-06-10 09:00", effective="2023-05")
    visit.date_pending(at("2023-06-10 09:01"))
    (event,) = visit.changes
    assert event.effective_moment == event.known_moment == on("2023-05")


@pytest.mark.parametrize("given", ["2023", "2023-05", "2023-05-19", "2023-05-19 18:00"])
@pytest.mark.parametrize("name", ["effective", "known"])
def test_where_one_time_is_given_the_other_takes_its_value(name: str, given: str) -> None:
    """Neither is left to the record time, and both are kept as the one was told."""
    times: dict[str, Any] = {name: given}
    event = enter(blank_visit(), "schedule", **times)
    assert event.effective == event.known
    assert event.effective is not None
    assert event.effective.period == on(given).period


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
            "2023-05-19 23:59:59.999999",
            "2023-05-19",
            "2023-05-19",
            "2023-05-19",
            id="within the last millisecond of the day on which it was known",
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
    """Where the periods meet, the effective time is lowered to the known one; each is kept."""
    event = enter(blank_visit(), "schedule", "2023-06-10 09:00", effective=effective, known=known)
    assert event.effective == stands(effective_stands, on(effective).period)
    assert event.known == stands(known_stands, on(known).period)


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
        ("2023-02-03", "2023-02-02 23:59"),
    ],
)
def test_an_effective_time_after_the_known_one_is_refused(effective: str, known: str) -> None:
    """Nothing can be known before it is so."""
    fields = refused_fields(blank_visit(), "schedule", effective=effective, known=known)
    assert fields == [time_field("effective", effective)]
