"""Dates as people write them: ``26 March 2023``, ``March 26, 2023``, ``26.3.2023``, ``2023-03-26``.

A date may be a day, a month or a year. One that can be read in two ways (``3/4/2023``) is refused
with both readings, never guessed.
"""

import re
from calendar import month_abbr, month_name
from typing import NamedTuple

_DAY = r"(?P<day>\d{1,2})"
_MONTH = r"(?P<month>\d{1,2})"
_YEAR = r"(?P<year>\d{4})"
_NAME = r"(?P<name>[A-Za-z]{3,9})\.?"
_ORDINAL = r"(?:st|nd|rd|th)?"

# With the year first, the month follows; with dots, the day comes first.
FORMS = [
    re.compile(form, re.ASCII)
    for form in (
        rf"{_YEAR}(?:-{_MONTH}(?:-{_DAY})?)?",
        rf"{_YEAR}/{_MONTH}/{_DAY}",
        rf"(?:{_DAY}{_ORDINAL} )?{_NAME},? {_YEAR}",
        rf"{_NAME} {_DAY}{_ORDINAL},? {_YEAR}",
        rf"(?:{_DAY}\. ?)?{_MONTH}\. ?{_YEAR}",
        rf"{_MONTH}/{_YEAR}",
    )
]
EITHER_ORDER = re.compile(rf"(?P<one>\d{{1,2}})([/-])(?P<other>\d{{1,2}})\2{_YEAR}", re.ASCII)
MONTHS = {
    name.lower(): number
    for names in (month_name, month_abbr, {9: "sept"})
    for number, name in (names.items() if isinstance(names, dict) else enumerate(names))
    if name
}


class TwoReadings(ValueError):
    """A date can be read in two ways; the text has both."""


class WrittenDate(NamedTuple):
    """A year, a month or a day. ``month`` and ``day`` are 0 if they were not said."""

    year: int
    month: int
    day: int

    def __str__(self) -> str:
        """The date as ISO 8601 writes it: ``2023``, ``2023-03``, ``2023-03-26``."""
        numbers = [f"{self.year:04}"]
        numbers += [f"{number:02}" for number in (self.month, self.day) if number]
        return "-".join(numbers)


def read(text: str) -> WrittenDate | None:
    """The date that a text is; None if it is none. Whether the day exists is not checked.

    :raises TwoReadings: it can be read in two ways.
    """
    for form in FORMS:
        if match := form.fullmatch(text):
            parts = match.groupdict()
            if name := parts.get("name"):
                if name.lower() not in MONTHS:
                    continue
                parts["month"] = str(MONTHS[name.lower()])
            return _date(parts["year"], parts.get("month"), parts.get("day"))
    if match := EITHER_ORDER.fullmatch(text):
        return _in_either_order(text, match)
    return None


def _in_either_order(text: str, match: re.Match[str]) -> WrittenDate:
    """A date of which the month is the first or the second number."""
    year, one, other = match["year"], match["one"], match["other"]
    day_first, month_first = _date(year, other, one), _date(year, one, other)
    if day_first == month_first or month_first.month > 12:
        return day_first
    if day_first.month > 12:
        return month_first
    raise TwoReadings(
        f"“{text}” can be {_in_words(day_first)} or {_in_words(month_first)}: "
        f"write {day_first} or {month_first}"
    )


def _date(year: str, month: str | None, day: str | None) -> WrittenDate:
    """A date of these numbers. A zero that was written becomes a number that no month has."""
    return WrittenDate(int(year), *(int(n) or 99 if n is not None else 0 for n in (month, day)))


def _in_words(date: WrittenDate) -> str:
    return f"{date.day} {month_name[date.month]} {date.year}"
