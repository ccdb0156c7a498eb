"""What the ring holds, what it returns, and what is left behind."""

import asyncio
import gc
import time
import tracemalloc
import weakref
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.live.ring import Recent, Ring, Selection
from tests.live.changes import Change, Log, changes, positions_in, selections, turns
from tests.live.rings import ALL, FAR

feeds = st.lists(st.lists(changes, max_size=12), max_size=12)


bounds = st.tuples(st.integers(1, 25), st.integers(1, 300))


def filled(batches: Sequence[Sequence[Change]], events: int, size: int) -> tuple[Log, Ring]:
    """A ring with these bounds that was fed each batch, and the log of all changes."""
    log, ring = Log(), Ring(0, events, size)
    for batch in batches:
        log.feed(ring, *batch)
    return log, ring


# What it holds


@given(feeds, bounds)
def test_it_holds_as_many_of_the_last_changes_as_its_bounds_allow_and_no_more(
    batches: Sequence[Sequence[Change]], bounds: tuple[int, int]
) -> None:
    """After each feed: as many as fit into the bounds on changes and bytes."""
    events, size = bounds
    log, ring = Log(), Ring(0, events, size)
    for batch in batches:
        log.feed(ring, *batch)

        held = log.changes[ring.floor :]
        assert ring.head == log.head
        assert len(held) <= events
        assert sum(len(each.member) for each in held) <= size
        if ring.floor > 0:
            one_more = log.changes[ring.floor - 1 :]
            assert len(one_more) > events or sum(len(each.member) for each in one_more) > size
        assert list(ring.after(ring.floor, ALL, 10**9)[0]) == [each.member for each in held]


@pytest.mark.parametrize("at_once", [1, 7, 100])
def test_the_memory_of_what_it_no_longer_holds_is_given_back(at_once: int) -> None:
    """However large the changes are, it takes at most twice the memory of its bound."""
    size, member = 1 << 20, 1 << 16
    ring = Ring(0, changes=10_000, size=size)
    tracemalloc.start()
    try:
        for first in range(1, 1000, at_once):
            ring.feed(first, [Recent("a", "amended", bytes(member)) for _ in range(at_once)])
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert ring.head - ring.floor == size // member
    assert taken < 2 * size


def test_a_change_that_is_larger_than_the_ring_leaves_it_empty() -> None:
    """That change must be read from the log; the next ones are held again."""
    log, ring = filled([[Change(size=10)] * 3, [Change(size=101)]], 10, 100)
    assert (ring.floor, ring.head) == (4, 4)
    assert ring.after(4, ALL, 1000) == ([], 4)

    log.feed(ring, Change(size=100))

    assert (ring.floor, ring.head) == (4, 5)
    assert positions_in(ring.after(4, ALL, 1000)[0]) == [5]


def test_a_ring_begins_at_the_head_that_it_is_given() -> None:
    ring = Ring(7)
    assert (ring.floor, ring.head) == (7, 7)
    assert ring.after(7, ALL, 1000) == ([], 7)
    ring.feed(8, [Recent("a", "amended", b"8")])
    assert ring.after(7, ALL, 1000) == ([b"8"], 8)


@pytest.mark.parametrize("first", [0, 1, 4, 9])
def test_a_feed_of_nothing_changes_nothing(first: int) -> None:
    """Whatever its position."""
    log, ring = filled([[Change()] * 3], 10, 100)

    ring.feed(first, [])

    assert (ring.floor, ring.head) == (0, 3)
    assert ring.after(0, ALL, 1000)[0] == [each.member for each in log.changes]


@given(feeds, bounds, st.integers(1, 20), st.lists(changes, min_size=1, max_size=30))
def test_a_feed_behind_a_gap_begins_the_ring_anew(
    batches: Sequence[Sequence[Change]],
    bounds: tuple[int, int],
    gap: int,
    behind: Sequence[Change],
) -> None:
    """It holds only what comes after the gap, and goes on from there like any other."""
    log, ring = filled(batches, *bounds)
    log.commit(*[Change()] * gap)
    begins = log.head

    log.feed(ring, *behind)
    other = Ring(begins, *bounds)
    other.feed(begins + 1, log.changes[begins:])
    log.feed(ring, Change(), Change("b"))
    other.feed(log.head - 1, log.changes[-2:])

    assert begins <= ring.floor == other.floor
    assert ring.head == other.head == log.head
    for position in range(ring.floor, ring.head + 1):
        assert ring.after(position, ALL, 50) == other.after(position, ALL, 50)


# What it returns


@given(feeds, bounds, selections, st.integers(0, 200))
def test_after_gives_exactly_what_a_selection_takes_behind_a_position(
    batches: Sequence[Sequence[Change]],
    bounds: tuple[int, int],
    selection: Selection,
    size: int,
) -> None:
    """For each position that it holds: one change, and more as long as the bytes suffice.

    The position reached is the head, or the last one before the first change left out.
    """
    log, ring = filled(batches, *bounds)
    for position in range(ring.floor, ring.head + 1):
        members, reached = ring.after(position, selection, size)

        wanted = list(log.behind(position, selection))
        expected = [member for _, member in wanted]
        assert members == expected[: len(members)]
        if len(members) == len(expected):
            assert reached == ring.head
        else:
            assert reached == wanted[len(members)][0] - 1
            assert members
            assert sum(map(len, expected[: len(members) + 1])) > size
        assert len(members) <= 1 or sum(map(len, members)) <= size


@given(feeds, bounds, selections, st.integers(0, 200), st.data())
def test_reading_on_from_each_position_reached_gives_each_change_once(
    batches: Sequence[Sequence[Change]],
    bounds: tuple[int, int],
    selection: Selection,
    size: int,
    data: st.DataObject,
) -> None:
    log, ring = filled(batches, *bounds)
    start = position = data.draw(st.integers(ring.floor, ring.head))
    given: list[bytes] = []
    while position < ring.head:
        members, reached = ring.after(position, selection, size)
        assert reached > position
        given += members
        position = reached

    assert given == [member for _, member in log.behind(start, selection)]


# What is left behind


@pytest.mark.parametrize(
    "end",
    ["cancelled", "woken", "woken and cancelled", "gave up", "closed", "closed and cancelled"],
)
@pytest.mark.parametrize("visit_id", [None, "a"])
async def test_who_waits_no_more_leaves_nothing_behind(end: str, visit_id: str | None) -> None:
    """However the wait ended, the ring no longer knows the reader."""
    log, ring = Log(), Ring(0)
    kept = [asyncio.ensure_future(ring.wait(Selection(v), FAR)) for v in (visit_id, "b")]
    selection = Selection(visit_id, frozenset({"postponed"}))
    trace = weakref.ref(selection)
    seconds = 0.5 if end == "gave up" else FAR
    reader = asyncio.ensure_future(
        ring.wait(selection, asyncio.get_running_loop().time() + seconds)
    )
    del selection
    await turns()
    assert trace() is not None
    if end.startswith("woken"):
        log.feed(ring, Change("a", "postponed"))
    if end.startswith("closed"):
        ring.close()
    if end.endswith("cancelled"):
        reader.cancel()

    await asyncio.wait([reader])
    await turns()

    assert reader.cancelled() == end.endswith("cancelled")
    del reader
    gc.collect()
    assert trace() is None
    for each in kept:
        each.cancel()


async def test_a_thousand_who_came_and_went_leave_no_table_behind() -> None:
    """Each waited for a visit of its own; less than a word is left for each."""
    ring = Ring(0)

    async def come_and_go(visit: str) -> None:
        reader = asyncio.ensure_future(ring.wait(Selection(visit), FAR))
        await turns(1)
        reader.cancel()
        await asyncio.wait([reader])

    await come_and_go("visit")
    tracemalloc.start()
    try:
        for number in range(1000):
            await come_and_go(f"visit-{number}")
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert taken < 20_000


async def test_those_who_follow_leave_as_much_time_as_they_took(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Readers that are ready meanwhile wait, and other tasks have the event loop to themselves."""
    monkeypatch.setattr("service.live.ring.PAUSE_SECONDS", 10.0)
    log, ring = Log(), Ring(0)

    async def read() -> None:
        await ring.wait(ALL, FAR)
        time.sleep(0.02)  # noqa: ASYNC251 - takes the loop's time, as a frame does

    readers = [asyncio.ensure_future(read()) for _ in range(5)]
    await turns()
    log.feed(ring, Change("a"))
    await asyncio.gather(*readers)
    following = asyncio.ensure_future(ring.wait(ALL, FAR))
    await turns()
    began = time.monotonic()

    log.feed(ring, Change("a"))
    await turns()
    assert not following.done()
    await following

    assert 0.08 < time.monotonic() - began < 1
