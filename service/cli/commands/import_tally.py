"""What became of an import: counted, told, and written into a report."""

import re
from collections import Counter
from typing import IO

from chancery.client import ChanceryError, errors
from chancery.client.errors import InvalidRequest, NotFound, VersionMismatch
from chancery.v1.desk_service_pb2 import ImportResult
from service.cli.commands.import_sources import Item, Left, Place
from service.cli.terminal import output
from service.exchange import sheets

COLUMNS = ("file", "where", "visit", "outcome", "reason")
# What is not recorded and ought to be: then the exit status is 1.
FAILURES = ("refused", "unreadable", "left out", "unclear")
# What is counted for the official record, even if there is nothing.
OF_RECORDS = ("merged", "left out")
# What a report tells of, and nobody has to look at.
QUIET = ("merged",)


class NoReport(Exception):
    """The report cannot be written."""


class Tally:
    """Counts what becomes of changes, and tells what is not recorded.

    With a report it is told there alone, otherwise on standard error; but what the server refused
    is in the JSON, if that is printed.
    """

    def __init__(self, report: IO[str] | None, *, names_files: bool, as_json: bool) -> None:
        self._report = report
        self._names_files = names_files
        self._untold = (*QUIET, "refused") if as_json else QUIET
        self._has_records = False
        self.counts = Counter[str]()
        self.refused_visits: set[str] = set()
        self.opened_before: dict[str, Item] = {}
        """What the official record opens, and was opened before, though no such visit is there."""

    def same(self, number: int) -> None:
        """So many visits are recorded as the official record has them."""
        self._has_records = True
        self.counts["again"] += number

    def left(self, left: Left) -> None:
        """Something is not recorded."""
        self.counts[left.fate] += 1
        if self._report:
            place = left.place
            cells = (place.file, place.where, left.visit, left.fate, left.reason)
            self._write(sheets.lines([list(map(output.visible, cells))]))
        elif left.fate not in self._untold:
            what = f"{left.visit}: " if left.visit and left.fate != "refused" else ""
            output.complain(f"{self._in_words(left.place)}{what}{left.reason}")

    def answered(self, item: Item, result: ImportResult) -> None:
        """The server recorded a change, now or before, or refused it."""
        if result.HasField("error"):
            self.refused(item, errors.of_status(result.error))
        else:
            self.recorded(item, replayed=result.replayed)

    def recorded(self, item: Item, *, replayed: bool) -> None:
        """A change is recorded, now or before."""
        if replayed and item.opens_of_record:
            self.opened_before[item.visit] = item
        else:
            self.counts["again" if replayed else "recorded"] += 1

    def refused(self, item: Item, error: ChanceryError) -> None:
        """The server refused a change."""
        if item.opens_of_record and isinstance(error, VersionMismatch):
            self.opened_before[item.visit] = item
        else:
            self.refused_visits.add(item.visit)
            place, reason = _refusal(item, error)
            self.left(Left(place, "refused", item.visit, reason))

    def _write(self, lines: str) -> None:
        assert self._report
        try:
            self._report.write(lines)
        except OSError as error:
            raise NoReport(f"the report cannot be written: {error.strerror}") from None

    @property
    def is_complete(self) -> bool:
        """Whether all that the files hold is recorded."""
        return not any(self.counts[fate] for fate in FAILURES)

    def summary(self, *, dry_run: bool) -> str:
        """All counts, in words."""
        counts = self.counts
        was = "would be" if dry_run else "were"
        text = (
            f"{'Would record' if dry_run else 'Recorded'} {counts['recorded']} changes; "
            f"{counts['again']} were recorded before, {counts['refused']} {was} refused"
        )
        for fate, words in (
            ("unanswered", "were sent without an answer"),
            ("unreadable", "could not be read"),
            ("merged", f"{was} merged into others"),
            ("left out", f"{was} left out"),
            ("unclear", "may be one of several visits"),
            ("kept", "stay as a desk changed them"),
            ("gone", "are gone from this edition"),
            ("unlinked", "could not be linked with the visit that they were part of"),
        ):
            is_told = counts[fate] or (self._has_records and fate in OF_RECORDS)
            text += f", {counts[fate]} {words}" if is_told else ""
        return text

    def _in_words(self, place: Place) -> str:
        file = place.file if self._names_files else ""
        where = ", ".join(part for part in (file, place.where) if part)
        return f"{where}: " if where else ""


def _refusal(item: Item, error: ChanceryError) -> tuple[Place, str]:
    """Where it stands what the server refused, with its column in a table, and why."""
    column, reason = "", error.details()
    if item.column_of and isinstance(error, InvalidRequest):
        named = ((item.column_of(path), reason) for path, reason in error.fields.items())
        column, reason = next(filter(lambda each: each[0], named), ("", reason))
    elif item.column_of:
        column = "visit" if isinstance(error, NotFound) else "change"
    where = f"{item.place.where}, column {column}" if column else item.place.where
    # Of several changes that were asked for together, it says which one.
    return item.place._replace(where=where), re.sub(r"changes\[\d+\](: |\.)", "", reason)
