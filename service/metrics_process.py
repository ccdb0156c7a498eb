"""The process that shows the metrics: it adds up what the others report, and answers over HTTP.

The server does without it: it is started again if it ends.
"""

import os
import selectors
import socket
from collections.abc import Iterator
from contextlib import suppress

import msgspec
import structlog

from service.config import Settings
from service.limits import METRICS_BYTES
from service.link.control import Control
from service.observe import logs
from service.observe.counting import Gauge, Report, cpu_seconds, resident_bytes
from service.observe.metrics import CPU_SECONDS, MEMORY, PROCESSES

logger = structlog.get_logger()


def run(
    control: Control, settings: Settings, reports: socket.socket, listening: socket.socket
) -> None:
    """Show metrics until the supervisor says that it is enough, or is gone."""
    from service.observe.exposition import Totals, serve  # the others do without the library

    with logs.to_stderr(settings.log_format):
        totals = Totals(_own)
        serve(totals, listening)
        logger.info("serving metrics", address=settings.metrics_listen)
        control.send({"serving": True})
        decoder = msgspec.msgpack.Decoder(Report)
        selector = selectors.DefaultSelector()
        selector.register(control, selectors.EVENT_READ)
        selector.register(reports, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is reports:
                    totals.take(decoder.decode(reports.recv(METRICS_BYTES)))
                    continue
                said, _ = control.receive()
                if said is None or said == "end":
                    return
                totals.take_restarts(said["restarts"])


def _own() -> Iterator[Gauge]:
    """What can be told of this process and of the supervisor, which reports nothing."""
    for process, pid in (("metrics", os.getpid()), ("supervisor", os.getppid())):
        with suppress(OSError):  # it has ended just now
            yield CPU_SECONDS, (process,), cpu_seconds(pid)
            yield MEMORY, (process,), float(resident_bytes(pid))
            yield PROCESSES, (process,), 1.0
