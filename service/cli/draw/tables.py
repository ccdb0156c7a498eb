"""Tables: visits, and the facts of a server."""

from collections.abc import Iterable, Iterator, Sequence

from google.protobuf.message import Message
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from chancery.client.words import ROLE
from chancery.v1.info_service_pb2 import GetServerInfoResponse
from chancery.v1.visit_pb2 import Visit
from service.cli.draw import moments
from service.cli.draw.visit import status, title

# A table of visits needs this many columns; with fewer, each visit is a block of lines.
TABLE_COLUMNS = 72


def visits(found: Iterable[Visit], about: Text | None = None) -> RenderableType:
    """The visits, one per line, or one below the other on a narrow terminal.

    ``about`` is the line about the moment that was asked for.
    """
    listed = _Visits(list(found))
    return listed if about is None else Group(about, "", listed)


class _Visits:
    """A list of visits, as wide as there is room."""

    def __init__(self, visits: Sequence[Visit]) -> None:
        self._visits = visits

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield _blocks(self._visits) if options.max_width < TABLE_COLUMNS else _table(self._visits)


def _table(found: Iterable[Visit]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Visit", no_wrap=True, overflow="fold")
    table.add_column("Title", overflow="fold")
    table.add_column("Status")
    table.add_column("Window", overflow="fold")
    table.add_column("Since", no_wrap=True)
    for visit in found:
        table.add_row(
            Text(visit.name.removeprefix("visits/")),
            Text(title(visit)),
            status(visit),
            Text(_window(visit)),
            Text(_since(visit)),
        )
    return table


def _blocks(found: Iterable[Visit]) -> Group:
    """Each visit on lines of its own: no word is cut to fit a column."""
    lines = [
        Padding(part, (0, 0, 0, indent))
        for visit in found
        for indent, part in (
            (0, Text(visit.name.removeprefix("visits/"), "bold")),
            (2, Text(title(visit))),
            (2, status(visit)),
            (2, Text(_window(visit) or "no date")),
            (2, Text(f"since {_since(visit)}", "dim")),
        )
    ]
    return Group(*lines)


def _window(visit: Visit) -> str:
    return moments.window(visit.held_window if visit.HasField("held_window") else visit.window)


def _since(visit: Visit) -> str:
    return moments.date_of(visit.effective_time, visit.effective_period)


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
            elif field.enum_type is not None:
                value = ROLE.of(value) if value else ""
            text = ", ".join(value) if field.is_repeated else str(value)
            yield field.name.replace("_", " ").capitalize(), text or "none"
