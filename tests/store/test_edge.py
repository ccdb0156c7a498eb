"""The tree in the database: made with each batch, and held against the entries."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select

from service.audit.tiles import Edge
from service.store import tables
from service.store.database import MIGRATIONS, Database
from service.store.edge import edge_of, leaf_hash
from service.store.errors import LogDamaged
from service.store.writer import Writer
from tests.store.builders import entry, url

ENTRIES = 700  # two tiles of leaves, and a part of one
FLIP = (
    "UPDATE {table} SET {column} = CAST(zeroblob(32) || substr({column}, 33) AS BLOB) WHERE {row}"
)

DAMAGE = {
    "a body": "UPDATE log SET body = CAST(body || x'00' AS BLOB) WHERE position = 690",
    "a body that is text": "UPDATE log SET body = 'text' WHERE position = 690",
    "a nonce": FLIP.format(table="log", column="nonce", row="position = 690"),
    "a record time": "UPDATE log SET record_time = record_time - 1 WHERE position = 690",
    "the last record time": "UPDATE log SET record_time = record_time + 1 WHERE position = 700",
    "the last entry gone": "DELETE FROM log WHERE position = 700",
    "an entry gone": "DELETE FROM log WHERE position = 690",
    "an entry too many": "INSERT INTO log SELECT 701, visit_id, 701, topic, record_time, body, "
    "nonce, 'another', actor, request_digest, frame_prefix FROM log WHERE position = 700",
    "a peak": FLIP.format(table="head", column="peaks", row="id = 1"),
    "the record time of the head": "UPDATE head SET record_time = record_time + 1",
    "the size of the head": "UPDATE head SET size = 699",
    "a tile of the second level": FLIP.format(
        table="tile", column="hashes", row="level = 1 AND number = 0"
    ),
    "a tile gone": "DELETE FROM tile WHERE level = 1",
}


class Row(NamedTuple):
    """What a leaf is made of."""

    position: int
    record_time: int
    nonce: bytes
    body: bytes


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A log of 700 entries."""
    file = tmp_path / "chancery.db"
    with writing(file) as append:
        for version in range(1, ENTRIES + 1, 7):
            append(version, version + 7)
    return file


@contextlib.contextmanager
def writing(file: Path) -> Iterator[Callable[[int, int], object]]:
    """Appends the versions from one up to, and without, another."""
    database = Database(url(file))
    writer = Writer(database)
    try:
        yield lambda first, end: writer.append([entry("visit", v) for v in range(first, end)])
    finally:
        writer.close()
        database.close()


def whole(connection: sqlite3.Connection) -> tuple[Edge, dict[tuple[int, int], bytes]]:
    """The edge of the tree of all entries, and the tiles to keep of it."""
    rows = connection.execute(
        "SELECT position, record_time, nonce, body FROM log ORDER BY position"
    )
    edge, tiles = Edge().grown([leaf_hash(Row(*row)) for row in rows])
    return edge, {(tile.level, tile.index): tile.hashes for tile in tiles}


def kept(file: Path) -> dict[tuple[int, int], bytes]:
    """The tiles that stand in the database."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT level, number, hashes FROM tile").fetchall()
    return {(level, number): hashes for level, number, hashes in rows}


def run(file: Path, statement: str) -> None:
    """Change the file behind the server's back."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        assert connection.execute(statement).rowcount == 1
        connection.commit()


def test_the_tiles_are_those_of_the_entries_over_a_restart(file: Path) -> None:
    """A writer goes on in the middle of a tile where another one stopped."""
    with writing(file) as append:
        append(701, 1100)
        append(1100, 1101)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        edge, tiles = whole(connection)
    assert kept(file) == tiles
    assert set(tiles) == {(0, 0), (0, 1), (0, 2), (0, 3), (1, 0)}
    with contextlib.closing(Database(url(file))) as database, database.readers.connect() as reading:
        assert edge_of(reading, reading.execute(select(tables.head)).one()) == edge


@pytest.mark.parametrize("statement", DAMAGE.values(), ids=DAMAGE)
def test_nothing_is_appended_to_a_log_whose_head_does_not_match(file: Path, statement: str) -> None:
    """The caller is told, and the file stays as it is."""
    run(file, statement)
    with writing(file) as append, pytest.raises(LogDamaged):
        append(1001, 1002)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        assert not connection.execute("SELECT 1 FROM log WHERE version = 1001").fetchall()


def test_a_head_that_is_replaced_under_a_running_server_is_noticed(file: Path) -> None:
    """The tree that the writer has in memory is held against the head row at each batch."""
    with writing(file) as append:
        append(701, 702)
        run(file, DAMAGE["a peak"])
        with pytest.raises(LogDamaged):
            append(702, 703)


def test_a_file_of_the_first_version_gets_its_tiles(file: Path) -> None:
    """They are made from the entries that stand there."""
    before = kept(file)
    database = Database(url(file))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.writer.begin() as connection:
        connection.exec_driver_sql("DROP TABLE tile")
        connection.exec_driver_sql("ALTER TABLE head DROP COLUMN public_key")
        config.attributes["connection"] = connection
        command.stamp(config, "0001", purge=True)
    database.close()
    with writing(file) as append:
        assert kept(file) == before
        append(701, 702)
