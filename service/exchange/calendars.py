"""Other people's calendars (RFC 5545), as a desk's table that is to be completed.

A calendar says neither who travels, nor who is visited, nor on whose word. None of it is guessed:
those columns are left empty.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from anyascii import anyascii

from service.exchange import names, sheets
from service.exchange.table.columns import COLUMNS

_LINE = re.compile(r'(?P<name>[\w-]+)(?:;[^=:;]+=(?:"[^"]*"|[^":;])*)*:(?P<value>.*)')
_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{6})Z?)?", re.ASCII)
_DURATION = re.compile(r"\+?P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T.*)?", re.ASCII)
_ESCAPED = re.compile(r"\\(.)")
_NO_ID = re.compile("[^a-z0-9]+")
# Octets of an id before its day.
_ID = 50
_LONG = 200


_Event = dict[str, str]


def table(file: Iterable[bytes]) -> Iterator[str]:
    """The table in pieces: its header, then a row for each event that has a title and a day.

    Of a series of events there is the first one alone.
    """
    yield sheets.MARK + sheets.lines([COLUMNS])
    taken: set[str] = set()
    for event in _events(file):
        if row := _row(event, taken):
            yield sheets.lines([[row.get(column, "") for column in COLUMNS]])


def _row(event: _Event, taken: set[str]) -> dict[str, str] | None:
    days = _days(event)
    title = _text(event, "SUMMARY")
    if days is None or not title:
        return None
    is_off = _text(event, "STATUS").upper() == "CANCELLED"
    place = _text(event, "LOCATION")
    return {
        "visit": _id(title, days[0], taken),
        "change": "cancel" if is_off else "schedule",
        "from": days[0].isoformat(),
        "to": days[1].isoformat(),
        "title": title[:_LONG],
        "destinations": place.replace(";", ",")[:_LONG],
        "purpose": _text(event, "DESCRIPTION"),
        "url": _text(event, "URL"),
    }


def _id(title: str, first: date, taken: set[str]) -> str:
    """An id that no other row has: ``visit-of-the-minister-2025-02-05``."""
    stem = _NO_ID.sub("-", anyascii(title).lower()).strip("-")[:_ID].strip("-")
    found = base = "-".join(filter(None, (stem, first.isoformat())))
    number = 1
    while found in taken:
        number += 1
        found = f"{base}-{number}"
    taken.add(found)
    return found


def _days(event: _Event) -> tuple[date, date] | None:
    """The first and the last day; the end of whole days, and of midnight, is the day before."""
    begin = event.get("DTSTART")
    first = _day(begin)[0] if begin else None
    if first is None:
        return None
    last, is_after = first, False
    if "DTEND" in event:
        end, clock = _day(event["DTEND"])
        last, is_after = end or first, clock in ("", "000000")
    elif "DURATION" in event and (match := _DURATION.fullmatch(event["DURATION"])):
        length = timedelta(int(match[2] or 0), weeks=int(match[1] or 0))
        last, is_after = _later(first, length), bool(length)
    if is_after and last > first:
        last -= timedelta(1)
    return first, max(first, last)


def _later(day: date, length: timedelta) -> date:
    try:
        return day + length
    except OverflowError:
        return date.max


def _day(value: str) -> tuple[date | None, str]:
    """The day of a date or time as it is written there, and its clock, if it has one."""
    match = _DAY.fullmatch(value.strip())
    try:
        return (date(*(int(match[n]) for n in (1, 2, 3))), match[4] or "") if match else (None, "")
    except ValueError:
        return None, ""


def _text(event: _Event, name: str) -> str:
    said = _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], event.get(name, ""))
    return names.readable(said).strip()


def _events(file: Iterable[bytes]) -> Iterator[_Event]:
    """The events of a calendar; what is within one, such as an alarm, is passed over."""
    event: _Event | None = None
    within = 0
    for line in _unfolded(file):
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        name, value = match["name"].upper(), match["value"]
        kind = value.strip().upper()
        if name == "BEGIN" and event is not None:
            within += 1
        elif name == "BEGIN" and kind == "VEVENT":
            event, within = {}, 0
        elif name == "END" and event is not None and within:
            within -= 1
        elif name == "END" and event is not None:
            yield event
            event = None
        elif event is not None and not within:
            event.setdefault(name, value)


def _unfolded(file: Iterable[bytes]) -> Iterator[str]:
    """The lines, each with those that go on with it."""
    held: bytes | None = None
    for raw in file:
        line = raw.rstrip(b"\r\n")
        if line[:1] in (b" ", b"\t") and held is not None:
            held += line[1:]
            continue
        if held is not None:
            yield held.decode(errors="replace")
        held = line.removeprefix(b"\xef\xbb\xbf")
    if held is not None:
        yield held.decode(errors="replace")
