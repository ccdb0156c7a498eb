"""The board over HTTP, in front of a server: for clients that need a port."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import httpx
import uvicorn

from chancery.client import AsyncConnection
from service.web.app import make_app
from service.web.board import Board, BoardSettings
from tests.support.server import PATIENCE
from tests.support.waiting import wait_until


@contextmanager
def served(target: str, port: int = 0) -> Iterator[str]:
    """The address of the board in front of a server, in a thread of its own; the port is free."""
    with ServedBoard(target, port=port) as board:
        yield board.url


class ServedBoard:
    """The board in front of the server at an address, in a thread of its own."""

    def __init__(self, target: str, settings: BoardSettings | None = None, port: int = 0) -> None:
        self._target = target
        self._settings = settings or BoardSettings()
        self._socket = socket.create_server(("127.0.0.1", port))
        # asyncio does so for sockets that it opens itself. Without, answers wait 40 ms.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),))

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """The address that it is at."""
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> httpx.Client:
        """A client for its addresses."""
        return httpx.Client(base_url=self.url, timeout=PATIENCE)

    def close_the_channel(self) -> None:
        """Close the channel to the server, as when the board stops."""
        closing = self._connection.close()
        asyncio.run_coroutine_threadsafe(closing, self._loop).result(PATIENCE)

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: self._server is not None and self._server.started)
        return self

    def __exit__(self, *error: object) -> None:
        assert self._server is not None
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    async def _serve(self) -> None:
        async with AsyncConnection(self._target) as self._connection:
            self._loop = asyncio.get_running_loop()
            app = make_app(Board(self._connection, self._settings))
            config = uvicorn.Config(
                app,
                log_level="error",
                lifespan="off",
                proxy_headers=False,
                timeout_graceful_shutdown=1,
            )
            self._server = uvicorn.Server(config)
            await self._server.serve([self._socket])
