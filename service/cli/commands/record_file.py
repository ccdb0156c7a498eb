"""The commands that record the changes in a file: all or none, or each on its own."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Annotated, NamedTuple

import typer
from google.protobuf.json_format import Parse, ParseError

from chancery.v1.desk_service_pb2 import Change
from service.cli.draw.visit import recorded
from service.cli.options.client import ClientOptions
from service.cli.options.groups import expand_groups
from service.cli.terminal import output
from service.cli.terminal.progress import progress

ChangesFile = Annotated[
    typer.FileText,
    typer.Argument(
        metavar="FILE",
        encoding="utf-8",
        help="JSON lines, each a chancery.v1.Change in protobuf's JSON mapping. Use - for standard "
        "input.",
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
    with _usage_errors():
        changes = read_changes(file.read())
    for change in changes:
        change.context.validate_only |= validate_only
    with client.connect() as connection:
        answer = connection.apply(changes)
    if client.as_json:
        output.json_document(answer)
        return
    for done in answer.changes:
        output.say(recorded(done))


@expand_groups
def import_changes(file: ChangesFile, client: ClientOptions) -> None:
    """Record many changes, each on its own, in the order of the file.

    A refused change does not stop the others. Importing a file again is harmless: a change
    without a request id gets one derived from its line. --timeout does not limit an import.
    """
    with _usage_errors():
        lines = list(_lines(file.read()))
    outcomes = Counter[str]()
    with client.connect() as connection, progress("Importing") as show:
        for result in connection.import_changes(_with_request_ids(lines)):
            show(result.index + 1, len(lines))
            outcome = "again" if result.replayed else str(result.WhichOneof("outcome"))
            outcomes[outcome] += 1
            if client.as_json:
                output.json_line(result)
            elif outcome == "error":
                output.complain(f"line {lines[result.index].number}: {result.error.message}")
    if not client.as_json:
        output.say(
            f"Recorded {outcomes['event']} changes; {outcomes['again']} were recorded before, "
            f"{outcomes['error']} were refused"
        )
    if outcomes["error"]:
        raise typer.Exit(1)


class Line(NamedTuple):
    """A line of a file: its number, its text, and the change it holds."""

    number: int
    text: str
    change: Change


def read_changes(text: str) -> list[Change]:
    """The changes on the lines of a file. Empty lines are skipped.

    :raises ValueError: a line is not a change; the message gives its number.
    """
    return [line.change for line in _lines(text)]


def _lines(text: str) -> Iterator[Line]:
    for number, line in enumerate(map(str.strip, text.split("\n")), start=1):
        if not line:
            continue
        try:
            yield Line(number, line, Parse(line, Change()))
        except ParseError as error:
            raise ValueError(f"line {number}: {error}") from None


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Report a file that does not hold changes as a usage error about FILE."""
    try:
        yield
    except ValueError as error:
        raise typer.BadParameter(output.visible(str(error)), param_hint="'FILE'") from None


def _with_request_ids(lines: Iterable[Line]) -> Iterator[Change]:
    """The changes, each with a request id.

    One that lacks it gets one derived from its line and from how often that line came before.
    """
    seen = Counter[str]()
    for _, text, change in lines:
        if not change.context.request_id:
            digest = sha256(text.encode()).hexdigest()
            change.context.request_id = f"import-{digest[:32]}-{seen[text]}"
        seen[text] += 1
        yield change
