"""The command that records what files hold: each change on its own."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from io import BytesIO
from stat import S_ISREG
from typing import IO, Annotated

import typer
from rich.text import Text

from chancery.client import ChanceryError, Connection
from chancery.client.changes import ContentIds
from chancery.v1.desk_service_pb2 import Change
from service.cli.commands import import_sources as sources
from service.cli.commands import import_trial as trial
from service.cli.commands.import_edition import EditionSource
from service.cli.commands.import_sources import Item, Left
from service.cli.commands.import_tally import COLUMNS, NoReport, Tally
from service.cli.draw.errors import explain
from service.cli.options.client import ClientOptions
from service.cli.options.groups import expand_groups, usage_error
from service.cli.options.importing import ImportOptions
from service.cli.terminal import output
from service.cli.terminal.interrupts import Stop, stoppable
from service.cli.terminal.progress import progress
from service.exchange import calendars, sheets
from service.exchange.recognising import HEAD, recognise
from service.exchange.records import editions
from service.exchange.table.columns import TEMPLATE

Files = Annotated[
    list[typer.FileBinaryRead] | None,
    typer.Argument(metavar="FILE", help="The files. Use - for standard input.", show_default=False),
]
Source = tuple[int, Iterator[Item | Left]]

_GO_ON = (
    "Stopped before the end. To go on, run the same command again: what is recorded is not "
    "recorded twice"
)


@expand_groups
def import_changes(how: ImportOptions, client: ClientOptions, files: Files = None) -> None:
    """Record many changes from files, each on its own.

    The files are taken in their order. A file is one of: JSON lines, each a chancery.v1.Change in
    protobuf's JSON mapping or a change as 'history --json' prints it (changes); YAML or JSON with
    the stories of visits, change by change (playbooks); a table with a change in each row, in CSV
    with comma, semicolon or tab (rows); the table of 'list --csv', whose visits open as they stand
    (visits); the XML of the Office of the Historian, of which all files together are one edition
    (historian).

    What is refused, or cannot be read, does not stop the rest. Importing a file again is harmless,
    whoever does it: a change without a request id gets one derived from itself. Ctrl-C stops
    between two changes. A change that 'history --json' printed is refused unless its visit has all
    those before it, and no others. --timeout does not limit an import.
    """
    if how.template:
        _print_template(files or [])
        return
    if not files:
        raise usage_error("FILE", "name a file to import, or - for standard input")
    if how.report and any(_is_same(how.report, file) for file in files):
        raise usage_error("--report", f"{how.report} is a file to import: name another")
    with ExitStack() as stack:
        told = stack.enter_context(_written(how.report)) if how.report else None
        told_as_json = client.as_json and not how.dry_run
        tally = Tally(told, names_files=len(files) > 1, as_json=told_as_json)
        connection = stack.enter_context(client.connection())
        stop = stack.enter_context(stoppable())
        found = _sources(files, how, connection, tally)
        failure = _imported(found, how, client, connection, tally, stop)
    if not told_as_json:
        with suppress(output.Unread):
            output.say(tally.summary(dry_run=how.dry_run))
    if failure:
        output.complain(failure)
    if failure or stop.is_asked:
        output.complain(_GO_ON)
    if failure or stop.is_asked or not tally.is_complete:
        raise typer.Exit(1)


def _print_template(files: Sequence[IO[bytes]]) -> None:
    """Print an empty table, or the one of a calendar's events."""
    if not files:
        output.verbatim(TEMPLATE)
        return
    if len(files) > 1:
        raise usage_error("FILE", "name one calendar: each has a table of its own")
    events = -1  # the header comes first
    for piece in calendars.table(files[0]):
        output.verbatim(piece)
        events += 1
    if not events:
        name = getattr(files[0], "name", "-")
        output.fail(f"{name}: it has no whole event (.ics) with a title and a day")


def _is_same(path: str, file: IO[bytes]) -> bool:
    """Whether a path leads to a file that is open, which is no terminal or pipe."""
    try:
        there, here = os.stat(path), os.fstat(file.fileno())
    except OSError:
        return False
    return S_ISREG(here.st_mode) and os.path.samestat(there, here)


def _imported(
    found: Iterable[Source],
    how: ImportOptions,
    client: ClientOptions,
    connection: Connection,
    tally: Tally,
    stop: Stop,
) -> Text | None:
    """Record, or try, what was found, and count it; in words, why it failed."""
    checking = trial.Trial(connection, tally)
    try:
        for total, source in found:
            if how.dry_run:
                checking.run(source, total, stop)
            else:
                _record(connection, source, total, tally, stop, as_json=client.as_json)
            if stop.is_asked:
                break
    except ChanceryError as error:
        return explain(error)
    except NoReport as error:
        return Text(f"Failed: {error}")
    except (KeyboardInterrupt, output.Unread):
        stop.is_asked = True  # the second Ctrl-C, or nobody reads what is told
    return None


def _sources(
    files: Iterable[IO[bytes]], how: ImportOptions, connection: Connection, tally: Tally
) -> Iterator[Source]:
    """What each file holds, and how much that is at most; those of an edition are one."""
    of_edition: list[tuple[str, IO[bytes]]] = []
    for file in map(_seekable, files):
        name = getattr(file, "name", "-")
        try:
            kind = how.format or _recognised(file)
        except ValueError as error:
            tally.left(Left(sources.Place(name, ""), "unreadable", "", str(error)))
            continue
        if kind == "historian":
            of_edition.append((name, file))
        else:
            total = sum(1 for _ in file)
            file.seek(0)
            yield total, sources.of_file(kind, name, file)
    if of_edition:
        edition = editions.read(of_edition)
        source = EditionSource(edition, connection, tally)
        yield len(edition.visits), source.visits(retract_missing=how.retract_missing)
        yield 0, source.returned()
        yield 0, source.links()


def _recognised(file: IO[bytes]) -> str:
    head = file.read(HEAD)
    file.seek(0)
    return recognise(head)


def _seekable(file: IO[bytes]) -> IO[bytes]:
    """The file itself, or what a pipe gives."""
    return file if file.seekable() else BytesIO(file.read())


@contextmanager
def _written(path: str) -> Iterator[IO[str]]:
    """The file of a report, of which each line is written at once."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open(path, "w", encoding="utf-8", newline="", buffering=1))
            file.write(sheets.MARK + sheets.lines([COLUMNS]))
        except OSError as error:
            with suppress(OSError):
                stack.close()
            raise usage_error("--report", f"{path}: {error.strerror}") from None
        stack.pop_all()
    try:
        yield file
    finally:
        with suppress(OSError):  # what could not be written was told before
            file.close()


def _record(
    connection: Connection,
    source: Iterable[Item | Left],
    total: int,
    tally: Tally,
    stop: Stop,
    *,
    as_json: bool,
) -> None:
    """Record the changes of a source, and count what becomes of them."""
    asked: deque[Item] = deque()
    with progress("Importing") as show:
        results = connection.messages.import_changes(_taken(source, asked, tally, stop))
        try:
            for done, result in enumerate(results, start=1):
                show(done, max(total, done))
                if as_json:
                    output.json_line(result)
                tally.answered(asked.popleft(), result)
        finally:
            tally.counts["unanswered"] += len(asked)


def _taken(
    source: Iterable[Item | Left], asked: deque[Item], tally: Tally, stop: Stop
) -> Iterator[Change]:
    """The changes of a source, noted as they are asked for, until Ctrl-C."""
    keyed: Callable[[Change], Change] = ContentIds()
    for each in source:
        if stop.is_asked:
            return
        if isinstance(each, Left):
            tally.left(each)
        else:
            asked.append(each)
            yield keyed(each.change)
