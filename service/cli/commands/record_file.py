"""The command that records the changes in a file: all or none."""

from typing import Annotated

import typer

from service.cli.draw.visit import recorded
from service.cli.notation import lines
from service.cli.options.client import ClientOptions
from service.cli.options.groups import expand_groups
from service.cli.terminal import output

ChangesFile = Annotated[
    typer.FileBinaryRead,
    typer.Argument(
        metavar="FILE",
        help="JSON lines, each a chancery.v1.Change in protobuf's JSON mapping, or a change as "
        "'history --json' prints it. Use - for standard input.",
    ),
]


@expand_groups
def apply(
    file: ChangesFile,
    client: ClientOptions,
    validate_only: Annotated[
        bool, typer.Option("--validate-only", help="Check everything, record nothing.")
    ] = False,
) -> None:
    """Record up to 100 changes of any visits: all of them or none."""
    try:
        changes = lines.read_changes(file.read())
    except ValueError as error:
        raise typer.BadParameter(output.visible(str(error)), param_hint="'FILE'") from None
    for change in changes:
        change.context.validate_only |= validate_only
    with client.connect() as connection:
        answer = connection.messages.apply_changes(changes)
    if client.as_json:
        output.json_document(answer)
        return
    for done in answer.changes:
        output.say(recorded(done))
