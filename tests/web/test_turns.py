"""One address that asks for a lot keeps nobody else waiting, and is told when it is too much."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import psutil
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from chancery.client import AsyncConnection, Connection
from service.limits import WEB_ADDRESS_LINES, WEB_CALLS, WEB_LONG, WEB_PAGES, WEB_WATCHES
from service.web import turns
from service.web.board import Board, BoardSettings
from service.web.lanes import LONG, WATCHES, Lane
from service.web.turns import Busy, Places, Turns
from tests.support.server import Server

GREEDY, OTHER = "192.0.2.1", "192.0.2.2"
GET_VISIT = "/chancery.v1.VisitService/GetVisit"
WATCH = "/chancery.v1.HistoryService/WatchEvents"


class SlowBoard:
    """Turns in front of pages that are answered when the test says so."""

    def __init__(self) -> None:
        self.ends = asyncio.Event()
        self.under_way = 0
        self.app = Starlette(
            routes=[Route("/{path:path}", self._answer)], middleware=[Middleware(Turns)]
        )
        self.app.state.board = Board(AsyncConnection("127.0.0.1:1"), BoardSettings())
        self._asked: list[asyncio.Future[httpx.Response]] = []

    async def _answer(self, request: Request) -> Response:
        self.under_way += 1
        await self.ends.wait()
        self.under_way -= 1
        return PlainTextResponse("done")

    def ask(
        self, path: str, address: str = GREEDY, **headers: str
    ) -> asyncio.Future[httpx.Response]:
        """Begin to ask, without waiting for the answer."""

        async def get() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as web:
                return await web.get(path, headers=headers)

        self._asked.append(asyncio.ensure_future(get()))
        return self._asked[-1]

    async def settle(self) -> int:
        """How many are under way once nothing moves any more."""
        for _ in range(50):
            await asyncio.sleep(0)
        return self.under_way

    async def end(self) -> None:
        """Answer all."""
        self.ends.set()
        await asyncio.gather(*self._asked)


@pytest.fixture
async def slow() -> AsyncIterator[SlowBoard]:
    """A board whose pages take as long as the test wants."""
    board = SlowBoard()
    yield board
    await board.end()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a turn for long."""
    monkeypatch.setattr(turns, "WEB_TURN_SECONDS", 0.05)


@pytest.mark.parametrize(
    ("path", "places"),
    [
        ("/", WEB_PAGES),
        ("/visits?q=paris", WEB_PAGES),
        ("/visits?known=2023-02", WEB_LONG),
        ("/visits/x?valid=2023", WEB_LONG),
        ("/calendar", WEB_LONG),
        ("/changes.csv", WEB_LONG),
        ("/visits.ics?host=FR", WEB_LONG),
        ("/log.bundle", WEB_LONG),
        (GET_VISIT, WEB_CALLS),
        ("/tile/0/000", WEB_CALLS),
        (WATCH, WEB_WATCHES),
        ("/live?after=1", WEB_ADDRESS_LINES),
    ],
)
async def test_an_address_has_some_requests_under_way_and_no_more(
    slow: SlowBoard, path: str, places: int
) -> None:
    for _ in range(places + 3):
        slow.ask(path)
    assert await slow.settle() == places
    slow.ask(path, OTHER)
    assert await slow.settle() == places + 1


async def test_what_takes_long_keeps_no_page_of_the_same_address_waiting(slow: SlowBoard) -> None:
    for path in ("/calendar", GET_VISIT):
        for _ in range(20):
            slow.ask(path)
    before = await slow.settle()
    slow.ask("/")
    assert await slow.settle() == before + 1


async def test_styles_and_fonts_are_never_waited_for(slow: SlowBoard) -> None:
    for _ in range(30):
        slow.ask("/static/board.css")
    assert await slow.settle() == 30


async def test_who_waits_gets_the_answer_when_it_is_their_turn(slow: SlowBoard) -> None:
    answers = [slow.ask("/calendar") for _ in range(WEB_LONG + 3)]
    await slow.settle()
    await slow.end()
    assert {(await answer).status_code for answer in answers} == {200}


@pytest.mark.usefixtures("impatient")
async def test_who_waits_in_vain_is_told_to_try_again(slow: SlowBoard) -> None:
    for path in ("/calendar", GET_VISIT):
        for _ in range(10):
            slow.ask(path)
    page = await slow.ask("/calendar", accept="text/html")
    feed = await slow.ask("/visits.ics")
    call = await slow.ask(GET_VISIT)
    for answer in (page, feed, call):
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert "Your address has asked for as much" in answer.text
    assert "Too much at a time" in page.text
    assert feed.headers["content-type"].startswith("text/plain")
    told = call.json()
    assert told["code"] == "resource_exhausted"
    assert told["details"][0]["debug"]["reason"] == "TOO_MANY_CALLS"


async def test_further_watches_are_refused_at_once(slow: SlowBoard) -> None:
    for _ in range(WEB_WATCHES):
        slow.ask(WATCH)
    await slow.settle()
    assert (await slow.ask(WATCH)).status_code == 429


async def test_a_place_is_free_again_however_it_was_left() -> None:
    places, narrow = Places(), Lane("narrow", 1)
    with pytest.raises(ZeroDivisionError):
        async with places.place(GREEDY, narrow):
            raise ZeroDivisionError
    async with places.place(GREEDY, narrow):
        waits = asyncio.ensure_future(places.place(GREEDY, narrow).__aenter__())
        await asyncio.sleep(0)
        waits.cancel()
        await asyncio.wait([waits])
    async with asyncio.timeout(1), places.place(GREEDY, narrow):
        assert len(places) == 1
    assert len(places) == 0


@pytest.mark.usefixtures("impatient")
async def test_of_one_address_only_some_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WEB_WAITING", 0)
    places = Places()
    for lane in (LONG, WATCHES):
        for _ in range(lane.places):
            await places.place(GREEDY, lane).__aenter__()
        with pytest.raises(Busy):
            await places.place(GREEDY, lane).__aenter__()


async def test_what_takes_long_goes_by_a_connection_of_its_own(server: Server) -> None:
    """Where callers are not known, a server lets connections take turns."""
    pages, aside = AsyncConnection(server.address), AsyncConnection(server.address)
    async with pages, aside:
        board = Board(pages, BoardSettings(), aside)
        app = Starlette()
        app.state.board = board

        def request(path: str, query: bytes = b"") -> Request:
            scope = {"type": "http", "app": app, "path": path, "query_string": query, "headers": []}
            return Request(scope)

        assert board.connection(request("/")).channel is pages.channel
        assert board.connection(request("/calendar")).channel is aside.channel
        assert board.connection(request("/visits", b"known=2023")).channel is aside.channel
        assert board.channel is aside.channel


async def test_each_connection_of_a_client_is_one(server: Server) -> None:
    def number() -> int:
        """Connections from this process to the server."""
        port = int(server.address.rpartition(":")[2])
        open_now = psutil.Process().net_connections("tcp")
        return len([each for each in open_now if each.raddr and each.raddr.port == port])

    before = number()
    with Connection(server.address) as first, Connection(server.address) as second:
        async with AsyncConnection(server.address) as third:
            first.info()
            second.info()
            await third.info()
            assert number() == before + 3
