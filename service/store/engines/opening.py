"""Opening a database by its URL, which says which engine it has."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from service.store.engines import schema, sqlite
from service.store.engines.database import Database
from service.store.engines.postgresql import connections, roles
from service.store.engines.postgresql.database import PostgresDatabase
from service.store.errors import StartupRefused
from service.store.tables import head

# The head row's ``closed`` begins with this while the log is not complete yet.
COPYING = "is being copied from "
TRY = "try sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE"

_ENGINES = {
    "sqlite": (sqlite.reading_engine, sqlite.cannot_open),
    "postgresql": (connections.reading_engine, connections.cannot_open),
}


def open_database(
    url: str, *, create: bool = True, read_only: bool = False, beside_writer: bool = False
) -> Database:
    """Open the database of a URL. If ``create``, a SQLite file that is missing is created.

    With ``beside_writer`` this process only reads, and another one has opened it to write.

    :raises StartupRefused: the URL cannot be served, the database cannot be reached, it has
        another schema than this version's, its log is still being copied, or another process
        serves the file.
    """
    parsed = parse(url)
    if read_only and not is_postgresql(parsed):
        raise StartupRefused(
            "a SQLite file has one server, which writes: a read-only server needs PostgreSQL"
        )
    database: Database
    if is_postgresql(parsed):
        database = PostgresDatabase(parsed, read_only=read_only)
    else:
        database = sqlite.SqliteDatabase(parsed, create=create, beside_writer=beside_writer)
    with database.readers.connect() as connection:
        database.closed = connection.execute(select(head.c.closed)).scalar()
    if database.closed is not None and database.closed.startswith(COPYING):
        database.close()
        raise StartupRefused(
            f"the log {database.closed}, and is not complete: run chancery copy again"
        )
    return database


@contextmanager
def owned(url: str) -> Iterator[Engine]:
    """An engine for the owner of the tables, whose statements may take as long as they need.

    :raises StartupRefused: see ``open_database``; but a log that is being copied is opened.
    """
    parsed = parse(url)
    if not is_postgresql(parsed):
        with closing(sqlite.SqliteDatabase(parsed, create=False)) as database:
            yield database.writer
        return
    engine = connections.migrating_engine(parsed)
    try:
        with engine.connect() as connection:
            schema.check_schema(connection)
    except (SQLAlchemyError, StartupRefused) as error:
        engine.dispose()
        raise connections.cannot_open(parsed, error) from error
    try:
        yield engine
    finally:
        engine.dispose()


def reading(url: str) -> Engine:
    """An engine that only reads, beside servers. All that a connection reads is of one moment.

    :raises StartupRefused: the URL cannot be served, the database cannot be opened, or it has
        another schema than this version's.
    """
    with _looking(url) as (engine, connection):
        schema.check(connection)
    return engine


def schema_of(url: str) -> str | None:
    """The schema that a database has; None if it has no tables.

    :raises StartupRefused: the database cannot be opened, or its schema is not known.
    """
    with _looking(url) as (engine, connection):
        found = schema.revision(connection)
    engine.dispose()
    return found


def differences(url: str) -> list[str]:
    """What differs between its tables and those of this version, for a person.

    :raises StartupRefused: the database cannot be opened, or has another schema than this
        version's.
    """
    with _looking(url) as (engine, connection):
        schema.check(connection)
        found = schema.differences(connection)
    engine.dispose()
    return found


def upgrade(url: str) -> str:
    """Bring the schema of a database up to date, and return its name.

    :raises StartupRefused: the URL cannot be served, the database cannot be reached or belongs
        to another program, or this user may not change its tables.
    """
    parsed = parse(url)
    if not is_postgresql(parsed):
        sqlite.SqliteDatabase(parsed).close()
        return schema.NEWEST
    engine = connections.migrating_engine(parsed)
    try:
        with engine.begin() as connection:
            roles.lock_schema(connection)
            has_roles = roles.become_owner(connection)
            schema.upgrade(connection)
            if has_roles:
                roles.grant(connection)
    except (SQLAlchemyError, StartupRefused) as error:
        raise connections.cannot_open(parsed, error) from error
    finally:
        engine.dispose()
    return schema.NEWEST


def place(url: str) -> str:
    """Where a database is, as anybody may know it: no user, no password, and no folder.

    :raises StartupRefused: the URL cannot be served.
    """
    parsed = parse(url)
    if not is_postgresql(parsed):
        return f"the SQLite file {Path(str(parsed.database)).name}"
    hosts = parsed.host or parsed.query.get("host", "")
    named = hosts if isinstance(hosts, str) else ",".join(hosts)
    port = f":{parsed.port}" if parsed.port else ""
    return f"postgresql://{named}{port}/{parsed.database}"


def is_postgresql(url: URL) -> bool:
    """Whether it is a PostgreSQL database; otherwise it is a SQLite file."""
    return url.get_backend_name() == "postgresql"


def parse(url: str) -> URL:
    """The parsed URL of a database.

    :raises StartupRefused: it is not a URL, or one of an engine that is not served.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the port is not a number
        raise StartupRefused(f"this is not a database URL; {TRY}") from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StartupRefused(f"cannot serve a {parsed.get_backend_name()} database; {TRY}")
    return parsed


@contextmanager
def _looking(url: str) -> Iterator[tuple[Engine, Connection]]:
    """An engine that only reads, and a connection of it. After an error the engine is closed."""
    parsed = parse(url)
    reading_engine, cannot_open = _ENGINES[parsed.get_backend_name()]
    engine = reading_engine(parsed)
    try:
        with engine.connect() as connection:
            yield engine, connection
    except (SQLAlchemyError, UnicodeDecodeError, StartupRefused) as error:
        engine.dispose()
        raise cannot_open(parsed, error) from error
