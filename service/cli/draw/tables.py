"""Tables: visits, and the facts of a server."""

from collections.abc import Iterable, Iterator

from google.protobuf.message import Message
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from chancery.v1.info_service_pb2 import GetServerInfoResponse
from chancery.v1.visit_pb2 import PRECISION_DAY, AsOf, Visit
from service.cli.draw import formatting
from service.cli.draw.visit import as_of_line, status, title


def visits(found: Iterable[Visit], as_of: AsOf | None = None) -> RenderableType:
    """The visits, one per line."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Visit", no_wrap=True, overflow="fold")
    table.add_column("Title", overflow="fold")
    table.add_column("Status")
    table.add_column("Window", overflow="fold")
    table.add_column("Since", no_wrap=True)
    for visit in found:
        window = visit.held_window if visit.HasField("held_window") else visit.window
        table.add_row(
            Text(visit.name.removeprefix("visits/")),
            Text(title(visit)),
            status(visit),
            Text(formatting.window(window) if window.HasField("start") else ""),
            Text(formatting.when(visit.effective_time, PRECISION_DAY)),
        )
    return table if as_of is None else Group(as_of_line(as_of), "", table)


def server(info: GetServerInfoResponse) -> Table:
    """The facts of the server, one per line."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in [*_fields(info), *_fields(info.limits)]:
        table.add_row(name, Text(value))
    return table


def _fields(message: Message) -> Iterator[tuple[str, str]]:
    for field in message.DESCRIPTOR.fields:
        if field.message_type is None:
            value = getattr(message, field.name)
            if isinstance(value, bool):
                value = "yes" if value else "no"
            text = ", ".join(value) if field.is_repeated else str(value)
            yield field.name.replace("_", " ").capitalize(), text or "none"
