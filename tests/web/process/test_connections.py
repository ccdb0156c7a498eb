"""What a client may hold of the board: slow, greedy and silent ones are let go."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress

import pytest

from service.limits import REQUEST_BYTES, WEB_HEAD_BYTES
from service.web import connections
from tests.support.board import RunningBoard, running_board

GET = b"GET /static/board.css HTTP/1.1\r\nHost: 127.0.0.1\r\n"
FONT = GET.replace(b"board.css", b"fonts/inter-latin-ext-wght-normal.woff2") + b"\r\n"
POST = b"POST /static/board.css HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """The socket that the board listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
async def board(listening: socket.socket) -> AsyncIterator[RunningBoard]:
    """A board that asks no server."""
    async with running_board("127.0.0.1:1", listening=listening) as board:
        yield board


class Raw:
    """A connection that sends bytes as they are."""

    def __init__(self, board: RunningBoard) -> None:
        self.socket = socket.create_connection(("127.0.0.1", board.port))
        self.socket.setblocking(False)
        self._loop = asyncio.get_running_loop()

    async def send(self, data: bytes) -> None:
        """Send these bytes.

        :raises ConnectionError: the board has closed the connection.
        """
        async with asyncio.timeout(10):
            await self._loop.sock_sendall(self.socket, data)

    async def send_for_ever(self, data: bytes) -> None:
        """Send these bytes again and again.

        :raises ConnectionError: the board has closed the connection.
        """
        while True:
            await self.send(data)
            await asyncio.sleep(0.001)

    async def status(self) -> int:
        """The status of the answer that comes."""
        async with asyncio.timeout(10):
            return int((await self._loop.sock_recv(self.socket, 1 << 16)).split()[1])

    async def closed(self) -> bytes:
        """What comes until the board closes the connection."""
        found = b""
        async with asyncio.timeout(10):
            try:
                while data := await self._loop.sock_recv(self.socket, 1 << 16):
                    found += data
            except ConnectionError:
                pass
        return found


@pytest.fixture
async def connect(board: RunningBoard) -> AsyncIterator[Callable[[], Raw]]:
    """Makes connections to the board, which are closed at the end."""
    made: list[Raw] = []

    def connect() -> Raw:
        made.append(Raw(board))
        return made[-1]

    yield connect
    for each in made:
        each.socket.close()


Connect = Callable[[], Raw]


async def test_a_head_that_does_not_end_is_refused(connect: Connect) -> None:
    raw = connect()
    await raw.send(GET)
    for _ in range(WEB_HEAD_BYTES // 1000 + 1):
        await raw.send(b"X: " + b"x" * 1000 + b"\r\n")
        await asyncio.sleep(0.001)
    assert await raw.status() == 431
    await raw.closed()


@pytest.mark.parametrize("how", ["at once", "in chunks"])
async def test_a_body_larger_than_a_request_may_be_is_refused(connect: Connect, how: str) -> None:
    raw = connect()
    part = b"x" * (1 << 16)
    if how == "at once":
        await raw.send(POST + b"Content-Length: %d\r\n\r\n" % (2 * REQUEST_BYTES))
    else:
        await raw.send(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        part = b"10000\r\n" + part + b"\r\n"
    sent = 0
    try:
        while sent < 2 * REQUEST_BYTES:
            await raw.send(part)
            sent += len(part)
            await asyncio.sleep(0)
    except ConnectionError:
        pass
    answer = await raw.closed()
    assert answer[:10] in (b"", b"HTTP/1.1 4")
    assert sent < 2 * REQUEST_BYTES


@pytest.mark.parametrize("sent", [b"", b"\r\n", GET * 9, POST + b"Content-Length: 9\r\n\r\nx"])
async def test_a_request_that_comes_too_slowly_is_cut_off(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    """Even if something comes now and then."""
    monkeypatch.setattr(connections, "WEB_REQUEST_SECONDS", 0.3)
    raw = connect()
    closed = asyncio.ensure_future(raw.closed())
    while not closed.done():
        with suppress(ConnectionError):
            await raw.send(sent[:1])
        sent = sent[1:] + sent[:1] if sent == b"\r\n" else sent[1:]
        await asyncio.sleep(0.02)
    assert closed.result() == b""


async def test_who_does_not_read_is_let_go(
    listening: socket.socket, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "WEB_UNREAD_SECONDS", 0.3)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 12)
    raw = connect()
    raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 12)
    await raw.send(FONT * 8)
    async with asyncio.timeout(10):
        with pytest.raises(ConnectionError):
            await raw.send_for_ever(b"\r\n")


async def test_who_asks_much_before_it_was_answered_is_let_go(connect: Connect) -> None:
    """uvicorn would keep all of it."""
    raw = connect()
    async with asyncio.timeout(10):
        with pytest.raises(ConnectionError):
            await raw.send_for_ever(FONT)


async def test_no_more_connections_are_kept_than_the_board_can_serve(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "WEB_CONNECTIONS", 2)
    kept = [connect() for _ in range(2)]
    for each in kept:
        await each.send(GET + b"\r\n")
        assert await each.status() == 200
    assert await connect().closed() == b""
    kept[0].socket.close()
    await asyncio.sleep(0.05)
    again = connect()
    await again.send(GET + b"\r\n")
    assert await again.status() == 200
