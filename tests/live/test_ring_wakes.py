"""Whom the ring wakes, and how those that wait take turns."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.limits import READERS_PER_TURN
from service.live.ring import Recent, Ring, Selection
from tests.live.changes import Change, Log, changes, positions_in, selections, turns, until
from tests.live.rings import ALL, FAR

# A time of the event loop that is over.
PAST = -1.0


# Whom it wakes


def takes(selection: Selection, fed: Sequence[Change]) -> bool:
    """Whether a reader wants one of these."""
    return any(selection.takes(Recent(each.visit_id, each.topic, b"")) for each in fed)


@given(
    st.lists(selections, min_size=1, max_size=12),
    st.lists(st.lists(changes, min_size=1, max_size=4), min_size=1, max_size=5),
)
def test_who_waits_is_woken_by_a_change_that_it_wants_and_by_no_other(
    wanting: Sequence[Selection], batches: Sequence[Sequence[Change]]
) -> None:
    """Each gets the head from before the feed that woke it."""

    async def scenario() -> None:
        log, ring = Log(), Ring(0)
        readers = [(each, asyncio.ensure_future(ring.wait(each, FAR))) for each in wanting]
        await turns()
        for batch in batches:
            before, waiting = log.head, [each for each in readers if not each[1].done()]
            log.feed(ring, *batch)
            await turns()
            for selection, reader in waiting:
                assert reader.done() == takes(selection, batch), (selection, batch)
                assert not reader.done() or reader.result() == before
        for _, reader in readers:
            reader.cancel()

    asyncio.run(scenario())


async def test_who_waits_for_a_visit_is_not_woken_by_its_other_changes() -> None:
    """Even if a change of that topic, of another visit, is fed with them."""
    log, ring = Log(), Ring(0)
    wanted = Selection("a", frozenset({"postponed"}))
    reader = asyncio.ensure_future(ring.wait(wanted, FAR))
    await turns()

    log.feed(ring, Change("a", "amended"), Change("b", "postponed"))
    await turns()

    assert not reader.done()
    log.feed(ring, Change("a", "postponed"))
    assert await reader == 2


async def test_who_waits_is_told_of_no_position_behind_a_gap_that_was_not_read() -> None:
    """The gap may hold wanted changes: whoever is woken later, or gives up, reads it first."""
    log, ring = Log(), Ring(0)
    log.feed(ring, Change("a"), Change("b"))
    loop = asyncio.get_running_loop()
    woken = asyncio.ensure_future(ring.wait(Selection("a"), FAR))
    tired = asyncio.ensure_future(ring.wait(Selection("a"), loop.time() + 0.01))
    await turns()

    log.commit(Change("a"))  # not fed
    log.feed(ring, Change("b"))
    await turns()
    log.feed(ring, Change("a"))

    assert await woken <= 2
    assert await tired <= 2


@pytest.mark.parametrize("selection", [ALL, Selection("a"), Selection("b")], ids=str)
@pytest.mark.parametrize("fed_at", [PAST - 0.5, PAST + 0.5], ids=["just before", "just after"])
async def test_who_gives_up_as_a_change_is_fed_loses_nothing(
    selection: Selection, fed_at: float
) -> None:
    """In the same step of the event loop: the position returned is the head from before."""
    log, ring = Log(), Ring(0)
    log.feed(ring, Change("c"), Change("c"))
    loop = asyncio.get_running_loop()
    reader = asyncio.ensure_future(ring.wait(selection, PAST))
    # Timers of one step fire in the order of their times.
    loop.call_soon(loop.call_at, fed_at, log.feed, ring, Change("a"), Change("b"))

    assert await reader == 2

    assert ring.head == 4
    expected = [member for _, member in log.behind(2, selection)]
    assert ring.after(2, selection, 1000) == (expected, 4)


async def test_who_gives_up_is_given_the_head_since_nothing_was_wanted() -> None:
    log, ring = Log(), Ring(0)
    loop = asyncio.get_running_loop()
    reader = asyncio.ensure_future(ring.wait(Selection("a"), loop.time() + 0.01))
    await turns()
    log.feed(ring, *[Change("b")] * 3)
    assert not reader.done()

    assert await reader == 3


async def test_who_gave_up_and_is_not_on_yet_is_told_the_head_of_that_moment() -> None:
    """Others have their turn first, and meanwhile changes come that it wants."""
    log, ring = Log(), Ring(0)
    crowd = [
        asyncio.ensure_future(ring.wait(Selection("c"), PAST)) for _ in range(20 * READERS_PER_TURN)
    ]
    reader = asyncio.ensure_future(ring.wait(Selection("a"), PAST + 0.5))
    await until(crowd[0].done)
    assert not reader.done()

    log.feed(ring, Change("a"))

    assert await reader == 0
    assert positions_in(ring.after(0, Selection("a"), 1000)[0]) == [1]
    await asyncio.gather(*crowd)


async def test_closing_wakes_all_who_wait() -> None:
    """They get the head, whatever they wait for; later ones see that it is closed."""
    log, ring = Log(), Ring(0)
    log.feed(ring, Change("c"))
    wanting = [
        ALL,
        Selection("a"),
        Selection("a", frozenset({"amended"})),
        Selection(None, frozenset({"amended"})),
        Selection("never"),
    ]
    readers = [asyncio.ensure_future(ring.wait(each, FAR)) for each in wanting * 10]
    await turns()
    assert not ring.is_closed

    ring.close()

    assert ring.is_closed
    assert await asyncio.gather(*readers) == [1] * len(readers)


async def test_a_change_that_comes_when_the_ring_was_just_closed_is_not_passed_by() -> None:
    """A reader that is about to end gets the head from before."""
    log, ring = Log(), Ring(0)
    readers = [asyncio.ensure_future(ring.wait(ALL, FAR)) for _ in range(3 * READERS_PER_TURN)]
    await turns()

    ring.close()
    log.feed(ring, Change())

    assert await asyncio.gather(*readers) == [0] * len(readers)


# Taking turns


async def test_those_who_are_woken_go_on_a_few_at_a_time() -> None:
    """In the order in which they waited; other tasks have their turn in between."""
    log, ring = Log(), Ring(0)
    went_on: list[int] = []

    async def reader(number: int) -> None:
        await ring.wait(ALL, FAR)
        went_on.append(number)

    readers = [asyncio.ensure_future(reader(number)) for number in range(10 * READERS_PER_TURN)]
    await turns()
    log.feed(ring, Change())
    seen = [0]
    while len(went_on) < len(readers):
        await asyncio.sleep(0)
        seen.append(len(went_on))

    assert went_on == list(range(len(readers)))
    assert max(after - before for before, after in pairwise(seen)) <= READERS_PER_TURN


async def test_a_turn_comes_behind_those_that_are_ready() -> None:
    """Asking for a turn again and again keeps nobody else waiting."""
    log, ring = Log(), Ring(0)
    went_on: list[str] = []

    async def waits(name: str) -> None:
        await ring.wait(ALL, FAR)
        went_on.append(name)

    async def reads_much() -> None:
        for _ in range(3):
            await ring.turn()
            went_on.append("much")

    readers = [asyncio.ensure_future(waits(str(i))) for i in range(3 * READERS_PER_TURN)]
    await turns()
    log.feed(ring, Change())
    await reads_much()
    await asyncio.gather(*readers)

    assert went_on.index("much") >= len(readers) - READERS_PER_TURN
    assert went_on.count("much") == 3


async def test_a_turn_that_is_cancelled_holds_up_nobody() -> None:
    ring = Ring(0)
    cancelled = [asyncio.ensure_future(ring.turn()) for _ in range(3 * READERS_PER_TURN)]
    last = asyncio.ensure_future(ring.turn())
    await asyncio.sleep(0)
    for each in cancelled:
        each.cancel()

    await last

    assert all(each.cancelled() for each in cancelled)
