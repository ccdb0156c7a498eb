"""The commands that read the log: up to its head, or on and on."""

from itertools import islice
from typing import Annotated

import grpc
import typer

from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import ListEventsRequest, ReadEventsRequest
from chancery.v1.visit_pb2 import AsOf
from service.cli.draw.timeline import entry
from service.cli.notation.values import MAX_INT64
from service.cli.options.as_of import AsOfOptions
from service.cli.options.client import ClientOptions
from service.cli.options.filter import ChangeFilterOptions, Limit, page_size
from service.cli.options.groups import expand_groups, usage_error
from service.cli.terminal import output
from service.cli.terminal.interrupts import uninterrupted, until_interrupted


@expand_groups
def history(
    which: ChangeFilterOptions,
    moment: AsOfOptions,
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
) -> None:
    """Replay the log, or the changes of one visit.

    Changes come in the order of their positions; with --json, one per line. As of another
    moment, these are the changes that were recorded by then, known by then, and in force by
    then; --after and --backwards cannot be combined with that. Changes of a withdrawn visit are
    included.
    """
    as_of = moment.as_of()
    if as_of is not None and (after or backwards):
        option = "--after" if after else "--backwards"
        raise usage_error(
            option, "cannot be combined with --known-at, --valid-at, --recorded-at or --position"
        )
    with client.connect() as connection:
        if as_of is None:
            request = ReadEventsRequest(
                visit=which.name or "",
                change_types=which.types or [],
                after_position=after,
                limit=limit,
                backwards=backwards,
            )
            events = connection.replay(request)
        else:
            events = islice(connection.events(_as_of_request(which, as_of, limit)), limit or None)
        for event in events:
            _print(event, client)


def _as_of_request(which: ChangeFilterOptions, as_of: AsOf, limit: int) -> ListEventsRequest:
    """The request for the changes that count as of a moment."""
    return ListEventsRequest(
        visit=which.name or "",
        change_types=which.types or [],
        as_of=as_of,
        page_size=page_size(limit),
    )


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
        for event in connection.follow(
            which.name or "",
            after=after,
            change_types=which.types or (),
            on_cut=outages.begin,
            on_resumed=outages.end,
        ):
            with uninterrupted():
                _print(event, client)


def _print(event: RecordedEvent, client: ClientOptions) -> None:
    if client.as_json:
        output.json_line(event)
    else:
        output.say(entry(event))


class _Outages:
    """Reports once when the watch is cut off, and once when it resumes."""

    def __init__(self, target: str) -> None:
        self._server = f"The server at {target}"
        self._is_reported = False

    def begin(self, error: grpc.RpcError | None) -> None:
        if not self._is_reported:
            what = "does not answer" if error else "is shutting down"
            output.complain(f"{self._server} {what}; trying again")
        self._is_reported = True

    def end(self) -> None:
        self._is_reported = False
        output.complain(f"{self._server} answers again")
