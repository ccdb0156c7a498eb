"""The table of visits that the project writes, read back: each visit opens as it stands.

A row has no history, no other names and no words of anybody: what was exported as changes has. A
visit that is recorded already is refused by the server.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from chancery.client.details import Host, Window
from chancery.client.words import SIDE, STATUS
from service.exchange import sheets
from service.exchange.table import cells, changes
from service.exchange.table.changes import BadCell, Given
from service.exchange.table.lines import Cells, Lines
from service.exchange.table.rows import Bad, Row, unread

# The change that opens a visit of a status, and the column that its window is in then.
_OPENS = {
    "scheduled": "schedule",
    "completed": "disclose",
    "postponed": "postpone",
    "when conditions allow": "defer",
    "rescheduled": "reschedule",
    "cancelled": "cancel",
}
# What follows from the history of a visit, which a row does not have.
_DERIVED = ("standing", "days", "which", "previous", "recorded", "version", "position")
_CONDITION = re.compile(rf"(.+?) \(({SIDE.choices().replace(', ', '|')})\)(?:; |$)", re.DOTALL)


def _time(text: str) -> Any:
    """A time as it was told; an instant stands there in UTC."""
    return cells.time(f"{text}Z" if " " in text and not text.endswith("Z") else text)


_READ: dict[str, Callable[[str], Any]] = {
    **cells.READ,
    "host_country": cells.represented,
    "host_organisation": cells.READ["title"],
    "status": lambda text: STATUS.of(STATUS.parse(text)),
    "start": cells.day,
    "end": cells.day,
    "conditions": str,
    "known": _time,
    "effective": _time,
}


def is_own(header: Iterable[str]) -> bool:
    """Whether columns are those of that table."""
    return set(header) == set(sheets.VISITS)


def read(file: Iterable[bytes]) -> Iterator[Row | Bad]:
    """The change that opens each visit of a table, and the bad rows.

    :raises ValueError: the columns are others.
    """
    lines = Lines(file)
    header = [name.strip().lower() for name in lines.header()]
    if not is_own(header):
        known = ", ".join(sheets.VISITS)
        raise ValueError(f"it is not the table of visits, whose columns are {known}")
    for row in lines.rows():
        if row.problem:
            yield unread(row, header)
        else:
            yield _opening(row, dict(zip(header, row.cells, strict=False)))


def _opening(row: Cells, filled: Mapping[str, str]) -> Row | Bad:
    given: Given = {}
    column = ""
    try:
        for column, cell in filled.items():
            if cell.strip() and column not in _DERIVED:
                given[column] = _READ[column](cells.text_of(cell))
        column = next((name for name in ("visit", "status") if name not in given), "")
        if column:
            raise BadCell(column, "it is empty")
        return Row(row.line, changes.opened(_OPENS[given["status"]], _as_row(given)))
    except BadCell as error:
        return Bad(row.line, error.column, error.reason)
    except ValueError as error:
        return Bad(row.line, column, str(error))


def _as_row(given: Given) -> Given:
    """The same as a desk's row says it."""
    host = Host(given.pop("host_country", ""), given.pop("host_organisation", ""))
    if host != Host():
        given["host"] = host
    window = Window(
        given.pop("start", None),
        given.pop("end", None),
        given.pop("approximate", False),
        given.pop("as_stated", ""),
    )
    if window != Window():
        given["window"] = window
    if condition := _CONDITION.match(given.pop("conditions", "")):
        given["condition"], given["side"] = condition[1], condition[2]
    if given["status"] == "completed":
        given.pop("condition", None)
    return given
