"""The board as people reach it: run by uvicorn in this process, or by a server beside itself."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from chancery.client import AsyncConnection
from service.web.board import Board, BoardSettings
from service.web.running import serve
from tests.support.server import Server

ON_BOARD = ("--web", "127.0.0.1:0")


def board_of(server: Server) -> str:
    """The address of a server's board, without a slash at its end."""
    return str(server.logged("serving the board")["address"]).removesuffix("/")


@dataclass
class RunningBoard:
    """A board that runs in this process, and its address, without a slash at its end."""

    board: Board
    address: str

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
                yield RunningBoard(board, f"http://127.0.0.1:{port}")
            finally:
                stop.set()
                await asyncio.wait_for(ended, 10)


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
