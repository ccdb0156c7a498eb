"""Tables as desks write them."""

from chancery.v1.desk_service_pb2 import Change
from service.exchange.table import rows
from service.exchange.table.rows import Bad

HEADER = "visit,change,known,effective,from,to,approximate,as_stated,title,principal,other_names,office,represents,host,destinations,kind,purpose,trip,aliases,side,speaker,attribution,outlet,url,published,quote,reason,condition,says,claims"  # noqa: E501
COLUMNS = HEADER.split(",")


def row(**cells: str) -> str:
    """A row; ``start`` and ``end`` are the columns ``from`` and ``to``."""
    names = {"start": "from", "end": "to"}
    given = {names.get(name, name): cell for name, cell in cells.items()}
    assert given.keys() <= set(COLUMNS)
    return ",".join(_quoted(given.get(column, "")) for column in COLUMNS)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\n;') else cell


def schedule(visit: str = "ana-paris", **cells: str) -> str:
    """A row that opens a visit."""
    known = {"title": "Ana in Paris", "principal": "Ana Silva", "known": "2025-01-10"}
    return row(visit=visit, change="schedule", **{**known, **cells})


def table(*lines: str, header: str = HEADER) -> bytes:
    """A file of these lines."""
    return "\n".join([header, *lines, ""]).encode()


def read(*lines: str, header: str = HEADER) -> tuple[list[Change], list[Bad]]:
    """The changes of a table, and what is wrong with it."""
    found = list(rows.read(table(*lines, header=header).splitlines(keepends=True)))
    changes = [each.change for each in found if isinstance(each, rows.Row)]
    return changes, [each for each in found if isinstance(each, Bad)]


def change(*lines: str) -> Change:
    """The last change of a table in which nothing is wrong."""
    changes, bad = read(*lines)
    assert not bad
    return changes[-1]
