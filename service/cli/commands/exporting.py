"""The command that takes out visits, changes and bundles."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from chancery.client import Connection
from chancery.v1.visit_service_pb2 import ListVisitsRequest
from service.cli.commands.audit import bundle
from service.cli.options.as_of import AsOfOptions
from service.cli.options.client import ClientOptions
from service.cli.options.exporting import BundleOptions, ExportOptions
from service.cli.options.filter import OfVisit, VisitFilterOptions
from service.cli.options.groups import expand_groups, usage_error
from service.cli.options.zone import ZoneOptions
from service.cli.terminal import output
from service.cli.terminal.progress import progress
from service.cli.terminal.whole import whole_file
from service.exchange.exporting import ContentLost, Export, Unsuitable

# Bytes that are written together.
BUFFER = 1 << 16


@expand_groups
def export(
    how: ExportOptions,
    of_bundle: BundleOptions,
    which: VisitFilterOptions,
    moment: AsOfOptions,
    zone: ZoneOptions,
    client: ClientOptions,
    name: OfVisit = None,
) -> None:
    """Take out visits or changes in a format of others, or write a bundle.

    Formats of visits, as they stand now or as of another moment, are: CSV (visits), JSON lines
    (visits-json), a calendar (icalendar) and linked data (jsonld). Formats of changes that
    'chancery import' records again, to the same visits, are: JSON lines (changes) and YAML
    (playbooks). To be read are CSV (changes-csv) and a feed (atom).

    With --bundle, it writes a file of changes to be verified offline: the whole log, a part of it,
    or one visit, including everything that was retracted. To verify a bundle of less than the
    whole log against a checkpoint you kept, pass that checkpoint with --since here too.

    --timeout does not limit an export.
    """
    if bool(how.format) == bool(of_bundle.file):
        raise usage_error("--format", "give either --format FORMAT or --bundle FILE")
    if of_bundle.file:
        if how != ExportOptions() or which != VisitFilterOptions() or moment != AsOfOptions():
            reason = "has all changes: take --format for those of a filter or of another moment"
            raise usage_error("--bundle", reason)
        bundle(client, of_bundle, name)
        return
    if of_bundle != BundleOptions():
        raise usage_error("--format", "goes without the options of a bundle")
    if client.as_json:
        raise usage_error("--json", "say it by --format changes or --format visits-json")
    if how.output and how.output.exists() and not how.output.is_file():
        raise usage_error("--output", "exists and is not a file")
    request = ListVisitsRequest(
        filter=which.filter(zone.zone), query=how.query, as_of=moment.as_of(zone.zone)
    )
    with client.connect() as connection:
        _write(how, _export(connection, how, request, name or ""))


def _export(
    connection: Connection, how: ExportOptions, request: ListVisitsRequest, name: str
) -> Export:
    """What to write; nothing is asked before it is known to be possible."""
    try:
        return Export(connection, how.format, request, name, how.board)
    except Unsuitable as error:
        option = f"--{error.keyword.replace('_', '-')}" if error.keyword != "visit" else "NAME"
        raise usage_error(option, error.reason) from None


def _write(how: ExportOptions, export: Export) -> None:
    """Write the pieces where they are to go, and say what was written."""
    complaints: list[str] = []
    with progress("Exporting") as show:
        pieces = _together(_shown(export, show, complaints))
        if how.output is None:
            for several in pieces:
                output.verbatim(several.decode())
        else:
            _into_file(how.output, pieces)
            output.say(f"Wrote {how.output}: {export.number} {export.what}")
    if complaints:
        output.fail("\n".join(complaints))


def _shown(
    export: Export, show: Callable[[int, int], None], complaints: list[str]
) -> Iterator[bytes]:
    """The pieces. What they lack in the end is no reason to throw away the file."""
    total = export.total()
    try:
        for piece in export:
            yield piece
            show(export.number, max(total, export.number))
    except ContentLost as error:
        complaints.append(str(error))


def _into_file(path: Path, pieces: Iterable[bytes]) -> None:
    try:
        with whole_file(path) as file:
            file.writelines(pieces)
    except OSError as error:
        output.fail(f"Failed: cannot write {path}: {error.strerror}")


def _together(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces, many at a time."""
    several, size = [], 0
    for piece in pieces:
        several.append(piece)
        size += len(piece)
        if size > BUFFER:
            yield b"".join(several)
            several, size = [], 0
    yield b"".join(several)
