"""The board over HTTP, in front of a server: for clients that need a port."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from chancery.client import AsyncConnection
from service.web.app import make_app
from service.web.board import Board, BoardSettings
from tests.support.waiting import wait_until


@contextmanager
def served(target: str, port: int = 0) -> Iterator[str]:
    """The address of the board in front of a server, in a thread of its own; the port is free."""
    serving: list[uvicorn.Server] = []

    async def serve() -> None:
        async with AsyncConnection(target) as connection:
            app = make_app(Board(connection, BoardSettings()))
            config = uvicorn.Config(app, "127.0.0.1", port, log_level="error", lifespan="off")
            serving.append(uvicorn.Server(config))
            await serving[0].serve()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        wait_until(lambda: bool(serving) and serving[0].started)
        yield f"http://127.0.0.1:{serving[0].servers[0].sockets[0].getsockname()[1]}"
    finally:
        serving[0].should_exit = True
        thread.join()
