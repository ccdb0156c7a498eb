"""No edit of a database is overlooked, and its position is named where one can be named."""

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from service.store.errors import LogDamaged
from tests.verify.database_edits import EDITS, Named, the_log_of_before
from tests.verify.logs import EARLIER, ENTRIES, Kept
from tests.verify.verifying import editing, verified_database

# Of each edit: 300, and 714 more in test_bundle_edits.py.
TIMES = 15


# What no hash tells, each in one statement.
UNHASHED = {
    "a nonce with a zero behind it": "UPDATE log SET nonce = CAST(nonce || x'00' AS BLOB) "
    "WHERE position = 400",
    "a tile with a hash more": "UPDATE tile SET hashes = CAST(hashes || zeroblob(32) AS BLOB) "
    "WHERE level = 1",
    "a complete tile with bytes more": "UPDATE tile SET hashes = CAST(hashes || x'00' AS BLOB) "
    "WHERE level = 0 AND number = 1",
    "a tile that is text": "UPDATE tile SET hashes = CAST(hex(hashes) AS TEXT) WHERE level = 1",
    "no head row": "DELETE FROM head",
    "peaks that are text": "UPDATE head SET peaks = CAST(hex(peaks) AS TEXT)",
    "another origin": "UPDATE head SET origin = 'chancery.invalid/another'",
    "another key": "UPDATE head SET public_key = substr(public_key, 1, 60)",
    "a visit that is no UTF-8": "UPDATE visit SET visit_id = CAST(x'ff' AS TEXT) "
    "WHERE visit_id = 'visit-17'",
    "an actor that is no UTF-8": "UPDATE log SET actor = CAST(x'ff' AS TEXT) WHERE position = 7",
}


@pytest.mark.parametrize("since", [0, EARLIER, ENTRIES])
def test_what_was_not_edited_is_verified_database(kept: Kept, since: int) -> None:
    """With an earlier checkpoint, with the same one, and without any."""
    assert verified_database(kept, kept.file, since).changes == ENTRIES


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_every_edit_is_found_where_it_is(
    kept: Kept, tmp_path: Path, edit: Callable[[sqlite3.Connection, random.Random], Named]
) -> None:
    """Another one is chosen only where nothing was changed."""
    chance = random.Random(edit.__name__)
    since = EARLIER if edit is the_log_of_before else 0
    for number in range(TIMES):
        copy, named = tmp_path / f"{number}.db", None
        while named is None:
            with editing(kept, copy) as database:
                named = edit(database, chance)
        with pytest.raises(LogDamaged) as caught:
            verified_database(kept, copy, since)
        assert caught.value.position in named


@pytest.mark.parametrize("statement", UNHASHED.values(), ids=UNHASHED)
def test_what_no_hash_tells_is_found(kept: Kept, tmp_path: Path, statement: str) -> None:
    """Other lengths and types of values, and what stands in one place only."""
    copy = tmp_path / "copy.db"
    with editing(kept, copy) as database:
        assert database.execute(statement).rowcount == 1
    with pytest.raises(LogDamaged):
        verified_database(kept, copy)


def test_what_was_kept_is_as_it_was(kept: Kept) -> None:
    """All edits were made to copies."""
    assert verified_database(kept, kept.file, EARLIER).changes == ENTRIES
