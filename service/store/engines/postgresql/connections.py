"""Connections to PostgreSQL, and engines that keep them.

A server waits for no statement longer than ``SECONDS``, whatever became of its connection. A
connection is replaced if it is broken, or leads to a server that is no longer the primary.
"""

from functools import partial
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.dialects.postgresql import psycopg as dialect
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool, QueuePool

from service.store.errors import DatabaseAway, StartupRefused

# The most seconds that a statement may take, also a commit, and the making of a connection.
SECONDS = 5
CONNECT_SECONDS = 2
# The application names of servers' connections, and of commands'.
SERVER, COMMAND = "chancery", "chancery command"
# The SQLSTATE code.
READ_ONLY = "25006"

# What is said if a server does not run yet, or cannot be reached for another reason that may pass.
_AWAY = (
    "Connection refused",
    "No such file or directory",
    "No route to host",
    "Network is unreachable",
    "timeout expired",
    "timed out",
    "server closed the connection",
    "failed to resolve host",
    "the database system is",
)

_DEADLINES = f"-c statement_timeout={SECONDS}s -c idle_in_transaction_session_timeout={SECONDS}s"
_DIALECT: Any = dialect.dialect()  # type: ignore[no-untyped-call]


def check_url(url: URL) -> None:
    """Refuse a URL that has another driver, no database, or malformed hosts.

    :raises StartupRefused: it does; the message says which.
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
    """The URL without a password, wherever the URL has it."""
    return url.difference_update_query(["password", "sslpassword"]).render_as_string()


def cannot_open(url: URL, error: Exception) -> StartupRefused:
    """The refusal to raise if a database cannot be opened."""
    reason = str(getattr(error, "orig", None) or error).strip()
    is_away = any(each in reason for each in _AWAY)
    refusal = DatabaseAway if is_away else StartupRefused
    return refusal(f"cannot open {shown(url)}: {reason}")


def reading_engine(url: URL) -> Engine:
    """An engine that only reads, beside servers. All that a connection reads is of one moment.

    :raises StartupRefused: see ``check_url``.
    """
    check_url(url)
    return engine(url, is_patient=True, isolation_level="REPEATABLE READ", reads_only=True)


def migrating_engine(url: URL) -> Engine:
    """An engine for the owner of the tables, whose statements may take as long as they need.

    :raises StartupRefused: see ``check_url``.
    """
    check_url(url)
    return engine(url, is_patient=True)


def engine(
    url: URL,
    *,
    pool_size: int = 0,
    is_patient: bool = False,
    isolation_level: Any = None,
    reads_only: bool = False,
) -> Engine:
    """An engine with a bounded pool, which checks a connection before it is used.

    See ``connect`` for the options. A ``pool_size`` of 0 keeps no connection open.
    """
    pool: dict[str, Any] = {"poolclass": NullPool}
    if pool_size:
        pool = {"poolclass": QueuePool, "pool_size": pool_size, "max_overflow": 0}
    if isolation_level:
        pool["isolation_level"] = isolation_level
    creator = partial(connect, url, is_patient=is_patient, reads_only=reads_only)
    created = create_engine(url, creator=creator, pool_pre_ping=True, hide_parameters=True, **pool)

    @event.listens_for(created, "handle_error")
    def leave_a_standby(context: ExceptionContext) -> None:
        """Connect again if the server is no longer the primary."""
        if getattr(context.original_exception, "sqlstate", "") == READ_ONLY:
            context.is_disconnect = True

    return created


def connect(
    url: URL, *, is_patient: bool = False, reads_only: bool = False, autocommit: bool = False
) -> "psycopg.Connection[Any]":
    """A connection of a server, or if ``is_patient`` of a command, which may take any time."""
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
    connection_type = psycopg.Connection if is_patient else _ImpatientConnection
    connection = connection_type.connect(**{**defaults, **given, "options": options})
    if reads_only:  # as an option of the connection it would hide whether this is the primary
        connection.execute("SET default_transaction_read_only = on")
        connection.commit()
    connection.autocommit = autocommit
    return connection


class _ImpatientConnection(psycopg.Connection[Any]):
    """A connection that waits for nothing longer than ``SECONDS``."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait, and give the connection up if no answer comes."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, SECONDS)
        except psycopg.errors._WaitTimeout as error:
            self.pgconn.finish()
            raise psycopg.OperationalError(f"no answer within {SECONDS} s") from error
