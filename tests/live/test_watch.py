"""One watch: from the log into the ring and back, without a server."""

import asyncio
from itertools import pairwise

import pytest

from service.limits import WATCH_CHANGES, WATCH_FRAME_BYTES
from service.live import watch as watching
from service.live.ring import Ring, Selection
from tests.live.changes import Change, Log, positions_in, turns
from tests.live.reader import Reader
from tests.live.watched import CAUGHT_UP, EVENTS, FELL_BEHIND, OF_A, OF_B, PROGRESS, filled

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


@pytest.mark.usefixtures("small_frames")
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


@pytest.mark.usefixtures("small_frames")
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
