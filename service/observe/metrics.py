"""The metrics of a server: their names, what they mean, and how those of processes make one.

docs/metrics.md is made of them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

# Upper bounds of the buckets of seconds that something took, and of the changes of a round.
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CHANGES = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)

# A method that the contract does not have, and the role of who was not let in.
OTHER = "other"
NOBODY = "none"


class Kind(Enum):
    """How a metric behaves: it only grows, it sorts what it saw into buckets, or it is a value."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"
    GAUGE = "gauge"


@dataclass(frozen=True)
class Metric:
    """A metric. ``combine`` makes the value of a gauge from those of several processes."""

    name: str
    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    combine: Callable[[Iterable[float]], float] = sum


def _counter(name: str, meaning: str, *labels: str) -> Metric:
    return Metric(f"chancery_{name}_total", Kind.COUNTER, meaning, labels)


def _histogram(name: str, meaning: str, bounds: tuple[float, ...], *labels: str) -> Metric:
    return Metric(f"chancery_{name}", Kind.HISTOGRAM, meaning, labels, bounds)


def _gauge(
    name: str,
    meaning: str,
    *labels: str,
    combine: Callable[[Iterable[float]], float] = sum,
) -> Metric:
    return Metric(f"chancery_{name}", Kind.GAUGE, meaning, labels, combine=combine)


# What a process counts of a call. Two metrics are shown of it.
CALL = _histogram("call", "Seconds of calls.", SECONDS, "method", "role", "code")
CALLS = _counter("calls", "Calls that ended.", "method", "role", "code")
CALL_SECONDS = _histogram("call_duration_seconds", "Seconds that calls took.", SECONDS, "method")

ROUND_SECONDS = _histogram("round_duration_seconds", "Seconds that rounds took.", SECONDS)
ROUND_CHANGES = _histogram("round_changes", "Changes that a round recorded.", CHANGES)
ROUNDS_FAILED = _counter("rounds_failed", "Rounds that failed, and were done in parts or not.")
CHANGES_WAITING = _gauge("changes_waiting", "Requests that wait for the core's answer.")

LOG_POSITION = _gauge("log_position", "Position of the last change in the log.", combine=max)
RECORD_TIME_AHEAD = _gauge(
    "record_time_ahead_seconds",
    "Seconds by which the last record time is ahead of the clock.",
    combine=max,
)
WAL_BYTES = _gauge("wal_bytes", "Bytes of SQLite's write-ahead log.", combine=max)

WATCHES = _gauge("watches", "Open watches.")
WATCH_LAG = _gauge(
    "watch_lag_changes", "Changes by which the slowest watch is behind the log.", combine=max
)
RING_CHANGES = _gauge("ring_changes", "Changes in the fullest ring.", combine=max)
RING_BYTES = _gauge("ring_bytes", "Bytes of the changes in the fullest ring.", combine=max)
RING_FLOOR = _gauge(
    "ring_floor_position",
    "Position after which the shortest ring begins: who is behind it reads the log.",
    combine=max,
)

READER_THREADS = _gauge("reader_threads", "Threads that read the database.")
READER_THREADS_BUSY = _gauge("reader_threads_busy", "Threads that are reading.")
READS_WAITING = _gauge("reads_waiting", "Reads that wait for a thread.")

TOKENS = _gauge("tokens", "Tokens that are valid.", combine=min)
HEALTH = _gauge("health", "1 if a service answers, 0 if it does not.", "service", combine=min)

PROCESSES = _gauge("processes", "Processes that run.", "process")
CPU_SECONDS = _counter("process_cpu_seconds", "Seconds of processor time.", "process")
MEMORY = _gauge("process_resident_memory_bytes", "Bytes of memory in use.", "process")
RESTARTS = _counter("restarts", "Processes that ended and were started again.", "process")
BUILD_INFO = _gauge("build_info", "1; the labels say which version runs.", "version", "python")

# What is shown, in this order.
SHOWN = (
    *(CALLS, CALL_SECONDS),
    *(ROUND_SECONDS, ROUND_CHANGES, ROUNDS_FAILED, CHANGES_WAITING),
    *(LOG_POSITION, RECORD_TIME_AHEAD, WAL_BYTES),
    *(WATCHES, WATCH_LAG, RING_CHANGES, RING_BYTES, RING_FLOOR),
    *(READER_THREADS, READER_THREADS_BUSY, READS_WAITING),
    *(TOKENS, HEALTH),
    *(PROCESSES, CPU_SECONDS, MEMORY, RESTARTS, BUILD_INFO),
)
