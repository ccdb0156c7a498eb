"""Serving: the processes that it takes, and what each of them does."""

import gc
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import structlog

from service import core_process, edge_process, metrics_process, web_process
from service.config import Settings
from service.link.control import Control
from service.link.notify import ServiceManager
from service.link.port import listen, take_port
from service.link.process import Role
from service.link.supervisor import StartFailed, Supervisor
from service.main import StartupError, access, reach
from service.observe import logs, tracing

# Seconds that an edge may take to end beyond those that its calls have.
END_SECONDS = 2.0
# The settings with the addresses that the edges listen on.
LISTENING = ("listen", "listen_mtls")
# Those with the addresses of the processes beside them.
BESIDE = ("metrics_listen", "web")

logger = structlog.get_logger()


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    :raises StartupError: the server cannot use the database, or what makes callers known, or
        cannot or must not listen on an address; or the key of the board is none.
    """
    access(settings)
    warning = reach(settings)
    web_process.check(settings)
    ports = ExitStack()
    for setting in LISTENING:
        if wanted := getattr(settings, setting):
            settings = settings.model_copy(update={setting: _reserve(wanted, ports)})
    inner = _reserve("127.0.0.1:0", ports) if settings.web else ""
    opened = {}
    for setting in BESIDE:
        if wanted := getattr(settings, setting):
            with _listening_on(wanted):
                opened[setting], actual = listen(wanted)
            settings = settings.model_copy(update={setting: actual})
    roles = _Roles(settings, opened, inner)
    with ports, logs.to_stderr(settings.log_format):
        kill_after = settings.shutdown_seconds + END_SECONDS
        gc.collect()
        gc.freeze()  # so that the processes share what is imported: nothing looks at it again
        supervisor = Supervisor(
            roles.core,
            [roles.edge] * settings.edges,
            kill_after,
            ServiceManager(os.environ),
            board=roles.board,
            metrics=roles.metrics,
        )
        try:
            end = supervisor.run(partial(_log_start, settings, warning))
        except StartFailed as error:
            raise StartupError(str(error)) from None
        logger.info("stopped", position=end.get("position"))


class _Roles:
    """What each process does. None is what a server has no address for.

    ``opened`` are the sockets that listen, by their settings; ``inner`` is where the board calls
    the edges.
    """

    def __init__(self, settings: Settings, opened: Mapping[str, socket.socket], inner: str) -> None:
        self._settings = settings
        self._opened = opened
        taken, reports = None, None
        if "metrics_listen" in opened:
            taken, reports = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.core = self._role(core_process.run, reports=reports)
        self.edge = self._role(edge_process.run, reports=reports, inner=inner)
        self.board = self._beside("web", web_process.run, reports=reports, server=inner)
        self.metrics = self._beside("metrics_listen", metrics_process.run, reports=taken)

    def _beside(self, setting: str, run: Callable[..., None], **given: Any) -> Role | None:
        """What a process does that listens on a socket of its own."""
        listening = self._opened.get(setting)
        if listening is None:
            return None
        return self._role(run, **given, listening=listening)

    def _role(self, run: Callable[..., None], **given: Any) -> Role:
        """What a process does that has none of the sockets of others."""

        def role(control: Control) -> None:
            for each in self._opened.values():
                if each is not given.get("listening"):
                    each.close()
            run(control, self._settings, **given)

        return role


@contextmanager
def _listening_on(address: str) -> Iterator[None]:
    """Tell a person that an address cannot be listened on.

    :raises StartupError: it cannot.
    """
    try:
        yield
    except OSError as error:
        raise StartupError(f"cannot listen on {address}: {error.strerror}") from error


def _reserve(address: str, ports: ExitStack) -> str:
    """Reserve the port of an address while ``ports`` are open, and return the actual address.

    :raises StartupError: another process has it.
    """
    with _listening_on(address):
        port, actual = take_port(address)
    ports.enter_context(port)
    # If this process is killed, the core may end some seconds later: the port is free before.
    os.register_at_fork(after_in_child=port.close)
    return actual


def _log_start(settings: Settings, warning: str, report: dict[str, Any]) -> None:
    """Log what is served, and where."""
    closed = report.pop("closed")
    others = {"mtls_address": settings.listen_mtls} if settings.listen_mtls else {}
    others |= {"board": web_process.address(settings)} if settings.web else {}
    logger.info("listening", address=settings.listen, **others, **report)
    if warning:
        logger.warning("insecure", reason=warning)
    if closed is not None:
        logger.warning("changes refused", reason=f"the log {closed}")
    if problem := tracing.problem():
        logger.warning("no traces", reason=problem)
