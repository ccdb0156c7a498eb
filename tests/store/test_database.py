"""An open database of either engine: its connections, and its schema."""

import subprocess
import sys

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect
from sqlalchemy.exc import DBAPIError, IntegrityError

from service.store import tables
from service.store.engines import schema
from service.store.engines.database import Database
from service.store.engines.opening import differences, open_database, reading, schema_of, upgrade
from service.store.engines.schema import EARLIER, MIGRATIONS, NEWEST, REVISIONS
from service.store.errors import StartupRefused
from service.store.log.reader import Reader
from tests.support.place import Place

# Connections


def test_the_writer_writes_and_readers_only_read(database: Database) -> None:
    """A reader's connection refuses statements that write."""
    with (
        pytest.raises(DBAPIError, match=r"read-?only"),
        database.readers.begin() as connection,
    ):
        connection.execute(tables.head.update().values(size=7))
    assert Reader(database).head().position == 0


def test_readers_read_while_a_transaction_is_open(database: Database) -> None:
    """A reader does not wait for the writer, and sees what is already committed."""
    with database.writer.begin() as connection:
        connection.execute(tables.head.update().values(size=7))
        assert Reader(database).head().position == 0
        connection.rollback()


def test_there_is_one_connection_for_writing(database: Database) -> None:
    """All writing and all checkpoints go through the same connection."""
    with database.writer.connect() as one:
        first = one.connection.driver_connection
    with database.writer.connect() as two:
        assert two.connection.driver_connection is first


# The schema


def test_the_migrations_make_the_tables(database: Database) -> None:
    """Their tables are the same as those in the code."""
    with database.writer.connect() as connection:
        assert schema.differences(connection) == []


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_the_migrations_make_keys_and_uniqueness(database: Database) -> None:
    """The database itself guards the log, with a primary key and another unique constraint.

    Request ids have a unique index, since their key has an expression.
    """
    inspector = inspect(database.writer)
    for table in tables.metadata.sorted_tables:
        found = inspector.get_pk_constraint(table.name)["constrained_columns"]
        assert found == [column.name for column in table.primary_key]
        nullable = {c["name"]: c["nullable"] for c in inspector.get_columns(table.name)}
        assert nullable == {column.name: column.nullable for column in table.columns}
    unique = {tuple(c["column_names"]) for c in inspector.get_unique_constraints("log")}
    assert unique == {("visit_id", "version")}


def test_a_comparison_notices_a_difference(database: Database) -> None:
    """So the test above really compares."""
    with database.writer.begin() as connection:
        connection.exec_driver_sql("DROP INDEX alias_visit")
        connection.exec_driver_sql("DROP INDEX log_request")
        connection.exec_driver_sql("ALTER TABLE visit ADD COLUMN further TEXT")
    with database.writer.connect() as connection:
        assert len(schema.differences(connection)) == 3


def test_a_log_keeps_its_name(place: Place) -> None:
    """The origin is chosen when a log is begun."""
    names = []
    for _ in range(2):
        upgrade(place.url)
        open_database(place.url).close()
        names += place.rows("SELECT origin FROM head")
    assert len(names) == 2
    assert names[0] == names[1]


def test_the_revisions_are_those_of_the_migrations_in_their_order() -> None:
    """They are named in the code, so that a server starts without looking for them."""
    newest_first = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    assert [each.revision for each in newest_first] == list(reversed(REVISIONS))


def test_a_server_starts_without_alembic() -> None:
    """It would take a quarter of the time."""
    script = "import sys, service.serve; print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


@pytest.mark.parametrize("revision", EARLIER)
def test_a_database_of_an_earlier_edition_is_refused_and_left_alone(
    place: Place, revision: str
) -> None:
    """One sentence says so, whatever is asked of the database."""
    upgrade(place.url)
    place.run("UPDATE alembic_version SET version_num = ?", revision)
    before = place.rows("SELECT * FROM head")
    for refused in (open_database, upgrade, differences, reading, schema_of):
        with pytest.raises(StartupRefused, match="its log is of an earlier edition, which this"):
            refused(place.url)
    assert place.rows("SELECT version_num FROM alembic_version") == [(revision,)]
    assert place.rows("SELECT * FROM head") == before


def test_a_schema_of_a_later_version_is_refused(place: Place) -> None:
    """The message names the revision; a database with this version's schema opens as before."""
    upgrade(place.url)
    place.run("UPDATE alembic_version SET version_num = '9999'")
    for refused in (open_database, upgrade, differences):
        with pytest.raises(StartupRefused, match="has the schema '9999', which this version does"):
            refused(place.url)
    place.run("UPDATE alembic_version SET version_num = ?", NEWEST)
    open_database(place.url).close()


def test_a_statement_that_fails_says_nothing_of_its_values(database: Database) -> None:
    """Its values are nonces and texts, and the error is logged."""
    secret = b"a nonce of thirty-two bytes here"
    row = {
        "position": 1,
        "visit_id": "beijing",
        "version": 1,
        "topic": "postponed",
        "record_time": 1,
        "body": secret,
        "nonce": secret,
        "actor": "anna",
        "open_length": 0,
        "frame_prefix": b"",
    }
    with database.writer.begin() as connection:
        connection.execute(insert(tables.log), row)
    with pytest.raises(IntegrityError) as refused, database.writer.begin() as connection:
        connection.execute(insert(tables.log), row)
    assert "thirty-two" not in str(refused.value)
    assert secret.hex() not in str(refused.value)
