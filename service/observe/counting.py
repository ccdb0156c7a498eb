"""What a process counts, and sends once a second to the process that shows the metrics.

Each message has what was added since the last one that could be sent. So nothing is lost when
nobody reads for a while, and the counts of a process that ends stay.
"""

import os
import socket
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache

import msgspec

from service.limits import METRICS_PART, METRICS_SECONDS
from service.observe.metrics import (
    CALL,
    CPU_SECONDS,
    MEMORY,
    OTHER,
    ROUND_CHANGES,
    ROUND_SECONDS,
    ROUNDS_FAILED,
    Kind,
    Metric,
)

# A metric's name with the values of its labels.
Key = tuple[str, tuple[str, ...]]
# A gauge, the values of its labels, and its own.
Gauge = tuple[Metric, tuple[str, ...], float]


class Report(msgspec.Struct, array_like=True, frozen=True):
    """What a process of a kind says. Each number is to be added to the one in its place.

    The numbers of a histogram are those of its buckets and the sum; those of a counter are one.
    """

    pid: int
    process: str
    gauges: list[tuple[str, tuple[str, ...], float]]
    added: list[tuple[Key, list[float]]]


class Counts:
    """What was counted and not yet sent.

    ``methods`` are the names that calls are counted by: whatever else is called counts as one.
    """

    def __init__(self) -> None:
        self.methods: set[str] = set()
        self.added: dict[Key, list[float]] = {}
        self._calls: dict[tuple[str, str, str], list[float]] = {}

    def call(self, method: str, role: str, code: str, seconds: float) -> None:
        """Count a call that ended. Takes half a microsecond."""
        numbers = self._calls.get((method, role, code))
        if numbers is None:
            known = method if method in self.methods else OTHER
            numbers = self._numbers(CALL, (known, role, code))
            if known == method:
                self._calls[method, role, code] = numbers
        numbers[bisect_left(CALL.bounds, seconds)] += 1
        numbers[-1] += seconds

    def round(self, changes: int, seconds: float) -> None:
        """Count a round that recorded so many changes."""
        for metric, value in ((ROUND_CHANGES, float(changes)), (ROUND_SECONDS, seconds)):
            numbers = self._numbers(metric)
            numbers[bisect_left(metric.bounds, value)] += 1
            numbers[-1] += value

    def failed_round(self) -> None:
        """Count a round that failed."""
        self.add(ROUNDS_FAILED, 1)

    def add(self, metric: Metric, amount: float, *labels: str) -> None:
        """Add to a counter."""
        self._numbers(metric, labels)[0] += amount

    def forget(self, keys: Iterable[Key]) -> None:
        """Begin anew with what was sent."""
        for key in keys:
            del self.added[key]
        self._calls.clear()

    def _numbers(self, metric: Metric, labels: tuple[str, ...] = ()) -> list[float]:
        numbers = self.added.get((metric.name, labels))
        if numbers is None:
            size = len(metric.bounds) + 2 if metric.kind is Kind.HISTOGRAM else 1
            numbers = self.added[metric.name, labels] = [0.0] * size
        return numbers


# Those of this process.
counts = Counts()


class Sender:
    """Sends what this process counts, and its gauges, without ever waiting.

    ``process`` is what it is: core or edge.
    """

    def __init__(self, process: str, reports: socket.socket) -> None:
        self._process = process
        self._reports = reports
        self._cpu = 0.0
        self._due = 0.0

    @property
    def is_due(self) -> bool:
        """Whether a second has gone by."""
        return time.monotonic() >= self._due

    def send(self, gauges: Iterable[Gauge]) -> None:
        """Send; if nobody reads now, all that was counted goes with the next."""
        self._due = time.monotonic() + METRICS_SECONDS
        cpu = time.process_time()
        counts.add(CPU_SECONDS, cpu - self._cpu, self._process)
        self._cpu = cpu
        own = (MEMORY, (self._process,), float(resident_bytes()))
        values = [(each.name, labels, value) for each, labels, value in (own, *gauges)]
        for part in _parts(list(counts.added.items())):
            report = Report(os.getpid(), self._process, values, part)
            try:
                self._reports.send(msgspec.msgpack.encode(report), socket.MSG_DONTWAIT)
            except OSError:
                return
            counts.forget(key for key, _ in part)


def resident_bytes(pid: int | str = "self") -> int:
    """Bytes of memory that a process uses."""
    with open(f"/proc/{pid}/statm", "rb") as file:
        return int(file.read().split()[1]) * _page_bytes()


def cpu_seconds(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        user, system = file.read().rpartition(b")")[2].split()[11:13]  # behind its name
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _parts(
    added: list[tuple[Key, list[float]]],
) -> Iterator[list[tuple[Key, list[float]]]]:
    """As much as one message can have."""
    for start in range(0, len(added), METRICS_PART):
        yield added[start : start + METRICS_PART]


@cache
def _page_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE")
