"""The commands that read the log: up to its head, and on without an end."""

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
            help="Behind this position; with --backwards, below it.",
        ),
    ] = 0,
    limit: Limit = 0,
    backwards: Annotated[bool, typer.Option("--backwards", help="The newest first.")] = False,
) -> None:
    """Replay the log, or the changes of one visit.

    They come in the order of their positions; with --json one change a line. As of another
    moment they are those that were recorded by then, known by then, and had taken effect by
    then; --after and --backwards do not go with that. Those of a withdrawn visit stay.
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
            events = islice(connection.events(_counted(which, as_of, limit)), limit or None)
        for event in events:
            _tell(event, client)


def _counted(which: ChangeFilterOptions, as_of: AsOf, limit: int) -> ListEventsRequest:
    """Asks for the changes that count as of a moment."""
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
            help="Begin behind this position; 0 is the beginning of the log.",
            show_default="now",
        ),
    ] = None,
) -> None:
    """Tell each change as it comes, until Ctrl-C.

    A visit that is not recorded yet is waited for. Where the server ends or cannot be
    reached, this tries again and goes on where it was; with --json one change a line.
    """
    with until_interrupted(), client.connect() as connection:
        cuts = _Cuts(connection.target)
        for event in connection.follow(
            which.name or "",
            after=after,
            change_types=which.types or (),
            on_cut=cuts.cut,
            on_resumed=cuts.resumed,
        ):
            with uninterrupted():
                _tell(event, client)


def _tell(event: RecordedEvent, client: ClientOptions) -> None:
    if client.as_json:
        output.json_line(event)
    else:
        output.say(entry(event))


class _Cuts:
    """Says once that the watch was cut off, and once that it goes on."""

    def __init__(self, target: str) -> None:
        self._server = f"The server at {target}"
        self._is_told = False

    def cut(self, error: grpc.RpcError | None) -> None:
        if not self._is_told:
            what = "does not answer" if error else "ends"
            output.complain(f"{self._server} {what}; trying again")
        self._is_told = True

    def resumed(self) -> None:
        self._is_told = False
        output.complain(f"{self._server} answers again")
