"""Serving: the processes that it takes, and what each of them does."""

import gc
import os
from functools import partial
from typing import Any

import structlog

from service import core_process, edge_process
from service.config import Settings
from service.link.port import is_loopback, take_port
from service.link.supervisor import StartFailed, Supervisor
from service.main import StartupError, valid_tokens
from service.observe import logs

# Seconds that an edge may take to end beyond those that its calls have.
END_SECONDS = 2.0

logger = structlog.get_logger()


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    :raises StartupError: the server cannot use the database or the tokens, or cannot or must not
        listen on the address.
    """
    valid_tokens(settings)
    try:
        warning = _check_reach(settings)
        port, address = take_port(settings.listen)
    except OSError as error:
        raise StartupError(f"cannot listen on {settings.listen}") from error
    settings = settings.model_copy(update={"listen": address})
    core = partial(core_process.run, settings=settings)
    edge = partial(edge_process.run, settings=settings)
    # If this process is killed, the core may end some seconds later: the port is free before.
    os.register_at_fork(after_in_child=port.close)
    with port, logs.to_stderr(settings.log_format):
        kill_after = settings.shutdown_seconds + END_SECONDS
        gc.collect()
        gc.freeze()  # so that the processes share what is imported: nothing looks at it again
        supervisor = Supervisor(core, [edge] * settings.edges, kill_after)
        try:
            end = supervisor.run(partial(_log_start, address, warning))
        except StartFailed as error:
            raise StartupError(str(error)) from None
        logger.info("stopped", position=end.get("position"))


def _check_reach(settings: Settings) -> str:
    """What is to be warned of, as to who can reach the server; empty if nothing is.

    :raises StartupError: other machines can, and it was not said that they may.
    :raises OSError: the host is not known.
    """
    if is_loopback(settings.listen):
        return ""
    who = "callers are known by their tokens" if settings.token_file else "everybody may do all"
    warning = f"other machines reach {settings.listen}: {who}, and calls are not encrypted"
    if not settings.insecure:
        raise StartupError(f"{warning}. Listen on 127.0.0.1, or allow it by --insecure")
    return warning


def _log_start(address: str, warning: str, report: dict[str, Any]) -> None:
    """Log what is served, and where."""
    closed = report.pop("closed")
    logger.info("listening", address=address, **report)
    if warning:
        logger.warning("insecure", reason=warning)
    if closed is not None:
        logger.warning("changes refused", reason=f"the log {closed}")
