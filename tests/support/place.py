"""Where a test's log is: in a SQLite file, or in a database of a PostgreSQL server.

What stands there is read and changed past the service. In SQL, ``?`` is a value.
"""

import itertools
import shutil
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self

import psycopg

from service.store.engines.opening import upgrade
from service.store.engines.schema import new_origin
from tests.support.postgresql import Cluster

Rows = list[tuple[Any, ...]]


class Hand(ABC):
    """A connection past the service.

    ``row`` is a column that tells a row from all others, until it is changed.
    """

    row: ClassVar[str]

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @abstractmethod
    def exactly(self, column: str) -> str:
        """The SQL of the type and the bytes of a column's value."""

    @abstractmethod
    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The cursor that has the rows."""

    @abstractmethod
    def attempt(self, sql: str, values: Sequence[Any] = ()) -> Rows:
        """The rows; none where the engine refuses it, and all is as it was."""


class Place(ABC):
    """Where a log is. ``key`` is the file of its key, and ``options`` what a server needs."""

    engine: ClassVar[str]
    url: str
    key: Path
    options: Sequence[str] = ()

    @abstractmethod
    def edit(self) -> AbstractContextManager[Hand]:
        """A connection past the service; what it did is committed at the end."""

    def rows(self, sql: str, *values: Any) -> Rows:
        """The rows that the engine itself gives."""
        with self.edit() as hand:
            return list(hand.execute(sql, values).fetchall())

    def run(self, sql: str, *values: Any) -> None:
        """Change at least one row behind the server's back."""
        with self.edit() as hand:
            assert hand.execute(sql, values).rowcount > 0

    def alter(self, table: str, column: str, where: str, new: Callable[[Any], Any]) -> None:
        """Replace the value of one row, behind the server's back."""
        ((value,),) = self.rows(f"SELECT {column} FROM {table} WHERE {where}")
        self.run(f"UPDATE {table} SET {column} = ? WHERE {where}", new(value))

    def begin(self) -> None:
        """Give a log that is empty an origin of its own."""
        self.run("UPDATE head SET origin = ?", new_origin())
        self.run("UPDATE head SET first_origin = origin")

    @abstractmethod
    def copy(self) -> "Place":
        """A new place with all that stands here, and the key; nobody may be connected."""

    def copy_key(self, place: "Place") -> None:
        """Give another place the key, if there is one."""
        if self.key.exists():
            shutil.copy(self.key, place.key)

    @abstractmethod
    def remove(self) -> None:
        """Give back what the place takes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class Places(ABC):
    """Places of one engine, for as many logs as are asked for."""

    @abstractmethod
    def new(self) -> Place:
        """A place for a log, which is empty."""


def place_of(where: Place | Path) -> Place:
    """The place; a path is that of a SQLite file."""
    return where if isinstance(where, Place) else SqliteFile(where)


# SQLite


class SqliteHand(Hand):
    """A connection of SQLite's own."""

    row = "rowid"

    def exactly(self, column: str) -> str:
        """Its type, and its bytes."""
        return f"typeof({column}), CAST({column} AS BLOB)"

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The cursor that has the rows."""
        return self._connection.execute(sql, values)

    def attempt(self, sql: str, values: Sequence[Any] = ()) -> Rows:
        """The rows; none where a key stands against it."""
        try:
            return list(self.execute(sql, values).fetchall())
        except sqlite3.IntegrityError:
            return []


class SqliteFile(Place):
    """A file, which is made by whoever first opens it, and stays in its folder."""

    engine = "SQLite"

    def __init__(self, file: Path) -> None:
        self.file = file
        self.url = f"sqlite:///{file}"
        self.key = Path(f"{file}.key")
        self._numbers = itertools.count(1)

    @contextmanager
    def edit(self) -> Iterator[SqliteHand]:
        """A connection past the service; what it did is committed at the end."""
        with closing(sqlite3.connect(self.file)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            yield SqliteHand(connection)
            connection.commit()

    def copy(self) -> "SqliteFile":
        """Another file in the folder."""
        assert not Path(f"{self.file}-wal").exists()
        copy = SqliteFile(self.file.with_name(f"{next(self._numbers)}-{self.file.name}"))
        shutil.copy(self.file, copy.file)
        self.copy_key(copy)
        return copy

    def remove(self) -> None:
        """The folder is whoever's made it."""


class SqliteFiles(Places):
    """Files in folders of their own, which are copies of one whose tables are there."""

    def __init__(self, new_folder: Callable[[], Path]) -> None:
        self._new_folder = new_folder
        self._with_tables = new_folder() / "with_tables.db"
        upgrade(f"sqlite:///{self._with_tables}")

    def new(self) -> SqliteFile:
        """A file with an empty log, which has an origin of its own."""
        place = SqliteFile(self._new_folder() / "chancery.db")
        shutil.copy(self._with_tables, place.file)
        place.begin()
        return place


# PostgreSQL


class PostgresHand(Hand):
    """A connection of psycopg's own."""

    row = "ctid"

    def exactly(self, column: str) -> str:
        """Its value: the column has the type."""
        return column

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The cursor that has the rows."""
        return self._connection.execute(sql.replace("?", "%s"), values or None)

    def attempt(self, sql: str, values: Sequence[Any] = ()) -> Rows:
        """The rows; none where a key or the type of a column stands against it."""
        try:
            with self._connection.transaction():
                return list(self.execute(sql, values).fetchall())
        except (psycopg.IntegrityError, psycopg.DataError, psycopg.ProgrammingError):
            return []


class PostgresDatabase(Place):
    """A database of a server."""

    engine = "PostgreSQL"

    def __init__(self, databases: "PostgresDatabases", name: str, key: Path) -> None:
        self.name = name
        self.url = databases.cluster.url(name)
        self.key = key
        self.options = ("--key-file", str(key))
        self._databases = databases

    @contextmanager
    def edit(self) -> Iterator[PostgresHand]:
        """A connection past the service; what it did is committed at the end."""
        with psycopg.connect(self.url.replace("+psycopg", "")) as connection:
            yield PostgresHand(connection)

    def copy(self) -> "PostgresDatabase":
        """Another database of the server."""
        copy = self._databases.copy_of(self.name)
        self.copy_key(copy)
        return copy

    def remove(self) -> None:
        """Drop the database, whoever is connected."""
        self._databases.cluster.execute(f'DROP DATABASE "{self.name}" WITH (FORCE)')


class PostgresDatabases(Places):
    """Databases on one server, which are copies of one whose tables are there."""

    TEMPLATE = "with_tables"

    def __init__(self, cluster: Cluster, new_folder: Callable[[], Path]) -> None:
        self.cluster = cluster
        self._new_folder = new_folder
        self._numbers = itertools.count(1)
        upgrade(cluster.create_database(self.TEMPLATE))

    def new(self) -> PostgresDatabase:
        """A database with an empty log, which has an origin of its own."""
        place = self.copy_of(self.TEMPLATE)
        place.begin()
        return place

    def copy_of(self, template: str) -> PostgresDatabase:
        """A database with all that stands in another one."""
        name = f"place_{next(self._numbers)}"
        self.cluster.create_database(name, template)
        return PostgresDatabase(self, name, self._new_folder() / "log.key")
