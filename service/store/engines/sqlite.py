"""SQLite in a file, written by one process at a time. It needs no setting up."""

import fcntl
import os
import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import QueuePool, StaticPool

from service.store.engines import schema
from service.store.engines.bulk import ROWS_PER_STATEMENT, run
from service.store.engines.database import READERS, Database, now_microseconds
from service.store.errors import StartupRefused

VERSION = f"SQLite {sqlite3.sqlite_version}"


class SqliteDatabase(Database):
    """A file that only this process writes. If ``create``, it is created if it is missing.

    With ``beside_writer`` this process only reads, and another one has opened the file to write.

    :raises StartupRefused: the URL cannot be served, another process serves the same file, or
        the file has a schema that this version does not know.
    """

    version = VERSION
    is_shared = False
    is_read_only = False
    snapshot = "BEGIN"

    def __init__(self, url: URL, *, create: bool = True, beside_writer: bool = False) -> None:
        super().__init__()
        check_url(url)
        self.file = Path(str(url.database))
        self.name = str(url)
        if not create or beside_writer:
            check_exists(url)
        self._lock = None if beside_writer else _lock(self.file)
        self.writer = _engine(url, for_writing=True)
        self.readers = _engine(url, for_writing=False)
        if beside_writer:
            return
        try:
            with self.writer.begin() as connection:
                schema.upgrade(connection)
        except (SQLAlchemyError, sqlite3.Error, StartupRefused) as error:
            self.close()
            raise cannot_open(url, error) from error

    def listen(self) -> None:
        """Do nothing: no other process commits."""

    def is_full(self, error: BaseException) -> bool:
        """Whether SQLite says that the disk is full."""
        return getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"

    def close(self) -> None:
        """Close all connections, and let another process serve the file."""
        super().close()
        if self._lock is not None:
            self._lock.close()


def check_url(url: URL) -> None:
    """Refuse a URL that has options, or names no file, or a file in a folder that is missing.

    :raises StartupRefused: it does; the message says which.
    """
    if url.drivername not in ("sqlite", "sqlite+pysqlite") or url.query:
        raise StartupRefused(f"{url}: SQLite takes no driver and no options; try sqlite:///FILE")
    if not url.database or url.database == ":memory:":
        raise StartupRefused("a database in memory would be lost: name a file, sqlite:///FILE")
    directory = Path(url.database).resolve().parent
    if not directory.is_dir():
        raise StartupRefused(f"there is no folder {directory}")


def check_exists(url: URL) -> None:
    """Refuse a file that does not exist.

    :raises StartupRefused: it does not.
    """
    if not Path(str(url.database)).exists():
        raise StartupRefused(f"there is no file {url.database}")


def reading_engine(url: URL) -> Engine:
    """An engine that only reads, beside a server. All that a connection reads is of one moment.

    Text that is not UTF-8 is no error: its bytes become characters that no stored text has.
    """
    check_url(url)
    check_exists(url)
    engine = _engine(url, for_writing=False)

    @event.listens_for(engine, "connect")
    def read_any_text(connection: sqlite3.Connection, _record: object) -> None:
        connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def cannot_open(url: URL, error: Exception) -> StartupRefused:
    """The refusal to raise if a file cannot be opened."""
    return StartupRefused(f"cannot open {url.database}: {getattr(error, 'orig', None) or error}")


def _lock(database: Path) -> Any:
    """An open, locked file. The lock ends with this process, however that ends.

    :raises StartupRefused: another process has the lock, or the file cannot be written.
    """
    path = Path(f"{database.resolve()}.lock")
    try:
        lock = path.open("a")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise StartupRefused(
            f"another process serves {database}: one process at a time writes a SQLite file"
        ) from None
    except OSError as error:
        raise StartupRefused(f"cannot write {path}: {os.strerror(error.errno or 0)}") from error
    return lock


def _engine(url: URL, *, for_writing: bool) -> Engine:
    if for_writing:
        engine = create_engine(
            url,
            poolclass=StaticPool,
            hide_parameters=True,
            connect_args={"check_same_thread": False, "cached_statements": 4 * ROWS_PER_STATEMENT},
        )
    else:
        engine = create_engine(
            url,
            poolclass=QueuePool,
            hide_parameters=True,
            pool_size=READERS,
            max_overflow=0,
            connect_args={"check_same_thread": False},
        )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # only we begin transactions
        connection.create_function("now_microseconds", 0, lambda: time.time_ns() // 1000)
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "busy_timeout=10000",
            f"query_only={'OFF' if for_writing else 'ON'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    if for_writing:

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            run(connection, "BEGIN IMMEDIATE")

    return engine


@compiles(now_microseconds, "sqlite")
def _now_microseconds(*_: Any, **__: Any) -> str:
    return "now_microseconds()"
