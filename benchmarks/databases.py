"""Parts of the speed benchmark on PostgreSQL."""

import itertools
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.cluster import cluster
from benchmarks.desk import CALLERS, Callers, changes, to_plain
from benchmarks.measuring import Aim, Bench, Part, Sample, compare
from benchmarks.processes import Location, chancery, plain
from service.store.engines.opening import upgrade

# The library is fastest with so many threads.
THREADS = 4


class Databases:
    """Databases of one PostgreSQL server."""

    def __init__(self, address: str, keys: Path) -> None:
        self._server = f"postgres@{address}"
        self._keys = keys
        self._numbers = itertools.count(1)

    def new(self) -> Location:
        """An empty log in a database of its own."""
        name = f"log_{next(self._numbers)}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
        with psycopg.connect(f"postgresql://{self._server}/postgres", autocommit=True) as server:
            server.execute(create)
        url = f"postgresql+psycopg://{self._server}/{name}"
        upgrade(url)
        return Location(url, ("--key-file", str(self._keys / f"{name}.key")))


@contextmanager
def postgresql() -> Iterator[Databases]:
    """Databases of a server of their own, on disk."""
    with TemporaryDirectory(prefix="chancery-benchmark-") as folder, cluster() as address:
        yield Databases(address, Path(folder))


def on_postgresql(bench: Bench) -> list[Part]:
    """A desk's changes, against two references.

    These are one event for each change with the eventsourcing library, and the bare driver,
    which commits again what the server has recorded.
    """
    name = "On PostgreSQL, 64 callers"
    library = Aim(name, "plain eventsourcing.postgres", 3.5, "changes/s")
    driver = Aim(name, "psycopg, the same batches", None, "changes/s")
    with postgresql() as databases:
        log, copy = databases.new(), databases.new()
        with (
            chancery(log) as ours,
            plain(databases.new(), THREADS) as reference,
            closing(_Batches(log, copy)) as batches,
        ):
            changing = Callers(ours, changes(), CALLERS, bench.seconds)
            recording = Callers(reference, to_plain(), CALLERS, bench.seconds)
            beside_library = compare(library, bench.rounds, changing, recording)
            batches.commit_what_is_new()
            return [
                beside_library,
                compare(driver, bench.rounds, changing, batches.commit_what_is_new),
            ]


class _Batches:
    """Commits a server's changes again, in the same batches."""

    def __init__(self, recorded: Location, copy: Location) -> None:
        self._recorded, self._copy = (
            psycopg.connect(each.url.replace("+psycopg", "")) for each in (recorded, copy)
        )
        self._recorded.autocommit = self._copy.autocommit = True
        self._position = 0
        columns = self._names("visit")
        new = ", ".join(f"{column} = excluded.{column}" for column in columns)
        marks = ", ".join("%s" for _ in columns)
        self._visit = (
            f"INSERT INTO visit VALUES ({marks}) ON CONFLICT (visit_id) DO UPDATE SET {new}"
        )

    def commit_what_is_new(self) -> Sample:
        """Commit what was recorded since the last call, with one commit for each batch."""
        rows = self._rows("log WHERE position > %s ORDER BY position", [self._position])
        record_time = itemgetter(self._names("log").index("record_time"))
        batches = [list(batch) for _, batch in groupby(rows, record_time)]
        visits = {row[0]: row for row in self._rows("visit")}
        ((size, now, peaks),) = self._recorded.execute("SELECT size, record_time, peaks FROM head")
        began = time.perf_counter()
        for batch in batches:
            with self._copy.transaction():
                cursor = self._copy.execute("SELECT size FROM head FOR UPDATE")
                with cursor.copy("COPY log FROM STDIN") as log:
                    for row in batch:
                        log.write_row(row)
                changed = {row[1]: visits[row[1]] for row in batch}
                cursor.executemany(self._visit, list(changed.values()))
                head = "UPDATE head SET size = %s, record_time = %s, peaks = %s"
                cursor.execute(head, [batch[-1][0], now, peaks])
        self._position = size
        return Sample(len(rows), time.perf_counter() - began)

    def close(self) -> None:
        """Close the connections."""
        self._recorded.close()
        self._copy.close()

    def _rows(self, of: str, values: Any = ()) -> list[tuple[Any, ...]]:
        return self._recorded.execute(f"SELECT * FROM {of}", values).fetchall()

    def _names(self, table: str) -> list[str]:
        described = self._recorded.execute(f"SELECT * FROM {table} LIMIT 0").description
        assert described is not None
        return [column.name for column in described]
