"""The commands that record the changes of a file: all or none, or each for itself."""

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Annotated

import typer
from google.protobuf.json_format import Parse, ParseError

from chancery.v1.desk_service_pb2 import Change
from service.cli import output
from service.cli.draw.visit import recorded
from service.cli.options.client import Client
from service.cli.options.spread import spread
from service.cli.progress import progress

ChangesFile = Annotated[
    typer.FileText,
    typer.Argument(
        metavar="FILE",
        encoding="utf-8",
        help="JSON lines: on each a chancery.v1.Change in protobuf's JSON mapping; - is "
        "standard input.",
    ),
]


@spread
def apply(
    file: ChangesFile,
    client: Client,
    validate_only: Annotated[
        bool, typer.Option("--validate-only", help="Check everything, record nothing.")
    ] = False,
) -> None:
    """Record up to 100 changes of any visits, all or none."""
    try:
        changes = read_changes(file.read())
    except ValueError as error:
        raise _in_usage(error) from None
    for change in changes:
        change.context.validate_only |= validate_only
    with client.connect() as connection:
        answer = connection.apply(changes)
    if client.as_json:
        output.document(answer)
        return
    for done in answer.changes:
        output.say(recorded(done))


@spread
def import_changes(file: ChangesFile, client: Client) -> None:
    """Record many changes, each for itself, in the order of the file.

    A change that is refused stops no other. To import a file again is harmless: a change without
    a request id gets one that is made of its line. However long it takes, --timeout does not end
    it.
    """
    text = file.read()
    try:
        changes = _numbered(text)
    except ValueError as error:
        raise _in_usage(error) from None
    _give_request_ids(changes, text.split("\n"))
    lines, told = list(changes), Counter[str]()
    with client.connect() as connection, progress("Importing") as tell:
        for result in connection.import_changes(changes.values()):
            tell(result.index + 1, len(changes))
            outcome = "again" if result.replayed else str(result.WhichOneof("outcome"))
            told[outcome] += 1
            if client.as_json:
                output.line(result)
            elif outcome == "error":
                output.complain(f"line {lines[result.index]}: {result.error.message}")
    if not client.as_json:
        output.say(
            f"Recorded {told['event']} changes; {told['again']} stood already, "
            f"{told['error']} were refused"
        )
    if told["error"]:
        raise typer.Exit(1)


def read_changes(text: str) -> list[Change]:
    """The changes on the lines of a file; empty lines are passed over.

    :raises ValueError: a line is no change; the message names it.
    """
    return list(_numbered(text).values())


def _numbered(text: str) -> dict[int, Change]:
    """The changes of a file, by the numbers of their lines."""
    changes = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            changes[number] = Parse(line, Change())
        except ParseError as error:
            raise ValueError(f"line {number}: {error}") from None
    return changes


def _in_usage(error: ValueError) -> typer.BadParameter:
    return typer.BadParameter(output.visible(str(error)), param_hint="'FILE'")


def _give_request_ids(changes: Mapping[int, Change], lines: Sequence[str]) -> None:
    """Give changes without a request id one of their line, and of how often it came before."""
    came = Counter[str]()
    for number, change in changes.items():
        line = lines[number - 1].strip()
        if not change.context.request_id:
            digest = sha256(line.encode()).hexdigest()
            change.context.request_id = f"import-{digest[:32]}-{came[line]}"
        came[line] += 1
