"""The commands that read the log: up to its head, or on and on."""

from collections.abc import Iterable
from typing import Annotated

import typer

from chancery.client import ChanceryError, Connection
from chancery.v1.event_pb2 import ChangeType, RecordedEvent
from chancery.v1.history_service_pb2 import (
    ListEventsRequest,
    ReadEventsRequest,
    WatchEventsRequest,
)
from chancery.v1.visit_pb2 import AsOf
from service.cli.draw import spreadsheet
from service.cli.draw.marks import Marks, derived, told
from service.cli.draw.timeline import entry
from service.cli.notation.values import MAX_INT64
from service.cli.options.as_of import AsOfOptions
from service.cli.options.client import ClientOptions
from service.cli.options.filter import ChangeFilterOptions, Limit
from service.cli.options.groups import expand_groups, usage_error
from service.cli.options.sheet import AsCsv, refuse_both
from service.cli.options.zone import ZoneOptions
from service.cli.terminal import output
from service.cli.terminal.interrupts import uninterrupted, until_interrupted


@expand_groups
def history(
    which: ChangeFilterOptions,
    moment: AsOfOptions,
    zone: ZoneOptions,
    client: ClientOptions,
    after: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            max=MAX_INT64,
            help="Only changes after this position; with --backwards, before it.",
        ),
    ] = 0,
    limit: Limit = 0,
    backwards: Annotated[bool, typer.Option("--backwards", help="Newest first.")] = False,
    as_csv: AsCsv = False,
) -> None:
    """Replay the log, or the changes of one visit.

    Changes come in the order of their positions, and say which later changes retracted or
    corrected them. As of another moment, these are the changes that were recorded by then, known
    by then, and in force by then; --after cannot be combined with that. Changes of a withdrawn
    visit are included. With --json, one change per line, which 'apply' and 'import' can read.
    """
    refuse_both(as_csv, client)
    as_of = moment.as_of(zone.zone)
    if as_of is not None and after:
        raise usage_error(
            "--after", "cannot be combined with --known-at, --valid-at, --recorded-at or --position"
        )
    request = ReadEventsRequest(
        visit=which.name or "",
        change_types=which.types or [],
        after_position=after,
        limit=limit,
        backwards=backwards,
    )
    with client.connect() as connection:
        events, marks = (
            _now(connection, request, client)
            if as_of is None
            else _then(connection, request, as_of)
        )
        if as_csv:
            output.csv_rows(spreadsheet.events(events, marks))
            return
        for event in events:
            _print(event, client, marks)


def _now(
    connection: Connection, request: ReadEventsRequest, client: ClientOptions
) -> tuple[Iterable[RecordedEvent], Marks]:
    """The changes that are asked for, and what all later ones did to them."""
    if client.as_json:
        return connection.messages.read_events(request), {}
    others = ReadEventsRequest(
        visit=request.visit,
        change_types=[ChangeType.CHANGE_TYPE_RETRACTED, ChangeType.CHANGE_TYPE_CORRECTED],
    )
    return connection.messages.read_events(request), derived(
        connection.messages.read_events(others)
    )


def _then(
    connection: Connection, request: ReadEventsRequest, as_of: AsOf
) -> tuple[Iterable[RecordedEvent], Marks]:
    """The changes that count as of a moment, and what others did to them by then."""
    asked = ListEventsRequest(
        visit=request.visit,
        change_types=request.change_types,
        as_of=as_of,
        backwards=request.backwards,
    )
    answer = connection.messages.all_events(asked, request.limit)
    return answer.events, {**derived(answer.events), **told(answer)}


@expand_groups
def watch(
    which: ChangeFilterOptions,
    client: ClientOptions,
    after: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            max=MAX_INT64,
            help="Start after this position; 0 is the beginning of the log.",
            show_default="now",
        ),
    ] = None,
) -> None:
    """Print each change as it comes, until Ctrl-C.

    If the visit is not recorded yet, this waits for it. If the server stops or cannot be reached,
    this keeps trying and resumes after the last change printed. With --json, one change per line.
    """
    with until_interrupted(), client.connect() as connection:
        outages = _Outages(connection.target)
        request = WatchEventsRequest(visit=which.name or "", change_types=which.types or ())
        if after is None:
            request.now.SetInParent()
        else:
            request.after_position = after
        for event in connection.messages.watch_events(
            request, on_cut=outages.begin, on_resumed=outages.end
        ):
            with uninterrupted():
                _print(event, client)


def _print(event: RecordedEvent, client: ClientOptions, marks: Marks | None = None) -> None:
    if client.as_json:
        output.json_line(event)
    else:
        mark = marks.get((event.event.visit, event.event.version)) if marks else None
        output.say(entry(event, mark=mark))


class _Outages:
    """Reports once when the watch is cut off, and once when it resumes."""

    def __init__(self, target: str) -> None:
        self._server = f"The server at {target}"
        self._is_reported = False

    def begin(self, error: ChanceryError | None) -> None:
        if not self._is_reported:
            what = "does not answer" if error else "is shutting down"
            output.complain(f"{self._server} {what}; trying again")
        self._is_reported = True

    def end(self) -> None:
        self._is_reported = False
        output.complain(f"{self._server} answers again")
