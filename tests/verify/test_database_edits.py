"""No edit of a database is overlooked, and its position is named if there is one."""

import random
from collections.abc import Callable

import pytest

from service.store.errors import LogDamaged
from tests.support.examples import examples
from tests.support.place import Hand, Place
from tests.verify.database_edits import EDITS, Named, the_log_of_before
from tests.verify.logs import EARLIER, ENTRIES, Kept
from tests.verify.verifying import verified_database

# Of each edit; more are in test_bundle_edits.py.
TIMES = {"SQLite": examples(5), "PostgreSQL": examples(2)}


@pytest.mark.parametrize("since", [0, EARLIER, ENTRIES])
def test_what_was_not_edited_is_verified_database(kept: Kept, since: int) -> None:
    """With an earlier checkpoint, with the current one, and without one."""
    assert verified_database(kept, kept.place, since).changes == ENTRIES


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_every_edit_is_found_where_it_is(
    kept: Kept, edit: Callable[[Hand, random.Random], Named]
) -> None:
    """Another edit is tried only if the first changed nothing."""
    chance = random.Random(edit.__name__)
    since = EARLIER if edit is the_log_of_before else 0
    for _ in range(TIMES[kept.place.engine]):
        named = None
        with kept.place.copy() as copy:
            while named is None:
                with copy.edit() as hand:
                    named = edit(hand, chance)
            with pytest.raises(LogDamaged) as caught:
                verified_database(kept, copy, since)
        assert caught.value.position in named


# Edits that no hash shows, each of one row.
UNHASHED: dict[str, Callable[[Place], None]] = {
    "a nonce with a zero behind it": lambda place: place.alter(
        "log", "nonce", "position = 400", lambda nonce: nonce + b"\x00"
    ),
    "a tile with a hash more": lambda place: place.alter(
        "tile", "hashes", "level = 1", lambda hashes: hashes + bytes(32)
    ),
    "a complete tile with bytes more": lambda place: place.alter(
        "tile", "hashes", "level = 0 AND number = 1", lambda hashes: hashes + b"\x00"
    ),
    "no head row": lambda place: place.run("DELETE FROM head"),
    "another origin": lambda place: place.alter(
        "head", "origin", "id = 1", lambda _: "chancery.invalid/another"
    ),
    "another key": lambda place: place.alter("head", "public_key", "id = 1", lambda key: key[:60]),
}


@pytest.mark.parametrize("edit", UNHASHED.values(), ids=UNHASHED)
def test_what_no_hash_tells_is_found(kept: Kept, edit: Callable[[Place], None]) -> None:
    """Values of other lengths, and values that are stored in one place only."""
    with kept.place.copy() as copy:
        edit(copy)
        with pytest.raises(LogDamaged):
            verified_database(kept, copy)


# PostgreSQL would refuse these.
UNTYPED = {
    "a tile that is text": "UPDATE tile SET hashes = CAST(hex(hashes) AS TEXT) WHERE level = 1",
    "peaks that are text": "UPDATE head SET peaks = CAST(hex(peaks) AS TEXT)",
    "a visit that is no UTF-8": "UPDATE visit SET visit_id = CAST(x'ff' AS TEXT) "
    "WHERE visit_id = 'visit-17'",
    "an actor that is no UTF-8": "UPDATE log SET actor = CAST(x'ff' AS TEXT) WHERE position = 7",
}


@pytest.mark.parametrize("statement", UNTYPED.values(), ids=UNTYPED)
def test_a_value_of_another_type_is_found(kept_file: Kept, statement: str) -> None:
    """SQLite stores any value in any column."""
    with kept_file.place.copy() as copy:
        copy.run(statement)
        with pytest.raises(LogDamaged):
            verified_database(kept_file, copy)


def test_what_was_kept_is_as_it_was(kept: Kept) -> None:
    """All edits were made to copies."""
    assert verified_database(kept, kept.place, EARLIER).changes == ENTRIES
