"""Days as the drawings have them: as numbers on a scale, and in words."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime

from chancery.client import Window
from service.web.drawing.measure import isolated

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
QUOTES = "\"'“”„«»‘’"  # noqa: RUF001
DAY, MONTH, YEAR = "day", "month", "year"
PRECISIONS = {4: YEAR, 7: MONTH}
FIRST, LAST = date.min.toordinal(), date.max.toordinal()


@dataclass(frozen=True)
class Span:
    """When something was: the days, by their ordinals, within which it lies."""

    first: int
    last: int
    precision: str = DAY

    @property
    def is_rough(self) -> bool:
        """Whether it is a month or a year, of which no single day may be drawn."""
        return self.precision != DAY


def span(time: datetime | None, period: str) -> Span | None:
    """The days of a time, which was told as a period or is an instant. None if it has none.

    A period ends with the time at which it stands: that of a month that is not over is today.
    """
    if time is None:
        return None
    day = time.astimezone(UTC).date()
    precision = PRECISIONS.get(len(period), DAY)
    if precision == DAY:
        return Span(day.toordinal(), day.toordinal())
    year, month = int(period[:4]), int(period[5:7] or 12)
    first = date(year, int(period[5:7] or 1), 1).toordinal()
    last = date(year, month, monthrange(year, month)[1]).toordinal()
    return Span(first, max(first, min(last, day.toordinal())), precision)


def day_of(ordinal: int) -> date:
    """The day of an ordinal, or the nearest that there is."""
    return date.fromordinal(min(max(ordinal, FIRST), LAST))


def in_words(when: Span) -> str:
    """The day, month or year: "4 Nov 2026", "Nov 2026", "2026"."""
    last = day_of(when.last)
    if when.precision == YEAR:
        return f"{last.year}"
    month = f"{MONTHS[last.month - 1]} {last.year}"
    return month if when.precision == MONTH else f"{last.day} {month}"


def days_in_words(window: Window, year: int = 0) -> str:
    """The days of a window: "30 Nov to 2 Dec 2026", "from about 1 Jun 2027", "by 3 May 2027".

    The year is left out where it is ``year``. A window of a phrase alone gives nothing.
    """
    start, end = window.start, window.end
    about = "about " if window.approximate else ""
    if start and end and start != end:
        same_month = (start.year, start.month) == (end.year, end.month)
        begin = f"{start.day}" if same_month else _day(start, end.year)
        return f"{about}{begin} to {_day(end, year)}"
    if start:
        return f"{about}{_day(start, year)}" if end else f"from {about}{_day(start, year)}"
    return f"by {about}{_day(end, year)}" if end else ""


def phrase(window: Window) -> str:
    """The words as they were said, in quotation marks; else the days."""
    stated = window.as_stated.strip(QUOTES)
    return f"“{isolated(stated)}”" if stated else days_in_words(window)


def is_rough(window: Window) -> bool:
    """Whether the days are not known exactly: an estimate, or without a first or last day."""
    return window.approximate or not (window.start and window.end)


def _day(day: date, year: int) -> str:
    text = f"{day.day} {MONTHS[day.month - 1]}"
    return text if day.year == year else f"{text} {day.year}"
