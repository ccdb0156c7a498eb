"""Windows, and what it means for two of them to be the same."""

from datetime import date

from tests.model.terms import Json
from tests.model.times import day


def days_of(window: Json) -> tuple[date | None, date | None]:
    """The first and the last day, as far as there are any."""
    first, last = window.get("start"), window.get("end")
    return (day(first) if first else None, day(last) if last else None)


def has_days(window: Json) -> bool:
    return days_of(window) != (None, None)


def same_plan(one: Json, other: Json) -> bool:
    """The same days, or, where neither has days, the same words."""
    if has_days(one) or has_days(other):
        return days_of(one) == days_of(other)
    return bool(one.get("as_stated") == other.get("as_stated"))


def share_a_day(one: Json, other: Json) -> bool:
    """A bound that is missing leaves a window open on that side."""
    (first, last), (other_first, other_last) = days_of(one), days_of(other)
    starts_late = first and other_last and first > other_last
    ends_early = last and other_first and last < other_first
    return not (starts_late or ends_early)
