"""What a change costs the bare sqlite3 driver: its rows, in one durable transaction."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.processes import sqlite
from service.store.engines.opening import open_database


class Commits:
    """Commits a server's changes again, one by one, in a file of its own."""

    def __init__(self, recorded: sqlite3.Connection, copy: sqlite3.Connection) -> None:
        self._recorded, self._copy = recorded, copy
        self._position = recorded.execute("SELECT size FROM head").fetchone()[0]
        self._log = _insert(copy, "log")
        columns = _columns(copy, "visit")
        new = ", ".join(f"{column} = excluded.{column}" for column in columns[1:])
        self._visit = f"{_insert(copy, 'visit')} ON CONFLICT (visit_id) DO UPDATE SET {new}"

    def seconds_each(self) -> float:
        """The seconds for each commit of what was recorded since the last call."""
        execute = self._copy.execute
        rows = self._recorded.execute(
            "SELECT * FROM log WHERE position > ? ORDER BY position", (self._position,)
        ).fetchall()
        visits = {row[0]: row for row in self._recorded.execute("SELECT * FROM visit")}
        size, now, peaks = self._recorded.execute(
            "SELECT size, record_time, peaks FROM head"
        ).fetchone()
        began = time.perf_counter()
        for row in rows:
            execute("BEGIN IMMEDIATE")
            execute(self._log, row)
            execute(self._visit, visits[row[1]])
            execute("UPDATE head SET size = ?, record_time = ?, peaks = ?", (row[0], now, peaks))
            execute("COMMIT")
        seconds = time.perf_counter() - began
        self._position = size
        return seconds / len(rows)


@contextmanager
def commits(recorded: Path, copy: Path) -> Iterator[Commits]:
    """Commits what a server records in one file from now on again in another, with its tables."""
    open_database(sqlite(copy).url).close()
    with (
        closing(sqlite3.connect(recorded)) as reading,
        closing(sqlite3.connect(copy, isolation_level=None)) as writing,
    ):
        writing.execute("PRAGMA journal_mode=WAL")
        writing.execute("PRAGMA synchronous=FULL")
        yield Commits(reading, writing)


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def _insert(connection: sqlite3.Connection, table: str) -> str:
    marks = ", ".join("?" for _ in _columns(connection, table))
    return f"INSERT INTO {table} VALUES ({marks})"
