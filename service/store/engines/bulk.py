"""Writing and looking up many rows with few statements, by the driver itself.

For the few rows of most rounds, SQLAlchemy's way around a statement takes several times as long
as the statement. With PostgreSQL each statement costs a message, and for inserts there is COPY.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from typing import Any

import psycopg
from sqlalchemy import BigInteger, Connection, LargeBinary, SmallInteger, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

# The most rows in a statement. For each number of rows a statement is prepared once and kept.
ROWS_PER_STATEMENT = 64

# No recorded text has it, and PostgreSQL refuses to look for a text that has it.
NUL = "\x00"

# For an UPDATE by ``execute_values``: its rows, as the table ``new``.
NEW_ROWS = "(WITH given({columns}) AS ({values}) SELECT * FROM given) AS new"

# PostgreSQL's names of the types of columns; all others are text.
_TYPES: dict[type[TypeEngine[Any]], str] = {
    SmallInteger: "int2",
    BigInteger: "int8",
    LargeBinary: "bytea",
}


def insert_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert one or more rows, which have the same columns.

    :raises IntegrityError: a row with such a key exists already.
    """
    if connection.dialect.name != "postgresql":
        into = f"INSERT INTO {table.name} ({{columns}}) {{values}}"
        execute_values(connection, table, into, rows)
        return
    with driver_errors(connection, f"COPY {table.name}") as driver:
        _copy(driver, table, rows)


def delete_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Delete one or more rows, given by the same columns, which are those of an index.

    Each row is looked up in it, however long the table is.
    """
    columns = ", ".join(rows[0])
    if connection.dialect.name == "postgresql":
        statement = f"DELETE FROM {table.name} WHERE ({columns}) IN ({{values}})"
        execute_values(connection, table, statement, rows)
        return
    same = f"({' AND '.join(f'{name} = ?' for name in rows[0])})"
    for first in range(0, len(rows), ROWS_PER_STATEMENT):
        some = rows[first : first + ROWS_PER_STATEMENT]
        # With IN and several rows, SQLite reads the whole table.
        statement = f"DELETE FROM {table.name} WHERE {' OR '.join([same] * len(some))}"
        run(connection, statement, tuple(chain.from_iterable(map(dict.values, some))))


def run(connection: Connection, statement: str, parameters: Sequence[Any] = ()) -> Any:
    """Run a statement in the driver's own notation, and return the driver's cursor.

    :raises DBAPIError: as SQLAlchemy does.
    """
    with driver_errors(connection, statement) as driver:
        return driver.execute(statement, parameters)


@contextmanager
def driver_errors(connection: Connection, statement: str) -> Iterator[Any]:
    """Give the driver's connection, and raise its errors as SQLAlchemy's."""
    driver: Any = connection.connection.driver_connection
    errors = connection.dialect.loaded_dbapi.Error
    try:
        yield driver
    except errors as error:
        is_lost = bool(getattr(driver, "closed", False))
        raised = DBAPIError.instance(
            statement,
            None,
            error,
            errors,
            connection_invalidated=is_lost,
            dialect=connection.dialect,
        )
        if is_lost:
            connection.invalidate(error)
        raise raised from error


def execute_values(
    connection: Connection, table: Table, statement: str, rows: Sequence[dict[str, Any]]
) -> int:
    """Run a statement on one or more rows, and return how many rows of the table it changed.

    In the statement, ``{values}`` stands for a VALUES list of the rows and ``{columns}`` for
    the names of their columns. All rows have the same columns: those of the table with their
    types, and any others as integers.
    """
    changed = 0
    types: tuple[str, ...] = ()
    if connection.dialect.name == "postgresql":
        types = tuple(_type_of(table.c[n].type) if n in table.c else "int8" for n in rows[0])
    columns = ", ".join(rows[0])
    for first in range(0, len(rows), ROWS_PER_STATEMENT):
        some = rows[first : first + ROWS_PER_STATEMENT]
        text = statement.format(columns=columns, values=_values(len(some), len(rows[0]), types))
        parameters = tuple(chain.from_iterable(map(dict.values, some)))
        changed += run(connection, text, parameters).rowcount
    return changed


def look_up(
    connection: Connection,
    table: Table,
    key: Sequence[str],
    keys: Sequence[tuple[str | int, ...]],
    columns: Sequence[str],
) -> list[Any]:
    """These columns of the rows with these keys, in no order.

    ``key`` is a unique key: the columns, or expressions of texts, of an index in which each row is
    looked up, however long the table is.
    """
    keys = [each for each in keys if not any(isinstance(v, str) and NUL in v for v in each)]
    rows: list[Any] = []
    is_postgresql = connection.dialect.name == "postgresql"
    types = tuple(_type_in(table, term) for term in key) if is_postgresql else ()
    for first in range(0, len(keys), ROWS_PER_STATEMENT):
        some = keys[first : first + ROWS_PER_STATEMENT]
        text = _look_up(table.name, tuple(key), tuple(columns), len(some), types)
        parameters = tuple(value for each in some for value in each)
        with driver_errors(connection, text) as driver:  # reading the rows may fail as well
            rows += driver.execute(text, parameters)
    return rows


@lru_cache(8 * ROWS_PER_STATEMENT)
def _look_up(
    table: str, key: tuple[str, ...], columns: tuple[str, ...], rows: int, types: tuple[str, ...]
) -> str:
    wanted = ", ".join(f"{table}.{name}" for name in columns)
    terms = {f"term{number}": term for number, term in enumerate(key)}
    given = f"WITH given({', '.join(terms)}) AS ({_values(rows, len(key), types)})"
    same = " AND ".join(f"{term} = given.{name}" for name, term in terms.items())
    if not types:
        return f"{given} SELECT {wanted} FROM given CROSS JOIN {table} ON {same}"
    found = f"SELECT {wanted} FROM {table} WHERE {same} LIMIT 1"
    return f"{given} SELECT found.* FROM given CROSS JOIN LATERAL ({found}) AS found"


@lru_cache(4 * ROWS_PER_STATEMENT)
def _values(rows: int, columns: int, types: tuple[str, ...]) -> str:
    """A VALUES list of parameters; if ``types`` are given, its first row has them."""
    row = ", ".join(["%s" if types else "?"] * columns)
    first = ", ".join(f"%s::{name}" for name in types) or row
    return f"VALUES ({first})" + f", ({row})" * (rows - 1)


def _copy(driver: "psycopg.Connection[Any]", table: Table, rows: Sequence[dict[str, Any]]) -> None:
    names = list(rows[0])
    types = [_type_of(table.c[name].type) for name in names]
    columns = ", ".join(names)
    with driver.cursor() as cursor:
        statement = f"COPY {table.name} ({columns}) FROM STDIN (FORMAT BINARY)"
        with cursor.copy(statement.encode()) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(list(row.values()))


def _type_in(table: Table, term: str) -> str:
    """PostgreSQL's name of the type of a column, or of an expression, which is a text."""
    return _type_of(table.c[term].type) if term in table.c else "text"


def _type_of(column_type: TypeEngine[Any]) -> str:
    """PostgreSQL's name of the type of a column."""
    for known, name in _TYPES.items():
        if isinstance(column_type, known):
            return name
    return "text"
