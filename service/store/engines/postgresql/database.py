"""A database of PostgreSQL: opening it, and what differs from SQLite."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.compiler import compiles

from service.store.engines import schema
from service.store.engines.database import READERS, Database, now_microseconds
from service.store.engines.postgresql.connections import cannot_open, check_url, engine, shown
from service.store.engines.postgresql.listener import Listener
from service.store.errors import StartupRefused

# The SQLSTATE code.
DISK_FULL = "53100"


class PostgresDatabase(Database):
    """A database that other processes may write to as well.

    :raises StartupRefused: the URL cannot be served, the database cannot be reached, or it has
        another schema than this version's.
    """

    is_shared = True
    snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"

    def __init__(self, url: URL, *, read_only: bool = False) -> None:
        super().__init__()
        check_url(url)
        self.name = shown(url)
        self.is_read_only = read_only
        self.writer = engine(url, pool_size=1)
        self.readers = engine(url, pool_size=READERS, isolation_level="AUTOCOMMIT", reads_only=True)
        self._listener = Listener(self, url)
        try:
            with self.readers.connect() as connection:
                schema.check(connection)
                version = connection.execute(text("SHOW server_version")).scalar_one()
                self.version = f"PostgreSQL {version.split()[0]}"
        except (SQLAlchemyError, StartupRefused) as error:
            self.close()
            raise cannot_open(url, error) from error

    def listen(self) -> None:
        """Call the listeners from now on, also for what other processes commit."""
        self._listener.start()

    def is_full(self, error: BaseException) -> bool:
        """Whether PostgreSQL says that the disk is full."""
        return getattr(error, "sqlstate", "") == DISK_FULL

    def close(self) -> None:
        """Close all connections."""
        self._listener.stop()
        super().close()


@compiles(now_microseconds, "postgresql")
def _now_microseconds(*_: Any, **__: Any) -> str:
    return "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
