"""Times as people type them: an RFC 3339 instant, or a day, month or year.

A bare date, month or year is a period in UTC. As the time of a change it is that period,
with its precision. In a question it is the period's last microsecond, or now if that is
earlier.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.visit_pb2 import (
    PRECISION_DAY,
    PRECISION_INSTANT,
    PRECISION_MONTH,
    PRECISION_YEAR,
    Date,
    Precision,
)

PERIOD = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
MICROSECOND_DIGITS = 6


@dataclass(frozen=True)
class Span:
    """A time as it was typed: from its first to its last microsecond, in UTC."""

    first: datetime
    last: datetime
    precision: Precision.ValueType

    @classmethod
    def parse(cls, text: str) -> "Span":
        """Read an instant or a period.

        :raises ValueError: ``text`` is neither, or is finer than microseconds.
        """
        if match := INSTANT.fullmatch(text):
            instant = _instant(match)
            return cls(instant, instant, PRECISION_INSTANT)
        if match := PERIOD.fullmatch(text):
            return _period(match)
        raise ValueError(
            f"{text!r} is not a time: write 2023-06-07T14:30:00Z (or +08:00 instead of Z), "
            "or a period: 2023-06-07, 2023-06, 2023"
        )


def _instant(match: re.Match[str]) -> datetime:
    day, time, fraction, offset = match.groups(default="")
    digits = fraction.removeprefix(".")
    if len(digits) > MICROSECOND_DIGITS:
        raise ValueError(f"{match[0]!r} is too precise: the limit is microseconds")
    try:
        local = datetime.fromisoformat(f"{day}T{time}{offset.upper()}")
        return local.astimezone(UTC).replace(microsecond=int(digits.ljust(6, "0")))
    except (ValueError, OverflowError):
        raise ValueError(f"{match[0]!r} does not exist") from None


def _period(match: re.Match[str]) -> Span:
    year, month, day = match.groups()
    try:
        first = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
        last = first.replace(month=int(month or 12))
        last = last.replace(day=int(day or monthrange(last.year, last.month)[1]))
    except ValueError:
        raise ValueError(f"{match[0]!r} does not exist") from None
    last = last.replace(hour=23, minute=59, second=59, microsecond=999_999)
    precision = PRECISION_DAY if day else PRECISION_MONTH if month else PRECISION_YEAR
    return Span(first, last, precision)


def asked(text: str, now: datetime | None = None) -> Timestamp:
    """The moment that a question is about: the end of a period, but no later than now.

    :raises ValueError: see :meth:`Span.parse`.
    """
    span = Span.parse(text)
    now = now or datetime.now(UTC)
    return timestamp(now if span.first <= now < span.last else span.last)


def since(text: str) -> Timestamp:
    """The start of a range of time: the beginning of a period.

    :raises ValueError: see :meth:`Span.parse`.
    """
    return timestamp(Span.parse(text).first)


def until(text: str) -> Timestamp:
    """The end of a range of time: the end of a period, even if that is after now.

    :raises ValueError: see :meth:`Span.parse`.
    """
    return timestamp(Span.parse(text).last)


def days(text: str) -> Span:
    """A day, month or year.

    :raises ValueError: ``text`` is none of these.
    """
    span = Span.parse(text)
    if span.precision == PRECISION_INSTANT:
        raise ValueError(f"{text!r} is an instant, not a date: write {text[:10]}")
    return span


def day(text: str) -> Date:
    """One day.

    :raises ValueError: ``text`` is not a day.
    """
    span = days(text)
    if span.precision != PRECISION_DAY:
        raise ValueError(f"{text!r} is longer than a day")
    return date(span.first)


def date(moment: datetime) -> Date:
    """The day of a moment."""
    return Date(year=moment.year, month=moment.month, day=moment.day)


def timestamp(moment: datetime) -> Timestamp:
    """A moment as a message."""
    result = Timestamp()
    result.FromDatetime(moment)
    return result
