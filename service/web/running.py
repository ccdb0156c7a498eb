"""Running the board: uvicorn in a loop that runs already, and an end that waits for nobody."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import structlog
import uvicorn

from chancery.client import AsyncConnection, ChanceryError, Connection
from service.limits import (
    WEB_CALL_SECONDS,
    WEB_CONNECTIONS,
    WEB_IDLE_SECONDS,
    WEB_STOP_SECONDS,
)
from service.web.app import make_app
from service.web.board import Board, BoardSettings
from service.web.connections import BoundedConnection
from service.web.page import read_templates

logger = structlog.get_logger()


@dataclass(frozen=True)
class ServerBehind:
    """The server that a board shows; see ``AsyncConnection`` for what the fields mean."""

    target: str
    ca: str = ""
    insecure: bool = False

    def knows_callers(self) -> bool:
        """Whether it knows its callers, as it says itself.

        :raises ValueError: it does not answer, or a file cannot be used.
        """
        with Connection(**asdict(self), timeout=WEB_CALL_SECONDS) as connection:
            try:
                return connection.info().callers_known
            except ChanceryError as error:
                raise ValueError(
                    f"the server has to say whether it knows its callers, and {error}"
                ) from None


async def show(
    behind: ServerBehind,
    settings: BoardSettings,
    listening: socket.socket,
    stop: asyncio.Event,
    tls: ssl.SSLContext | None,
) -> None:
    """Show the board of a server on a socket that listens, until ``stop`` is set.

    The live lines end then, and requests under way have a second.

    :raises ValueError: a file cannot be used.
    """
    connection, aside = (
        AsyncConnection(**asdict(behind), timeout=WEB_CALL_SECONDS) for _ in ("pages", "aside")
    )
    async with connection, aside:
        await serve(Board(connection, settings, aside), listening, stop, tls)


async def serve(
    board: Board, listening: socket.socket, stop: asyncio.Event, tls: ssl.SSLContext | None = None
) -> None:
    """Show a board; see ``show``."""
    _log_failures()
    read_templates()
    server = _Server(_config(board, tls))

    async def end() -> None:
        await stop.wait()
        board.lines.close()
        server.should_exit = True

    ending = asyncio.ensure_future(end())
    await server.serve([listening])
    await ending


class _Server(uvicorn.Server):
    """A server that leaves the signals to whoever runs the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(board: Board, tls: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        make_app(board),
        http=BoundedConnection,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,  # each page is some calls, and the server logs those
        server_header=False,
        proxy_headers=bool(board.settings.proxies),
        forwarded_allow_ips=board.settings.proxies,
        backlog=WEB_CONNECTIONS,
        timeout_keep_alive=WEB_IDLE_SECONDS,
        timeout_graceful_shutdown=WEB_STOP_SECONDS,
        ssl_context_factory=(lambda *_: tls) if tls is not None else None,
    )


def _log_failures() -> None:
    """Let what fails in uvicorn, or above the pages, be lines of our own log."""
    uvicorns = logging.getLogger("uvicorn.error")
    uvicorns.setLevel(logging.ERROR)
    uvicorns.propagate = False
    uvicorns.handlers = [_Handler()]


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError):
            return  # the board stops, and told already how many pages that cut off
        fields = {"exc_info": record.exc_info[1]} if record.exc_info else {}
        logger.error("board failed", reason=record.getMessage(), **fields)
