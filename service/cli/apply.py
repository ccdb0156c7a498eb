"""The command that records the changes of a file, all or none."""

from typing import Annotated

import typer
from google.protobuf.json_format import Parse, ParseError

from chancery.v1.desk_service_pb2 import Change
from service.cli import output
from service.cli.draw.visit import recorded
from service.cli.options.client import Client
from service.cli.options.spread import spread


@spread
def apply(
    file: Annotated[
        typer.FileText,
        typer.Argument(
            metavar="FILE",
            encoding="utf-8",
            help="JSON lines: on each a chancery.v1.Change in protobuf's JSON mapping; - is "
            "standard input.",
        ),
    ],
    client: Client,
    validate_only: Annotated[
        bool, typer.Option("--validate-only", help="Check everything, record nothing.")
    ] = False,
) -> None:
    """Record up to 100 changes of any visits, all or none."""
    try:
        changes = read_changes(file.read())
    except ValueError as error:
        raise typer.BadParameter(output.visible(str(error)), param_hint="'FILE'") from None
    for change in changes:
        change.context.validate_only |= validate_only
    with client.connect() as connection:
        answer = connection.apply(changes)
    if client.as_json:
        output.document(answer)
        return
    for done in answer.changes:
        output.say(recorded(done))


def read_changes(text: str) -> list[Change]:
    """The changes on the lines of a file; empty lines are passed over.

    :raises ValueError: a line is no change; the message names it.
    """
    changes = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            changes.append(Parse(line, Change()))
        except ParseError as error:
            raise ValueError(f"line {number}: {error}") from None
    return changes
