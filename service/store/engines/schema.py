"""The schema of a database: which one it has, and how it is brought up to date with Alembic.

A migration keeps the rows of the log as they are. Alembic is imported only to migrate or to
compare: it would be a quarter of a server's start.
"""

import uuid
import warnings
from pathlib import Path

from sqlalchemy import Connection, column, insert, inspect, select, table, text

from service.store import tables
from service.store.errors import StartupRefused

MIGRATIONS = Path(__file__).parent / "migrations"
ROLES = Path(__file__).parent / "roles.sql"
# The revisions in the order in which they are applied; the database has the number of one.
REVISIONS = ("0102",)
NEWEST = REVISIONS[-1]
# Those of earlier editions, none of which anybody uses: of the first one, whose logs mean something
# else, and of the one whose logs do not know their first origin.
EARLIER = ("0001", "0002", "0003", "0004", "0005", "0101")

# Whether the index is there that keeps requests apart.
_REQUEST_INDEX = {
    "sqlite": text(
        "SELECT 1 FROM pragma_index_list('log') WHERE name = :name AND \"unique\" AND NOT partial"
    ).bindparams(name=tables.BY_REQUEST),
    "postgresql": text(
        "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(:name) AND indisunique "
        "AND indisvalid AND indpred IS NULL"
    ).bindparams(name=tables.BY_REQUEST),
}

_alembic_version = table("alembic_version", column("version_num"))


def revision(connection: Connection) -> str | None:
    """The schema that a database has; None if it has no tables.

    :raises StartupRefused: its tables are those of another program, of an earlier edition, or
        of a later version.
    """
    tables_there, found = inspect(connection), None
    if tables_there.has_table(_alembic_version.name):
        found = connection.scalar(select(_alembic_version.c.version_num))
    if found is None and tables_there.get_table_names():
        raise StartupRefused("it is the database of another program")
    if found in EARLIER:
        raise StartupRefused(
            "its log is of an earlier edition, which this version cannot read: begin a new database"
        )
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
        origin = new_origin()
        first = {"id": 1, "size": 0, "record_time": 0, "peaks": b"", "folding": tables.FOLDING}
        names = {"origin": origin, "first_origin": origin}
        connection.execute(insert(tables.head).values(**first, **names))


def new_origin() -> str:
    """A name that no other log has."""
    return f"chancery.invalid/{uuid.uuid4()}"


def check(connection: Connection) -> None:
    """Refuse a database that has not this version's schema and folding of words.

    :raises StartupRefused: it has another, or none; the message names the command to run.
    """
    check_schema(connection)
    folding = connection.scalar(select(tables.head.c.folding))
    if folding not in (None, tables.FOLDING):  # None: there is no head row, which verifying tells
        raise StartupRefused(
            f"its words are folded in the way {folding}, and {tables.FOLDING} is needed: "
            "run chancery database upgrade on it, as the owner of its tables"
        )


def check_schema(connection: Connection) -> None:
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

    compared = {"compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(
        connection, opts={**compared, "include_object": _can_be_compared}
    )
    with warnings.catch_warnings():  # SQLAlchemy tells that it cannot read such an index
        warnings.filterwarnings("ignore", ".*expression-based index")
        found = [repr(each) for each in compare_metadata(context, tables.metadata)]
    if connection.execute(_REQUEST_INDEX[connection.dialect.name]).first() is None:
        found.append(f"there is no unique index {tables.BY_REQUEST} of the requests in the log")
    return found


def _can_be_compared(_: object, name: str | None, *__: object) -> bool:
    """Whether a part of the schema is not an index of an expression.

    SQLAlchemy does not read those of SQLite, and PostgreSQL writes them in another way.
    """
    return name != tables.BY_REQUEST
