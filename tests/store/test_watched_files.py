"""Whatever happens to the files of a database, nothing is appended that would be lost with them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from service.store.engines.opening import open_database
from service.store.engines.sqlite import SqliteDatabase
from service.store.errors import FilesChanged
from service.store.log.writer import Writer
from tests.store.builders import entry, logged, url
from tests.support.spoiling import SPOILINGS, Spoiling

KINDS = pytest.mark.parametrize("spoiling", SPOILINGS.values(), ids=SPOILINGS)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    """An open database."""
    database = open_database(url(tmp_path / "chancery.db"))
    assert isinstance(database, SqliteDatabase)
    yield database
    database.close()


@pytest.fixture
def writer(database: SqliteDatabase) -> Writer:
    """A writer that has written, so that the write-ahead log is not empty."""
    writer = Writer(database)
    writer.append([entry("beijing", 1)])
    return writer


@KINDS
def test_nothing_is_appended_once_a_file_is_not_as_it_was(
    database: SqliteDatabase, writer: Writer, spoiling: Spoiling
) -> None:
    """It is said what became of which file."""
    spoiling.do(database.file)
    for _ in range(2):
        with pytest.raises(FilesChanged):
            writer.append([entry("beijing", 2)])
    assert spoiling.told in database.fault


@pytest.mark.parametrize("kind", sorted(SPOILINGS.keys() - {"log emptied"}))
def test_what_is_committed_to_a_file_that_is_not_there_any_more_is_not_acknowledged(
    database: SqliteDatabase, writer: Writer, kind: str
) -> None:
    """Also if that happens while it is committed.

    A log that is emptied just then is written on at its former end, and looks as if it had grown.
    """

    def spoil(_: object) -> None:
        SPOILINGS[kind].do(database.file)

    event.listen(database.writer, "commit", spoil, once=True)
    with pytest.raises(FilesChanged):
        writer.append([entry("beijing", 2)])


def test_a_file_may_grow_and_its_log_be_emptied(database: SqliteDatabase, writer: Writer) -> None:
    """By the writer: what it does to its own files is no fault."""
    for version in range(2, 60):
        writer.append([entry("beijing", version, reason="x" * 4000)])
        if version % 20 == 0:
            assert database.empty_wal()
    database.look()
    assert database.fault == ""
    assert len(logged(database.file)) == 59


def test_looking_at_the_files_opens_none(
    database: SqliteDatabase, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever closes a file drops the locks that SQLite has of it in the same process."""

    def opened(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened")

    for name in ("builtins.open", "os.open", "io.open"):
        monkeypatch.setattr(name, opened)
    database.look()
    assert database.fault == ""
