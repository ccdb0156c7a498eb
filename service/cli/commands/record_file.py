"""The commands that record the changes in a file: all or none, or each on its own."""

from collections import Counter
from typing import Annotated

import typer

from chancery.client.changes import ContentIds
from service.cli.draw.visit import recorded
from service.cli.notation import lines
from service.cli.options.client import ClientOptions
from service.cli.options.groups import expand_groups
from service.cli.terminal import output
from service.cli.terminal.progress import progress

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


@expand_groups
def import_changes(file: ChangesFile, client: ClientOptions) -> None:
    """Record many changes, each on its own, in the order of the file.

    A change that is refused, or a line that cannot be read, does not stop the others. Importing a
    file again is harmless: a change without a request id gets one derived from itself. A change
    that 'history --json' printed is refused unless its visit has all those before it, and no
    others. --timeout does not limit an import.
    """
    found = list(lines.read(file.read()))
    readable = [line for line in found if not line.problem]
    for line in found:
        if line.problem:
            output.complain(f"line {line.number}: {line.problem}")
    outcomes = Counter[str]()
    with client.connect() as connection, progress("Importing") as show:
        changes = map(ContentIds(), (line.change for line in readable))
        for result in connection.messages.import_changes(changes):
            show(result.index + 1, len(readable))
            outcome = "again" if result.replayed else str(result.WhichOneof("outcome"))
            outcomes[outcome] += 1
            if client.as_json:
                output.json_line(result)
            elif outcome == "error":
                output.complain(f"line {readable[result.index].number}: {result.error.message}")
    unreadable = len(found) - len(readable)
    if not client.as_json:
        output.say(
            f"Recorded {outcomes['event']} changes; {outcomes['again']} were recorded before, "
            f"{outcomes['error']} were refused"
            + (f", {unreadable} could not be read" if unreadable else "")
        )
    if outcomes["error"] or unreadable:
        raise typer.Exit(1)
