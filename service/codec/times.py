"""Times in messages: instants, and periods with the instant at which they stand."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from domain.errors import InvalidValue
from domain.times import Moment
from service.codec.clock import from_microseconds


def read_instant(message: Any, field: str) -> datetime | None:
    """A timestamp, without what is finer than a microsecond; None if it is not set.

    :raises InvalidValue: it is outside the years 1 to 9999, or not a valid timestamp.
    """
    if not message.HasField(field):
        return None
    given: Timestamp = getattr(message, field)
    try:
        return _instant(given.seconds, given.nanos)
    except ValueError as error:
        raise InvalidValue.of(field, str(error)) from None


def asked_moment(message: Any, which: str) -> Moment | None:
    """The "effective" or "known" time of a request: an instant or a period; None if not set.

    :raises InvalidValue: it is neither.
    """
    field = message.WhichOneof(which)
    if field is None:
        return None
    if field == f"{which}_time":
        instant = read_instant(message, f"{which}_time")
        return None if instant is None else Moment(instant)
    try:
        return Moment.of_period(getattr(message, field))
    except ValueError as error:
        raise InvalidValue.of(field, str(error)) from None


def read_moment(message: Any, time_field: str, period_field: str) -> Moment | None:
    """The effective or the known time of an event; None if it is not set.

    :raises ValueError: it is not in the calendar.
    """
    period = getattr(message, period_field)
    if message.HasField(time_field):
        instant: Timestamp = getattr(message, time_field)
        return _moment(instant.seconds, instant.nanos, period)
    if period:
        Moment.of_period(period)
    return None


@lru_cache(4096)
def _moment(seconds: int, nanos: int, period: str) -> Moment:
    """A time of an event. Cached: a change often became known when it took effect."""
    if period:
        Moment.of_period(period)
    return Moment(_instant(seconds, nanos), period)


def _instant(seconds: int, nanos: int) -> datetime:
    """The instant of a timestamp, without what is finer than a microsecond.

    :raises ValueError: there is no such instant.
    """
    if not 0 <= nanos < 1_000_000_000:
        raise ValueError("must have nanos from 0 to 999999999")
    try:
        return from_microseconds(seconds * 1_000_000 + nanos // 1000)
    except (ValueError, OverflowError):
        raise ValueError("must be in the years 1 to 9999") from None


def write_moment(
    message: Any, which: str, moment: Moment | None, otherwise: datetime | None = None
) -> None:
    """Write the "effective" time of a message, or another one.

    Without a moment it is the instant ``otherwise``, if that is given.
    """
    instant = otherwise if moment is None else moment.instant
    if instant is not None:
        # This sets it also if it is 1970, which has no bytes.
        getattr(message, f"{which}_time").CopyFrom(_timestamp(instant))
    if moment is not None and moment.period:
        setattr(message, f"{which}_period", moment.period)


@lru_cache(4096)
def _timestamp(instant: datetime) -> Timestamp:
    """A Timestamp to copy. Cached: the time of a change stands in several places of a visit."""
    timestamp = Timestamp()
    timestamp.FromDatetime(instant)
    return timestamp
