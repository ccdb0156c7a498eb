"""Edits of a database, and the positions of which the verifier must name one.

An edit takes a connection to a copy and a random source. It returns None if it changed
nothing, so that another edit is tried.
"""

import random
from collections.abc import Callable, Sequence, Set
from typing import Any

from chancery.v1.event_pb2 import VisitEvent
from service.codec import wire
from service.codec.parts import part_ends, parts_of
from service.store import tables
from service.tlog import tree
from service.tlog.parts import commitment
from service.tlog.tiles import WIDTH, subtree_root
from tests.support.place import Hand
from tests.verify.logs import COMPLETE, EARLIER, ENTRIES, PEAKS

Named = Set[int] | None

ANY = frozenset(range(ENTRIES + 2))
REPEATED = ["visit_id", "version", "topic", "actor", "request_id", "open_length", "frame_prefix"]
TILES = [(0, 0), (0, 1), (1, 0)]
HEAD = ["id", "size", "record_time", "peaks", "origin", "public_key"]


def altered(chance: random.Random, value: Any) -> Any:
    """A different value: often of the same type, sometimes of another."""
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
    """The same bytes, with one bit flipped."""
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def alter(hand: Hand, chance: random.Random, table: str, column: str, where: str) -> bool:
    """Alter one value, and return whether it really differs now."""
    exactly = f"SELECT {hand.exactly(column)} FROM {table} WHERE {hand.row} = ?"
    row, value = one(hand, f"SELECT {hand.row}, {column} FROM {table} WHERE {where}")
    before = one(hand, exactly, row)
    given, value = ("?", altered(chance, value))
    if chance.random() < 0.1:
        given, value = "CAST(? AS TEXT)", b"\xff\xfe"  # not UTF-8
    update = f"UPDATE {table} SET {column} = {given} WHERE {hand.row} = ?"
    now = hand.attempt(f"{update} RETURNING {hand.row}", [value, row])
    return bool(now) and one(hand, exactly, *now[0]) != before


def one(hand: Hand, statement: str, *values: Any) -> Any:
    """The first row."""
    return hand.execute(statement, values).fetchone()


def peak_over(position: int) -> int:
    """The last position under the same peak."""
    return next(last for last in PEAKS if last >= position)


# The log


def a_value_of_an_entry(hand: Hand, chance: random.Random) -> Named:
    """Its body or nonce; in the last tile only the peaks show a wrong one."""
    position, column = chance.randint(1, ENTRIES), chance.choice(["body", "nonce"])
    if not alter(hand, chance, "log", column, f"position = {position}"):
        return None
    return {position} if position <= COMPLETE else {position, peak_over(position)}


def a_value_that_is_repeated(hand: Hand, chance: random.Random) -> Named:
    """A column that repeats what the body, the position and the record time say."""
    position, column = chance.randint(1, ENTRIES), chance.choice(REPEATED)
    is_altered = alter(hand, chance, "log", column, f"position = {position}")
    return {position} if is_altered else None


def a_record_time(hand: Hand, chance: random.Random) -> Named:
    """Outside complete tiles, the next entry may be the first one found wrong."""
    position = chance.randint(1, ENTRIES)
    if not alter(hand, chance, "log", "record_time", f"position = {position}"):
        return None
    if position <= COMPLETE:
        return {position}
    return {position, position + 1, peak_over(position)}


def a_forged_body(hand: Hand, chance: random.Random) -> Named:
    """All columns of its row agree."""
    position = chance.randint(1, ENTRIES)
    forge(hand, position)
    return {position} if position <= COMPLETE else {peak_over(position)}


def a_forged_body_with_its_leaf(hand: Hand, chance: random.Random) -> Named:
    """Its tile has its leaf hash, and perhaps the tile above has that tile's root."""
    position = chance.randint(1, COMPLETE)
    hashes = forge(hand, position)
    number, place = divmod(position - 1, WIDTH)
    below = replaced(hand, 0, number, place, hashes)
    if chance.random() < 0.5:
        return {(number + 1) * WIDTH}
    replaced(hand, 1, 0, number, subtree_root(below))
    return {COMPLETE}


def an_entry_moved(hand: Hand, chance: random.Random) -> Named:
    """To a position after all others."""
    position = chance.randint(1, ENTRIES)
    hand.execute("UPDATE log SET position = position + 1000 WHERE position = ?", [position])
    return {position}


def an_entry_dropped(hand: Hand, chance: random.Random) -> Named:
    """Its position has no row."""
    position = chance.randint(1, ENTRIES)
    hand.execute("DELETE FROM log WHERE position = ?", [position])
    return {position}


def two_entries_swapped(hand: Hand, chance: random.Random) -> Named:
    """Each takes the other's place, perhaps with that place's record time."""
    first, second = sorted(chance.sample(range(1, COMPLETE + 1), 2))
    times = [one(hand, f"{RECORD_TIME} {each}")[0] for each in (first, second)]
    for before, after in ((first, -1), (second, first), (-1, second)):
        hand.execute("UPDATE log SET position = ? WHERE position = ?", [after, before])
    named = set(range(first, second + 1))
    if chance.random() < 0.5:
        return named
    for position, time in zip((first, second), times, strict=True):
        (body,) = one(hand, "SELECT body FROM log WHERE position = ?", position)
        prefix = wire.frame_prefix(position, time, len(body))
        hand.execute(
            "UPDATE log SET record_time = ?, frame_prefix = ? WHERE position = ?",
            [time, prefix, position],
        )
    return named


def an_entry_repeated(hand: Hand, chance: random.Random) -> Named:
    """It comes again at the end, with a version and a request id of its own."""
    hand.execute(
        "INSERT INTO log SELECT ?, visit_id, 1000, topic, record_time, body, nonce, 'again', "
        "actor, request_digest, open_length, frame_prefix FROM log WHERE position = ?",
        [ENTRIES + 1, chance.randint(1, ENTRIES)],
    )
    return {ENTRIES + 1}


def the_end_cut_off(hand: Hand, chance: random.Random) -> Named:
    """The head row is unchanged."""
    size = chance.randrange(ENTRIES)
    hand.execute("DELETE FROM log WHERE position > ?", [size])
    return {size + 1}


def the_log_of_before(hand: Hand, chance: random.Random) -> Named:
    """The head row has a smaller size: a kept checkpoint shows it."""
    size = chance.randrange(1, EARLIER)
    rows = hand.execute(f"{LEAVES} WHERE position <= ? ORDER BY position", [size]).fetchall()
    peaks = tree.append([], 0, [leaf_hash(*row) for row in rows])
    hand.execute("DELETE FROM log WHERE position > ?", [size])
    hand.execute(
        "UPDATE head SET size = ?, record_time = ?, peaks = ?",
        [size, rows[-1][1], b"".join(peaks)],
    )
    return {size + 1}


# The head row and the tiles


def a_value_of_the_head(hand: Hand, chance: random.Random) -> Named:
    """Any of its columns."""
    return ANY if alter(hand, chance, "head", chance.choice(HEAD), "id = 1") else None


def a_bit_of_a_peak(hand: Hand, chance: random.Random) -> Named:
    """The last position that the peak covers is named."""
    (peaks,) = one(hand, "SELECT peaks FROM head")
    at = chance.randrange(len(PEAKS))
    hashes = tree.split(peaks)
    hashes[at] = flipped(chance, hashes[at])
    hand.execute("UPDATE head SET peaks = ?", [b"".join(hashes)])
    return {PEAKS[at]}


def no_head_or_two(hand: Hand, chance: random.Random) -> Named:
    """Normally there is exactly one head row."""
    others = ", ".join(tables.head.columns.keys()[1:])
    statement = f"INSERT INTO head SELECT 2, {others} FROM head"
    hand.execute(chance.choice(["DELETE FROM head", statement]))
    return {ENTRIES}


def a_bit_of_a_tile(hand: Hand, chance: random.Random) -> Named:
    """A hash of the second level covers a tile of the first; that tile's last position is named."""
    level, number = chance.choice(TILES)
    place = chance.randrange(2 if level else WIDTH)
    hashes = tree.split(one(hand, HASHES, level, number)[0])
    replaced(hand, level, number, place, flipped(chance, hashes[place]))
    return {(number * WIDTH + place + 1) * WIDTH**level}


def a_value_of_a_tile(hand: Hand, chance: random.Random) -> Named:
    """Any of its columns."""
    column = chance.choice(["level", "number", "hashes"])
    level, number = chance.choice(TILES)
    where = f"level = {level} AND number = {number}"
    return ANY if alter(hand, chance, "tile", column, where) else None


def a_tile_gone_or_too_many(hand: Hand, chance: random.Random) -> Named:
    """Normally there are two tiles of leaves, and one above them."""
    level, number = chance.choice(TILES)
    if chance.random() < 0.5:
        hand.execute("DELETE FROM tile WHERE level = ? AND number = ?", [level, number])
        return {(number + 1) * WIDTH if level == 0 else COMPLETE} | {WIDTH}
    hand.execute("INSERT INTO tile SELECT 2, 0, hashes FROM tile WHERE level = 1")
    return {ENTRIES}


# What follows from the log


def a_value_of_a_visit(hand: Hand, chance: random.Random) -> Named:
    """Any column of the current-state table: the visit's last change is named."""
    visit_id, last = any_visit(hand, chance)
    column = chance.choice(list(tables.visit.columns.keys()))
    return {last} if alter(hand, chance, "visit", column, f"visit_id = '{visit_id}'") else None


def a_visit_gone_or_too_many(hand: Hand, chance: random.Random) -> Named:
    """Normally each visit of the log has one row."""
    visit_id, last = any_visit(hand, chance)
    if chance.random() < 0.5:
        hand.execute("DELETE FROM visit WHERE visit_id = ?", [visit_id])
        return {last}
    others = ", ".join(list(tables.visit.columns.keys())[1:])
    hand.execute(
        f"INSERT INTO visit SELECT 'another', {others} FROM visit WHERE visit_id = ?", [visit_id]
    )
    return {ENTRIES}


def an_alias(hand: Hand, chance: random.Random) -> Named:
    """Altered, missing or extra: the last change of its visit is named."""
    count = one(hand, "SELECT count(*) FROM alias")[0]
    every = "SELECT alias, visit_id FROM alias ORDER BY 1, 2 LIMIT 1 OFFSET ?"
    alias, visit_id = one(hand, every, chance.randrange(count))
    where = f"alias = '{alias}' AND visit_id = '{visit_id}'"
    (last,) = one(hand, "SELECT position FROM visit WHERE visit_id = ?", visit_id)
    match chance.randrange(4):
        case 0:
            hand.execute(f"DELETE FROM alias WHERE {where}")
        case 1:
            hand.execute("INSERT INTO alias VALUES ('another', ?)", [visit_id])
        case 2:
            hand.execute("INSERT INTO alias VALUES ('another', 'another')")
            return {ENTRIES}
        case _:
            return {last} if alter(hand, chance, "alias", "alias", where) else None
    return {last}


def a_word_label_or_day(hand: Hand, chance: random.Random) -> Named:
    """Altered, missing or extra: the last change of its visit is named."""
    table, column = chance.choice([("word", "word"), ("label", "value"), ("days", "first_day")])
    count = one(hand, f"SELECT count(*) FROM {table}")[0]
    every = f"SELECT {column}, visit_id FROM {table} ORDER BY 1, 2 LIMIT 1 OFFSET ?"
    value, visit_id = one(hand, every, chance.randrange(count))
    where = f"{column} = '{value}' AND visit_id = '{visit_id}'"
    (last,) = one(hand, "SELECT position FROM visit WHERE visit_id = ?", visit_id)
    match chance.randrange(3):
        case 0:
            hand.execute(f"DELETE FROM {table} WHERE {where}")
        case 1:
            others = {
                "word": "'unsaid', visit_id",
                "label": "kind, 'unsaid', visit_id",
                "days": "kind, span, '0001-01-01', last_day, visit_id",
            }
            hand.execute(f"INSERT INTO {table} SELECT {others[table]} FROM {table} WHERE {where}")
            return {ENTRIES}
        case _:
            hand.execute(f"UPDATE {table} SET {column} = 'unsaid' WHERE {where}")
    return {last}


# Helpers


def any_visit(hand: Hand, chance: random.Random) -> tuple[str, int]:
    """A visit, and the position of its last change."""
    (count,) = one(hand, "SELECT count(*) FROM visit")
    statement = "SELECT visit_id, position FROM visit ORDER BY visit_id LIMIT 1 OFFSET ?"
    visit_id, position = one(hand, statement, chance.randrange(count))
    return visit_id, position


def leaf_hash(position: int, record_time: int, nonce: bytes, body: bytes) -> bytes:
    """The leaf hash of an entry."""
    committed = commitment(nonce, *parts_of(body))
    return tree.leaf_hash(tree.leaf(position, record_time, committed))


def forge(hand: Hand, position: int) -> bytes:
    """Give a change another reason, in all columns of its row, and return its leaf hash."""
    _, time, nonce, body = one(hand, f"{LEAVES} WHERE position = ?", position)
    event = VisitEvent.FromString(body)
    event.reason += "forged"
    body = write_body(hand, position, event)
    return leaf_hash(position, time, nonce, body)


def write_body(hand: Hand, position: int, event: VisitEvent) -> bytes:
    """Give an entry another body, and the columns that repeat its length; returns the body."""
    body = event.SerializeToString(deterministic=True)
    (time,) = one(hand, f"{RECORD_TIME} ?", position)
    hand.execute(
        "UPDATE log SET body = ?, open_length = ?, frame_prefix = ? WHERE position = ?",
        [body, part_ends(body)[1], wire.frame_prefix(position, time, len(body)), position],
    )
    return body


def replaced(hand: Hand, level: int, number: int, place: int, node: bytes) -> bytes:
    """Put a hash into a tile, and return the tile."""
    hashes = tree.split(one(hand, HASHES, level, number)[0])
    hashes[place] = node
    hand.execute(
        "UPDATE tile SET hashes = ? WHERE level = ? AND number = ?",
        [b"".join(hashes), level, number],
    )
    return b"".join(hashes)


RECORD_TIME = "SELECT record_time FROM log WHERE position ="
LEAVES = "SELECT position, record_time, nonce, body FROM log"
HASHES = "SELECT hashes FROM tile WHERE level = ? AND number = ?"

EDITS: Sequence[Callable[[Hand, random.Random], Named]] = [
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
    a_word_label_or_day,
]
