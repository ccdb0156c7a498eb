"""Times as people type them: an instant, or a day, month or year.

A bare day, month or year is a period. As the time of a change it is that period, wherever on Earth
it is. In a question it is the end of the period in a time zone, or now if that is earlier.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.values_pb2 import Date
from service.exchange import dates
from service.exchange.dates import WrittenDate

CLOCK = re.compile(
    r"(?P<date>.+?)(?:[Tt]|,? )(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:\.(?P<fraction>\d+))?)?"
    r" ?(?P<zone>[Zz]|UTC|GMT|[+-]\d{2}:\d{2})?",
    re.ASCII,
)
OFFSETS = {"": "", "Z": "+00:00", "UTC": "+00:00", "GMT": "+00:00"}


@dataclass(frozen=True)
class Span:
    """A time as it was typed: from its first to its last microsecond.

    Both have a time zone only if one was typed. ``period`` is the day, month or year; empty for
    an instant.
    """

    first: datetime
    last: datetime
    period: str

    @classmethod
    def parse(cls, text: str) -> "Span":
        """Read an instant or a period. Digits finer than a microsecond are dropped.

        :raises ValueError: ``text`` is neither, does not exist, or can be read in two ways.
        """
        if date := dates.read(text):
            return _period(text, date)
        if (match := CLOCK.fullmatch(text)) and (date := dates.read(match["date"])) and date.day:
            instant = _instant(match, date)
            return cls(instant, instant, "")
        raise ValueError(
            f"{text!r} is not a time: write 2023-06-07T14:30:00Z (or +08:00 instead of Z), "
            "or a period: 2023-06-07, 2023-06, 2023"
        )

    def begin(self, zone: tzinfo = UTC) -> datetime:
        """The first microsecond in UTC, if it was meant in ``zone``."""
        return _in_utc(self.first, zone)

    def end(self, zone: tzinfo = UTC) -> datetime:
        """The last microsecond in UTC, if it was meant in ``zone``."""
        return _in_utc(self.last, zone)


def _period(text: str, date: WrittenDate) -> Span:
    year, month, day = date
    try:
        first = datetime(year, month or 1, day or 1)  # noqa: DTZ001 (the zone is not known yet)
        last = first.replace(month=month or 12)
        last = last.replace(day=day or monthrange(last.year, last.month)[1])
    except ValueError:
        raise ValueError(f"{text!r} does not exist") from None
    last = last.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return Span(first, last, str(date))


def _instant(match: re.Match[str], date: WrittenDate) -> datetime:
    parts = match.groupdict(default="")
    zone = parts["zone"].upper()
    clock = f"{parts['hour']:0>2}:{parts['minute']}:{parts['second'] or '00'}"
    fraction = parts["fraction"][:6].ljust(6, "0")
    try:
        told = datetime.fromisoformat(f"{date}T{clock}.{fraction}{OFFSETS.get(zone, zone)}")
        return told.astimezone(UTC) if told.tzinfo else told
    except (ValueError, OverflowError):
        raise ValueError(f"{match[0]!r} does not exist") from None


def _in_utc(told: datetime, zone: tzinfo) -> datetime:
    try:
        return (told if told.tzinfo else told.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        raise ValueError("no such time can be told in UTC") from None


def zone(text: str) -> ZoneInfo:
    """A time zone by its name: ``Asia/Tokyo``.

    :raises ValueError: there is none of that name.
    """
    try:
        return ZoneInfo(text)
    except (KeyError, OSError, ValueError):
        raise ValueError(f"{text!r} is not a time zone: write one such as Asia/Tokyo") from None


def asked(span: Span, zone: tzinfo = UTC, now: datetime | None = None) -> Timestamp:
    """The moment that a question is about: the end of a period, but no later than now."""
    now = now or datetime.now(UTC)
    return timestamp(now if span.begin(zone) <= now < span.end(zone) else span.end(zone))


def since(span: Span | None, zone: tzinfo = UTC) -> Timestamp | None:
    """The start of a range of time: the beginning of a period. None is no bound."""
    return timestamp(span.begin(zone)) if span else None


def until(span: Span | None, zone: tzinfo = UTC) -> Timestamp | None:
    """The end of a range of time: the end of a period, even if it is to come. None is no bound."""
    return timestamp(span.end(zone)) if span else None


def days(text: str) -> Span:
    """A day, month or year.

    :raises ValueError: ``text`` is none of these.
    """
    span = Span.parse(text)
    if not span.period:
        raise ValueError(f"{text!r} is an instant, not a date: write {span.first:%Y-%m-%d}")
    return span


def day(text: str) -> Date:
    """One day.

    :raises ValueError: ``text`` is not a day.
    """
    span = days(text)
    if len(span.period) != len("2023-06-07"):
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
