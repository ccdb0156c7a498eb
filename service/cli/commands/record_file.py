"""The commands that record the changes of a file: all or none, or each for itself."""

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
        help="JSON lines: on each a chancery.v1.Change in protobuf's JSON mapping; - is "
        "standard input.",
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
    """Record up to 100 changes of any visits, all or none."""
    with _mistakes_in_usage():
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
    """Record many changes, each for itself, in the order of the file.

    A change that is refused stops no other. To import a file again is harmless: a change without
    a request id gets one that is made of its line. However long it takes, --timeout does not end
    it.
    """
    with _mistakes_in_usage():
        lines = list(_lines(file.read()))
    told = Counter[str]()
    with client.connect() as connection, progress("Importing") as tell:
        for result in connection.import_changes(_with_request_ids(lines)):
            tell(result.index + 1, len(lines))
            outcome = "again" if result.replayed else str(result.WhichOneof("outcome"))
            told[outcome] += 1
            if client.as_json:
                output.json_line(result)
            elif outcome == "error":
                output.complain(f"line {lines[result.index].number}: {result.error.message}")
    if not client.as_json:
        output.say(
            f"Recorded {told['event']} changes; {told['again']} stood already, "
            f"{told['error']} were refused"
        )
    if told["error"]:
        raise typer.Exit(1)


class Line(NamedTuple):
    """A line of a file: its number, its text, and the change that it is."""

    number: int
    text: str
    change: Change


def read_changes(text: str) -> list[Change]:
    """The changes on the lines of a file; empty lines are passed over.

    :raises ValueError: a line is no change; the message names it.
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
def _mistakes_in_usage() -> Iterator[None]:
    """A file that cannot be read as changes is the mistake of whoever typed its name."""
    try:
        yield
    except ValueError as error:
        raise typer.BadParameter(output.visible(str(error)), param_hint="'FILE'") from None


def _with_request_ids(lines: Iterable[Line]) -> Iterator[Change]:
    """The changes; one without a request id has one of its line, and of how often that came."""
    came = Counter[str]()
    for _, text, change in lines:
        if not change.context.request_id:
            digest = sha256(text.encode()).hexdigest()
            change.context.request_id = f"import-{digest[:32]}-{came[text]}"
        came[text] += 1
        yield change
