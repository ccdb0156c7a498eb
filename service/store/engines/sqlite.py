"""SQLite in a file, which one process at a time writes: nothing is to be set up."""

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
from service.store.engines.bulk import ROWS
from service.store.engines.database import READERS, Database, now_microseconds
from service.store.errors import StartupRefused

VERSION = f"SQLite {sqlite3.sqlite_version}"


class SqliteDatabase(Database):
    """A file that this process alone writes; made if ``create`` and not there.

    :raises StartupRefused: the URL is none that can be served, another process serves the
        same file, or the file has a schema that this version does not know.
    """

    version = VERSION
    is_shared = False
    is_read_only = False
    snapshot = "BEGIN"

    def __init__(self, url: URL, *, create: bool = True) -> None:
        super().__init__()
        check_url(url)
        self.file = Path(str(url.database))
        self.name = str(url)
        if not create:
            check_exists(url)
        self._lock = _lock(self.file)
        self.writer = _engine(url, for_writing=True)
        self.readers = _engine(url, for_writing=False)
        try:
            with self.writer.begin() as connection:
                schema.upgrade(connection)
        except (SQLAlchemyError, sqlite3.Error, StartupRefused) as error:
            self.close()
            raise cannot_open(url, error) from error

    def listen(self) -> None:
        """Nothing: there are no other processes that commit."""

    def is_full(self, error: BaseException) -> bool:
        """Whether SQLite says that the disk is full."""
        return getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"

    def close(self) -> None:
        """Close all connections, and let another process serve the file."""
        super().close()
        self._lock.close()


def check_url(url: URL) -> None:
    """Refuse a URL that names no file in a folder.

    :raises StartupRefused: it does not.
    """
    if url.drivername not in ("sqlite", "sqlite+pysqlite") or url.query:
        raise StartupRefused(f"{url}: no driver and no options can be chosen; try sqlite:///FILE")
    if not url.database or url.database == ":memory:":
        raise StartupRefused("a database in memory would forget: name a file, sqlite:///FILE")
    directory = Path(url.database).resolve().parent
    if not directory.is_dir():
        raise StartupRefused(f"there is no folder {directory}")


def check_exists(url: URL) -> None:
    """Refuse a file that is not there.

    :raises StartupRefused: it is not.
    """
    if not Path(str(url.database)).exists():
        raise StartupRefused(f"there is no file {url.database}")


def reading(url: URL) -> Engine:
    """An engine that only reads, beside a server; what a connection reads is of one moment.

    Bytes that are no UTF-8 it gives as text that is no one's, and not as an error.
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
    """What to tell of a file that cannot be opened."""
    return StartupRefused(f"cannot open {url.database}: {getattr(error, 'orig', None) or error}")


def _lock(database: Path) -> Any:
    """An open file whose lock ends with this process, however it ends."""
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
            connect_args={"check_same_thread": False, "cached_statements": 4 * ROWS},
        )
    else:
        engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=READERS,
            max_overflow=0,
            connect_args={"check_same_thread": False},
        )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # no transaction is begun but by us
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
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


@compiles(now_microseconds, "sqlite")
def _now_microseconds(*_: Any, **__: Any) -> str:
    return "now_microseconds()"
