"""Changes as rows of a spreadsheet: one for each field that changed."""

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
# The start of a formula, also in full width, and after characters a spreadsheet may ignore.
FORMULA = re.compile("[\\s\"']*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")


def rows(changes: Iterable[RecordedChange]) -> Iterator[Sequence[str | int]]:
    """The header and the rows. An apostrophe turns what would be a formula into text."""
    remaining = iter(changes)
    first = list(islice(remaining, 1))  # before the header, because the call may fail
    yield HEADER
    for change in chain(first, remaining):
        for field in change.field_changes or [FieldChange()]:
            cells = _cells(change, field)
            yield [defused(cell) if isinstance(cell, str) else cell for cell in cells]


def defused(text: str) -> str:
    """``text``, with an apostrophe before it if a spreadsheet could take it for a formula."""
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
