"""The tree in the database: extended with each batch, and checked against the entries."""

import contextlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from sqlalchemy import select

from service.store import tables
from service.store.engines.opening import open_database
from service.store.errors import LogDamaged
from service.store.log.leaves import leaf_hash
from service.store.log.rows import HeadRow
from service.store.log.tiles import read_edge
from service.store.log.writer import Writer
from service.tlog.tiles import Edge
from tests.store.builders import entry
from tests.support.place import Place

ENTRIES = 700  # two tiles of leaves, and a part of one


def cleared(value: bytes) -> bytes:
    """The value with different first bytes."""
    return bytes(32) + value[32:]


# Each changes one row.
DAMAGE: dict[str, Callable[[Place], None]] = {
    "a body": lambda place: place.alter("log", "body", "position = 690", lambda b: b + b"\x00"),
    "a body that is text": lambda place: place.run(
        "UPDATE log SET body = 'text' WHERE position = 690"
    ),
    "a nonce": lambda place: place.alter("log", "nonce", "position = 690", cleared),
    "a record time": lambda place: place.run(
        "UPDATE log SET record_time = record_time - 1 WHERE position = 690"
    ),
    "the last record time": lambda place: place.run(
        "UPDATE log SET record_time = record_time + 1 WHERE position = 700"
    ),
    "the last entry gone": lambda place: place.run("DELETE FROM log WHERE position = 700"),
    "an entry gone": lambda place: place.run("DELETE FROM log WHERE position = 690"),
    "an entry too many": lambda place: place.run(
        "INSERT INTO log SELECT 701, visit_id, 701, topic, record_time, body, nonce, 'another', "
        "actor, request_digest, open_length, frame_prefix FROM log WHERE position = 700"
    ),
    "a peak": lambda place: place.alter("head", "peaks", "id = 1", cleared),
    "the record time of the head": lambda place: place.run(
        "UPDATE head SET record_time = record_time + 1"
    ),
    "the size of the head": lambda place: place.run("UPDATE head SET size = 699"),
    "a tile of the second level": lambda place: place.alter(
        "tile", "hashes", "level = 1 AND number = 0", cleared
    ),
    "a tile gone": lambda place: place.run("DELETE FROM tile WHERE level = 1"),
}


class Row(NamedTuple):
    """What a leaf is made of."""

    position: int
    record_time: int
    nonce: bytes
    body: bytes


@pytest.fixture
def place(place: Place) -> Place:
    """A log of 700 entries."""
    with writing(place) as append:
        for version in range(1, ENTRIES + 1, 7):
            append(version, version + 7)
    return place


@contextlib.contextmanager
def writing(place: Place) -> Iterator[Callable[[int, int], object]]:
    """Appends the versions from the first up to but not including the last."""
    database = open_database(place.url)
    writer = Writer(database)
    try:
        yield lambda first, end: writer.append([entry("visit", v) for v in range(first, end)])
    finally:
        writer.close()
        database.close()


def whole(place: Place) -> tuple[Edge, dict[tuple[int, int], bytes]]:
    """The edge of the tree over all entries, and the tiles to store."""
    rows = place.rows("SELECT position, record_time, nonce, body FROM log ORDER BY position")
    edge, tiles = Edge().grown([leaf_hash(Row(*row)) for row in rows])
    return edge, {(tile.level, tile.index): tile.hashes for tile in tiles}


def kept(place: Place) -> dict[tuple[int, int], bytes]:
    """The tiles in the database."""
    rows = place.rows("SELECT level, number, hashes FROM tile")
    return {(level, number): hashes for level, number, hashes in rows}


def test_the_tiles_are_those_of_the_entries_over_a_restart(place: Place) -> None:
    """A writer continues a tile in the middle, where another one stopped."""
    with writing(place) as append:
        append(701, 1100)
        append(1100, 1101)
    edge, tiles = whole(place)
    assert kept(place) == tiles
    assert set(tiles) == {(0, 0), (0, 1), (0, 2), (0, 3), (1, 0)}
    with (
        contextlib.closing(open_database(place.url)) as database,
        database.readers.connect() as reading,
    ):
        head = HeadRow._make(reading.execute(select(tables.head)).one())
        assert read_edge(reading, head) == edge


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_nothing_is_appended_to_a_log_whose_head_does_not_match(
    place: Place, damage: Callable[[Place], None]
) -> None:
    """The caller gets an error, and the log stays as it is."""
    damage(place)
    with writing(place) as append, pytest.raises(LogDamaged):
        append(1001, 1002)
    assert place.rows("SELECT position FROM log WHERE version = 1001") == []


def test_a_head_that_is_replaced_under_a_running_server_is_noticed(place: Place) -> None:
    """With each batch the writer compares its tree in memory with the head row."""
    with writing(place) as append:
        append(701, 702)
        DAMAGE["a peak"](place)
        with pytest.raises(LogDamaged):
            append(702, 703)
