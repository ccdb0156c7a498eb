"""How a watch ends."""

import asyncio
import gc
import weakref

import pytest

from service.limits import WATCH_CHANGES
from service.live.ring import Ring, Selection
from tests.live.changes import Change, positions_in, turns
from tests.live.reader import Reader
from tests.live.watched import CLOSING, EVENTS, OF_A, OF_B, filled

# The end


async def test_a_watch_of_a_closed_ring_says_so_and_nothing_else() -> None:
    log, ring = filled(10, ring_from=5)
    ring.close()
    for start in (0, 5, 7, 10):
        reader = Reader(log, ring, start=start).may_read()
        await reader.task
        assert reader.frames == [(CLOSING, start, ())]


async def test_who_waits_is_told_at_once_that_the_ring_is_closed() -> None:
    """All of them, with the head, which they have reached."""
    log, ring = filled(10)
    readers = [await Reader(log, ring, each).caught_up() for each in (None, OF_A, OF_B) * 10]
    log.feed(ring, Change("c"))
    await turns(2 * len(readers))

    ring.close()
    await asyncio.gather(*[reader.task for reader in readers])

    for reader in readers:
        assert reader.kinds[-1] is CLOSING
        assert reader.position == 11
        reader.check()


@pytest.mark.parametrize("frames", range(5))
@pytest.mark.usefixtures("small_frames")
async def test_who_goes_on_behind_the_position_told_at_the_end_misses_nothing(frames: int) -> None:
    """However far it was when the ring was closed."""
    log, ring = filled(15, ring_from=5)
    reader = Reader(log, ring)
    await reader.reads(frames)
    log.feed(ring, *[Change()] * 3)
    ring.close()
    reader.may_read()
    await reader.task
    assert reader.kinds[-1] is CLOSING
    assert reader.position < 18
    reader.check()

    again = await Reader(log, Ring(log.head), start=reader.position).caught_up()

    assert positions_in(reader.members + again.members) == list(range(1, 19))


async def test_closing_while_the_log_is_read_ends_the_watch_after_that_page() -> None:
    log, ring = filled(1200, ring_from=1200)

    async def close() -> None:
        ring.close()

    reader = Reader(log, ring, before_page=close).may_read()
    await reader.task

    assert reader.kinds == [EVENTS, CLOSING]
    assert reader.position == WATCH_CHANGES
    reader.check()


@pytest.mark.parametrize("when", ["it waits", "it is not read", "it reads the log"])
async def test_a_watch_that_is_left_leaves_nothing_behind(when: str) -> None:
    """The ring no longer knows it."""
    log, ring = filled(10, ring_from=5, changes=8)
    never = asyncio.Event()

    async def before_page() -> None:
        await never.wait()

    selection = Selection("a")
    trace = weakref.ref(selection)
    start = 0 if when == "it reads the log" else 5
    reader = Reader(log, ring, selection, start, before_page)
    if when == "it reads the log":
        reader.may_read()
        await reader.until(reader.queries.__len__)
    else:
        await reader.caught_up()
    if when == "it is not read":
        reader.may_read(0)
        log.feed(ring, Change())
        await turns()
    reader.task.cancel()
    await asyncio.wait([reader.task])
    assert reader.task.cancelled()
    log.feed(ring, *[Change()] * 10)
    await turns()

    del reader
    del selection
    gc.collect()

    assert trace() is None


class Broken(Exception):
    """The log cannot be read."""


async def test_a_watch_ends_with_the_failure_of_the_log() -> None:
    """Resuming after its position misses nothing."""
    log, ring = filled(1200, ring_from=1200)
    pages = 0

    async def fail_at_the_second() -> None:
        nonlocal pages
        pages += 1
        if pages == 2:
            raise Broken

    reader = Reader(log, ring, before_page=fail_at_the_second).may_read()
    with pytest.raises(Broken):
        await reader.task
    reader.check()
    again = await Reader(log, ring, start=reader.position).caught_up()

    assert positions_in(reader.members + again.members) == list(range(1, 1201))
