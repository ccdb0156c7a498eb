"""Segments: a replay from them has the same bytes as from the rows of the log."""

import itertools
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import select

from service.codec.opened import open_members
from service.operate.move import move
from service.queries.history import See
from service.store.engines.opening import open_database, owned
from service.store.errors import LogDamaged
from service.store.log import segments
from service.store.log.reader import HIGHEST, EventQuery, Reader
from service.store.log.writer import Writer
from service.store.tables import log, segment
from service.verify import verify_database
from tests.store.builders import change, entry
from tests.store.serving import Service, desk_on, serving
from tests.support.place import Place, Places

SIZE = 2 * segments.EVENTS + 100
MIB = 1 << 20
AFTER = [0, 1, 1023, 1024, 1025, 2048, 2100, SIZE]
LIMITS = [0, 1, 1023, 1024, 1025, 2047]


def record(place: Place, number: int) -> None:
    """Record so many changes, each of a visit of its own, many at a time."""
    with desk_on(place) as desk:
        first = desk.application.reader.head().position
        for some in range(first, first + number, 256):
            visits = range(some, min(some + 256, first + number))
            tasks = desk.share(*(change(f"visit-{n}", "scheduled") for n in visits))
            assert not any(task.error for task in tasks)


@pytest.fixture(scope="module")
def kept(places: Places) -> Iterator[Place]:
    """A log of two segments and some more changes, which nobody changes."""
    with places.new() as place:
        record(place, SIZE)
        yield place


@pytest.fixture
def long(kept: Place) -> Iterator[Place]:
    """A copy of that log."""
    with kept.copy() as place:
        yield place


def stored(place: Place) -> dict[int, bytes]:
    """The stored segments."""
    with owned(place.url) as engine, engine.connect() as connection:
        return {row.number: row.events for row in connection.execute(select(segment))}


def members(place: Place) -> list[bytes]:
    """The changes, from the rows of the log."""
    rows = select(log.c.frame_prefix, log.c.body).order_by(log.c.position)
    with owned(place.url) as engine, engine.connect() as connection:
        return [row.frame_prefix + row.body for row in connection.execute(rows)]


def joined(place: Place, first: int = 1, last: int | None = None) -> bytes:
    """The bytes from one position to another."""
    return b"".join(members(place)[first - 1 : last])


def expected(place: Place) -> dict[int, bytes]:
    """The segments that must be there."""
    size = segments.EVENTS
    return {n: joined(place, n * size + 1, (n + 1) * size) for n in range(2)}


async def replayed(
    service: Service, after: int, limit: int, size: int, see: See = bytes
) -> Sequence[bytes]:
    until = service.log_view.head.position
    frames = service.history.frames(EventQuery(after, until), limit, size, see)
    return [frame async for frame in frames]


def test_each_complete_stretch_is_stored_as_replay_sends_it(long: Place) -> None:
    assert stored(long) == expected(long)


async def test_a_replay_is_the_rows_it_asks_for(long: Place) -> None:
    """Wherever it begins and ends, in filled frames."""
    rows = members(long)
    with serving(long) as service:
        for after, limit in itertools.product(AFTER, LIMITS):
            frames = await replayed(service, after, limit, MIB)
            wanted = rows[after : after + limit] if limit else rows[after:]
            assert b"".join(frames) == b"".join(wanted), (after, limit)
            for one, other in itertools.pairwise(frames):
                assert len(one) <= MIB < len(one) + len(other)


async def test_a_replay_for_a_reader_has_the_open_parts_of_segments_and_rows(long: Place) -> None:
    rows = members(long)
    with serving(long) as service:
        for after in AFTER:
            frames = await replayed(service, after, 0, MIB, open_members)
            assert b"".join(frames) == b"".join(map(open_members, rows[after:])), after
            assert all(len(frame) <= MIB for frame in frames)
    assert all(len(open_members(row)) < len(row) for row in rows)


async def test_a_replay_reads_segments_and_not_their_rows(long: Place) -> None:
    """The control: what the segment holds is what is sent."""
    with owned(long.url) as engine, engine.begin() as connection:
        connection.execute(segment.update().where(segment.c.number == 1).values(events=b"other"))
    with serving(long) as service:
        (frame,) = await replayed(service, 0, 0, MIB)
    assert frame == joined(long, 1, 1024) + b"other" + joined(long, 2049)


async def test_without_segments_a_replay_is_the_same(long: Place) -> None:
    with owned(long.url) as engine, engine.begin() as connection:
        connection.execute(segment.delete())
    with serving(long) as service:
        frames = await replayed(service, 0, 0, MIB)
    assert b"".join(frames) == joined(long)


def test_a_segment_goes_on_where_another_process_began_it(place: Place) -> None:
    """A process that started in the middle of a segment stores all of it."""
    for number in (1000, 1000, 100):
        record(place, number)
    assert stored(place) == expected(place)


def test_a_stretch_that_is_too_large_for_a_frame_has_no_segment(place: Place) -> None:
    """The stretches before and after it have theirs."""
    database = open_database(place.url)
    writer = Writer(database)
    for first in range(0, 3 * segments.EVENTS, 256):
        text = "x" * 2000 if 1024 <= first < 2048 else ""
        entries = [entry(f"visit-{n}", 1, reason=text) for n in range(first, first + 256)]
        writer.append(entries)
    writer.close()
    reader = Reader(database)
    frames = [reader.frame(EventQuery(after, HIGHEST), 1024, MIB) for after in (0, 1024, 2048)]
    database.close()
    assert list(stored(place)) == [0, 2]
    assert [frame.number == 1024 for frame in frames] == [True, False, True]


def test_one_append_may_complete_several_segments(place: Place) -> None:
    database = open_database(place.url)
    writer = Writer(database)
    writer.append([entry(f"visit-{n}", 1) for n in range(2100)])
    writer.close()
    database.close()
    assert stored(place) == expected(place)


def test_those_that_are_missing_are_made_from_the_log(long: Place) -> None:
    before = stored(long)
    with owned(long.url) as engine, engine.begin() as connection:
        connection.execute(segment.delete().where(segment.c.number == 0))
        segments.fill(connection)
    assert stored(long) == before


def test_a_segment_that_is_missing_is_no_damage(long: Place) -> None:
    with owned(long.url) as engine, engine.begin() as connection:
        connection.execute(segment.delete().where(segment.c.number == 0))
    verify_database(long.url, [], None, lambda *_: None)


@pytest.mark.parametrize(
    "edit",
    [
        segment.update().where(segment.c.number == 1).values(events=b"other"),
        segment.insert().values(number=2, events=b""),
        segment.update().where(segment.c.number == 1).values(number=7),
    ],
    ids=["altered", "too many", "moved"],
)
def test_a_segment_that_is_not_the_rows_of_the_log_is_found(long: Place, edit: object) -> None:
    """Verifying the database finds it."""
    with owned(long.url) as engine, engine.begin() as connection:
        connection.execute(edit)  # type: ignore[call-overload]
    with pytest.raises(LogDamaged, match="segment"):
        verify_database(long.url, [], None, lambda *_: None)


def test_a_log_that_was_moved_has_its_segments(long: Place, places: Places) -> None:
    """They are made anew from the copied rows."""
    before = stored(long)
    with places.new() as target:
        move(long.url, target.url, lambda *_: None)
        assert stored(target) == before
