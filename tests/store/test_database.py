"""Opening a file: who may, what is refused, and how its connections are set up."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError

from service.store import tables
from service.store.database import Database
from service.store.errors import StartupRefused
from service.store.reader import Reader
from service.store.writer import Writer
from tests.store.builders import entry, logged, stored, url

OPEN_AND_WAIT = """
import sys
from service.store.database import Database
database = Database(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
database.close()
"""


@contextlib.contextmanager
def another_process(database_url: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that has the database open."""
    command = [sys.executable, "-c", OPEN_AND_WAIT, database_url]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        try:
            yield process
        finally:
            process.kill()


# One process at a time


def test_a_file_that_another_process_serves_is_refused(file: Path) -> None:
    """The second one is told why, and can begin as soon as the first is killed."""
    with another_process(url(file)) as process:
        with pytest.raises(StartupRefused, match=r"another process serves .*chancery.db: one"):
            Database(url(file))
        process.send_signal(signal.SIGKILL)
        process.wait()
        Database(url(file)).close()


def test_a_file_is_recognised_through_links(tmp_path: Path) -> None:
    """Another name for the file, or for its folder, is no way around the lock."""
    folder = tmp_path / "folder"
    folder.mkdir()
    file = folder / "chancery.db"
    (tmp_path / "link.db").symlink_to(file)
    (tmp_path / "other-folder").symlink_to(folder)
    names = [
        tmp_path / "link.db",
        tmp_path / "other-folder" / "chancery.db",
        folder / ".." / "link.db",
    ]
    with another_process(url(file)):
        for name in names:
            with pytest.raises(StartupRefused, match="another process serves"):
                Database(url(name))
    with another_process(url(names[0])), pytest.raises(StartupRefused, match="another process"):
        Database(url(file))


def test_a_file_is_recognised_by_its_relative_name(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path from the current folder is the same file."""
    with another_process(url(file)):
        monkeypatch.chdir(file.parent)
        with pytest.raises(StartupRefused, match="another process serves"):
            Database("sqlite:///chancery.db")


def test_a_second_database_on_the_file_in_the_same_process_is_refused(
    file: Path, database: Database
) -> None:
    """Two writers in one process would be as bad as in two."""
    with pytest.raises(StartupRefused, match="another process serves"):
        Database(url(file))
    database.close()
    Database(url(file)).close()


def test_other_files_in_the_same_folder_are_free(tmp_path: Path) -> None:
    """The lock is of a file, not of its folder."""
    with another_process(url(tmp_path / "one.db")):
        Database(url(tmp_path / "two.db")).close()


def test_a_lock_file_that_was_left_behind_locks_nothing(file: Path) -> None:
    """What counts is the lock, which ends with its process, and not that a file is there."""
    Path(f"{file}.lock").touch()
    Database(url(file)).close()
    Database(url(file)).close()


# What is refused


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "no database URL"),
        ("chancery.db", "no database URL"),
        ("sqlite://", "in memory"),
        ("sqlite:///", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///file:chancery?mode=memory&cache=shared&uri=true", "no driver and no options"),
        ("postgresql://localhost/chancery", "cannot serve a postgresql database yet"),
        ("mysql+pymysql://localhost/chancery", "cannot serve a mysql database yet"),
        ("sqlite:///missing/chancery.db", "there is no folder .*missing"),
        ("sqlite:///folder", "folder"),
        ("sqlite:///text.db", "text.db"),
        ("sqlite+unheardof:///chancery.db", "unheardof"),
        ("sqlite+aiosqlite:///chancery.db", "aiosqlite"),
        ("sqlite:///chancery.db?timeout=soon", "soon"),
    ],
)
def test_what_cannot_be_served_is_refused_with_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, message: str
) -> None:
    """In memory, not SQLite, no URL, no folder, no database: each is a StartupRefused."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.db").write_text("This is no database. " * 100)
    with pytest.raises(StartupRefused, match=message):
        Database(given).close()
    assert (tmp_path / "text.db").read_text() == "This is no database. " * 100


def test_the_database_of_another_program_is_refused_and_left_alone(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE notes (text)")
    with pytest.raises(StartupRefused, match="another program"):
        Database(url(file))
    assert stored(file, "SELECT name FROM sqlite_master") == [("notes",)]


def test_a_folder_that_cannot_be_written_is_refused(file: Path) -> None:
    """Where the lock cannot be made, the message names it and says why."""
    Path(f"{file}.lock").mkdir()
    with pytest.raises(StartupRefused, match=r"cannot write .*chancery.db.lock: Is a directory"):
        Database(url(file))


def test_a_schema_of_a_later_version_is_refused_and_left_alone(file: Path) -> None:
    """The message names the revision; afterwards the file is as it was, and free."""
    Database(url(file)).close()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = file.read_bytes()
    with pytest.raises(StartupRefused, match="has the schema '9999', which this version does"):
        Database(url(file))
    assert file.read_bytes() == before
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0002'")
        connection.commit()
    Database(url(file)).close()


def test_after_a_refusal_the_file_is_free_at_once(file: Path) -> None:
    """Whoever catches the refusal and holds it does not hold the file with it."""
    file.write_text("This is no database. " * 100)
    with pytest.raises(StartupRefused) as refused:
        Database(url(file))
    file.unlink()
    Database(url(file)).close()
    assert refused.value.__cause__ is not None


def test_after_an_unknown_schema_was_refused_the_file_is_free_at_once(file: Path) -> None:
    """The lock does not wait for whoever holds the exception."""
    Database(url(file)).close()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(StartupRefused) as refused:
        Database(url(file))
    with pytest.raises(StartupRefused, match="9999"):
        Database(url(file))
    assert "9999" in str(refused.value)


# Connections


def pragma(engine: object, name: str) -> object:
    with engine.connect() as connection:  # type: ignore[attr-defined]
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


@pytest.mark.parametrize(("name", "value"), [("journal_mode", "wal"), ("synchronous", 2)])
def test_every_connection_is_durable(database: Database, name: str, value: object) -> None:
    """The log is written ahead, and each commit is synced."""
    assert pragma(database.writer, name) == value
    assert pragma(database.readers, name) == value


def test_the_writer_writes_and_readers_only_read(database: Database) -> None:
    """A statement that would write is refused on a reader's connection."""
    assert pragma(database.writer, "query_only") == 0
    assert pragma(database.readers, "query_only") == 1
    with (
        pytest.raises(OperationalError, match="readonly"),
        database.readers.begin() as connection,
    ):
        connection.execute(tables.head.update().values(size=7))
    assert Reader(database).head().position == 0


def test_a_write_transaction_takes_the_lock_as_it_begins(file: Path, database: Database) -> None:
    """BEGIN IMMEDIATE: nobody else can begin to write once the writer's transaction has begun."""
    other = sqlite3.connect(file, isolation_level=None, timeout=0)
    with contextlib.closing(other):
        with (
            database.writer.begin(),
            pytest.raises(sqlite3.OperationalError, match="database is locked"),
        ):
            other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")


def test_readers_read_while_a_transaction_is_open(database: Database) -> None:
    """A reader does not wait for the writer, and sees what was committed before."""
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


def test_the_wal_is_checkpointed_at_the_end(file: Path, database: Database) -> None:
    """After a clean end all is in the one file, which can be copied as it is."""
    writer = Writer(database)
    writer.append([entry("beijing", 1)])
    writer.close()
    database.close()
    assert not os.path.exists(f"{file}-wal")
    copy = file.with_name("copy.db")
    copy.write_bytes(file.read_bytes())
    assert logged(copy) == [("beijing", 1)]


# The schema


def test_the_migrations_make_the_tables(database: Database) -> None:
    """Nothing differs between the baseline and the tables that the code has."""
    with database.writer.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, tables.metadata) == []


def test_the_migrations_make_keys_and_uniqueness(database: Database) -> None:
    """What guards the log is in the file: its primary key and its two unique constraints."""
    inspector = inspect(database.writer)
    for table in tables.metadata.sorted_tables:
        found = inspector.get_pk_constraint(table.name)["constrained_columns"]
        assert found == [column.name for column in table.primary_key]
        nullable = {c["name"]: c["nullable"] for c in inspector.get_columns(table.name)}
        assert nullable == {column.name: column.nullable for column in table.columns}
    unique = {tuple(c["column_names"]) for c in inspector.get_unique_constraints("log")}
    assert unique == {("visit_id", "version"), ("actor", "request_id")}


def test_a_comparison_notices_a_difference(database: Database) -> None:
    """The check above is not empty for want of looking."""
    with database.writer.begin() as connection:
        connection.exec_driver_sql("DROP INDEX alias_visit")
        connection.exec_driver_sql("ALTER TABLE visit ADD COLUMN further TEXT")
    with database.writer.connect() as connection:
        context = MigrationContext.configure(connection)
        assert len(compare_metadata(context, tables.metadata)) == 2


def test_a_log_keeps_its_name(file: Path, tmp_path: Path) -> None:
    """The origin is chosen when a log is begun; another log has another one."""
    names = []
    for name in (file, file, tmp_path / "other.db"):
        Database(url(name)).close()
        names += stored(name, "SELECT origin FROM head")
    assert names[0] == names[1] != names[2]
    assert stored(file, "SELECT count(*) FROM head") == [(1,)]
