"""Edits of a database, and the positions of which one is to be named of each.

An edit is given a connection to a copy and a source of chance. It gives None where it
changed nothing, so that another one is chosen.
"""

import random
import sqlite3
from collections.abc import Callable, Sequence, Set
from typing import Any

from chancery.v1.event_pb2 import VisitEvent
from service import wire
from service.audit import tree
from service.audit.tiles import WIDTH, subtree_root
from service.store import tables
from tests.verify.logs import COMPLETE, EARLIER, ENTRIES, PEAKS

Named = Set[int] | None

ANY = frozenset(range(ENTRIES + 2))
REPEATED = ["visit_id", "version", "topic", "actor", "request_id", "frame_prefix"]
HEAD = ["id", "size", "record_time", "peaks", "origin", "public_key"]


def altered(chance: random.Random, value: Any) -> Any:
    """Another value: often of the same type, sometimes of another one."""
    if isinstance(value, bytes):
        text = value.decode("latin-1")
        return chance.choice([flipped(chance, value), value[:-1], value + b"\x00", text, 32])
    if isinstance(value, str):
        at = chance.randrange(len(value) + 1)
        other = value[:at] + "x" + value[at + 1 :]
        return chance.choice([other, f"{value}\x00", f" {value}", value.encode()])
    if isinstance(value, int):
        flip = value ^ 1 << chance.randrange(63)
        return chance.choice([flip, value + 1, value - 1, value + 0.5, "x", b"\x01"])
    return chance.choice([0, "", "x", b"x"])


def flipped(chance: random.Random, data: bytes) -> bytes:
    """The same bytes but for one bit."""
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def alter(
    database: sqlite3.Connection, chance: random.Random, table: str, column: str, where: str
) -> bool:
    """Alter one value, and tell whether it is another one now."""
    bits = f"SELECT typeof({column}), CAST({column} AS BLOB) FROM {table} WHERE rowid = ?"
    rowid, value = one(database, f"SELECT rowid, {column} FROM {table} WHERE {where}")
    before = database.execute(bits, [rowid]).fetchone()
    given, value = ("?", altered(chance, value))
    if chance.random() < 0.1:
        given, value = "CAST(? AS TEXT)", b"\xff\xfe"  # no UTF-8
    try:
        database.execute(f"UPDATE {table} SET {column} = {given} WHERE rowid = ?", [value, rowid])
    except sqlite3.IntegrityError:
        return False
    return bool(database.execute(bits, [rowid]).fetchone() != before)


def one(database: sqlite3.Connection, statement: str, *values: Any) -> Any:
    """The first row."""
    return database.execute(statement, values).fetchone()


def peak_over(position: int) -> int:
    """The last position under the same peak."""
    return next(last for last in PEAKS if last >= position)


# The log


def a_value_of_an_entry(database: sqlite3.Connection, chance: random.Random) -> Named:
    """Of its body or nonce, which in the last tile are told from others by the peaks alone."""
    position, column = chance.randint(1, ENTRIES), chance.choice(["body", "nonce"])
    if not alter(database, chance, "log", column, f"position = {position}"):
        return None
    return {position} if position <= COMPLETE else {position, peak_over(position)}


def a_value_that_is_repeated(database: sqlite3.Connection, chance: random.Random) -> Named:
    """Of a column that says what the body, the position and the record time say."""
    position, column = chance.randint(1, ENTRIES), chance.choice(REPEATED)
    is_altered = alter(database, chance, "log", column, f"position = {position}")
    return {position} if is_altered else None


def a_record_time(database: sqlite3.Connection, chance: random.Random) -> Named:
    """In no complete tile, the next one may be the first that is seen to be wrong."""
    position = chance.randint(1, ENTRIES)
    if not alter(database, chance, "log", "record_time", f"position = {position}"):
        return None
    if position <= COMPLETE:
        return {position}
    return {position, position + 1, peak_over(position)}


def a_forged_body(database: sqlite3.Connection, chance: random.Random) -> Named:
    """All columns of its row say the same."""
    position = chance.randint(1, ENTRIES)
    forge(database, position)
    return {position} if position <= COMPLETE else {peak_over(position)}


def a_forged_body_with_its_leaf(database: sqlite3.Connection, chance: random.Random) -> Named:
    """Its tile has the hash of its leaf, and perhaps the tile above the root of that tile."""
    position = chance.randint(1, COMPLETE)
    hashes = forge(database, position)
    number, place = divmod(position - 1, WIDTH)
    below = replaced(database, 0, number, place, hashes)
    if chance.random() < 0.5:
        return {(number + 1) * WIDTH}
    replaced(database, 1, 0, number, subtree_root(below))
    return {COMPLETE}


def an_entry_moved(database: sqlite3.Connection, chance: random.Random) -> Named:
    """To a position behind all others."""
    position = chance.randint(1, ENTRIES)
    database.execute("UPDATE log SET position = position + 1000 WHERE position = ?", [position])
    return {position}


def an_entry_dropped(database: sqlite3.Connection, chance: random.Random) -> Named:
    """No row is at its position."""
    position = chance.randint(1, ENTRIES)
    database.execute("DELETE FROM log WHERE position = ?", [position])
    return {position}


def two_entries_swapped(database: sqlite3.Connection, chance: random.Random) -> Named:
    """Each stands where the other stood, perhaps with the record time of its place."""
    first, second = sorted(chance.sample(range(1, COMPLETE + 1), 2))
    times = [one(database, f"{RECORD_TIME} {each}")[0] for each in (first, second)]
    for before, after in ((first, -1), (second, first), (-1, second)):
        database.execute("UPDATE log SET position = ? WHERE position = ?", [after, before])
    named = set(range(first, second + 1))
    if chance.random() < 0.5:
        return named
    for position, time in zip((first, second), times, strict=True):
        (body,) = one(database, "SELECT body FROM log WHERE position = ?", position)
        prefix = wire.frame_prefix(position, time, len(body))
        database.execute(
            "UPDATE log SET record_time = ?, frame_prefix = ? WHERE position = ?",
            [time, prefix, position],
        )
    return named


def an_entry_repeated(database: sqlite3.Connection, chance: random.Random) -> Named:
    """It stands at the end once more, under a number and a request id of its own."""
    database.execute(
        "INSERT INTO log SELECT ?, visit_id, 1000, topic, record_time, body, nonce, 'again', "
        "actor, request_digest, frame_prefix FROM log WHERE position = ?",
        [ENTRIES + 1, chance.randint(1, ENTRIES)],
    )
    return {ENTRIES + 1}


def the_end_cut_off(database: sqlite3.Connection, chance: random.Random) -> Named:
    """The head row stays."""
    size = chance.randrange(ENTRIES)
    database.execute("DELETE FROM log WHERE position > ?", [size])
    return {size + 1}


def the_log_of_before(database: sqlite3.Connection, chance: random.Random) -> Named:
    """The head row is that of a smaller size: a checkpoint that was kept tells."""
    size = chance.randrange(1, EARLIER)
    rows = database.execute(f"{LEAVES} WHERE position <= ? ORDER BY position", [size]).fetchall()
    peaks = tree.append([], 0, [leaf_hash(*row) for row in rows])
    database.execute("DELETE FROM log WHERE position > ?", [size])
    database.execute(
        "UPDATE head SET size = ?, record_time = ?, peaks = ?",
        [size, rows[-1][1], b"".join(peaks)],
    )
    return {size + 1}


# The head row and the tiles


def a_value_of_the_head(database: sqlite3.Connection, chance: random.Random) -> Named:
    """Of any of its columns."""
    return ANY if alter(database, chance, "head", chance.choice(HEAD), "id = 1") else None


def a_bit_of_a_peak(database: sqlite3.Connection, chance: random.Random) -> Named:
    """The peak covers a range, whose last position is named."""
    (peaks,) = one(database, "SELECT peaks FROM head")
    at = chance.randrange(len(PEAKS))
    hashes = tree.split(peaks)
    hashes[at] = flipped(chance, hashes[at])
    database.execute("UPDATE head SET peaks = ?", [b"".join(hashes)])
    return {PEAKS[at]}


def no_head_or_two(database: sqlite3.Connection, chance: random.Random) -> Named:
    """There is one head row otherwise."""
    statement = "INSERT INTO head SELECT 2, size, record_time, peaks, origin, public_key FROM head"
    database.execute(chance.choice(["DELETE FROM head", statement]))
    return {ENTRIES}


def a_bit_of_a_tile(database: sqlite3.Connection, chance: random.Random) -> Named:
    """A hash of the second level covers a tile of the first, whose last position is named."""
    level, number = chance.choice([(0, 0), (0, 1), (1, 0)])
    place = chance.randrange(2 if level else WIDTH)
    hashes = tree.split(one(database, HASHES, level, number)[0])
    replaced(database, level, number, place, flipped(chance, hashes[place]))
    return {(number * WIDTH + place + 1) * WIDTH**level}


def a_value_of_a_tile(database: sqlite3.Connection, chance: random.Random) -> Named:
    """Of any of its columns."""
    column = chance.choice(["level", "number", "hashes"])
    where = f"rowid = (SELECT rowid FROM tile LIMIT 1 OFFSET {chance.randrange(3)})"
    return ANY if alter(database, chance, "tile", column, where) else None


def a_tile_gone_or_too_many(database: sqlite3.Connection, chance: random.Random) -> Named:
    """There are two tiles of leaves, and one above them."""
    level, number = chance.choice([(0, 0), (0, 1), (1, 0)])
    if chance.random() < 0.5:
        database.execute("DELETE FROM tile WHERE level = ? AND number = ?", [level, number])
        return {(number + 1) * WIDTH if level == 0 else COMPLETE} | {WIDTH}
    database.execute("INSERT INTO tile SELECT level + 2, number, hashes FROM tile LIMIT 1")
    return {ENTRIES}


# What the log leaves


def a_value_of_a_visit(database: sqlite3.Connection, chance: random.Random) -> Named:
    """Of any column of the current-state table: the visit's last change is named."""
    visit_id, last = any_visit(database, chance)
    column = chance.choice(list(tables.visit.columns.keys()))
    return {last} if alter(database, chance, "visit", column, f"visit_id = '{visit_id}'") else None


def a_visit_gone_or_too_many(database: sqlite3.Connection, chance: random.Random) -> Named:
    """Each visit of the log has one row."""
    visit_id, last = any_visit(database, chance)
    if chance.random() < 0.5:
        database.execute("DELETE FROM visit WHERE visit_id = ?", [visit_id])
        return {last}
    others = ", ".join(list(tables.visit.columns.keys())[1:])
    database.execute(
        f"INSERT INTO visit SELECT 'another', {others} FROM visit WHERE visit_id = ?", [visit_id]
    )
    return {ENTRIES}


def an_alias(database: sqlite3.Connection, chance: random.Random) -> Named:
    """Altered, gone, or too many: the last change of its visit is named."""
    count = one(database, "SELECT count(*) FROM alias")[0]
    rowid, visit_id = one(
        database, "SELECT rowid, visit_id FROM alias LIMIT 1 OFFSET ?", chance.randrange(count)
    )
    (last,) = one(database, "SELECT position FROM visit WHERE visit_id = ?", visit_id)
    match chance.randrange(4):
        case 0:
            database.execute("DELETE FROM alias WHERE rowid = ?", [rowid])
        case 1:
            database.execute("INSERT INTO alias VALUES ('another', ?)", [visit_id])
        case 2:
            database.execute("INSERT INTO alias VALUES ('another', 'another')")
            return {ENTRIES}
        case _:
            is_altered = alter(database, chance, "alias", "alias", f"rowid = {rowid}")
            return {last} if is_altered else None
    return {last}


# Helpers


def any_visit(database: sqlite3.Connection, chance: random.Random) -> tuple[str, int]:
    """A visit, and the position of its last change."""
    (count,) = one(database, "SELECT count(*) FROM visit")
    statement = "SELECT visit_id, position FROM visit ORDER BY visit_id LIMIT 1 OFFSET ?"
    visit_id, position = one(database, statement, chance.randrange(count))
    return visit_id, position


def leaf_hash(position: int, record_time: int, nonce: bytes, body: bytes) -> bytes:
    """The leaf hash of an entry."""
    return tree.leaf_hash(tree.leaf(position, record_time, tree.commitment(nonce, body)))


def forge(database: sqlite3.Connection, position: int) -> bytes:
    """Give a change another reason, in all columns of its row, and give its leaf hash."""
    _, time, nonce, body = one(database, f"{LEAVES} WHERE position = ?", position)
    event = VisitEvent.FromString(body)
    event.reason += "forged"
    body = event.SerializeToString(deterministic=True)
    database.execute(
        "UPDATE log SET body = ?, frame_prefix = ? WHERE position = ?",
        [body, wire.frame_prefix(position, time, len(body)), position],
    )
    return leaf_hash(position, time, nonce, body)


def replaced(
    database: sqlite3.Connection, level: int, number: int, place: int, node: bytes
) -> bytes:
    """Put a hash into a tile, and give the tile."""
    hashes = tree.split(one(database, HASHES, level, number)[0])
    hashes[place] = node
    database.execute(
        "UPDATE tile SET hashes = ? WHERE level = ? AND number = ?",
        [b"".join(hashes), level, number],
    )
    return b"".join(hashes)


RECORD_TIME = "SELECT record_time FROM log WHERE position ="
LEAVES = "SELECT position, record_time, nonce, body FROM log"
HASHES = "SELECT hashes FROM tile WHERE level = ? AND number = ?"

EDITS: Sequence[Callable[[sqlite3.Connection, random.Random], Named]] = [
    a_value_of_an_entry,
    a_value_that_is_repeated,
    a_record_time,
    a_forged_body,
    a_forged_body_with_its_leaf,
    an_entry_moved,
    an_entry_dropped,
    two_entries_swapped,
    an_entry_repeated,
    the_end_cut_off,
    the_log_of_before,
    a_value_of_the_head,
    a_bit_of_a_peak,
    no_head_or_two,
    a_bit_of_a_tile,
    a_value_of_a_tile,
    a_tile_gone_or_too_many,
    a_value_of_a_visit,
    a_visit_gone_or_too_many,
    an_alias,
]
