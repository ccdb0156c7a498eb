"""The process that shows the board, as a client of the edges.

The server does without it: it is started again if it ends.
"""

import asyncio
import os
import signal
import socket
from functools import partial
from typing import TYPE_CHECKING

import structlog
import uvloop

from service.access.followed import follow
from service.access.https import Https
from service.config import Settings
from service.limits import METRICS_SECONDS
from service.link.control import RELOAD, Control
from service.link.port import listen
from service.main import StartupError, identity, reach_of_board, reason_of
from service.observe import logs
from service.observe.counting import Sender
from service.tlog.note import InvalidNote, VerifierKey

if TYPE_CHECKING:
    from service.web.running import ServerBehind

DEFAULT_ADDRESS = "127.0.0.1:8080"

logger = structlog.get_logger()


def address(settings: Settings) -> str:
    """The address of the board, for a browser on this machine."""
    return f"{'https' if settings.tls_cert else 'http'}://{settings.web}/"


def check(settings: Settings) -> None:
    """Check the key that a board is to verify with.

    :raises StartupError: it is none.
    """
    if settings.web_key:
        try:
            VerifierKey.parse(settings.web_key)
        except InvalidNote as error:
            raise StartupError(f"--web-key: {error}") from None


def run(
    control: Control,
    settings: Settings,
    reports: socket.socket | None,
    server: str,
    listening: socket.socket,
) -> None:
    """Show the board of the server at an address, until the supervisor says that it is enough."""
    from service.web.running import ServerBehind  # other processes do without all this

    async def begin() -> None:
        stop, https = asyncio.Event(), _https(settings)
        asyncio.get_running_loop().add_reader(control, partial(_hear, control, stop, https))
        if reports is not None:
            _report(Sender("board", reports))
        control.send({"serving": True})
        await _show(settings, ServerBehind(server), listening, stop, https)

    with logs.to_stderr(settings.log_format):
        try:
            logger.info("serving the board", address=address(settings))
            uvloop.run(begin())
        except Exception as error:
            control.send({"failed": reason_of(error)})


def run_alone(settings: Settings, target: str, ca: str) -> None:
    """Show the board of the server at ``target`` until SIGTERM or SIGINT.

    ``ca`` is a file with the authorities to trust as to who the server is, if it is not empty.

    :raises StartupError: the board cannot, or must not, listen on its address; or a file cannot
        be used.
    """
    from service.web.running import ServerBehind

    settings = settings.model_copy(update={"web": settings.web or DEFAULT_ADDRESS})
    behind = ServerBehind(target, ca, settings.insecure)

    async def begin(listening: socket.socket) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await _show(settings, behind, listening, stop, _https(settings))

    with logs.to_stderr(settings.log_format):
        try:
            warning = reach_of_board(settings, behind.knows_callers)
            check(settings)
            listening, actual = listen(settings.web)
            settings = settings.model_copy(update={"web": actual})
            logger.info("serving the board", address=address(settings), target=target)
            if warning:
                logger.warning("insecure", reason=warning)
            uvloop.run(begin(listening))
        except OSError as error:
            raise StartupError(f"cannot listen on {settings.web}: {error.strerror}") from error
        except ValueError as error:
            raise StartupError(str(error)) from error
        logger.info("stopped")


def _https(settings: Settings) -> Https | None:
    """What the board shows of its certificate, followed from now on; None if it has none.

    :raises StartupError: the certificate cannot be used.
    """
    tls = identity(settings)
    if tls is None:
        return None
    https = Https(tls)
    follow(https.refresh)
    return https


async def _show(
    settings: Settings,
    behind: "ServerBehind",
    listening: socket.socket,
    stop: asyncio.Event,
    https: Https | None,
) -> None:
    """Show the board until ``stop`` is set.

    :raises ValueError: a file cannot be used.
    """
    from service.web.board import BoardSettings
    from service.web.running import show

    how = BoardSettings(
        public=settings.web_public,
        cors=tuple(filter(None, settings.web_cors.split(","))),
        key=settings.web_key,
        proxies=settings.web_proxy,
    )
    await show(behind, how, listening, stop, https.context if https is not None else None)


def _report(sender: Sender) -> None:
    """Tell once a second what the process takes."""
    asyncio.get_running_loop().call_later(METRICS_SECONDS, _report, sender)
    sender.send(())


def _hear(control: Control, stop: asyncio.Event, https: Https | None) -> None:
    """Do what the supervisor says. If it is gone, end at once."""
    said, _ = control.receive()
    if said is None:
        os._exit(1)
    if said == RELOAD:
        if https is not None:
            https.refresh()
        control.done(RELOAD)
    elif said == "end":
        stop.set()
