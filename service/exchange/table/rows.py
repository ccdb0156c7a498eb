"""A desk's table read row by row: the changes, and what is wrong in which line and column.

A row whose change is empty adds a source to the row above. So a change is known to be whole only
when the next one begins, and no more than that is kept.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from chancery.client.details import Basis
from chancery.v1.desk_service_pb2 import Change
from service.exchange.table import cells, changes
from service.exchange.table.cells import CLEAR
from service.exchange.table.changes import BadCell, Given
from service.exchange.table.columns import BASIS, COLUMNS
from service.exchange.table.lines import Cells, Lines

# Columns that take no ``-`` to clear them.
_NEVER_CLEARED = ("visit", "change", "known", "effective", "reason", *BASIS)


class Row(NamedTuple):
    """A change, and the line on which it begins."""

    line: int
    change: Change


class Bad(NamedTuple):
    """What is wrong: in which line and column; a row as a whole has no column."""

    line: int
    column: str
    reason: str


def read(file: Iterable[bytes]) -> Iterator[Row | Bad]:
    """The changes of a table, in order, and its bad rows.

    :raises ValueError: the header has unknown columns, misses some, or names one twice.
    """
    lines = Lines(file)
    header = _header(lines.header())
    table = _Table()
    for row in lines.rows():
        yield from table.add(row, header)
    yield from table.end()


def _header(names: list[str]) -> list[str]:
    header = [name.strip().lower() for name in names]
    known = ", ".join(COLUMNS)
    if unknown := [name for name in header if name and name not in COLUMNS]:
        raise ValueError(f"unknown columns {', '.join(map(repr, unknown))}; there are {known}")
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        raise ValueError(f"it has more than one column {', '.join(map(repr, twice))}")
    if missing := [name for name in ("visit", "change") if name not in header]:
        raise ValueError(f"it has no column {', '.join(map(repr, missing))}; there are {known}")
    return header


@dataclass
class _Open:
    """A change to which further rows may add sources."""

    line: int
    given: Given
    sources: list[Basis] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)

    def add_source(self, line: int, given: Given) -> None:
        """Take the source of a further row."""
        try:
            if source := changes.basis(given):
                self.sources.append(source)
        except BadCell as error:
            self.bad.append(Bad(line, error.column, error.reason))


class _Table:
    """What is kept from one row to the next."""

    def __init__(self) -> None:
        self._open: _Open | None = None
        self._held: dict[str, bool] = {}

    def add(self, row: Cells, header: list[str]) -> Iterator[Row | Bad]:
        """Take a row, and give the change before it if that is whole now."""
        filled = dict(_filled(row, header))
        given, bad = _read(row, filled, header)
        above = self._open
        if above and _is_source(filled, given, above):
            above.bad += bad
            if not bad:
                above.add_source(row.line, given)
            return
        yield from self.end()
        if not row.problem and "change" not in filled:
            reason = "say what changes; a row without only adds a source to the one above"
            bad = [Bad(row.line, "change", reason)]
        elif not bad and "visit" not in given:
            bad = [Bad(row.line, "visit", "say which visit it is about")]
        self._open = _Open(row.line, given, bad=bad)

    def end(self) -> Iterator[Row | Bad]:
        """The change before, or what is wrong with it."""
        last, self._open = self._open, None
        if last is None:
            return
        if last.bad:
            yield from last.bad
            if all(bad.line != last.line for bad in last.bad):
                lines = ", ".join(str(bad.line) for bad in last.bad)
                yield Bad(last.line, "change", f"line {lines} belongs to it and is wrong")
            return
        visit, what = str(last.given["visit"]), str(last.given["change"])
        try:
            is_held = self._held.get(visit, False)
            change = changes.change_of(last.given, last.sources, is_held=is_held)
        except BadCell as error:
            yield Bad(last.line, error.column, error.reason)
            return
        except ValueError as error:
            yield Bad(last.line, "", str(error))
            return
        if what in ("complete", "disclose"):
            self._held[visit] = True
        elif what in ("reschedule", "schedule"):
            self._held.pop(visit, None)
        yield Row(last.line, change)


def _filled(row: Cells, header: list[str]) -> Iterator[tuple[str, str]]:
    """The columns whose cells are filled, with what they hold."""
    for column, cell in zip(header, row.cells, strict=False):
        if cell.strip():
            yield column, cell


def _is_source(filled: Mapping[str, str], given: Given, above: _Open) -> bool:
    """Whether a row only adds a source to the one above."""
    own = above.given.get("visit")
    says_basis = bool(filled.keys() & set(BASIS))
    return says_basis and filled.keys() <= {*BASIS, "visit"} and given.get("visit", own) == own


def _read(row: Cells, filled: Mapping[str, str], header: list[str]) -> tuple[Given, list[Bad]]:
    """What the cells that are filled say, by column, or all that is wrong with them."""
    if row.problem:
        return {}, [unread(row, header)]
    given: Given = {}
    bad: list[Bad] = []
    is_amendment = filled.get("change", "").strip().lower() == "amend"
    for column, cell in filled.items():
        if not column:
            bad.append(Bad(row.line, "", f"{cell!r} stands in a column without a name"))
        elif is_amendment and cell.strip() == CLEAR and column not in _NEVER_CLEARED:
            given[column] = CLEAR
        else:
            try:
                given[column] = cells.READ[column](cells.text_of(cell))
            except ValueError as error:
                bad.append(Bad(row.line, column, str(error)))
    return given, [_together(bad)] if bad else []


def unread(row: Cells, header: list[str]) -> Bad:
    """A row that has no cells."""
    column = header[row.at_fault] if 0 <= row.at_fault < len(header) else ""
    return Bad(row.line, column, row.problem)


def _together(bad: list[Bad]) -> Bad:
    """All that is wrong in a row, told under the first of its columns."""
    first, *more = bad
    others = "".join(f"; {each.column}: {each.reason}" for each in more)
    return Bad(first.line, first.column, first.reason + others)
