"""The commands that ask: a visit, a list, the history, and what the server is."""

from typing import Annotated

import typer

from chancery.v1.event_pb2 import ChangeType
from chancery.v1.history_service_pb2 import ListEventsRequest, ReadEventsRequest
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import ListVisitsRequest, ListVisitsResponse
from service.cli import notation, output
from service.cli.draw import tables
from service.cli.draw.timeline import entry
from service.cli.draw.visit import card
from service.cli.history import reflected
from service.cli.notation import LARGEST
from service.cli.options.client import Client, Moment, Name
from service.cli.options.filter import Filter
from service.cli.options.spread import spread, typed
from service.cli.words import CHANGE_TYPE

PAGE_SIZE = 500


@spread
def show(name: Name, moment: Moment, client: Client) -> None:
    """Show how a visit stands, and who said what on the way."""
    as_of = moment.as_of()
    with client.connect() as connection:
        answer = connection.visit(name, as_of)
        if client.as_json:
            output.document(answer)
            return
        request = ListEventsRequest(
            visit=answer.visit.name, page_size=PAGE_SIZE, min_position=answer.view_position
        )
        events = reflected(connection.events(request), answer.visit, as_of or AsOf())
    output.say(card(answer.visit, events, as_of))


@spread
def list_visits(
    which: Filter,
    client: Client,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WORD",
            help="Words that all stand in the title, the names, the places or the aliases.",
        ),
    ] = None,
    order_by: Annotated[
        str,
        typer.Option(
            metavar="FIELD",
            help="name, update_time or window.start, and ' desc' behind it for the reverse.",
        ),
    ] = "",
    limit: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, max=LARGEST, help="At most this many visits; 0 means all."
        ),
    ] = 0,
) -> None:
    """List visits."""
    request = ListVisitsRequest(
        filter=which.filter(),
        query=" ".join(words or []),
        order_by=order_by,
        page_size=min(limit or PAGE_SIZE, PAGE_SIZE),
    )
    answer = ListVisitsResponse()
    with client.connect() as connection:
        for page in connection.visits(request):
            answer.visits.extend(page.visits)
            answer.view_position = answer.view_position or page.view_position
            if limit and len(answer.visits) >= limit:
                break
    if limit:
        del answer.visits[limit:]
    if client.as_json:
        output.document(answer)
    else:
        output.say(tables.visits(answer.visits))


@spread
def history(
    client: Client,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            parser=typed(notation.visit_name),
            help="Only the changes of this visit; its history stays when it is withdrawn.",
            show_default=False,
        ),
    ] = None,
    after: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            max=LARGEST,
            help="Behind this position; with --backwards, below it.",
        ),
    ] = 0,
    limit: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, max=LARGEST, help="At most this many changes; 0 means all."
        ),
    ] = 0,
    backwards: Annotated[bool, typer.Option("--backwards", help="The newest first.")] = False,
    types: Annotated[
        list[ChangeType.ValueType] | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            parser=typed(CHANGE_TYPE.parse),
            autocompletion=CHANGE_TYPE.complete,
            help=f"{CHANGE_TYPE.choices()}. May be given several times: any of them.",
        ),
    ] = None,
) -> None:
    """Replay the log, or the changes of one visit.

    They come in the order of their positions; with --json one change a line.
    """
    request = ReadEventsRequest(
        visit=name or "",
        after_position=after,
        limit=limit,
        backwards=backwards,
        change_types=types or [],
    )
    with client.connect() as connection:
        for event in connection.replay(request):
            if client.as_json:
                output.line(event)
            else:
                output.say(entry(event))


@spread
def info(client: Client) -> None:
    """Tell what the server is, what it holds and what it allows."""
    with client.connect() as connection:
        answer = connection.info()
    if client.as_json:
        output.document(answer)
    else:
        output.say(tables.server(answer))
