"""The edge's end of the link: what is asked is answered, refused in time, or told to be lost."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from service import limits
from service.errors import CoreAway, TooManyCalls
from service.link import edge
from service.link.edge import CoreLink
from service.link.frames import (
    Answer,
    Ask,
    AskCheckpoint,
    AskEnd,
    End,
    Forget,
    Recorded,
    ToEdge,
    frame,
)
from tests.link.ends import SECONDS, Core, Edge, answers, turns


@pytest.fixture
async def core() -> AsyncIterator[Core]:
    """The other end."""
    core = Core()
    yield core
    core.end()


@pytest.fixture
async def desk(core: Core) -> Edge:
    """An edge that is linked with it."""
    desk = Edge()
    await core.connect(desk.link)
    return desk


# Asking


async def test_each_request_gets_its_own_answer(core: Core, desk: Edge) -> None:
    """In whatever order they come."""
    tasks = [desk.ask(b"%d" % n) for n in range(100)]
    for asked in reversed(await core.hear(100)):
        assert isinstance(asked, Ask)
        core.say(Answer(asked.number, b"to " + asked.request))
    found = await asyncio.gather(*tasks)
    assert [answer.body for answer in found] == [b"to %d" % n for n in range(100)]


async def test_what_is_asked_arrives_as_it_was_asked(core: Core, desk: Edge) -> None:
    asking = desk.link.ask("ImportChanges", b"\x00\xff", "\u00e9", "call-1", first=7, waits=True)
    task = asyncio.create_task(asyncio.wait_for(asking, SECONDS))
    (asked,) = await core.hear()
    assert isinstance(asked, Ask)
    assert (asked.method, asked.request, asked.actor) == ("ImportChanges", b"\x00\xff", "\u00e9")
    assert (asked.call_id, asked.first) == ("call-1", 7)
    core.say(Answer(asked.number, b"done", 9, "because", "key", 3))
    assert await task == Answer(asked.number, b"done", 9, "because", "key", 3)


async def test_one_that_asks_alone_is_sent_at_once_and_many_together(
    core: Core, desk: Edge
) -> None:
    """While an answer is out, what comes within a moment shares a frame."""
    desk.ask()
    await core.hear()
    assert core.frames == 1
    for _ in range(50):
        desk.ask()
    await core.hear(50)
    assert core.frames == 2


async def test_a_checkpoint_is_asked_for_by_its_size(core: Core, desk: Edge) -> None:
    for size in (0, 7):
        task = asyncio.create_task(asyncio.wait_for(desk.link.checkpoint(size), SECONDS))
        (asked,) = await core.hear()
        assert isinstance(asked, AskCheckpoint)
        assert asked.size == size
        core.say(Answer(asked.number, b"signed"))
        assert (await task).body == b"signed"


async def test_where_the_log_ends_is_asked_like_anything_else(core: Core, desk: Edge) -> None:
    """And the answer may be a failure."""
    for answer in (End(0, 7, 1_000), Answer(0, b"status", 14, "away")):
        task = desk.ask_end()
        (asked,) = await core.hear()
        assert isinstance(asked, AskEnd)
        answer.number = asked.number
        core.say(answer)
        assert await task == answer


async def test_what_is_committed_is_heard_before_the_answers_that_rest_on_it(
    core: Core, desk: Edge
) -> None:
    """Whether they come in one frame or in two."""
    first, second = desk.ask(), desk.ask()
    one, two = await core.hear(2)
    changes = [("beijing", "amended", b"event", None)]
    said: list[ToEdge] = [Recorded(1, 5, changes), Answer(one.number, b"1")]
    more: list[ToEdge] = [Recorded(2, 6, changes), Answer(two.number, b"2")]
    core.say(*said)
    await first
    core.say(more[0])
    core.say(more[1])
    await second
    assert desk.heard == [*said, *more]


async def test_an_answer_to_one_who_went_away_is_taken(core: Core, desk: Edge) -> None:
    """It bothers nobody else."""
    gone, other = desk.ask(), desk.ask()
    one, two = await core.hear(2)
    gone.cancel()
    await turns()
    core.say(Answer(one.number, b"1"), Answer(two.number, b"2"))
    assert (await other).body == b"2"
    assert gone.cancelled()


# Bounds


async def test_beyond_a_number_requests_are_refused_and_imports_wait(
    core: Core, desk: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer makes room for one of those who wait."""
    monkeypatch.setattr(edge, "CHANGES_ASKED", 3)
    out = [desk.ask() for _ in range(3)]
    asked = await core.hear(3)
    (refused,) = await answers([desk.ask()])
    assert isinstance(refused, TooManyCalls)
    waiting = [desk.ask(waits=True) for _ in range(2)]
    await turns()
    assert core.asked.empty()
    core.say(Answer(asked[0].number, b""))
    asked += await core.hear()
    await turns()
    assert core.asked.empty()
    core.say(*(Answer(each.number, b"") for each in asked[1:]))
    (last,) = await core.hear()
    core.say(Answer(last.number, b""))
    assert all(isinstance(each, Answer) for each in await answers([*out, *waiting]))
    (answered,) = [desk.ask()]
    (each,) = await core.hear()
    core.say(Answer(each.number, b""))
    await answered


async def test_so_they_are_beyond_a_number_of_bytes(
    core: Core, desk: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "BYTES_ASKED", 100)
    out = desk.ask(bytes(100))
    (asked,) = await core.hear()
    (refused,) = await answers([desk.ask(b"")])
    assert isinstance(refused, TooManyCalls)
    waiting = desk.ask(bytes(50), waits=True)
    core.say(Answer(asked.number, b""))
    await out
    (asked,) = await core.hear()
    core.say(Answer(asked.number, b""))
    await waiting


async def test_what_was_asked_counts_until_it_is_answered(
    core: Core, desk: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who go away make no room: the core has their requests still, and is told."""
    monkeypatch.setattr(edge, "CHANGES_ASKED", 1)
    gone = desk.ask()
    (asked,) = await core.hear()
    gone.cancel()
    await turns()
    assert await core.hear() == [Forget(asked.number)]
    (refused,) = await answers([desk.ask()])
    assert isinstance(refused, TooManyCalls)
    core.say(Answer(asked.number, b""))
    await turns()
    task = desk.ask()
    (asked,) = await core.hear()
    core.say(Answer(asked.number, b""))
    await task


# Losing the core


async def test_without_a_core_nothing_is_asked() -> None:
    """Neither before there is one, nor for the end of the log."""
    link = CoreLink(lambda _: None)
    with pytest.raises(CoreAway):
        await link.ask("Amend", b"", "desk", "call")
    with pytest.raises(CoreAway):
        await link.end()


async def test_if_the_core_ends_all_who_wait_are_told(
    core: Core, desk: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who were heard, those who were not, and those who wait for room."""
    monkeypatch.setattr(edge, "CHANGES_ASKED", 3)
    tasks = [desk.ask()]
    await core.hear()
    tasks += [desk.ask(), desk.ask()]
    await asyncio.sleep(0)
    tasks += [desk.ask(waits=True) for _ in range(3)]
    end = desk.ask_end()
    core.end()
    assert [type(each) for each in await answers(tasks)] == [CoreAway] * 6
    with pytest.raises(CoreAway):
        await end
    with pytest.raises(CoreAway):
        await desk.link.ask("Amend", b"", "desk", "call")
    await turns()
    assert desk.heard == ["unlinked"]


async def test_an_answer_that_arrived_before_the_end_counts(core: Core, desk: Edge) -> None:
    task = desk.ask()
    (asked,) = await core.hear()
    core.say(Recorded(1), Answer(asked.number, b"done"))
    core.end()
    assert (await task).body == b"done"


async def test_a_frame_that_was_cut_off_says_nothing(core: Core, desk: Edge) -> None:
    """Nor does its beginning confuse the next core."""
    task = desk.ask()
    (asked,) = await core.hear()
    core.write(frame([Answer(asked.number, b"done")])[:-1])
    core.end()
    with pytest.raises(CoreAway):
        await task
    again = Core()
    await again.connect(desk.link)
    task = desk.ask()
    (asked,) = await again.hear()
    again.say(Answer(asked.number, b"done"))
    assert (await task).body == b"done"
    again.end()


async def test_a_new_core_takes_over_while_the_old_one_is_linked(core: Core, desk: Edge) -> None:
    """Those who wait for the old one are told; the loss of it is no loss of the new one."""
    old = desk.ask()
    await core.hear()
    later = Core()
    await later.connect(desk.link)
    new = desk.ask()
    assert [type(each) for each in await answers([old])] == [CoreAway]
    (asked,) = await later.hear()
    await turns()
    later.say(Answer(asked.number, b"new"))
    assert (await new).body == b"new"
    assert "unlinked" not in desk.heard
    later.end()


async def test_a_core_that_does_not_read_holds_up_only_those_who_ask(desk: Edge) -> None:
    """The edge goes on: what it could not send waits, up to the bound."""
    slow = CoreLink(lambda _: None)
    ours, theirs = socket.socketpair()
    with ours:
        await slow.connect(theirs)
        tasks = [
            asyncio.create_task(slow.ask("Amend", bytes(1 << 20), "desk", "call"))
            for _ in range(100)
        ]
        await turns()
        refused = [task for task in tasks if task.done()]
        assert [type(task.exception()) for task in refused] == [TooManyCalls] * len(refused)
        assert len(tasks) - len(refused) == limits.BYTES_ASKED >> 20
    assert {type(each) for each in await answers(tasks)} == {CoreAway, TooManyCalls}
