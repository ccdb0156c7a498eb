"""The command that takes out visits, changes and bundles."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import typer

from chancery.client import Connection
from chancery.v1.visit_pb2 import AsOf
from service.cli.commands.audit import bundle
from service.cli.commands.export_sources import Selection, Titles
from service.cli.options.as_of import AsOfOptions
from service.cli.options.client import ClientOptions
from service.cli.options.exporting import BundleOptions, ExportOptions
from service.cli.options.filter import OfVisit, VisitFilterOptions
from service.cli.options.groups import expand_groups, usage_error
from service.cli.options.zone import ZoneOptions
from service.cli.terminal import output
from service.cli.terminal.progress import progress
from service.cli.terminal.whole import whole_file
from service.exchange import exporting
from service.exchange.playbooks import writing

T = TypeVar("T")
# Characters that are written together.
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
    if name and (which != VisitFilterOptions() or how.query):
        raise usage_error("NAME", "is one visit: give no filter")
    if client.as_json:
        raise usage_error("--json", "say it by --format changes or --format visits-json")
    if how.output and how.output.exists() and not how.output.is_file():
        raise usage_error("--output", "exists and is not a file")
    as_of = moment.as_of(zone.zone)
    _check(how, as_of)
    with client.connect() as connection:
        selection = Selection(connection, which.filter(zone.zone), how.query, as_of, name or "")
        _write(how, _Export(how, connection, selection))


def _check(how: ExportOptions, as_of: AsOf | None) -> None:
    """Refuse a moment of which the format cannot be."""
    if as_of is None or how.format in exporting.OF_VISITS:
        return
    if as_of.HasField("valid_at"):
        raise usage_error("--valid-at", f"{how.format} has changes, not visits as they stood")
    if as_of.HasField("known_at") and how.format in ("changes", "playbooks"):
        reason = f"{how.format} are to be imported again: leave out none of those recorded by then"
        raise usage_error("--known-at", f"{reason}, and say --recorded-at or --position")


class _Export:
    """The pieces of an export, and how much it holds so far."""

    def __init__(self, how: ExportOptions, connection: Connection, selection: Selection) -> None:
        self._how = how
        self._connection = connection
        self._selection = selection
        self.number = 0
        self.lost: list[str] = []

    @property
    def what(self) -> str:
        """What is counted."""
        if self._how.format in exporting.OF_VISITS:
            return "visits"
        return "parts of stories" if self._how.format == "playbooks" else "changes"

    def total(self) -> int:
        """How much there is, if that is known; else 0."""
        if self.what == "visits":
            return self._selection.count()
        return self._selection.most if self.what == "changes" else 0

    def pieces(self) -> Iterator[str]:
        """The text of the export, piece by piece."""
        form: Any = self._how.format
        selection = self._selection
        title = "Visits" if self.what == "visits" else "Changes"
        about = exporting.About(selection.origin, title, self._how.board)
        if self.what == "visits":
            return exporting.visits(form, self._counted(selection.visits()), about)
        if form == "changes":
            return exporting.changes(self._counted(selection.events()))
        if form == "playbooks":
            return self._playbooks()
        titles = Titles(self._connection)
        pages = selection.audited(backwards=form == "atom")
        found = chain.from_iterable(map(titles.of, pages) if form == "atom" else pages)
        return exporting.audited(form, self._counted(found), about, titles)

    def _playbooks(self) -> Iterator[str]:
        for story in self._counted(self._selection.stories()):
            if story.changes:
                yield writing.playbook(story.visit, story.first, story.changes)
            if story.lost:
                self.lost.append(f"{story.visit} ends before its change {story.lost}")

    def _counted(self, found: Iterable[T]) -> Iterator[T]:
        for each in found:
            self.number += 1
            yield each


def _write(how: ExportOptions, export: _Export) -> None:
    """Write the pieces where they are to go, and say what was written."""
    with progress("Exporting") as show:
        pieces = _shown(export, show)
        if how.output is None:
            for text in _together(pieces):
                output.verbatim(text)
        else:
            _into_file(how.output, pieces)
            output.say(f"Wrote {how.output}: {export.number} {export.what}")
    for each in export.lost:
        output.complain(f"{each}, which has lost its content")
    if export.lost:
        raise typer.Exit(1)


def _shown(export: _Export, show: Callable[[int, int], None]) -> Iterator[str]:
    total = export.total()
    for piece in export.pieces():
        yield piece
        show(export.number, max(total, export.number))


def _into_file(path: Path, pieces: Iterable[str]) -> None:
    try:
        with whole_file(path) as file:
            for text in _together(pieces):
                file.write(text.encode())
    except OSError as error:
        output.fail(f"Failed: cannot write {path}: {error.strerror}")


def _together(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces, many at a time."""
    several, size = [], 0
    for piece in pieces:
        several.append(piece)
        size += len(piece)
        if size > BUFFER:
            yield "".join(several)
            several, size = [], 0
    yield "".join(several)
