"""Changes as rows of a spreadsheet, one for each field that a change altered."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from chancery.v1.audit_service_pb2 import RecordedChange
from chancery.v1.event_pb2 import FieldChange
from service.cli.draw import formatting
from service.cli.notation.enums import CHANGE_TYPE

HEADER = (
    "position",
    "visit",
    "version",
    "change",
    "actor",
    "record_time",
    "effective_time",
    "known_time",
    "reason",
    "basis",
    "request_id",
    "path",
    "old_value",
    "new_value",
)
# How a formula begins, also in full width, and behind what a spreadsheet may pass over.
FORMULA = re.compile("[\\s\"']*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")


def rows(changes: Iterable[RecordedChange]) -> Iterator[Sequence[str | int]]:
    """The header and the rows. What would be a formula is made a text by an apostrophe."""
    remaining = iter(changes)
    first = list(islice(remaining, 1))  # before the header: to ask for it may fail
    yield HEADER
    for change in chain(first, remaining):
        for field in change.field_changes or [FieldChange()]:
            cells = _cells(change, field)
            yield [defused(cell) if isinstance(cell, str) else cell for cell in cells]


def defused(text: str) -> str:
    """``text`` as a spreadsheet takes it for a text."""
    return f"'{text}" if FORMULA.match(text) else text


def _cells(change: RecordedChange, field: FieldChange) -> Sequence[str | int]:
    event = change.event.event
    return (
        change.event.position,
        event.visit,
        event.version,
        CHANGE_TYPE.of(change.change_type),
        event.actor,
        change.event.record_time.ToJsonString(),
        change.effective_time.ToJsonString(),
        change.known_time.ToJsonString(),
        event.reason,
        " | ".join(map(formatting.basis, event.basis)),
        event.request_id,
        field.path,
        formatting.plain(field.old_value),
        formatting.plain(field.new_value),
    )
