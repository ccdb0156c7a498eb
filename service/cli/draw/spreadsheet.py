"""Answers as rows of a spreadsheet: words for people, and one cell for each field."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from google.protobuf.timestamp_pb2 import Timestamp

from chancery.client import results
from chancery.client.words import CHANGE_TYPE
from chancery.v1.audit_service_pb2 import RecordedChange
from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.visit_pb2 import Visit
from service.cli.draw import formatting
from service.cli.draw.changes import field_rows
from service.cli.draw.headlines import headline
from service.cli.draw.marks import Marks
from service.exchange import sheets

Row = Sequence[str | int]

_WHICH = ("position", "visit", "version", "change")
_HOW = (
    "actor",
    "record_time",
    "effective_time",
    "known_time",
    "reason",
    "basis",
    "sources",
    "note",
    "request_id",
    "retracted_by",
    "corrected_by",
)
CHANGES = (*_WHICH, *_HOW, "field", "old_value", "new_value")
EVENTS = (*_WHICH, "what", *_HOW)


def changes(found: Iterable[RecordedChange]) -> Iterator[Row]:
    """A row for each field that a change altered, or one if it altered none."""
    rows = (
        (*_change(change), *field)
        for change in found
        for field in list(field_rows(change)) or [("", "", "")]
    )
    return _table(CHANGES, rows)


def events(found: Iterable[RecordedEvent], marks: Marks) -> Iterator[Row]:
    """A row for each change, with what later changes did to it."""
    return _table(EVENTS, (_event(recorded, marks) for recorded in found))


def visits(found: Iterable[Visit]) -> Iterator[Row]:
    """A row for each visit."""
    return _table(sheets.VISITS, (sheets.visit(results.visit(each, 0)) for each in found))


def _table(header: Row, rows: Iterable[Row]) -> Iterator[Row]:
    """The header and the rows. An apostrophe turns what would be a formula into text."""
    remaining = iter(rows)
    first = list(islice(remaining, 1))  # before the header, because the call may fail
    yield header
    for cells in chain(first, remaining):
        yield [sheets.defused(cell) if isinstance(cell, str) else cell for cell in cells]


def _change(change: RecordedChange) -> Row:
    recorded, mark = change.event, change.annotation
    return (
        recorded.position,
        recorded.event.visit,
        recorded.event.version,
        CHANGE_TYPE.of(recorded.event.change_type),
        recorded.event.actor,
        _time(recorded.record_time),
        _time(change.effective_time, change.effective_period),
        _time(change.known_time, change.known_period),
        *_why(recorded),
        mark.retracted_by_version or "",
        _versions(mark.corrected_by_versions),
    )


def _event(recorded: RecordedEvent, marks: Marks) -> Row:
    event = recorded.event
    mark = marks.get((event.visit, event.version))
    return (
        recorded.position,
        event.visit,
        event.version,
        CHANGE_TYPE.of(event.change_type),
        headline(event).plain,
        event.actor,
        _time(recorded.record_time),
        _time(event.effective_time, event.effective_period),
        _time(event.known_time, event.known_period),
        *_why(recorded),
        (mark and mark.retracted_by_version) or "",
        _versions(mark.corrected_by_versions) if mark else "",
    )


def _why(recorded: RecordedEvent) -> Row:
    """The cells from reason to request id."""
    event = recorded.event
    return (
        event.reason,
        _several(map(formatting.basis, event.basis)),
        _several(map(formatting.basis, event.sources)),
        event.note,
        event.request_id,
    )


def _time(value: Timestamp, period: str = "") -> str:
    """A time as it was told: ``2023-06``, ``2023-06-18 14:30:00``; nothing if it is not set."""
    if period or not value.ByteSize():
        return period
    return f"{value.ToDatetime():%Y-%m-%d %H:%M:%S}"


def _versions(versions: Iterable[int]) -> str:
    return " | ".join(map(str, versions))


def _several(texts: Iterable[str]) -> str:
    return " | ".join(texts)
