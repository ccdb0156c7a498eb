"""SQLite in a file, written by one process at a time. It needs no setting up."""

import os
import sqlite3
import stat
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import QueuePool, StaticPool

from service.limits import ROOM_BYTES
from service.store.engines import schema
from service.store.engines.bulk import ROWS_PER_STATEMENT, run
from service.store.engines.database import READERS, Database, now_microseconds
from service.store.engines.sqlite_file import lock, make_ready
from service.store.engines.watched import WatchedFiles, identity, locked_by
from service.store.errors import StartupRefused
from service.store.files import OTHERS

VERSION = f"SQLite {sqlite3.sqlite_version}"

# Milliseconds that a statement waits for a lock, and a checkpoint for those who read.
BUSY_MILLISECONDS = 2000
CHECKPOINT_MILLISECONDS = 20
LOCKED = "another program holds the lock of the database"
# The second is that the index of the write-ahead log cannot grow.
_FULL = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")


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
        self._files: WatchedFiles | None = None
        self._lock = None if beside_writer else lock(self.file)
        try:
            if not beside_writer:
                make_ready(self.file)
            only = identity(self.file)
        except (OSError, StartupRefused) as error:
            self._unlock()
            raise cannot_open(url, error) from error
        self.writer = _engine(url, for_writing=True, only=only)
        self.readers = _engine(url, for_writing=False, only=only)
        if beside_writer:
            return
        try:
            with self.writer.begin() as connection:
                schema.upgrade(connection)
            # What a broken sync left in the log is read, but may not be on the disk.
            self.empty_wal()
            self._files = WatchedFiles(self.file)
        except (OSError, SQLAlchemyError, sqlite3.Error, StartupRefused) as error:
            self.close()
            raise cannot_open(url, error) from error

    def listen(self) -> None:
        """Do nothing: no other process commits."""

    def is_full(self, error: BaseException) -> bool:
        """Whether SQLite says that the disk is full."""
        return getattr(error, "sqlite_errorname", "") in _FULL

    def fault_of(self, error: BaseException) -> str:
        """That the disk is full or fails, or that a lock is held which nobody should hold."""
        name = getattr(error, "sqlite_errorname", "")
        if not self.is_full(error) and _is_broken(error):
            return f"the disk fails ({name})"
        return LOCKED if name == "SQLITE_BUSY" else super().fault_of(error)

    def problem(self) -> str:
        """What became of the files since they were opened, for a person; empty if nothing."""
        if self._files is None:
            return ""
        if self._is_broken:
            try:
                self._reopen(self._files)
            except (OSError, SQLAlchemyError, sqlite3.Error):
                return self._files.problem() or f"{self.file.name} cannot be opened again"
        return self._files.problem()

    def _reopen(self, files: WatchedFiles) -> None:
        self.readers.dispose()
        self.writer.dispose()
        with self.writer.connect() as connection:
            run(connection, "SELECT size FROM head")  # which opens the write-ahead log
        files.reopened()
        self._is_broken = False

    def warnings(self) -> Sequence[str]:
        """That others may read the file, as they might one of an earlier version."""
        mode = stat.S_IMODE(os.stat(self.file).st_mode)
        if not mode & OTHERS:
            return ()
        return (f"others may read {self.file.name} (mode {mode:o}): chmod 600 it",)

    def has_room(self) -> bool:
        """Whether the disk has room for some changes."""
        try:
            found = os.statvfs(self.file)
        except OSError:
            return False
        return found.f_bavail * found.f_frsize >= ROOM_BYTES

    @property
    def wal_bytes(self) -> int:
        """Bytes of the write-ahead log, when it was last looked at."""
        return 0 if self._files is None else self._files.wal_bytes

    def readers_pids(self) -> list[int]:
        """The processes that read the write-ahead log now, as far as the system tells."""
        return locked_by(Path(f"{os.path.realpath(self.file)}-shm"))

    def empty_wal(self) -> bool:
        """Copy the write-ahead log into the database and empty it, unless somebody reads it.

        :raises DBAPIError: that failed.
        """
        with self.writer.connect() as connection:
            run(connection, f"PRAGMA busy_timeout={CHECKPOINT_MILLISECONDS}")
            try:
                busy, *_ = run(connection, "PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                run(connection, f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        if not busy and self._files is not None:
            self._files.truncated()
        return not busy

    def close(self) -> None:
        """Close all connections, and let another process serve the file."""
        self._files = None
        super().close()
        self._unlock()

    def _unlock(self) -> None:
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
    reason = getattr(error, "orig", None) or getattr(error, "strerror", None) or error
    return StartupRefused(f"cannot open {url.database}: {reason}")


def _engine(url: URL, *, for_writing: bool, only: tuple[int, int] | None = None) -> Engine:
    """An engine whose connections never create the file, and open ``only`` one file, if given."""
    path = os.path.abspath(str(url.database))

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(os.fsencode(path))}?mode=rw",
            uri=True,
            check_same_thread=False,
            cached_statements=4 * ROWS_PER_STATEMENT if for_writing else 128,
        )
        if only is not None and identity(path) != only:
            connection.close()
            raise sqlite3.OperationalError("another file is in the place of the database")
        return connection

    pool: dict[str, Any] = {"poolclass": StaticPool}
    if not for_writing:
        pool = {"poolclass": QueuePool, "pool_size": READERS, "max_overflow": 0}
    engine = create_engine("sqlite://", creator=connect, hide_parameters=True, **pool)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # only we begin transactions
        connection.create_function("now_microseconds", 0, lambda: time.time_ns() // 1000)
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={BUSY_MILLISECONDS if for_writing else 10_000}",
            f"query_only={'OFF' if for_writing else 'ON'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "handle_error")
    def leave_a_broken_disk(context: ExceptionContext) -> None:
        """Make the connections again that read, so that no lock is left behind."""
        if not for_writing and _is_broken(context.original_exception):
            context.is_disconnect = True

    if for_writing:

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            run(connection, "BEGIN IMMEDIATE")

    return engine


def _is_broken(error: BaseException) -> bool:
    """Whether the disk failed, or the locks are not as SQLite left them."""
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith("SQLITE_IOERR") or name == "SQLITE_PROTOCOL"


@compiles(now_microseconds, "sqlite")
def _now_microseconds(*_: Any, **__: Any) -> str:
    return "now_microseconds()"
