"""A change for an auditor: who, when, why, on whose word, and what it changed."""

from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.struct_pb2 import Value
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from chancery.v1.audit_service_pb2 import RecordedChange
from chancery.v1.visit_pb2 import Visit
from service.cli.draw import formatting
from service.cli.draw.timeline import entry

FORMATTERS = formatting.FORMATTERS | {
    "start": formatting.day,
    "end": formatting.day,
    "counterparts": formatting.counterpart,
    "approximate": lambda _: "yes",
}


def change(recorded: RecordedChange) -> RenderableType:
    """One change, with the fields of the visit that it changed below it."""
    fields = Table.grid(padding=(0, 2))
    fields.add_column(style="dim", no_wrap=True)
    fields.add_column(overflow="fold")
    for field in recorded.field_changes:
        old, new = (field_text(field.path, value) for value in (field.old_value, field.new_value))
        name = field.path.removeprefix("details.").replace(".", " ").replace("_", " ")
        fields.add_row(Text(name.capitalize()), Text(f"{old or 'nothing'} -> {new or 'nothing'}"))
    return entry(recorded.event, *([fields] if recorded.field_changes else []))


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
