"""What can be seen of an edge at a moment, reported once a second."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator

from service.limits import METRICS_SECONDS
from service.link.edge import CoreLink
from service.live.log_view import LogView
from service.live.reads import Reads
from service.observe import metrics
from service.observe.counting import Gauge, Sender
from service.rpc.server import Server
from service.store.engines.database import READERS


async def report(
    reports: socket.socket,
    view: LogView,
    reads: Reads,
    core: CoreLink,
    server: Server,
    tokens: Callable[[], int | None],
) -> None:
    """Send what this edge counts, and its gauges, once a second.

    ``tokens`` says how many are valid; None if there is no file of them.
    """
    sender = Sender("edge", reports)
    while True:
        gauges = [*of_log(view), *_of_work(reads, core)]
        for name, answers in (await server.health()).items():
            gauges.append((metrics.HEALTH, (name or "all",), float(answers)))
        if (number := tokens()) is not None:
            gauges.append((metrics.TOKENS, (), float(number)))
        sender.send(gauges)
        await asyncio.sleep(METRICS_SECONDS)


def of_log(view: LogView) -> Iterator[Gauge]:
    """What an edge knows of the log."""
    ring, head = view.ring, view.head
    changes, size = ring.size
    yield metrics.LOG_POSITION, (), float(head.position)
    yield metrics.RECORD_TIME_AHEAD, (), max(0.0, head.record_time / 1e6 - time.time())
    yield metrics.WATCHES, (), float(ring.watches)
    yield metrics.WATCH_LAG, (), float(ring.lag)
    yield metrics.RING_CHANGES, (), float(changes)
    yield metrics.RING_BYTES, (), float(size)
    yield metrics.RING_FLOOR, (), float(ring.floor)


def _of_work(reads: Reads, core: CoreLink) -> Iterator[Gauge]:
    yield metrics.READER_THREADS, (), float(READERS)
    yield metrics.READER_THREADS_BUSY, (), float(reads.busy)
    yield metrics.READS_WAITING, (), float(reads.waiting)
    yield metrics.CHANGES_WAITING, (), float(core.asked)
