"""Times and days in Python's own types: as instants or as periods, as the contract has them."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time

from google.protobuf.timestamp_pb2 import Timestamp

from chancery.client.details import Window
from chancery.client.fields import timestamp
from chancery.client.keywords import Day, Days, When

_PERIOD = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})?", re.ASCII
)


def told(when: When) -> datetime | str:
    """An instant in UTC, or the text of a period.

    :raises ValueError: an instant has no time zone, or is none of the years 1 to 9999 in UTC, or
        ``when`` is no time.
    :raises TypeError: it is no text either.
    """
    if isinstance(when, datetime):
        return _aware(when, f"{when}")
    if isinstance(when, date):
        return when.isoformat()
    if not isinstance(when, str):
        raise TypeError(f"{when!r} is not a time: give a datetime, a date or text")
    if _PERIOD.fullmatch(when):
        _bounds(when)
        return when
    if not _INSTANT.fullmatch(when):
        raise ValueError(
            f"{when!r} is not a time: write 2023-06-07T14:30:00Z (or +08:00 instead of Z), "
            "or a period: 2023-06-07, 2023-06, 2023"
        )
    try:
        instant = datetime.fromisoformat(when.upper())
    except ValueError:
        raise ValueError(f"{when!r} does not exist") from None
    return _aware(instant, f"{when!r}")


def asked(when: When, now: datetime | None = None) -> Timestamp:
    """The moment that a question is about: an instant, or the end of a period in UTC.

    Of a period that is not over, it is ``now``.

    :raises ValueError: see ``told``.
    """
    first, last = _instants(when)
    now = now or datetime.now(UTC)
    return timestamp(now if first <= now < last else last)


def since(when: When) -> Timestamp:
    """The start of a range of time: an instant, or the beginning of a period in UTC.

    :raises ValueError: see ``told``.
    """
    return timestamp(_instants(when)[0])


def until(when: When) -> Timestamp:
    """The end of a range of time: an instant, or the end of a period in UTC.

    :raises ValueError: see ``told``.
    """
    return timestamp(_instants(when)[1])


def window(days: Days) -> Window:
    """The days as a window.

    :raises ValueError: an end of it is not a day.
    :raises TypeError: it is nothing of the kind.
    """
    if isinstance(days, Window):
        return days
    ends = days if isinstance(days, tuple) else (days, days)
    if len(ends) != len(("first", "last")):
        raise TypeError(f"give the first and the last day, not {len(ends)} days")
    start, end = ends
    return Window(
        start=None if start is None else _days(start)[0], end=None if end is None else _days(end)[1]
    )


def _instants(when: When) -> tuple[datetime, datetime]:
    """The first and the last microsecond, in UTC."""
    instant = told(when)
    if isinstance(instant, datetime):
        return instant, instant
    first, last = _bounds(instant)
    return datetime.combine(first, time.min, UTC), datetime.combine(last, time.max, UTC)


def _days(day: Day) -> tuple[date, date]:
    if isinstance(day, datetime):
        raise ValueError(f"{day} is an instant: give a date, as it is at the destination")
    if isinstance(day, date):
        return day, day
    if not isinstance(day, str):
        raise TypeError(f"{day!r} is not a day: give a date or text")
    if not _PERIOD.fullmatch(day):
        raise ValueError(f"{day!r} is not a day: write 2023-06-07, or 2023-06, 2023")
    return _bounds(day)


def _bounds(period: str) -> tuple[date, date]:
    """The first and the last day of a period."""
    parts = [int(part) for part in period.split("-")]
    try:
        first = date(*[*parts, 1, 1][:3])
        if len(parts) == len(("year", "month")):
            return first, first.replace(day=monthrange(first.year, first.month)[1])
        return first, date(*[*parts, 12, 31][:3])
    except ValueError:
        raise ValueError(f"{period!r} does not exist") from None


def _aware(instant: datetime, text: str) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(
            f"{text} has no time zone: add one, such as Z or tzinfo=UTC, or give a date alone"
        )
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text} is not within the years 1 to 9999 in UTC") from None
