"""Looking for what may be meant by an unknown name reads a bounded number of index entries."""

from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import event

from service.queries.nearest import nearest_ids
from service.store.engines.opening import open_database
from service.store.log.reader import Reader
from service.store.states.near import BESIDE
from tests.support.place import SqliteFile

# Many visits, whose words, aliases and ids are alike.
NUMBERS = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
VISITS = (
    f"{NUMBERS}INSERT INTO visit (visit_id, version, position, create_time, update_time, state,"
    " status, standing, principal, principal_country, host_country, trip, words,"
    " last_heard_time)"
    " SELECT printf('charles-%07d', i), 1, i, 0, 0, x'', 'scheduled', 'official',"
    " '', '', '', '', '', 0 FROM n",
    f"{NUMBERS}INSERT INTO word SELECT 'charles', printf('charles-%07d', i) FROM n",
    f"{NUMBERS}INSERT INTO alias SELECT printf('king%07d', i), printf('charles-%07d', i) FROM n",
)


def steps(place: SqliteFile, size: int, name: str) -> tuple[int, int]:
    """What SQLite does to find visits near to a name, in hundreds of steps, and how many it has."""
    database = open_database(place.url)
    with closing(database), place.edit() as hand:
        for statement in VISITS:
            hand.execute(statement, (size,))
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    def listen(connection: Any, _record: object) -> None:
        connection.set_progress_handler(count, 100)

    with closing(open_database(place.url)) as database:
        event.listen(database.readers, "connect", listen)
        near = Reader(database).near(name, name, name.split("-"))
        assert len(nearest_ids(Reader(database), name)) == 3
    return counted, len(near)


@pytest.mark.parametrize("name", ["charles-000100", "xharles-0000100", "charles-charles-0000100"])
def test_as_much_is_read_from_a_long_log_as_from_a_short_one(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    """Ten times as many visits near to the name make no difference."""
    found = [
        steps(SqliteFile(tmp_path_factory.mktemp("near") / f"{size}.db"), size, name)
        for size in (2_000, 20_000)
    ]
    (few, _), (many, near) = found
    assert many <= 1.5 * few
    assert near <= 6 * BESIDE
