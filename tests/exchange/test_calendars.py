"""Calendars of others become a table that a desk completes."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import icalendar
from hypothesis import given
from hypothesis import strategies as st

from service.exchange import calendars, sheets
from service.exchange.table import rows
from service.exchange.table.columns import COLUMNS

CALENDAR = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
BEGIN:VTIMEZONE\r
TZID:Europe/Paris\r
BEGIN:STANDARD\r
DTSTART:19700101T000000\r
END:STANDARD\r
END:VTIMEZONE\r
BEGIN:VEVENT\r
SUMMARY:Visite de la ministre \xc3\xa0 Lisbonne\\, Po\r
 rtugal\r
DTSTART;VALUE=DATE:20250205\r
DTEND;VALUE=DATE:20250207\r
LOCATION;LANGUAGE=fr;X-A="a:b;c":Lisbonne; Porto\r
DESCRIPTION:Premier jour\\nSecond jour\r
URL:https://example.org/1\r
BEGIN:VALARM\r
DESCRIPTION:Remember\r
END:VALARM\r
END:VEVENT\r
BEGIN:VEVENT\r
SUMMARY:=Talks\r
DTSTART;TZID=Europe/Paris:20250301T090000\r
DTEND;TZID=Europe/Paris:20250302T000000\r
STATUS:CANCELLED\r
END:VEVENT\r
BEGIN:VEVENT\r
SUMMARY:=Talks\r
DTSTART:20250301T090000Z\r
DURATION:P3DT1H\r
END:VEVENT\r
BEGIN:VEVENT\r
SUMMARY:No day\r
DTSTART:soon\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20250205\r
END:VEVENT\r
END:VCALENDAR\r
"""


def table(data: bytes) -> list[dict[str, str]]:
    """The rows of the table that a calendar becomes, with what they say."""
    text = "".join(calendars.table(data.splitlines(keepends=True))).removeprefix("\ufeff")
    found = csv.DictReader(io.StringIO(text, newline=""))
    return [{name: cell for name, cell in row.items() if cell} for row in found]


def test_each_event_is_a_row_with_what_the_calendar_knows() -> None:
    first, second, third = table(CALENDAR)
    assert first == {
        "visit": "visite-de-la-ministre-a-lisbonne-portugal-2025-02-05",
        "change": "schedule",
        "from": "2025-02-05",
        "to": "2025-02-06",
        "title": "Visite de la ministre à Lisbonne, Portugal",
        "destinations": "Lisbonne, Porto",
        "purpose": "Premier jour\nSecond jour",
        "url": "https://example.org/1",
    }
    assert second == {
        "visit": "talks-2025-03-01",
        "change": "cancel",
        "from": "2025-03-01",
        "to": "2025-03-01",
        "title": "'=Talks",
    }
    assert (third["visit"], third["to"]) == ("talks-2025-03-01-2", "2025-03-03")


def test_a_table_that_is_not_completed_names_what_is_missing() -> None:
    text = "".join(calendars.table(CALENDAR.splitlines(keepends=True)))
    found = list(rows.read(text.encode().splitlines(keepends=True)))
    assert all(isinstance(each, rows.Bad) for each in found)
    assert {each.column for each in found if isinstance(each, rows.Bad)} <= {*COLUMNS}


def test_a_calendar_without_events_is_an_empty_table() -> None:
    assert table(b"") == []
    assert table(b"BEGIN:VCALENDAR\nEND:VEVENT\nEND:VCALENDAR\n\xff\n") == []


@given(
    st.text("aé中😀 ,;:\\\"'=-", min_size=1, max_size=300).filter(str.strip),
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.integers(1, 40),
)
def test_what_another_library_writes_is_read(title: str, first: date, length: int) -> None:
    calendar, event = icalendar.Calendar(), icalendar.Event()
    event.add("summary", title)
    event.add("dtstart", first)
    event.add("dtend", first + timedelta(length))
    calendar.add_component(event)
    (row,) = table(calendar.to_ical())
    assert row["title"] == sheets.defused(title.strip()[:200])
    days: Any = (first.isoformat(), (first + timedelta(length - 1)).isoformat())
    assert (row["from"], row["to"]) == days


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_nothing(data: bytes) -> None:
    body = b"BEGIN:VEVENT\nSUMMARY:T\nDTSTART:20250101\n" + data + b"\nEND:VEVENT\n"
    assert len(table(body)) <= 2
