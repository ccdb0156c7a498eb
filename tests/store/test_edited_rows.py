"""A value of another type than was stored is a damaged entry, not a defect."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from service.audit.changes import ChangeQuery
from service.audit.export import Export
from service.queries.moments import AsOf
from service.store.errors import LogDamaged
from service.store.log.reader import HIGHEST, EventQuery
from service.store.log.segments import OpenSegment, read_open_segment
from service.store.states.filters import VisitQuery
from service.tlog.bundle import Contents
from service.tlog.note import SignerKey
from tests.store.builders import change
from tests.store.serving import Service, serving

# SQLite converts values to the column's type if it can; it cannot convert these.
OF_ANOTHER_TYPE = {
    "visit_id": ["x'61'"],
    "version": ["'two'", "x'02'"],
    "topic": ["x'706f7374706f6e6564'"],
    "record_time": ["'noon'", "1.5", "1 << 62"],
    "body": ["'text'", "5", "1.5"],
    "request_id": ["NULL", "x'00'"],
    "actor": ["x'6465736b'"],
    "open_length": ["'text'", "x'01'"],
    "frame_prefix": ["'text'", "5"],
}
EDITS = [(column, value) for column, values in OF_ANOTHER_TYPE.items() for value in values]


async def answers(service: Service) -> list[Any]:
    """The answers of everything that folds changes, or the errors they end with."""
    past, changes = service.past, service.changes
    moment = await past.cutoff(AsOf(position=3))
    dated = await past.cutoff(AsOf(position=3, known_at=service.log_view.now()))
    calls = [
        past.visits(["a"], moment),
        past.list_visits(VisitQuery(), 10, moment),
        past.events(EventQuery(0, HIGHEST), 10, dated),
        past.compare("a", moment, moment),
        changes.changes(ChangeQuery(), 10, 3),
    ]
    found: list[Any] = []
    for call in calls:
        try:
            found.append(await call)
        except LogDamaged as error:
            found.append(error)
    completed = service.ask(change("a", "completed"))
    service.turn()
    return [*found, completed.error or completed]


def recorded(file: Path) -> None:
    with serving(file) as service:
        for topic in ("scheduled", "postponed", "rescheduled"):
            service.record("a", topic)


@pytest.mark.parametrize(("column", "value"), EDITS)
async def test_a_value_of_another_type_is_a_damaged_entry(
    tmp_path: Path, column: str, value: str
) -> None:
    file = tmp_path / "log.db"
    recorded(file)
    edit(file, f"UPDATE log SET {column} = {value} WHERE position = 2")

    with serving(file) as service:
        found = await answers(service)

    assert all(isinstance(each, LogDamaged) for each in found), found
    assert {each.position for each in found} <= {2, 3}


async def test_without_an_edit_there_is_no_damage(tmp_path: Path) -> None:
    file = tmp_path / "log.db"
    recorded(file)

    with serving(file) as service:
        assert not any(isinstance(each, LogDamaged) for each in await answers(service))


# What is sent as it is stored, or stored once more, without being decoded.
SENT_AS_IT_IS = [(column, value) for column, value in EDITS if column in ("body", "frame_prefix")]


def told_damaged(service: Service) -> list[int]:
    """The position that each way of reading what is sent as it is tells as damaged."""
    reader, query = service.reads.reader, EventQuery(0, HIGHEST)
    positions = []
    for reading in (
        lambda: reader.frame(query, 10, 1000),
        lambda: reader.events(query, 10, 1000),
        lambda: open_segment(service, 3),
    ):
        with pytest.raises(LogDamaged) as damaged:
            reading()
        positions.append(damaged.value.position)
    return positions


def open_segment(service: Service, size: int) -> OpenSegment:
    """The open segment, as a server reads it before it records its first change."""
    with service.database.readers.connect() as connection:
        return read_open_segment(connection, size, None)


@pytest.mark.parametrize(("column", "value"), SENT_AS_IT_IS)
def test_a_value_of_another_type_is_not_sent(tmp_path: Path, column: str, value: str) -> None:
    file = tmp_path / "log.db"
    recorded(file)
    edit(file, f"UPDATE log SET {column} = {value} WHERE position = 2")

    with serving(file) as service:
        assert told_damaged(service) == [2, 2, 2]


@pytest.mark.parametrize(
    ("column", "value"), [each for each in EDITS if each[0] in ("body", "record_time")]
)
async def test_a_value_of_another_type_is_not_exported(
    tmp_path: Path, column: str, value: str
) -> None:
    file = tmp_path / "log.db"
    recorded(file)

    with serving(file) as service:
        prover = service.prover(SignerKey.new("a-log"))
        await prover.checkpoints.of(3)  # kept, so that no root is made of the edited entry
        edit(file, f"UPDATE log SET {column} = {value} WHERE position = 2")
        pieces = Export(prover, Contents(), size=3, total=3).pieces()
        await anext(pieces)
        with pytest.raises(LogDamaged) as damaged:
            await anext(pieces)

    assert damaged.value.position == 2


def test_a_record_time_that_is_none_is_found_when_times_are_looked_for(
    tmp_path: Path,
) -> None:
    file = tmp_path / "log.db"
    recorded(file)
    edit(file, "UPDATE log SET record_time = 'noon' WHERE position = 2")

    with serving(file) as service, pytest.raises(LogDamaged) as damaged:
        service.reads.reader.position_at(0)

    assert damaged.value.position == 2


def edit(file: Path, statement: str) -> None:
    """Edit the file past the service."""
    with closing(sqlite3.connect(file)) as database:
        assert database.execute(statement).rowcount == 1
        database.commit()
