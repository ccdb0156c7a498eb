"""Opening a database by its URL, which tells the engine."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from service.store.engines import postgresql, schema, sqlite
from service.store.engines.database import Database
from service.store.errors import StartupRefused
from service.store.tables import head

# How what the head row says begins, of a log that is not complete yet.
COPYING = "is being copied from "
TRY = "try sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE"


def open_database(url: str, *, create: bool = True, read_only: bool = False) -> Database:
    """The database of a URL. A SQLite file is made if ``create`` and it is not there.

    :raises StartupRefused: the URL is none that can be served, the database cannot be
        reached, it has not this version's schema, or another process serves the file.
    """
    parsed = parse(url)
    if read_only and not is_postgresql(parsed):
        raise StartupRefused(
            "a SQLite file has one server, which writes: a read-only one needs PostgreSQL"
        )
    database: Database
    if is_postgresql(parsed):
        database = postgresql.PostgresDatabase(parsed, read_only=read_only)
    else:
        database = sqlite.SqliteDatabase(parsed, create=create)
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
    """An engine for the owner of the tables, whose statements may take their time.

    :raises StartupRefused: as ``open_database`` does, but for a log that is being copied.
    """
    parsed = parse(url)
    if not is_postgresql(parsed):
        with closing(sqlite.SqliteDatabase(parsed, create=False)) as database:
            yield database.writer
        return
    engine = postgresql.migrating(parsed)
    try:
        with engine.connect() as connection:
            schema.check(connection)
    except (SQLAlchemyError, StartupRefused) as error:
        engine.dispose()
        raise postgresql.cannot_open(parsed, error) from error
    try:
        yield engine
    finally:
        engine.dispose()


def reading(url: str) -> Engine:
    """An engine that only reads, beside servers of the database.

    What one connection reads is of one moment.

    :raises StartupRefused: the URL is none that can be served, or there is no database of this
        version's schema.
    """
    with _looking(url) as (engine, connection):
        schema.check(connection)
    return engine


def schema_of(url: str) -> str | None:
    """The schema that a database has; None if it has no tables.

    :raises StartupRefused: the database cannot be opened, or its tables are not known.
    """
    with _looking(url) as (engine, connection):
        found = schema.revision(connection)
    engine.dispose()
    return found


def differences(url: str) -> list[str]:
    """What differs between its tables and those of this version, each for a person.

    :raises StartupRefused: the database cannot be opened, or has not this version's schema.
    """
    with _looking(url) as (engine, connection):
        schema.check(connection)
        found = schema.differences(connection)
    engine.dispose()
    return found


@contextmanager
def _looking(url: str) -> Iterator[tuple[Engine, Connection]]:
    """An engine that only reads, and a connection of it; an error ends it."""
    parsed = parse(url)
    reading_of, cannot_open = _ENGINES[parsed.get_backend_name()]
    engine = reading_of(parsed)
    try:
        with engine.connect() as connection:
            yield engine, connection
    except (SQLAlchemyError, UnicodeDecodeError, StartupRefused) as error:
        engine.dispose()
        raise cannot_open(parsed, error) from error


def upgrade(url: str) -> str:
    """Bring the schema of a database up to date, and give it.

    :raises StartupRefused: the URL is none that can be served, the database cannot be reached
        or is one of another program, or this user may not change its tables.
    """
    parsed = parse(url)
    if not is_postgresql(parsed):
        sqlite.SqliteDatabase(parsed).close()
        return schema.NEWEST
    engine = postgresql.migrating(parsed)
    try:
        with engine.begin() as connection:
            postgresql.lock_schema(connection)
            has_roles = postgresql.become_owner(connection)
            schema.upgrade(connection)
            if has_roles:
                postgresql.grant(connection)
    except (SQLAlchemyError, StartupRefused) as error:
        raise postgresql.cannot_open(parsed, error) from error
    finally:
        engine.dispose()
    return schema.NEWEST


def place(url: str) -> str:
    """Where a database is, as anybody may be told: no user, no password, and no folder.

    :raises StartupRefused: the URL is none that can be served.
    """
    parsed = parse(url)
    if not is_postgresql(parsed):
        return f"the SQLite file {Path(str(parsed.database)).name}"
    hosts = parsed.host or parsed.query.get("host", "")
    named = hosts if isinstance(hosts, str) else ",".join(hosts)
    port = f":{parsed.port}" if parsed.port else ""
    return f"postgresql://{named}{port}/{parsed.database}"


def is_postgresql(url: URL) -> bool:
    """Whether it is a PostgreSQL database, and else a SQLite file."""
    return url.get_backend_name() == "postgresql"


def parse(url: str) -> URL:
    """The URL of a database of an engine that is served.

    :raises StartupRefused: it is none.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # a port that is no number
        raise StartupRefused(f"what is given is no database URL; {TRY}") from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StartupRefused(f"cannot serve a {parsed.get_backend_name()} database; {TRY}")
    return parsed


_ENGINES = {
    "sqlite": (sqlite.reading, sqlite.cannot_open),
    "postgresql": (postgresql.reading, postgresql.cannot_open),
}
