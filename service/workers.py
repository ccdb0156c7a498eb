"""Several processes that serve on one port. The kernel spreads connections over them."""

import multiprocessing
import signal
import socket
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from types import FrameType
from typing import Any

import structlog

from service.limits import RESTART_SECONDS

logger = structlog.get_logger()


def supervise(workers: int, serve: Callable[..., None], *arguments: Any) -> None:
    """Run ``serve`` in a number of spawned processes until SIGTERM or SIGINT.

    A process that ends by itself is started again. All end if this process is gone.
    """
    spawn = multiprocessing.get_context("spawn")
    stopping = False

    def start() -> Any:
        process = spawn.Process(target=serve, args=arguments)
        process.start()
        return process

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        for process in running:
            process.terminate()

    running = [start() for _ in range(workers)]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    while running:
        wait([process.sentinel for process in running])
        for process in [process for process in running if not process.is_alive()]:
            running.remove(process)
            if not stopping:
                logger.error("worker ended", pid=process.pid, status=process.exitcode)
                time.sleep(RESTART_SECONDS)
            if not stopping:
                running.append(start())


def take_port(address: str) -> tuple[socket.socket, str]:
    """Reserve the port of HOST:PORT for workers, and return the address with the actual port.

    The port is reserved while the socket is open. The socket itself does not listen.

    :raises OSError: another process has the port.
    """
    host, _, port = address.rpartition(":")
    family, kind, protocol, _, where = socket.getaddrinfo(
        host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(
        family, kind, protocol
    ) as alone:  # fails if anybody has the port, even to share it
        alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        alone.bind(where)
        taken = alone.getsockname()
    shared = socket.socket(family, kind, protocol)
    shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    shared.bind(taken)
    return shared, f"{host}:{taken[1]}"
