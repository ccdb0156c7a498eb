"""Serving: the processes that it takes, and what each of them does."""

import gc
import os
from contextlib import ExitStack
from functools import partial
from typing import Any

import structlog

from service import core_process, edge_process
from service.config import Settings
from service.link.port import take_port
from service.link.supervisor import StartFailed, Supervisor
from service.main import StartupError, access, reach
from service.observe import logs

# Seconds that an edge may take to end beyond those that its calls have.
END_SECONDS = 2.0
# The settings with the addresses that the edges listen on.
LISTENING = ("listen", "listen_mtls")

logger = structlog.get_logger()


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    :raises StartupError: the server cannot use the database, or what makes callers known, or
        cannot or must not listen on an address.
    """
    access(settings)
    warning = reach(settings)
    ports = ExitStack()
    for setting in LISTENING:
        if wanted := getattr(settings, setting):
            settings = settings.model_copy(update={setting: _reserve(wanted, ports)})
    core = partial(core_process.run, settings=settings)
    edge = partial(edge_process.run, settings=settings)
    with ports, logs.to_stderr(settings.log_format):
        kill_after = settings.shutdown_seconds + END_SECONDS
        gc.collect()
        gc.freeze()  # so that the processes share what is imported: nothing looks at it again
        supervisor = Supervisor(core, [edge] * settings.edges, kill_after)
        try:
            end = supervisor.run(partial(_log_start, settings, warning))
        except StartFailed as error:
            raise StartupError(str(error)) from None
        logger.info("stopped", position=end.get("position"))


def _reserve(address: str, ports: ExitStack) -> str:
    """Reserve the port of an address while ``ports`` are open, and return the actual address.

    :raises StartupError: another process has it.
    """
    try:
        port, actual = take_port(address)
    except OSError as error:
        raise StartupError(f"cannot listen on {address}") from error
    ports.enter_context(port)
    # If this process is killed, the core may end some seconds later: the port is free before.
    os.register_at_fork(after_in_child=port.close)
    return actual


def _log_start(settings: Settings, warning: str, report: dict[str, Any]) -> None:
    """Log what is served, and where."""
    closed = report.pop("closed")
    others = {"mtls_address": settings.listen_mtls} if settings.listen_mtls else {}
    logger.info("listening", address=settings.listen, **others, **report)
    if warning:
        logger.warning("insecure", reason=warning)
    if closed is not None:
        logger.warning("changes refused", reason=f"the log {closed}")
