"""The gateway served over HTTP in a thread of this process, by the server that runs it for real."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from chancery.client import AsyncConnection
from service.web.board import Board, BoardSettings
from service.web.gateway.routes import ROUTES
from service.web.policy import Policy
from tests.support.server import PATIENCE


class Gateway:
    """The contract over HTTP in front of a server at an address."""

    def __init__(self, target: str, settings: BoardSettings | None = None) -> None:
        self._target = target
        self._settings = settings or BoardSettings()
        self._socket = socket.create_server(("127.0.0.1", 0))
        # asyncio would do so for sockets that it opens itself. Without, answers wait 40 ms.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._ready = threading.Event()
        self._connection: AsyncConnection | None = None
        self._thread = threading.Thread(target=self._run)
        app = Starlette(
            routes=ROUTES, middleware=[Middleware(Policy)], lifespan=self._with_the_board
        )
        config = uvicorn.Config(
            app, log_level="warning", proxy_headers=False, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)

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
        assert self._connection is not None
        asyncio.run_coroutine_threadsafe(self._connection.close(), self._loop).result(PATIENCE)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(PATIENCE)
        return self

    def __exit__(self, *error: object) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        self._socket.close()

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._server.serve([self._socket]))

    @asynccontextmanager
    async def _with_the_board(self, app: Starlette) -> AsyncIterator[None]:
        async with AsyncConnection(self._target) as connection:
            self._connection, self._loop = connection, asyncio.get_running_loop()
            app.state.board = Board(connection, self._settings)
            self._ready.set()
            yield
