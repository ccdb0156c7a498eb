"""The command that lists changes for an audit."""

from functools import partial
from itertools import islice
from typing import Annotated

import typer

from chancery.v1.audit_service_pb2 import ChangeFilter, ListChangesRequest
from service.cli.draw import spreadsheet
from service.cli.draw.changes import change
from service.cli.options.client import ClientOptions
from service.cli.options.filter import ChangeFilterOptions, First, Last, Limit, page_size
from service.cli.options.groups import expand_groups, option_parser
from service.cli.options.sheet import AsCsv, refuse_both
from service.cli.options.zone import ZoneOptions
from service.cli.terminal import output
from service.exchange import times
from service.exchange.times import Span


@expand_groups
def changes(
    context: typer.Context,
    which: ChangeFilterOptions,
    zone: ZoneOptions,
    client: ClientOptions,
    by: Annotated[
        str,
        typer.Option(
            metavar="ACTOR", help="Recorded by this actor; the full name: unverified:anna."
        ),
    ] = "",
    begin: Annotated[
        Span | None,
        typer.Option(
            "--from",
            metavar="TIME",
            parser=option_parser(Span.parse),
            help="Recorded at or after this time, or the beginning of a period.",
        ),
    ] = None,
    end: Annotated[
        Span | None,
        typer.Option(
            "--until",
            metavar="TIME",
            parser=option_parser(Span.parse),
            help="Recorded at or before this time, or the end of a period.",
        ),
    ] = None,
    known_from: Annotated[
        Span | None,
        typer.Option(
            metavar="TIME",
            parser=option_parser(Span.parse),
            help="Known at or after this time, or the beginning of a period.",
        ),
    ] = None,
    known_until: Annotated[
        Span | None,
        typer.Option(
            metavar="TIME",
            parser=option_parser(Span.parse),
            help="Known at or before this time, or the end of a period.",
        ),
    ] = None,
    first: First = None,
    last: Last = None,
    limit: Limit = 0,
    backwards: Annotated[bool, typer.Option("--backwards", help="Newest first.")] = False,
    as_csv: AsCsv = False,
) -> None:
    """Show who changed what, when, why, and on whose word.

    The oldest change comes first. Below each change are the fields it changed, in the visit as
    it was when the change was recorded. With --json, one change per line; with --csv, one row
    for each field. Changes of a withdrawn visit are included.
    """
    refuse_both(as_csv, client)
    _tell_actors_apart(context, by)
    since, until = partial(times.since, zone=zone.zone), partial(times.until, zone=zone.zone)
    request = ListChangesRequest(
        filter=ChangeFilter(
            visit=which.name or "",
            actor=by,
            change_types=which.types or [],
            recorded_from=since(begin),
            recorded_until=until(end),
            known_from=since(known_from),
            known_until=until(known_until),
            first_position=first or 0,
            last_position=last or 0,
        ),
        backwards=backwards,
        page_size=page_size(limit),
    )
    with client.connect() as connection:
        pages = connection.messages.list_changes(request)
        found = islice((each for page in pages for each in page.changes), limit or None)
        if as_csv:
            output.csv_rows(spreadsheet.changes(found))
            return
        for each in found:
            if client.as_json:
                output.json_line(each)
            else:
                output.say(change(each))


def _tell_actors_apart(context: typer.Context, by: str) -> None:
    """Say what filters, if somebody typed --actor as if it did."""
    source = context.get_parameter_source("actor")
    if not by and source is not None and source.name == "COMMANDLINE":
        actor = context.params["actor"]
        output.complain(
            f"Note: --actor says who you are, and filters nothing. For the changes that {actor} "
            f"recorded, write --by unverified:{actor}"
        )
