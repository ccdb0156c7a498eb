"""SQLite alone: who may open a file, what is refused, connections, faults."""

import contextlib
import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store.engines.database import Database
from service.store.engines.opening import open_database
from service.store.engines.schema import NEWEST
from service.store.errors import DiskFull, StartupRefused, StoreUnavailable
from service.store.log.writer import Writer
from tests.store import logbook
from tests.store.builders import entry, logged, stored, url
from tests.support.processes import PIPE, Process

OPEN_AND_WAIT = """
import sys
from service.store.engines.opening import open_database
database = open_database(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
database.close()
"""


@contextlib.contextmanager
def another_process(database_url: str) -> Iterator[Process]:
    """A process that has the database open."""
    command = ["-c", OPEN_AND_WAIT, database_url]
    with Process(command, stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of a test's database."""
    return tmp_path / "chancery.db"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    """An open database with an empty log."""
    database = open_database(url(file))
    yield database
    database.close()


# One process at a time


def test_a_file_that_another_process_serves_is_refused(file: Path) -> None:
    """The second one is told why, and can start as soon as the first is killed."""
    with another_process(url(file)) as process:
        with pytest.raises(StartupRefused, match=r"another process serves .*chancery.db: one"):
            open_database(url(file))
        process.send_signal(signal.SIGKILL)
        process.wait()
        open_database(url(file)).close()


def test_a_file_is_recognised_through_links(tmp_path: Path) -> None:
    """Another name for the file or its folder does not get around the lock."""
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
                open_database(url(name))
    with another_process(url(names[0])), pytest.raises(StartupRefused, match="another process"):
        open_database(url(file))


def test_a_file_is_recognised_by_its_relative_name(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path from the current folder is the same file."""
    with another_process(url(file)):
        monkeypatch.chdir(file.parent)
        with pytest.raises(StartupRefused, match="another process serves"):
            open_database("sqlite:///chancery.db")


def test_a_second_database_on_the_file_in_the_same_process_is_refused(
    file: Path, database: Database
) -> None:
    """Two writers in one process would be as bad as in two."""
    with pytest.raises(StartupRefused, match="another process serves"):
        open_database(url(file))
    database.close()
    open_database(url(file)).close()


def test_other_files_in_the_same_folder_are_free(tmp_path: Path) -> None:
    """The lock is on a file, not on its folder."""
    with another_process(url(tmp_path / "one.db")):
        open_database(url(tmp_path / "two.db")).close()


def test_a_lock_file_that_was_left_behind_locks_nothing(file: Path) -> None:
    """The lock counts, which ends with its process, not the file."""
    Path(f"{file}.lock").touch()
    open_database(url(file)).close()
    open_database(url(file)).close()


# What is refused


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "not a database URL"),
        ("chancery.db", "not a database URL"),
        ("sqlite://", "in memory"),
        ("sqlite:///", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///file:chancery?mode=memory&cache=shared&uri=true", "no driver and no options"),
        ("mysql+pymysql://localhost/chancery", "cannot serve a mysql database;"),
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
    """In memory, another engine, not a URL, no such folder, not a database."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.db").write_text("This is no database. " * 100)
    with pytest.raises(StartupRefused, match=message):
        open_database(given).close()
    assert (tmp_path / "text.db").read_text() == "This is no database. " * 100


def test_the_database_of_another_program_is_refused_and_left_alone(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE notes (text)")
    with pytest.raises(StartupRefused, match="another program"):
        open_database(url(file))
    assert stored(file, "SELECT name FROM sqlite_master") == [("notes",)]


def test_a_folder_that_cannot_be_written_is_refused(file: Path) -> None:
    """If the lock file cannot be made, the message names it and says why."""
    Path(f"{file}.lock").mkdir()
    with pytest.raises(StartupRefused, match=r"cannot write .*chancery.db.lock: Is a directory"):
        open_database(url(file))


def test_a_schema_of_a_later_version_is_refused_and_left_alone(file: Path) -> None:
    """The message names the revision; afterwards the file is as it was, and free."""
    open_database(url(file)).close()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = file.read_bytes()
    with pytest.raises(StartupRefused, match="has the schema '9999', which this version does"):
        open_database(url(file))
    assert file.read_bytes() == before
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (NEWEST,))
        connection.commit()
    open_database(url(file)).close()


def test_after_a_refusal_the_file_is_free_at_once(file: Path) -> None:
    """Keeping the exception does not keep the file."""
    file.write_text("This is no database. " * 100)
    with pytest.raises(StartupRefused) as refused:
        open_database(url(file))
    file.unlink()
    open_database(url(file)).close()
    assert refused.value.__cause__ is not None


def test_after_an_unknown_schema_was_refused_the_file_is_free_at_once(file: Path) -> None:
    """Keeping the exception does not keep the lock."""
    open_database(url(file)).close()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(StartupRefused) as refused:
        open_database(url(file))
    with pytest.raises(StartupRefused, match="9999"):
        open_database(url(file))
    assert "9999" in str(refused.value)


# Connections


def pragma(engine: object, name: str) -> object:
    with engine.connect() as connection:  # type: ignore[attr-defined]
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


@pytest.mark.parametrize(("name", "value"), [("journal_mode", "wal"), ("synchronous", 2)])
def test_every_connection_is_durable(database: Database, name: str, value: object) -> None:
    """The journal is write-ahead, and each commit is synced."""
    assert pragma(database.writer, name) == value
    assert pragma(database.readers, name) == value


def test_readers_are_told_to_write_nothing(database: Database) -> None:
    assert pragma(database.writer, "query_only") == 0
    assert pragma(database.readers, "query_only") == 1


def test_a_write_transaction_takes_the_lock_as_it_begins(file: Path, database: Database) -> None:
    """BEGIN IMMEDIATE: nobody else can start writing once the writer's transaction has begun."""
    other = sqlite3.connect(file, isolation_level=None, timeout=0)
    with contextlib.closing(other):
        with (
            database.writer.begin(),
            pytest.raises(sqlite3.OperationalError, match="database is locked"),
        ):
            other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")


def test_the_wal_is_checkpointed_at_the_end(file: Path, database: Database) -> None:
    """After a clean end everything is in one file, which can be copied as it is."""
    writer = Writer(database)
    writer.append([entry("beijing", 1)])
    writer.close()
    database.close()
    assert not os.path.exists(f"{file}-wal")
    copy = file.with_name("copy.db")
    copy.write_bytes(file.read_bytes())
    assert logged(copy) == [("beijing", 1)]


# Faults


@contextlib.contextmanager
def full_disk(database: Database) -> Iterator[None]:
    """The file cannot grow by a single page."""
    with database.writer.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        before = connection.exec_driver_sql("PRAGMA max_page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.rollback()
    yield
    with database.writer.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {before}")
        connection.rollback()


def test_a_full_disk_is_said_and_later_appends_work_again(
    database: Database, writer: Writer, file: Path
) -> None:
    """What does not fit is refused as DiskFull; once there is room, the log has no gap."""
    writer.append([entry("beijing", 1)])
    large = "x" * 100_000
    with full_disk(database):
        with pytest.raises(DiskFull):
            writer.append([entry(f"visit-{i}", 1, reason=large) for i in range(3)])
        with pytest.raises(DiskFull):
            writer.append([entry("beijing", 2, reason=large)])
    assert list(writer.append([entry("beijing", 2, reason=large)])) == [2]
    assert list(writer.append([entry("visit-0", 1)])) == [3]
    assert logged(file) == [("beijing", 1), ("beijing", 2), ("visit-0", 1)]
    assert logbook.problems(file) == []


def test_a_database_error_is_said_and_the_writer_goes_on(
    database: Database, writer: Writer, file: Path
) -> None:
    """While another program holds the file, appends raise StoreUnavailable; later they work."""
    with database.writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 20")
        connection.rollback()
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                writer.append([entry("beijing", 1)])
        other.execute("ROLLBACK")
    assert list(writer.append([entry("beijing", 1)])) == [1]
    assert logbook.problems(file) == []
