"""PostgreSQL: several processes on several machines over one database, and its standbys.

No statement is waited for longer than ``SECONDS``, whatever became of its connection; one
that is broken, or that leads to a server which is no longer the primary, is replaced.
"""

import threading
from functools import partial
from typing import Any

import psycopg
import structlog
from psycopg.abc import RV, PQGen
from sqlalchemy import Connection, Engine, create_engine, event, func, select, text
from sqlalchemy.dialects.postgresql import psycopg as dialect
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import NullPool, QueuePool

from service.store.engines import schema
from service.store.engines.database import READERS, Database, now_microseconds
from service.store.errors import StartupRefused

# How long a statement may take, a commit among them, and how long a connection to be made.
SECONDS = 5
CONNECT_SECONDS = 2
# Seconds between two looks at the head of the log: where notifications come, and where not.
POLL = 0.5
STANDBY_POLL = 0.05
# Seconds before a connection is tried again.
RECONNECT = 0.1
CHANNEL = "chancery_log"
# What the connections of servers call themselves, and those of commands.
SERVER, COMMAND = "chancery", "chancery command"
# SQLSTATE codes.
READ_ONLY = "25006"
DISK_FULL = "53100"

logger = structlog.get_logger()


class PostgresDatabase(Database):
    """A database that other processes may write to as well.

    :raises StartupRefused: the URL is none that can be served, the database cannot be reached,
        or it has not this version's schema.
    """

    is_shared = True
    snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"

    def __init__(self, url: URL, *, read_only: bool = False) -> None:
        super().__init__()
        check_url(url)
        self.name = shown(url)
        self.is_read_only = read_only
        self.writer = _engine(url, pool_size=1)
        self.readers = _engine(
            url, pool_size=READERS, isolation_level="AUTOCOMMIT", reads_only=True
        )
        self._listener = _Listener(self, url)
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


# A server that is gone or stuck in the middle of a COPY would hold the lock of the head row:
# there no timeout of PostgreSQL counts.
_END_ABANDONED = f"""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user
    AND application_name = '{SERVER}' AND xact_start IS NOT NULL
    AND wait_event = 'ClientRead' AND state_change < now() - interval '{SECONDS} s'
"""


class _Listener:
    """The one connection of this process that waits for notifications, and looks as well.

    A notification can be lost with its connection, and on a standby there are none. It also
    ends what servers have left open, so that none holds up the others.
    """

    def __init__(self, database: PostgresDatabase, url: URL) -> None:
        self._database = database
        self._url = url
        self._size = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chancery-listener", daemon=True)

    def start(self) -> None:
        if not self._thread.is_alive():
            self._thread.start()

    def stop(self) -> None:
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        is_cut = False
        while not self._closing.is_set():
            try:
                with _connect(self._url, autocommit=True) as connection:
                    poll = self._listen(connection)
                    is_cut = False
                    self._follow(connection, poll)
            except psycopg.Error as error:
                if not is_cut:
                    logger.warning("the log cannot be followed", reason=str(error).strip())
                is_cut = True
                self._closing.wait(RECONNECT)

    def _listen(self, connection: "psycopg.Connection[Any]") -> float:
        """Have notifications sent; gives how many seconds to wait between two looks."""
        try:
            connection.execute(f"LISTEN {CHANNEL}")
            return POLL
        except psycopg.errors.ReadOnlySqlTransaction:
            return STANDBY_POLL

    def _follow(self, connection: "psycopg.Connection[Any]", poll: float) -> None:
        while not self._closing.is_set():
            row = connection.execute("SELECT size, closed FROM head").fetchone()
            size, self._database.closed = row or (0, None)
            if size < self._size:
                logger.error("changes are lost", before=self._size, now=size)
            self._size = size
            self._database.tell(size)
            if poll == STANDBY_POLL:
                self._closing.wait(poll)
            else:
                connection.execute(_END_ABANDONED)
                for notice in connection.notifies(timeout=poll):
                    self._database.tell(int(notice.payload))


class _Connection(psycopg.Connection[Any]):
    """A connection on which nothing is waited for longer than ``SECONDS``."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait, and give the connection up where nothing comes."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, SECONDS)
        except psycopg.errors._WaitTimeout as error:
            self.pgconn.finish()
            raise psycopg.OperationalError(f"no answer within {SECONDS} s") from error


def check_url(url: URL) -> None:
    """Refuse a URL of another driver, without a database, or with hosts that are none.

    :raises StartupRefused: it is one.
    """
    if url.drivername not in ("postgresql", "postgresql+psycopg"):
        raise StartupRefused(f"{shown(url)}: the driver is psycopg; try postgresql+psycopg://...")
    if not url.database:
        raise StartupRefused(
            f"{shown(url)} names no database; try postgresql+psycopg://HOST/DATABASE"
        )
    try:
        _DIALECT.create_connect_args(url)
    except ArgumentError as error:
        raise StartupRefused(f"{shown(url)}: {error}") from error


def shown(url: URL) -> str:
    """The URL without a password, wherever in it one stands."""
    return url.difference_update_query(["password", "sslpassword"]).render_as_string()


def reading(url: URL) -> Engine:
    """An engine that only reads, beside servers; what a connection reads is of one moment."""
    check_url(url)
    return _engine(url, is_patient=True, isolation_level="REPEATABLE READ", reads_only=True)


def migrating(url: URL) -> Engine:
    """An engine for the owner of the tables, whose statements may take their time."""
    check_url(url)
    return _engine(url, is_patient=True)


def lock_schema(connection: Connection) -> None:
    """Let no other process migrate while the transaction lasts."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(CHANNEL))))


def become_owner(connection: Connection) -> bool:
    """Act as the owner role, where roles.sql was run in this database and the user has that role.

    Roles are those of the whole server: that there is one tells nothing of this database.
    """
    is_owner = text(
        "SELECT 1 FROM pg_roles WHERE rolname = 'chancery_owner' AND pg_has_role(oid, 'member') "
        "AND has_schema_privilege(oid, current_schema(), 'CREATE')"
    )
    if connection.execute(is_owner).first() is None:
        return False
    connection.execute(text("SET LOCAL ROLE chancery_owner"))
    return True


def grant(connection: Connection) -> None:
    """Give the other roles of roles.sql what they need."""
    for statement in _GRANTS:
        connection.execute(text(statement))


_GRANTS = (
    "GRANT SELECT, INSERT ON log, segment TO chancery_app",
    "GRANT SELECT, UPDATE ON head TO chancery_app",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON tile, visit, alias, word TO chancery_app",
    "GRANT SELECT ON alembic_version TO chancery_app",
    "GRANT SELECT ON log, head, tile, segment, visit, alias, word, alembic_version "
    "TO chancery_reader",
)


def cannot_open(url: URL, error: Exception) -> StartupRefused:
    """What to tell of a database that cannot be opened."""
    reason = str(getattr(error, "orig", None) or error).strip()
    return StartupRefused(f"cannot open {shown(url)}: {reason}")


_DEADLINES = f"-c statement_timeout={SECONDS}s -c idle_in_transaction_session_timeout={SECONDS}s"
_DIALECT: Any = dialect.dialect()  # type: ignore[no-untyped-call]


def _connect(
    url: URL, *, is_patient: bool = False, reads_only: bool = False, autocommit: bool = False
) -> "psycopg.Connection[Any]":
    _, given = _DIALECT.create_connect_args(url)
    defaults = {
        "application_name": COMMAND if is_patient else SERVER,
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": SECONDS,
        "keepalives_interval": 1,
        "keepalives_count": SECONDS,
        "tcp_user_timeout": 1000 * SECONDS,
    }
    deadlines = "" if is_patient else _DEADLINES
    options = " ".join(filter(None, (given.pop("options", ""), deadlines)))
    connection_type = psycopg.Connection if is_patient else _Connection
    connection = connection_type.connect(**{**defaults, **given, "options": options})
    if reads_only:  # as an option it would tell the primary from a standby no more
        connection.execute("SET default_transaction_read_only = on")
        connection.commit()
    connection.autocommit = autocommit
    return connection


def _engine(
    url: URL,
    *,
    pool_size: int = 0,
    is_patient: bool = False,
    isolation_level: Any = None,
    reads_only: bool = False,
) -> Engine:
    """An engine whose pool is bounded, and checks a connection before it is used."""
    pool: dict[str, Any] = {"poolclass": NullPool}
    if pool_size:
        pool = {"poolclass": QueuePool, "pool_size": pool_size, "max_overflow": 0}
    if isolation_level:
        pool["isolation_level"] = isolation_level
    connect = partial(_connect, url, is_patient=is_patient, reads_only=reads_only)
    engine = create_engine(url, creator=connect, pool_pre_ping=True, **pool)

    @event.listens_for(engine, "handle_error")
    def leave_a_standby(context: ExceptionContext) -> None:
        """Connect anew where the server is the primary no longer."""
        if getattr(context.original_exception, "sqlstate", "") == READ_ONLY:
            context.is_disconnect = True

    return engine


@compiles(now_microseconds, "postgresql")
def _now_microseconds(*_: Any, **__: Any) -> str:
    return "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
