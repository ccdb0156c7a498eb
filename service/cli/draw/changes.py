"""A change for an auditor: who, when, why, on whose word, and what it changed."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.struct_pb2 import Value
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from chancery.client.words import ATTRIBUTION, SIDE, WINDOW_ENDING
from chancery.v1.audit_service_pb2 import RecordedChange
from chancery.v1.visit_pb2 import Visit
from service.cli.draw import formatting, moments
from service.cli.draw.timeline import entry

FORMATTERS = formatting.FORMATTERS | {
    "effective_time": moments.moment,
    "known_time": moments.moment,
    "last_heard_time": moments.moment,
    "start": moments.day,
    "end": moments.day,
    "counterparts": formatting.counterpart,
    "approximate": lambda _: "yes",
    "side": SIDE.of,
    "attribution": ATTRIBUTION.of,
    "ending": WINDOW_ENDING.of,
}


def change(recorded: RecordedChange) -> RenderableType:
    """One change, with the fields of the visit that it changed below it."""
    fields = Table.grid(padding=(0, 2))
    fields.add_column(style="dim", no_wrap=True)
    fields.add_column(overflow="fold")
    for name, old, new in field_rows(recorded):
        fields.add_row(Text(name), Text(f"{old or 'nothing'} -> {new or 'nothing'}"))
    mark = recorded.annotation if recorded.HasField("annotation") else None
    return entry(recorded.event, *([fields] if recorded.field_changes else []), mark=mark)


def field_rows(recorded: RecordedChange) -> Iterator[tuple[str, str, str]]:
    """The name and the old and new text of each field that a change altered.

    A time is told as it was told: as its period, if it has one.
    """
    values = {field.path: (field.old_value, field.new_value) for field in recorded.field_changes}
    for path, both in values.items():
        if path.endswith(formatting.PERIOD):
            time = path.removesuffix(formatting.PERIOD) + formatting.TIME
            if time in values:
                continue
        old, new = (field_text(path, value) for value in both)
        if periods := values.get(formatting.period_of(path)):
            old, new = (_period(*each) for each in zip(periods, (old, new), strict=True))
        yield field_name(path), old, new


def _period(value: Value, instant: str) -> str:
    """A period in words, or else the instant."""
    return moments.when(Timestamp(), value.string_value) if value.string_value else instant


def field_name(path: str) -> str:
    """The words for the visit's field at ``path``: ``Principal office``."""
    return path.removeprefix("details.").replace(".", " ").replace("_", " ").capitalize()


def field_text(path: str, value: Value) -> str:
    """The text for a value of the visit's field at ``path``; for an unknown field, as it came."""
    if not value.WhichOneof("kind"):
        return ""
    *within, name = path.split(".")
    try:
        holder: Any = Visit()
        for part in within:
            holder = getattr(holder, part)
        ParseDict({name: MessageToDict(value)}, holder)
        content = getattr(holder, name)
    except (AttributeError, ParseError):
        return formatting.plain(value)
    is_repeated = holder.DESCRIPTOR.fields_by_name[name].is_repeated
    return "; ".join(map(FORMATTERS.get(name, str), content if is_repeated else [content]))
