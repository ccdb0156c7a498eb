"""The three times of a change: effective, known and recorded.

An effective or a known time is an instant, or a period: a day, a month or a year, which is kept
as it was told. A period stands at its latest instant, or at the time of the command if that is
earlier, so that "May" claims no more than is known. Its latest instant is its last millisecond,
so that clients that count in milliseconds meet it. All times are in UTC, with microseconds.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from domain.errors import InvalidValue, rfc3339

TICK = timedelta(milliseconds=1)
LAST_INSTANT = datetime.max.replace(tzinfo=UTC)

# Clocks differ: an instant that lies no further ahead than this is taken as now.
TOLERANCE = timedelta(seconds=5)

# A day begins this long before it begins in UTC, and ends that long after: somewhere on Earth.
BEGINS_BEFORE = timedelta(hours=14)
ENDS_AFTER = timedelta(hours=12)

_PERIOD = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, or a period such as "2023-06-18", "2023-06" or "2023" and where it stands."""

    instant: datetime
    period: str = ""

    @classmethod
    def of_period(cls, period: str) -> "Moment":
        """A period, at its latest instant.

        :raises ValueError: it is not a day, a month or a year from 1 to 9999.
        """
        return cls(_bounds(period)[1], period)

    @property
    def begin(self) -> datetime:
        """The first instant that is meant: the begin of the period in UTC, or the instant."""
        return min(_bounds(self.period)[0], self.instant) if self.period else self.instant

    @property
    def last_day(self) -> date:
        """The last day of the period; of an instant the day that it is anywhere on Earth."""
        return _bounds(self.period)[1].date() if self.period else last_day_at(self.instant)

    def field(self, which: str) -> str:
        """The field in which a request gives this "effective" or "known" time."""
        return f"{which}_period" if self.period else f"{which}_time"

    def resolved(self, which: str, now: datetime) -> "Moment":
        """This "effective" or "known" time where it stands in a command given at ``now``.

        :raises InvalidValue: it lies after ``now``.
        """
        if self.period:
            begin, end = _bounds(self.period)
            if has_begun(begin, now):
                return Moment(min(end, now), self.period)
        elif self.instant <= now + TOLERANCE:
            return Moment(min(self.instant, now))
        raise InvalidValue.of(
            self.field(which),
            f"must not be in the future: it is now {rfc3339(now)}, and a plan is a "
            "window and not a time",
        )


def has_begun(begin: datetime, now: datetime) -> bool:
    """Whether a day that begins at ``begin`` in UTC has begun anywhere on Earth at ``now``."""
    return begin - now <= BEGINS_BEFORE


def last_day_at(now: datetime) -> date:
    """The latest day that it is anywhere on Earth at that instant."""
    return date.max if LAST_INSTANT - now < BEGINS_BEFORE else (now + BEGINS_BEFORE).date()


@lru_cache(4096)
def over_at(last_day: date) -> datetime | None:
    """The instant at which a day is over everywhere on Earth; None if that is after year 9999."""
    if last_day == date.max:
        return None
    midnight = datetime(last_day.year, last_day.month, last_day.day, tzinfo=UTC)
    return midnight + timedelta(days=1) + ENDS_AFTER


def resolve(
    effective: Moment | None, known: Moment | None, now: datetime
) -> tuple[Moment | None, Moment | None]:
    """Where the effective and the known time of a command given at ``now`` stand.

    If only one is given, the other takes its value. If neither is, both stay unset, which means
    the record time. Where their periods meet (effective "3 February", known at 18:00 that day),
    the effective time is lowered to the known one.

    :raises InvalidValue: one is in the future, or the effective time is after the known one.
    """
    if effective is not None:
        effective = effective.resolved("effective", now)
    if known is not None:
        known = known.resolved("known", now)
    if effective is None or known is None:
        both = effective or known
        return both, both
    if effective.instant <= known.instant:
        return effective, known
    if not _meet(effective, known, now):
        raise InvalidValue.of(
            effective.field("effective"),
            f"must not be after the known time, {rfc3339(known.instant)}: nothing "
            "is known before it happens",
        )
    return Moment(known.instant, effective.period), known


def _meet(effective: Moment, known: Moment, now: datetime) -> bool:
    """Whether the effective time, which stands after the known one, begins within its period."""
    begin, end = effective.instant, known.instant
    if effective.period:
        begin = _bounds(effective.period)[0]
        if begin > now:  # it has begun elsewhere on Earth
            begin -= BEGINS_BEFORE
    if known.period:
        end = _bounds(known.period)[1]
    return begin < end + TICK if known.period else begin <= end


@lru_cache(4096)
def _bounds(period: str) -> tuple[datetime, datetime]:
    """The first and the latest instant of a period, in UTC.

    :raises ValueError: it is not a day, a month or a year from 1 to 9999.
    """
    if not (parts := _PERIOD.fullmatch(period)):
        raise ValueError(
            'must be a day, a month or a year, such as "2023-06-18", "2023-06", "2023"'
        )
    year, month, day = parts.groups()
    try:
        begin = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{period!r} is not in the calendar") from None
    if day:
        return begin, begin + (timedelta(days=1) - TICK)
    following = int(year) * 12 + (int(month) if month else 12)
    if following // 12 > date.max.year:
        return begin, datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
    return begin, begin.replace(year=following // 12, month=following % 12 + 1) - TICK
