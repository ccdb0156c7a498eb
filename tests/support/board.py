"""The board in front of a server: without a port, at one, or run by the server beside itself."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any, Self

import httpx
import uvloop

from chancery.client import AsyncConnection
from service.web.app import make_app
from service.web.board import Board, BoardSettings
from service.web.running import serve
from tests.support.server import PATIENCE, Server
from tests.support.waiting import wait_until

ON_BOARD = ("--web", "127.0.0.1:0")
# Where a board without a port is: the name of this machine, which it always answers to.
HERE = "http://127.0.0.1"


def board_of(server: Server) -> str:
    """The address of a server's board, without a slash at its end."""
    return str(server.logged("serving the board")["address"]).removesuffix("/")


@asynccontextmanager
async def client_of_board(
    target: str, settings: BoardSettings | None = None, *, patience: float = 10
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the board of the server at an address, which has no port.

    The board waits ``patience`` seconds for an answer of the server.
    """
    async with AsyncConnection(target, timeout=patience) as connection:
        app = make_app(Board(connection, settings or BoardSettings()))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
            yield client


@dataclass
class RunningBoard:
    """A board that runs in this process, and its address, without a slash at its end."""

    board: Board
    address: str
    connection: AsyncConnection

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.address.rpartition(":")[2])


@asynccontextmanager
async def running_board(
    target: str,
    settings: BoardSettings | None = None,
    listening: socket.socket | None = None,
) -> AsyncIterator[RunningBoard]:
    """Run the board of the server at an address, until the end of the block."""
    stop = asyncio.Event()
    async with AsyncConnection(target, timeout=10) as connection:
        board = Board(connection, settings or BoardSettings())
        with listening or socket.create_server(("127.0.0.1", 0)) as listens:
            port = listens.getsockname()[1]
            ended = asyncio.ensure_future(serve(board, listens, stop))
            try:
                yield RunningBoard(board, f"{HERE}:{port}", connection)
            finally:
                stop.set()
                await asyncio.wait_for(ended, 10)


class ServedBoard:
    """The same in a thread of its own, for whoever has no loop."""

    def __init__(self, target: str, settings: BoardSettings | None = None) -> None:
        self._target = target
        self._settings = settings
        self._running: RunningBoard | None = None
        # The loop that a server has, which sends what it has at once.
        self._thread = Thread(target=uvloop.run, args=(self._run(),))

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._board.port

    @property
    def address(self) -> str:
        """Its address, without a slash at its end."""
        return self._board.address

    def client(self) -> httpx.Client:
        """A client for its addresses."""
        return httpx.Client(base_url=self.address, timeout=PATIENCE)

    def close_the_channel(self) -> None:
        """Close the channel to the server, as when the board stops."""
        closing = self._board.connection.close()
        asyncio.run_coroutine_threadsafe(closing, self._loop).result(PATIENCE)

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: self._running is not None)
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def _board(self) -> RunningBoard:
        assert self._running is not None
        return self._running

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with running_board(self._target, self._settings) as self._running:
            await self._stop.wait()


class LiveLine:
    """What a line tells, as a browser reads it."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def event(self, seconds: float = 10) -> tuple[str, dict[str, Any]]:
        """The id of the next event that it tells, and its data.

        :raises StopAsyncIteration: the line has ended.
        :raises TimeoutError: nothing was told for so long.
        """
        fields: dict[str, str] = {}
        async with asyncio.timeout(seconds):
            while "data" not in fields:
                name, _, value = (await anext(self._lines)).partition(": ")
                fields[name] = value
        assert fields["event"] == "change"
        return fields["id"], json.loads(fields["data"])

    async def end(self, seconds: float = 10) -> None:
        """Read on until the line ends."""
        async with asyncio.timeout(seconds):
            async for line in self._lines:
                assert not line.startswith("event"), line


@asynccontextmanager
async def live_line(
    address: str, *, last: str = "", token: str = "", **query: object
) -> AsyncIterator[LiveLine]:
    """A live line that was opened, with what the address asks for."""
    headers = {"Last-Event-ID": last} if last else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    params = {name: str(value) for name, value in query.items()}
    async with (
        httpx.AsyncClient(base_url=address, timeout=20, verify=False) as client,
        client.stream("GET", "/live", params=params, headers=headers) as answer,
    ):
        yield LiveLine(answer)
