"""Days, windows and times as text."""

from calendar import month_name
from datetime import UTC, datetime, tzinfo

from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.values_pb2 import Date, Window
from chancery.v1.visit_pb2 import AsOf


def day(date: Date) -> str:
    """``18 June 2023``."""
    return f"{date.day} {_month(date.month)} {date.year}"


def iso_day(date: Date) -> str:
    """``2023-06-18``."""
    return f"{date.year:04}-{date.month:02}-{date.day:02}"


def window(value: Window) -> str:
    """``18 to 19 June 2023``; ``about 1 January to 31 March 2023, "early next year"``."""
    about = "about " if value.approximate else ""
    stated = f'"{value.as_stated}"' if value.as_stated else ""
    return ", ".join(part for part in (about + _days(value), stated) if part)


def _days(value: Window) -> str:
    """The days of a window, which may be open at an end, or have none."""
    start, end = value.start, value.end
    if not value.HasField("start"):
        return f"until {day(end)}" if value.HasField("end") else ""
    if not value.HasField("end"):
        return f"from {day(start)}"
    if start == end:
        return day(end)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} to {day(end)}"
    if start.year == end.year:
        return f"{start.day} {_month(start.month)} to {day(end)}"
    return f"{day(start)} to {day(end)}"


def moment(value: Timestamp, zone: tzinfo = UTC) -> str:
    """``7 June 2023, 14:30:00 UTC``, or ``the end of 7 June 2023 (UTC)``."""
    time = _datetime(value).astimezone(zone)
    date = _day(time)
    if time.microsecond >= 999_000 and (time.hour, time.minute, time.second) == (23, 59, 59):
        return f"the end of {date} ({zone})"
    return f"{date}, {time:%H:%M:%S} {zone}"


def when(value: Timestamp, period: str = "") -> str:
    """A time as it was told: ``7 June 2023, 14:30 UTC``, ``7 June 2023``, ``June 2023``, ``2023``.

    ``period`` is the day, month or year; empty for an instant.
    """
    if not period:
        time = _datetime(value)
        return f"{_day(time)}, {time:%H:%M} UTC"
    year, *rest = map(int, period.split("-"))
    return " ".join([*map(str, rest[1:]), *map(_month, rest[:1]), str(year)])


def date_of(value: Timestamp, period: str) -> str:
    """A time as it was told; of an instant the day."""
    return when(value, period or _datetime(value).date().isoformat())


def as_of(value: AsOf, zone: tzinfo = UTC) -> str:
    """``known by the end of 1 March 2023 (UTC)``, and the other times that were given."""
    parts = []
    if value.HasField("position"):
        parts.append(f"recorded up to position {value.position}")
    if value.HasField("recorded_at"):
        parts.append(f"recorded by {moment(value.recorded_at, zone)}")
    if value.HasField("known_at"):
        parts.append(f"known by {moment(value.known_at, zone)}")
    if value.HasField("valid_at"):
        parts.append(f"in force at {moment(value.valid_at, zone)}")
    return ", ".join(parts)


def _month(number: int) -> str:
    return month_name[number] if 1 <= number <= 12 else f"month {number}"


def _day(time: datetime) -> str:
    return f"{time.day} {month_name[time.month]} {time.year}"


def _datetime(value: Timestamp) -> datetime:
    return value.ToDatetime(tzinfo=UTC)
