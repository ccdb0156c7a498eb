"""Visits as a calendar: RFC 5545, with the name of RFC 7986.

Calendars know no postponed visits, and some hide those that are cancelled: the titles say it.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from chancery.client import Visit, Window
from service.exchange import names
from service.exchange.names import Page

# Octets of a line, without its end.
LINE = 75
TAIL = "END:VCALENDAR\r\n"

# How characters are written that mean something. The backslash is the first, as others bring it.
_ESCAPED = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": ""}
_STATUS = {"completed": "CONFIRMED", "cancelled": "CANCELLED"}
_PREFIX = {
    "postponed": "Postponed: ",
    "when conditions allow": "Postponed: ",
    "cancelled": "Cancelled: ",
}


def head(title: str) -> str:
    """The lines before the events; ``title`` is what a calendar is called among others."""
    name = _text(title)
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Chancery//Chancery//EN",
        "CALSCALE:GREGORIAN",
        _folded(f"NAME:{name}"),
        _folded(f"X-WR-CALNAME:{name}"),
    )
    return "\r\n".join(lines) + "\r\n"


def event(visit: Visit, origin: str, page: Page) -> str:
    """The lines of a visit; none if it has no day.

    ``origin`` is the first one of its log. Whole days count, as they are at the destination.
    """
    shown = names.days_of(visit)
    if shown is None:
        return ""
    days = _days(shown[1])
    if days is None:
        return ""
    lines = ["BEGIN:VEVENT", *_lines(visit, origin, page, shown[1], days), "END:VEVENT", ""]
    return "\r\n".join(map(_folded, lines))


def _lines(
    visit: Visit, origin: str, page: Page, window: Window, days: tuple[date, date]
) -> Iterator[str]:
    changed = _instant(visit.update_time)
    phrase = names.phrase_of(window)
    title = _PREFIX.get(visit.status or "", "") + visit.title + (f" ({phrase})" if phrase else "")
    yield f"UID:{_text(names.uid(visit, origin))}"
    yield f"DTSTAMP:{changed}"
    yield f"LAST-MODIFIED:{changed}"
    yield f"CREATED:{_instant(visit.create_time)}"
    yield f"SEQUENCE:{max(0, visit.version - 1)}"
    yield f"DTSTART;VALUE=DATE:{_date(days[0])}"
    yield f"DTEND;VALUE=DATE:{_date(days[1])}"
    yield f"SUMMARY:{_text(title)}"
    yield f"STATUS:{_status(visit)}"
    yield f"TRANSP:{'TRANSPARENT' if visit.status in _PREFIX else 'OPAQUE'}"
    yield f"URL:{names.readable(page(visit.id))}"
    yield f"DESCRIPTION:{_text(_description(visit))}"
    if places := "; ".join(map(names.place, visit.details.destinations)):
        yield f"LOCATION:{_text(places)}"
    yield f"X-CHANCERY-STATUS:{visit.status}"
    yield f"X-CHANCERY-STANDING:{visit.standing}"
    for each in visit.conditions:
        yield f"X-CHANCERY-CONDITION;VALUE=TEXT:{_text(each.condition.text)}"
    if visit.details.trip:
        yield f"X-CHANCERY-TRIP;VALUE=TEXT:{_text(visit.details.trip)}"


def _days(window: Window) -> tuple[date, date] | None:
    """The first day and that after the last; of a window open at an end, the day that it has."""
    first, last = window.start or window.end, window.end or window.start
    if first is None or last is None:
        return None
    return first, last + timedelta(days=1) if last < date.max else last


def _status(visit: Visit) -> str:
    if visit.status in names.PLANNED and visit.standing == "official":
        return "CONFIRMED"
    return _STATUS.get(visit.status or "", "TENTATIVE")


def _description(visit: Visit) -> str:
    """How it stands, why, under which conditions, and what for."""
    lines = [f"{visit.status}, {visit.standing}"]
    lines += [f"Why: {visit.reason}"] if visit.reason else []
    lines += [f'"{each.condition.text}" ({each.condition.side})' for each in visit.conditions]
    lines += [visit.details.purpose] if visit.details.purpose else []
    return "\n".join(lines)


def _text(value: str) -> str:
    """A value of type TEXT."""
    text = names.readable(value)
    for character, written in _ESCAPED.items():  # much faster than str.translate
        text = text.replace(character, written)
    return text


def _date(day: date) -> str:
    return day.isoformat().replace("-", "")


def _instant(moment: datetime | None) -> str:
    told = (moment or datetime.fromtimestamp(0, UTC)).astimezone(UTC)
    return f"{told.date().isoformat().replace('-', '')}T{told:%H%M%S}Z"


def _folded(line: str) -> str:
    """The line in parts of at most 75 octets, none of which ends within a character."""
    if len(line) <= LINE and line.isascii():
        return line
    octets = line.encode()
    parts, begin, room = [], 0, LINE
    while len(octets) - begin > room:
        end = begin + room
        while octets[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(octets[begin:end])
        begin, room = end, LINE - 1  # a blank begins the next one
    return b"\r\n ".join([*parts, octets[begin:]]).decode()
