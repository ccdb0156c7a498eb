"""The live line: whoever has a page open is told that something has changed, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack

import httpx
import pytest

from chancery.client import Connection
from service.web import lines, live
from tests.support.board import RunningBoard, live_line, running_board
from tests.support.holders import GuardedServer, guarded, is_known
from tests.support.messages import postponed, scheduled
from tests.support.place import SqliteFile
from tests.support.server import Server


@pytest.fixture
async def board(server: Server) -> AsyncIterator[RunningBoard]:
    """The board of the server that the tests of the module share."""
    async with running_board(server.address) as board:
        yield board


@pytest.fixture(scope="module")
def guarded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    """A server that knows its callers."""
    folder = tmp_path_factory.mktemp("guarded")
    with guarded(SqliteFile(folder / "chancery.db"), folder) as server:
        yield server


@pytest.fixture
async def guarded_board(guarded_server: GuardedServer) -> AsyncIterator[RunningBoard]:
    """The board of that server."""
    async with running_board(guarded_server.address) as board:
        yield board


async def until(holds: Callable[[], bool]) -> None:
    """Wait until that holds, and let the board run meanwhile."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - no event announces it
            await asyncio.sleep(0.005)


def record(server: Server, visit: str, *, is_first: bool = False) -> None:
    """Record a change of a visit."""
    client = server.client()
    client.record(f"visits/{visit}", scheduled() if is_first else postponed())


async def test_a_line_tells_of_each_change_after_the_position_of_the_page(
    server: Server, board: RunningBoard
) -> None:
    head = server.client().head
    async with live_line(board.address, after=head) as line:
        assert line.answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert line.answer.headers["cache-control"] == "no-store"
        assert line.answer.headers["x-accel-buffering"] == "no"
        record(server, "a", is_first=True)
        told = await line.event()
        assert told == (str(head + 1), {"position": head + 1, "changes": 1})
        record(server, "a")
        assert (await line.event())[1] == {"position": head + 2, "changes": 2}


async def test_the_head_of_the_answer_comes_at_once(server: Server, board: RunningBoard) -> None:
    async with asyncio.timeout(2), live_line(board.address, after=server.client().head) as line:
        assert line.answer.status_code == 200


async def test_what_was_recorded_before_the_line_was_open_is_told_at_once(
    server: Server, board: RunningBoard
) -> None:
    for visit in ("b", "c"):
        record(server, visit, is_first=True)
    head = server.client().head
    async with live_line(board.address, after=head - 2) as line:
        assert (await line.event())[1] == {"position": head, "changes": 2}
    record(server, "b")
    async with live_line(board.address, after=head - 1, visit="visits/b") as line:
        assert (await line.event())[1] == {"position": head + 1, "changes": 1}
    async with live_line(board.address, after=0, visit="b") as line:
        assert (await line.event())[1] == {"position": head + 1, "changes": 2}


async def test_a_line_of_a_visit_tells_of_its_changes_alone(
    server: Server, board: RunningBoard
) -> None:
    for visit in ("d", "e"):
        record(server, visit, is_first=True)
    head = server.client().head
    async with live_line(board.address, after=head, visit="visits/d") as line:
        record(server, "e")
        record(server, "d")
        assert (await line.event())[1] == {"position": head + 2, "changes": 1}


async def test_who_comes_back_is_not_told_again(server: Server, board: RunningBoard) -> None:
    record(server, "f", is_first=True)
    head = server.client().head
    async with live_line(board.address, after=head - 1, last=str(head)) as line:
        with pytest.raises(TimeoutError):
            await line.event(0.3)
    async with live_line(board.address, after=head - 1, last=str(head)) as line:
        record(server, "f")
        assert (await line.event())[1] == {"position": head + 1, "changes": 2}


async def test_a_page_of_another_log_is_told_that_it_is_old(
    server: Server, board: RunningBoard
) -> None:
    record(server, "g", is_first=True)
    async with live_line(board.address, after=10**6) as line:
        assert (await line.event())[1]["position"] == server.client().head


async def test_who_asks_for_the_head_alone_gets_no_line(board: RunningBoard) -> None:
    async with httpx.AsyncClient(base_url=board.address, timeout=5) as client:
        answer = await client.head("/live?after=0")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert not board.board.lines.watches


async def test_two_hundred_lines_cost_the_server_one_watch_that_ends_with_the_last(
    server: Server, board: RunningBoard
) -> None:
    before = ended_watches(server)
    head = server.client().head
    async with AsyncExitStack() as stack:
        opened = [live_line(board.address, after=head) for _ in range(200)]
        all_lines = [await stack.enter_async_context(each) for each in opened]
        record(server, "h", is_first=True)
        told = await asyncio.gather(*(line.event() for line in all_lines))
        assert {number for number, _ in told} == {str(head + 1)}
        assert [len(each.lines) for each in board.board.lines.watches] == [200]
    await until(lambda: not board.board.lines.watches)
    await until(lambda: ended_watches(server) == before + 1)


def ended_watches(server: Server) -> int:
    """How many watches have ended on a server."""
    return sum(str(line.get("method")).endswith("/WatchEvents") for line in server.log)


async def test_a_silent_line_shows_that_it_is_there(
    server: Server, board: RunningBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "WEB_SILENT_SECONDS", 0.05)
    async with live_line(board.address, after=server.client().head) as line:
        shown = [await anext(line._lines) for _ in range(4)]
    assert shown == ["retry: 2000", "", ": still there", ""]


async def test_there_are_no_more_lines_than_the_board_can_serve(
    server: Server, board: RunningBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "WEB_LINES", 1)
    async with live_line(board.address, after=0):
        await until(lambda: board.board.lines.are_full)
        async with live_line(board.address, after=0) as refused:
            assert refused.answer.status_code == 503
            assert refused.answer.headers["retry-after"] == "60"
            assert "As many pages follow live" in (await refused.answer.aread()).decode()


async def test_a_line_that_makes_no_sense_is_refused(board: RunningBoard) -> None:
    wrong = ["", "?after=", "?after=-1", "?after=1e3", "?after=" + "9" * 30, "?after=²"]
    statuses = dict.fromkeys([*wrong, "?after=1&visit=%00"], 400) | {"?after=1&visit=nobody": 404}
    async with httpx.AsyncClient(base_url=board.address, verify=False) as client:
        for query, status in statuses.items():
            answer = await client.get(f"/live{query}")
            assert answer.status_code == status, query
            assert "<h1>" in answer.text


async def test_lines_go_on_when_the_server_was_away(own_server: Server, short_waits: None) -> None:
    record(own_server, "i", is_first=True)
    async with (
        running_board(own_server.address) as board,
        live_line(board.address, after=1) as line,
    ):
        record(own_server, "i")
        assert (await line.event())[1]["changes"] == 1
        address = own_server.address
        own_server.stop()
        own_server.start(address)
        record(own_server, "j", is_first=True)
        assert (await line.event(20))[1] == {"position": 3, "changes": 2}


async def test_without_credentials_nothing_is_told(
    guarded_server: GuardedServer, guarded_board: RunningBoard
) -> None:
    guarded_server.held("editor").record("visits/a", scheduled())
    for visit in ("", "visits/a", "visits/nobody"):
        for token in ("", "chancery_wrong"):
            async with live_line(guarded_board.address, after=0, visit=visit, token=token) as line:
                assert line.answer.status_code == 401
    assert not guarded_board.board.lines.watches


async def test_each_caller_has_a_watch_of_its_own_however_many_lines(
    guarded_server: GuardedServer, guarded_board: RunningBoard
) -> None:
    head = guarded_server.held("reader").head
    tokens = [guarded_server.holders.tokens[role] for role in ("reader", "reader", "auditor")]
    async with AsyncExitStack() as stack:
        opened = [live_line(guarded_board.address, after=head, token=each) for each in tokens]
        all_lines = [await stack.enter_async_context(each) for each in opened]
        await until(lambda: len(guarded_board.board.lines.watches) == 2)
        guarded_server.held("editor").record("visits/b", scheduled())
        assert len({(await line.event())[0] for line in all_lines}) == 1


async def test_the_lines_of_a_token_that_was_taken_back_end_and_those_of_others_do_not(
    guarded_server: GuardedServer, guarded_board: RunningBoard
) -> None:
    revoked = guarded_server.holders.new("reader", "Rosa")
    kept = guarded_server.holders.tokens["reader"]
    with Connection(guarded_server.address, token=revoked) as connection:
        await until(lambda: is_known(connection))
    head = guarded_server.held("reader").head

    async with (
        live_line(guarded_board.address, after=head, token=revoked) as first,
        live_line(guarded_board.address, after=head, token=kept) as second,
    ):
        guarded_server.holders.revoke("Rosa")
        await first.end(3)
        guarded_server.held("editor").record("visits/c", scheduled())
        assert (await second.event())[1]["changes"] == 1
    async with live_line(guarded_board.address, after=head, token=revoked) as again:
        assert again.answer.status_code == 401
