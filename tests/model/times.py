"""Instants and periods, and the three times of a change."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache

from tests.model.refusal import invalid
from tests.model.terms import Json

MILLISECOND = timedelta(milliseconds=1)
# A day has begun when it has begun anywhere on Earth.
EARTH = timedelta(hours=14)
# An instant up to this much ahead of the server's clock is taken as now.
CLOCKS = timedelta(seconds=5)


@cache
def instant(text: str) -> datetime:
    """Digits finer than a microsecond are dropped."""
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).astimezone(UTC)


def stamp(moment: datetime) -> str:
    """As proto3 JSON writes it: no digits, three, or six."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    if moment.microsecond == 0:
        return text + "Z"
    digits = f"{moment.microsecond:06d}"
    return f"{text}.{digits.removesuffix('000')}Z"


@cache
def begin_of(period: str) -> datetime:
    """The first instant of a day, month or year, in UTC."""
    if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", period, re.ASCII):
        raise invalid(f"{period} is no day, month or year")
    parts = [int(part) for part in period.split("-")] + [1, 1]
    try:
        return datetime(parts[0], parts[1], parts[2], tzinfo=UTC)
    except ValueError as error:
        raise invalid(f"{period} does not exist") from error


@cache
def beyond(period: str) -> datetime:
    """The first instant after it."""
    begin = begin_of(period)
    if len(period) == 10:
        return begin + timedelta(days=1)
    if len(period) == 7:
        return (begin + timedelta(days=31)).replace(day=1)
    return begin.replace(year=begin.year + 1)


def last_of(period: str) -> datetime:
    """The latest instant of a period is its last millisecond."""
    return beyond(period) - MILLISECOND


@dataclass(frozen=True)
class Told:
    """A time as it was told, and the instant at which it stands."""

    time: datetime
    period: str = ""

    @property
    def begin(self) -> datetime:
        return begin_of(self.period) if self.period else self.time

    @property
    def beyond(self) -> datetime:
        return beyond(self.period) if self.period else self.time + timedelta(microseconds=1)


def told_period(period: str, now: datetime) -> Told:
    """It stands at the latest instant of its period, or at the time of the command if that is
    earlier. A day has begun when it has begun anywhere on Earth."""
    if begin_of(period) > now + EARTH:
        raise invalid(f"{period} lies in the future")
    return Told(min(last_of(period), now), period)


def told(context: Json, which: str, now: datetime) -> Told | None:
    """The effective or known time that a context gives, if it gives one."""
    if f"{which}_period" in context:
        return told_period(context[f"{which}_period"], now)
    if f"{which}_time" in context:
        moment = instant(context[f"{which}_time"])
        if moment > now + CLOCKS:
            raise invalid(f"the {which} time lies in the future")
        return Told(min(moment, now))
    return None


def in_the_right_order(effective: Told, known: Told) -> Told:
    """Effective never lies after known. Where the periods of the two meet, effective is lowered
    to known; else it is refused to lie after it."""
    if effective.time <= known.time:
        return effective
    if effective.begin < known.beyond:
        return Told(known.time, effective.period)
    raise invalid("the effective time lies after the known time")


def both_times(effective: Told | None, known: Told | None) -> tuple[Told, Told] | None:
    """If only one is given, the other takes its value. If neither is, both are the record time."""
    if effective is None and known is None:
        return None
    effective, known = effective or known, known or effective
    assert effective is not None
    assert known is not None
    return in_the_right_order(effective, known), known


def day(value: Json) -> date:
    return date(value.get("year", 0), value.get("month", 0), value.get("day", 0))


def last_day(effective: Told) -> date:
    """The effective day: for a period its last day, for an instant the day that it is anywhere
    on Earth; of a period that is not over, no later than that."""
    anywhere = (effective.time + EARTH).date()
    if effective.period:
        return min(last_of(effective.period).date(), anywhere)
    return anywhere


def effective_of(event: Json) -> Told:
    """When a recorded change took effect."""
    if "effective_time" not in event:
        return Told(instant(event["record_time"]))
    return Told(instant(event["effective_time"]), event.get("effective_period", ""))


def known_of(event: Json) -> Told:
    """When a recorded change became known."""
    if "known_time" not in event:
        return Told(instant(event["record_time"]))
    return Told(instant(event["known_time"]), event.get("known_period", ""))
