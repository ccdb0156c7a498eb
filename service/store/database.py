"""Opening the database: SQLite in a file.

One connection of one process writes and makes all checkpoints; the others only read.
"""

import fcntl
import os
import sqlite3
import uuid
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import QueuePool, StaticPool

from service.store import tables
from service.store.errors import StartupRefused

READERS = 4
MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """A database that this process alone may write; made if ``create`` and not there.

    :raises StartupRefused: the URL is none that can be served, another process serves
        the same file, or the file has a schema that this version does not know.
    """

    def __init__(self, url: str, *, create: bool = True) -> None:
        self._url = sqlite_url(url)
        if not create:
            _check_exists(self.file)
        self._lock = _lock(self.file)
        self.writer = _engine(self._url, for_writing=True)
        self.readers = _engine(self._url, for_writing=False)
        try:
            self._bring_up_to_date()
        except (SQLAlchemyError, sqlite3.Error) as error:
            self.close()
            reason = getattr(error, "orig", None) or error
            raise StartupRefused(f"cannot open {self._url.database}: {reason}") from error
        except StartupRefused:
            self.close()
            raise

    @property
    def file(self) -> Path:
        """The file that it is in."""
        return Path(str(self._url.database))

    @property
    def version(self) -> str:
        """The engine and its version, for a person."""
        return f"SQLite {sqlite3.sqlite_version}"

    def close(self) -> None:
        """Close all connections, the writer's last, and let another process serve the file."""
        self.readers.dispose()
        self.writer.dispose()
        self._lock.close()

    def _bring_up_to_date(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        known = {
            revision.revision for revision in ScriptDirectory(str(MIGRATIONS)).walk_revisions()
        }
        with self.writer.begin() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
            if current is not None and current not in known:
                raise StartupRefused(
                    f"{self._url.database} has the schema {current!r}, which this version does "
                    "not know: it was written by a later one"
                )
            if current is None and inspect(connection).get_table_names():
                raise StartupRefused(f"{self._url.database} is the database of another program")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if connection.execute(select(tables.head.c.id)).first() is None:
                connection.execute(insert(tables.head).values(**_new_head()))


def reading(url: str) -> Engine:
    """An engine that only reads, beside a process that may be serving the database.

    :raises StartupRefused: the URL is none that can be served, or there is no database of this
        version's schema.
    """
    parsed = sqlite_url(url)
    _check_exists(Path(str(parsed.database)))
    engine = _engine(parsed, for_writing=False)
    try:
        with engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    except (SQLAlchemyError, UnicodeDecodeError) as error:  # what SQLite says may be damaged too
        engine.dispose()
        reason = getattr(error, "orig", None) or error
        raise StartupRefused(f"cannot open {parsed.database}: {reason}") from error
    if found != ScriptDirectory(str(MIGRATIONS)).get_current_head():
        engine.dispose()
        raise StartupRefused(
            f"{parsed.database} has the schema {found!r}, which is not that of this version: a "
            "server of this version brings it up to date"
        )
    return engine


def _check_exists(file: Path) -> None:
    if not file.exists():
        raise StartupRefused(f"there is no file {file}")


def _new_head() -> dict[str, Any]:
    return {
        "id": 1,
        "size": 0,
        "record_time": 0,
        "peaks": b"",
        "origin": f"chancery.invalid/{uuid.uuid4()}",
    }


def sqlite_url(url: str) -> URL:
    """The URL of a SQLite file.

    :raises StartupRefused: it is none, or its folder is not there.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StartupRefused(f"{url!r} is no database URL; try sqlite:///FILE") from None
    if parsed.get_backend_name() != "sqlite":
        raise StartupRefused(
            f"cannot serve a {parsed.get_backend_name()} database yet; try sqlite:///FILE"
        )
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite") or parsed.query:
        raise StartupRefused(f"{url!r}: no driver and no options can be chosen; try sqlite:///FILE")
    if not parsed.database or parsed.database == ":memory:":
        raise StartupRefused("a database in memory would forget: name a file, sqlite:///FILE")
    directory = Path(parsed.database).resolve().parent
    if not directory.is_dir():
        raise StartupRefused(f"there is no folder {directory}")
    return parsed


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
        engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
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
