"""The command that inspects changes."""

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
        typer.Option(metavar="ACTOR", help="Who recorded them, in full: unverified:anna."),
    ] = "",
    begin: Annotated[
        Timestamp | None,
        typer.Option(
            "--from",
            metavar="TIME",
            parser=option_parser(times.since),
            help="Recorded since then; of a period, since its beginning.",
        ),
    ] = None,
    end: Annotated[
        Timestamp | None,
        typer.Option(
            "--until",
            metavar="TIME",
            parser=option_parser(times.until),
            help="Recorded by then; of a period, by its end.",
        ),
    ] = None,
    first: First = None,
    last: Last = None,
    limit: Limit = 0,
    as_csv: Annotated[
        bool,
        typer.Option(
            "--csv", help="Answer in comma-separated values: a row for each field that changed."
        ),
    ] = False,
) -> None:
    """Tell who changed what, when, why, and on whose word, the oldest change first.

    Below each change stands what it changed in the visit as it stood when it was recorded. With
    --json one change a line. Those of a withdrawn visit stay.
    """
    if as_csv and client.as_json:
        raise usage_error("--csv", "does not go with --json")
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
