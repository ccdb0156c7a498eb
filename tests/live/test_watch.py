"""One watch: from the log into the ring and back, without a server."""

import asyncio
import gc
import math
import random
import weakref
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest

from service.limits import WATCH_CHANGES, WATCH_FRAME_BYTES
from service.live import watch as watching
from service.live.ring import Ring, Selection
from service.live.watch import FrameKind
from tests.live.changes import (
    TOPICS,
    VISITS,
    Change,
    Log,
    positions_in,
    turns,
)
from tests.live.reader import Reader

EVENTS, CAUGHT_UP, FELL_BEHIND = FrameKind.EVENTS, FrameKind.CAUGHT_UP, FrameKind.FELL_BEHIND
PROGRESS, CLOSING = FrameKind.PROGRESS, FrameKind.CLOSING
OF_A, OF_B = Selection("a"), Selection("b")


def filled(number: int, ring_from: int = 0, **bounds: int) -> tuple[Log, Ring]:
    """A log of so many changes, and a ring that started at one of them."""
    log, ring = Log(), Ring(ring_from, **bounds)
    log.commit(*[Change()] * ring_from)
    log.feed(ring, *[Change()] * (number - ring_from))
    return log, ring


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make frames, pages and stretches of the log so small that a few changes are many."""
    monkeypatch.setattr(watching, "WATCH_FRAME_BYTES", 60)
    monkeypatch.setattr(watching, "WATCH_CHANGES", 3)
    monkeypatch.setattr(watching, "WATCH_POSITIONS", 5)


# Whatever happens

Script = list[tuple[str, Any]]
STORIES = 500


def story(chance: random.Random, steps: Sequence[str]) -> Script:
    """A random story: so many steps, each with its arguments."""
    arguments: dict[str, Callable[[], Any]] = {
        "feed": lambda: some_changes(chance),
        "commit": lambda: some_changes(chance),
        "lose": lambda: some_changes(chance),
        "read": lambda: (chance.randrange(4), chance.randint(0, 4)),
        "turn": lambda: chance.randint(1, 12),
        "turns of a page": lambda: chance.randint(0, 12),
    }
    chosen = chance.choices(steps, k=chance.randint(0, 60))
    return [(step, arguments[step]()) for step in chosen]


def some_changes(chance: random.Random) -> list[Change]:
    """A few changes of any visit, topic and size."""
    return [
        Change(chance.choice(VISITS), chance.choice(TOPICS), chance.randint(6, 40))
        for _ in range(chance.randint(1, 8))
    ]


def some_selection(chance: random.Random) -> Selection:
    """All changes, or those of a visit, of some topics, or of both."""
    topics = chance.sample(TOPICS, chance.randint(0, 2))
    return Selection(chance.choice((None, *VISITS)), frozenset(topics))


async def play(chance: random.Random, script: Script) -> list[Reader]:
    """Run the script with a few readers of a log with some changes."""
    log = Log()
    log.commit(*some_changes(chance))
    ring = Ring(log.head, changes=chance.randint(1, 8), size=chance.randint(20, 150))
    turns_of_a_page = 1
    fed = log.head

    async def before_page() -> None:
        await turns(turns_of_a_page)

    def feed() -> None:
        nonlocal fed
        ring.feed(fed + 1, log.changes[fed:])
        fed = log.head

    those = [
        Reader(log, ring, some_selection(chance), chance.randint(0, fed), before_page)
        for _ in range(chance.randint(1, 4))
    ]
    for action, argument in script:
        if action in ("feed", "commit", "lose"):
            log.commit(*argument)
        if action == "feed":
            feed()
        elif action == "lose":
            fed = log.head
        elif action == "read":
            those[argument[0] % len(those)].may_read(argument[1])
        elif action == "turn":
            await turns(argument)
        elif action == "turns of a page":
            turns_of_a_page = argument
    # In the end there is one of each that may be wanted.
    log.commit(*[Change(visit, topic, 6) for visit in VISITS for topic in TOPICS])
    feed()
    for reader in those:
        await reader.to_head()
        reader.may_read(0)
    ring.close()
    for reader in those:
        reader.may_read()
    await asyncio.gather(*[reader.task for reader in those])
    assert all(reader.kinds[-1] is CLOSING for reader in those)
    return those


@pytest.mark.parametrize("idle_seconds", [0, math.inf], ids=["impatient", "patient"])
@pytest.mark.parametrize("feeds", ["without gaps", "with gaps"])
@pytest.mark.usefixtures("small")
def test_each_reader_gets_each_change_that_it_wants_once_and_in_order(
    monkeypatch: pytest.MonkeyPatch, idle_seconds: float, feeds: str
) -> None:
    """However changes, reads, pages of the log and turns of the event loop interleave.

    Positions never go back and match what was delivered. A reader catches up once, and once
    again each time that it fell behind, which many did.
    """
    monkeypatch.setattr(watching, "IDLE_SECONDS", idle_seconds)
    steps = ["feed"] * 3 + ["read", "turn"] * 2 + ["commit", "turns of a page"]
    if feeds == "with gaps":
        steps.append("lose")
    told: Counter[FrameKind] = Counter()
    for seed in range(STORIES):
        chance = random.Random(seed)
        try:
            for reader in asyncio.run(play(chance, story(chance, steps))):
                reader.check()
                told.update(reader.kinds)
        except AssertionError as error:
            error.add_note(f"with seed {seed}")
            raise

    assert told[FELL_BEHIND] > 50
    assert told[CAUGHT_UP] > 250
    assert told[EVENTS] > 1000
    assert (told[PROGRESS] > 100) == (idle_seconds == 0)


# The way


async def test_a_reader_goes_from_the_log_into_the_ring() -> None:
    """It catches up once, and then gets each change as it comes."""
    log, ring = filled(30, ring_from=20)
    reader = await Reader(log, ring).caught_up()
    assert reader.kinds == [EVENTS, CAUGHT_UP]
    for _ in range(3):
        log.feed(ring, Change())
        await reader.to_head()

    assert reader.kinds[2:] == [EVENTS] * 3
    assert len(reader.queries) == 1
    reader.check()


@pytest.mark.parametrize("start", [20, 25, 30])
async def test_what_the_ring_has_is_not_read_from_the_log(start: int) -> None:
    """Not even if the reader wants none of it."""
    log, ring = filled(30, ring_from=20)
    for selection in (None, OF_B):
        reader = await Reader(log, ring, selection, start).caught_up()
        assert reader.queries == []
        assert reader.position == 30
        reader.check()


async def test_what_comes_while_the_log_is_read_is_not_missed() -> None:
    """Even if the ring meanwhile moves on past the end of the page."""
    log, ring = filled(10, ring_from=10, changes=3)
    may_go_on = asyncio.Event()

    async def before_page() -> None:
        await may_go_on.wait()

    reader = Reader(log, ring, before_page=before_page).may_read()
    await reader.until(reader.queries.__len__)
    for _ in range(5):
        log.feed(ring, Change(), Change())
    may_go_on.set()
    await reader.caught_up()

    assert reader.position == 20
    assert FELL_BEHIND not in reader.kinds
    reader.check()


async def test_a_reader_that_does_not_read_is_told_once_that_it_fell_behind() -> None:
    """With the position of what it has; in the end it catches up again."""
    log, ring = filled(4, changes=5)
    reader = await Reader(log, ring).caught_up()
    reader.may_read(0)
    log.feed(ring, Change())
    await turns()
    for _ in range(20):
        log.feed(ring, Change())
        await turns(2)

    await reader.reads(2)

    assert reader.kinds[-3:] == [EVENTS, FELL_BEHIND, EVENTS]
    assert reader.frames[-2].position == 5
    await reader.caught_up()
    assert reader.kinds.count(FELL_BEHIND) == 1
    assert reader.position == 25
    reader.check()


async def test_who_falls_behind_while_it_catches_up_is_not_told_again() -> None:
    """There is one ``caught_up`` for each ``fell_behind``."""
    log, ring = filled(5, changes=2)

    async def push_on() -> None:
        if log.head < 100:
            log.feed(ring, Change(), Change(), Change())
        await asyncio.sleep(0)

    reader = await Reader(log, ring, before_page=push_on).caught_up()
    assert reader.kinds.count(EVENTS) > 10
    assert FELL_BEHIND not in reader.kinds
    log.feed(ring, *[Change()] * 3)
    await reader.caught_up()

    assert reader.kinds.count(FELL_BEHIND) == 1
    assert reader.kinds.count(CAUGHT_UP) == 2
    reader.check()


@pytest.mark.parametrize("behind", [Change("a"), Change("b")], ids=["wanted", "not wanted"])
@pytest.mark.parametrize("selection", [None, OF_A], ids=["all", "a visit"])
async def test_a_wake_just_before_many_changes_push_the_ring_on_loses_nothing(
    selection: Selection | None, behind: Change
) -> None:
    """The change that woke it is gone from the ring when it goes on, so it reads the log."""
    log, ring = filled(3, changes=4)
    reader = await Reader(log, ring, selection).caught_up()
    log.feed(ring, Change("a"))
    for _ in range(10):
        log.feed(ring, behind)

    await reader.to_head()

    assert reader.kinds[2:4] == [FELL_BEHIND, EVENTS]
    assert reader.frames[2].position == 3
    assert reader.queries
    reader.check()


async def test_a_change_that_is_larger_than_the_ring_is_read_from_the_log() -> None:
    log, ring = filled(3, size=100)
    reader = await Reader(log, ring).caught_up()

    log.feed(ring, Change(size=1000))
    await reader.caught_up()

    assert reader.kinds[2:] == [FELL_BEHIND, EVENTS, CAUGHT_UP]
    reader.check()


async def test_what_lies_in_a_gap_between_feeds_is_read_from_the_log() -> None:
    """By a waiting reader that wants none of what was fed next."""
    log, ring = filled(3)
    reader = await Reader(log, ring, OF_A).caught_up()
    log.commit(Change("a"), Change("a"))
    log.feed(ring, Change("b"))
    await turns()
    log.feed(ring, Change("a"))

    await reader.to_head()

    assert positions_in(reader.members) == [1, 2, 3, 4, 5, 7]
    reader.check()


# Frames


@pytest.mark.parametrize("ring_from", [0, 300], ids=["from the ring", "from the log"])
async def test_frames_are_cut_at_so_many_bytes(ring_from: int) -> None:
    """A larger change has a frame of its own; no frame is smaller than necessary."""
    size = WATCH_FRAME_BYTES // 10 + 1
    sizes = ([size] * 25 + [3 * WATCH_FRAME_BYTES] * 2 + [size] * 3) * 10
    log = Log()
    log.commit(*[Change(size=size) for size in sizes[:ring_from]])
    ring = Ring(ring_from, size=1 << 30)
    log.feed(ring, *[Change(size=size) for size in sizes[ring_from:]])
    reader = await Reader(log, ring).caught_up()

    lengths = [[len(m) for m in frame.members] for frame in reader.frames if frame.members]
    assert all(sum(each) <= WATCH_FRAME_BYTES or len(each) == 1 for each in lengths)
    for frame, following in pairwise(lengths):
        assert sum(frame) + following[0] > WATCH_FRAME_BYTES
    assert max(map(len, lengths)) == 9
    reader.check()


async def test_many_small_changes_share_a_frame() -> None:
    """The ring returns as many as fit; a page of the log has its own bound."""
    log, ring = filled(1000, size=1 << 20)
    assert (await Reader(log, ring).caught_up()).kinds == [EVENTS, CAUGHT_UP]

    reader = await Reader(log, Ring(1000)).caught_up()

    assert [len(frame.members) for frame in reader.frames] == [WATCH_CHANGES, WATCH_CHANGES, 0]
    reader.check()


@pytest.mark.usefixtures("small")
async def test_no_statement_reads_through_more_of_the_log_than_a_stretch() -> None:
    """A watch of a visit may read to the end, since it reads only that visit's changes."""
    log, ring = filled(100, ring_from=100)
    for selection in (None, Selection(None, frozenset({"amended"}))):
        reader = await Reader(log, ring, selection).caught_up()
        assert len(reader.queries) >= 20
        assert all(query.until - query.after <= 5 for query in reader.queries)
        reader.check()

    reader = await Reader(log, ring, OF_B).caught_up()

    assert [(query.after, query.until) for query in reader.queries] == [(0, 100)]


# Idle


async def test_a_reader_to_whom_nothing_comes_is_told_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Again and again, even while unwanted changes keep coming."""
    monkeypatch.setattr(watching, "IDLE_SECONDS", 0.02)
    log, ring = filled(3)
    loop = asyncio.get_running_loop()
    reader = await Reader(log, ring, OF_A).caught_up()
    began = loop.time()
    await reader.until(lambda: reader.kinds.count(PROGRESS) == 3)
    assert 0.055 < loop.time() - began < 5
    assert reader.position == 3
    while reader.kinds.count(PROGRESS) < 6:
        log.feed(ring, Change("b"))
        await asyncio.sleep(0)

    assert reader.kinds == [EVENTS, CAUGHT_UP, *[PROGRESS] * 6]
    assert 3 < reader.position <= log.head
    log.feed(ring, Change("a"))
    await reader.until(lambda: len(reader.members) == 4)
    reader.check()


@pytest.mark.usefixtures("small")
async def test_a_reader_for_whom_the_log_has_nothing_for_long_is_told_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While the log is read, with the position reached."""
    monkeypatch.setattr(watching, "IDLE_SECONDS", 0)
    log, ring = filled(20, ring_from=20)
    reader = Reader(log, ring, Selection(None, frozenset({"amended"})))

    await reader.reads(5)

    assert reader.kinds == [PROGRESS] * 4 + [CAUGHT_UP]
    assert [frame.position for frame in reader.frames] == [5, 10, 15, 20, 20]
    reader.check()


async def test_a_change_that_comes_as_a_reader_gives_up_waiting_is_not_passed_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is told how far it is, and then gets the change."""
    monkeypatch.setattr(watching, "IDLE_SECONDS", 0)
    log, ring = filled(3)
    reader = Reader(log, ring)
    for number in range(4, 104):
        reader.may_read()
        await turns(number % 7)
        log.feed(ring, Change())
    await reader.until(lambda: len(reader.members) == 103)

    assert PROGRESS in reader.kinds
    reader.check()


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
@pytest.mark.usefixtures("small")
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


# Many


async def test_readers_with_much_to_read_go_on_side_by_side() -> None:
    """None gets its second frame long before another gets its first; other tasks run too."""
    log, ring = filled(200, size=1 << 30)
    log.feed(ring, *[Change(size=WATCH_FRAME_BYTES)] * 10)
    readers = [Reader(log, ring, start=200).may_read() for _ in range(40)]
    seen = 0
    while not all(len(reader.frames) == 11 for reader in readers):
        await asyncio.sleep(0)
        counts = [len(reader.frames) for reader in readers]
        assert max(counts) - min(counts) <= 2
        assert sum(counts) - seen <= 60
        seen = sum(counts)

    for reader in readers:
        reader.check()
