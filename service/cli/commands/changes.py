"""The command that lists changes for an audit."""

from itertools import islice
from typing import Annotated

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.audit_service_pb2 import ChangeFilter, ListChangesRequest
from service.cli.draw.changes import change
from service.cli.draw.spreadsheet import rows
from service.cli.notation import times
from service.cli.options.client import ClientOptions
from service.cli.options.filter import ChangeFilterOptions, First, Last, Limit, page_size
from service.cli.options.groups import expand_groups, option_parser, usage_error
from service.cli.terminal import output


@expand_groups
def changes(
    which: ChangeFilterOptions,
    client: ClientOptions,
    by: Annotated[
        str,
        typer.Option(
            metavar="ACTOR", help="Recorded by this actor; the full name: unverified:anna."
        ),
    ] = "",
    begin: Annotated[
        Timestamp | None,
        typer.Option(
            "--from",
            metavar="TIME",
            parser=option_parser(times.since),
            help="Recorded at or after this time, or the beginning of a period.",
        ),
    ] = None,
    end: Annotated[
        Timestamp | None,
        typer.Option(
            "--until",
            metavar="TIME",
            parser=option_parser(times.until),
            help="Recorded at or before this time, or the end of a period.",
        ),
    ] = None,
    first: First = None,
    last: Last = None,
    limit: Limit = 0,
    as_csv: Annotated[
        bool,
        typer.Option(
            "--csv", help="Print comma-separated values, one row for each field that changed."
        ),
    ] = False,
) -> None:
    """Show who changed what, when, why, and on whose word.

    The oldest change comes first. Below each change are the fields it changed, in the visit as
    it was when the change was recorded. With --json, one change per line. Changes of a
    withdrawn visit are included.
    """
    if as_csv and client.as_json:
        raise usage_error("--csv", "cannot be combined with --json")
    request = ListChangesRequest(
        filter=ChangeFilter(
            visit=which.name or "",
            actor=by,
            change_types=which.types or [],
            recorded_from=begin,
            recorded_until=end,
            first_position=first or 0,
            last_position=last or 0,
        ),
        page_size=page_size(limit),
    )
    with client.connect() as connection:
        found = islice(connection.changes(request), limit or None)
        if as_csv:
            for cells in rows(found):
                output.csv_row(cells)
            return
        for each in found:
            if client.as_json:
                output.json_line(each)
            else:
                output.say(change(each))
