"""What lies in the future is refused, whatever the clock and wherever on Earth."""

from datetime import date
from typing import Any

import pytest

from domain.errors import InvalidValue
from domain.times import TICK, TOLERANCE, over_at
from tests.domain.builders import at, blank_visit, enter, on, scheduled_visit, time_field
from tests.domain.moments import refused_fields, stands


@pytest.mark.parametrize("name", ["effective", "known"])
@pytest.mark.parametrize(
    ("ahead", "is_accepted"), [(TICK, True), (TOLERANCE, True), (TOLERANCE + TICK / 1000, False)]
)
def test_clocks_differ(name: str, ahead: Any, is_accepted: bool) -> None:
    """An instant up to five seconds ahead is taken as now."""
    now = "2023-06-10 09:00"
    told = f"{at(now) + ahead:%Y-%m-%d %H:%M:%S.%f}"
    if is_accepted:
        event = enter(blank_visit(), "schedule", now, **{name: told})  # type: ignore[arg-type]
        assert event.effective == event.known == on(now)
    else:
        fields = refused_fields(blank_visit(), "schedule", now, **{name: told})
        assert fields == [time_field(name, told)]


@pytest.mark.parametrize("name", ["effective", "known"])
@pytest.mark.parametrize("day", ["2023-06-11", "2023-06-11 09:00"])
def test_a_day_has_begun_when_it_has_begun_anywhere_on_earth(name: str, day: str) -> None:
    """14 hours before UTC: a desk in Tokyo enters today's date in its morning."""
    times: dict[str, Any] = {name: day[:10]}
    assert refused_fields(blank_visit(), "schedule", "2023-06-10 09:59", **times)
    event = enter(blank_visit(), "schedule", "2023-06-10 10:00", **times)
    assert event.effective == event.known == stands("2023-06-10 10:00", "2023-06-11")


@pytest.mark.parametrize(
    ("told", "period"), [("2023-05-31 10:00", "2023-06"), ("2022-12-31 10:00", "2023")]
)
def test_so_has_a_month_and_a_year(told: str, period: str) -> None:
    """With their first day."""
    event = enter(blank_visit(), "schedule", told, known=period)
    assert event.known == stands(told, period)
    earlier = told.replace("10:00", "09:59")
    assert refused_fields(blank_visit(), "schedule", earlier, known=period)


def test_today_elsewhere_meets_an_instant_of_now() -> None:
    """At 00:30 in Tokyo a change of today becomes known at once."""
    now = "2023-06-10 15:30"
    event = enter(blank_visit(), "schedule", now, effective="2023-06-11", known=now)
    assert event.effective == stands(now, "2023-06-11")


@pytest.mark.parametrize(
    ("known", "is_accepted"), [("2023-06-10 09:59", False), ("2023-06-10 10:00", True)]
)
def test_a_day_that_began_elsewhere_meets_what_was_known_since_then(
    known: str, is_accepted: bool
) -> None:
    """It began 14 hours before UTC, and not before."""
    now, day = "2023-06-10 15:30", "2023-06-11"
    if is_accepted:
        event = enter(blank_visit(), "schedule", now, effective=day, known=known)
        assert event.effective == stands(known, day)
    else:
        fields = refused_fields(blank_visit(), "schedule", now, effective=day, known=known)
        assert fields == ["context.effective_period"]


@pytest.mark.parametrize("name", ["effective", "known"])
def test_a_time_in_the_future_is_refused(name: str) -> None:
    """A plan is a window and not a time; the refusal says what time it is."""
    now = "2023-06-10 09:00"
    for told in "2023-06-10 09:00:06", "2023-06-11", "2023-07", "2024":
        times: dict[str, Any] = {name: told}
        assert refused_fields(blank_visit(), "schedule", now, **times) == [time_field(name, told)]
        with pytest.raises(InvalidValue, match=r"it is now 2023-06-10T09:00:00\.000000Z"):
            enter(blank_visit(), "schedule", now, **times)


@pytest.mark.parametrize(
    ("day", "over"),
    [
        (date(2023, 6, 10), "2023-06-11 12:00"),
        (date(2023, 12, 31), "2024-01-01 12:00"),
        (date.max, ""),
    ],
)
def test_a_day_is_over_when_it_is_over_everywhere(day: date, over: str) -> None:
    """12 hours after its end in UTC; the last day of the calendar never is."""
    assert over_at(day) == (at(over) if over else None)


def test_every_change_may_name_its_known_time() -> None:
    """Known times come in any order."""
    visit = scheduled_visit()
    for command in "record_statement", "amend", "correct", "retract":
        assert enter(visit, command, known="2023-06-01").known == on("2023-06-01")
