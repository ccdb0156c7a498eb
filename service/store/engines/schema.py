"""The schema of a database: which one it has, and how it is brought up to date with Alembic.

A migration keeps the rows of the log as they are. Alembic is imported only to migrate or to
compare: it would be a quarter of a server's start.
"""

import uuid
from pathlib import Path

from sqlalchemy import Connection, column, insert, inspect, select, table

from service.store import tables
from service.store.errors import StartupRefused

MIGRATIONS = Path(__file__).parent / "migrations"
ROLES = Path(__file__).parent / "roles.sql"
# The revisions in the order in which they are applied; the database has the number of one.
REVISIONS = ("0001", "0002", "0003", "0004", "0005")
NEWEST = REVISIONS[-1]

_alembic_version = table("alembic_version", column("version_num"))


def revision(connection: Connection) -> str | None:
    """The schema that a database has; None if it has no tables.

    :raises StartupRefused: its tables are those of another program, or of a later version.
    """
    tables_there, found = inspect(connection), None
    if tables_there.has_table(_alembic_version.name):
        found = connection.scalar(select(_alembic_version.c.version_num))
    if found is None and tables_there.get_table_names():
        raise StartupRefused("it is the database of another program")
    if found is not None and found not in REVISIONS:
        raise StartupRefused(
            f"it has the schema {found!r}, which this version does not know: it was written by "
            "a later one"
        )
    return found


def upgrade(connection: Connection) -> None:
    """Bring the tables up to date, in the transaction that is open; make them if there are none.

    :raises StartupRefused: as ``revision`` does.
    """
    if revision(connection) != NEWEST:
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    if connection.execute(select(tables.head.c.id)).first() is None:
        origin = f"chancery.invalid/{uuid.uuid4()}"
        first = {"id": 1, "size": 0, "record_time": 0, "peaks": b"", "origin": origin}
        connection.execute(insert(tables.head).values(**first))


def check(connection: Connection) -> None:
    """Refuse a database that has not this version's schema.

    :raises StartupRefused: it has another, or none; the message names the command to run.
    """
    found = revision(connection)
    if found != NEWEST:
        has = "no tables yet" if found is None else f"the schema {found}, and {NEWEST} is needed"
        raise StartupRefused(
            f"it has {has}: run chancery database upgrade on it, as the owner of its tables"
        )


def differences(connection: Connection) -> list[str]:
    """What differs between the tables and those of this version, each for a person."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return [repr(each) for each in compare_metadata(context, tables.metadata)]
