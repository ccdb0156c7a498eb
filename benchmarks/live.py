"""Following the log: how soon a change arrives, and what watches cost.

``python -m benchmarks.live`` measures, writes ``benchmarks/results/live.json`` and ends with
status 1 if it misses an aim. A bare grpc.aio server is measured in the same run, since times
depend on the machine.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from google.protobuf.empty_pb2 import Empty

from benchmarks import messages
from benchmarks.desk import answer_to
from benchmarks.load import (
    GET,
    SCHEDULE,
    STATE,
    WATCH,
    Calls,
    Watches,
    at_a_rate,
    by_callers,
    quantile,
    run,
    watching,
)
from benchmarks.measuring import Bench, Part, times
from benchmarks.processes import Running, bare, chancery
from benchmarks.results import report
from chancery.v1.history_service_pb2 import WatchEventsRequest, WatchEventsResponse
from chancery.v1.visit_service_pb2 import GetVisitRequest

SUBSCRIBERS = 100
# The aims: so many times as long as the bare server takes, and the most milliseconds.
TIMES, MILLISECONDS = 1.2, 5.0
RATE = 200
SECONDS = 15.0
VISIT = "visits/measured"
NOW = WatchEventsRequest(now=Empty()).SerializeToString()
KIB, MIB = 1 << 10, 1 << 20


def main() -> None:
    """Measure everything, print the figures and write them down."""
    measures = (latency, idle_memory, stuck_readers, reads_beside_watches)
    report("live", {measure.__name__: measure for measure in measures})


def statement(number: int) -> bytes:
    """A request that records a statement about the measured visit."""
    request = messages.request(VISIT, messages.stated(), f"measured-{number}")
    return request.SerializeToString()


def statements(first: int) -> Callable[[int], bytes]:
    """The requests of :func:`statement`, numbered from ``first`` on."""
    return lambda number: statement(first + number)


def opening(number: int) -> bytes:
    """A request that plans a visit of its own."""
    name = f"planned-{number}"
    return messages.request(f"visits/{name}", messages.scheduled(), name).SerializeToString()


@contextmanager
def server() -> Iterator[Running]:
    """A server on a new file, with the measured visit scheduled."""
    with (
        TemporaryDirectory(prefix="chancery-benchmark-") as folder,
        chancery(Path(folder) / "chancery.db") as running,
    ):
        plan(running)
        yield running


def plan(running: Running) -> None:
    """Schedule the measured visit."""
    first = messages.request(VISIT, messages.scheduled()).SerializeToString()
    answer_to(running, (SCHEDULE, first))


# From the acknowledgement of a change to its arrival


def arrivals(bench: Bench) -> list[Part]:
    """How soon a change arrives at each of a hundred subscribers, against a bare fan-out."""
    found = []
    rounds, seconds = max(1, bench.rounds // 3), bench.seconds * 4  # the first second is unsteady
    with server() as running, bare() as reference:
        for number in range(rounds):
            ours = of_ours(running, SUBSCRIBERS, number, seconds)
            found.append((ours, of_bare(reference, SUBSCRIBERS, seconds)))
    name, parts = f"Arrival at {SUBSCRIBERS} subscribers, {RATE} a second", []
    for which in ("median", "p99"):
        pairs = [(ours[which], theirs[which]) for ours, theirs in found]
        parts.append(times(f"{name}: {which}", "bare fan-out", "ms", pairs, TIMES))
    bounds = [(ours["p99"], MILLISECONDS) for ours, _ in found]
    return [*parts, times(f"{name}: p99", f"{MILLISECONDS:.0f} ms", "ms", bounds, 1.0)]


def latency() -> dict[str, Any]:
    """Milliseconds from acknowledgement to arrival, at 200 changes a second."""
    found: dict[str, Any] = {"changes_a_second": RATE}
    with server() as running, bare() as reference:
        for number in (1, SUBSCRIBERS):
            ours, theirs = of_ours(running, number, number), of_bare(reference, number)
            found[f"{number} subscribers"] = ours
            found[f"{number} subscribers, bare"] = theirs
            # One subscriber is held against a millisecond, many against the bare server.
            bound = 1.0 if number == 1 else TIMES * theirs["median"]
            found[f"reaches the median, {number} subscribers"] = ours["median"] <= bound
            found[f"reaches p99 5 ms, {number} subscribers"] = ours["p99"] <= MILLISECONDS
    return found


def of_ours(
    running: Running, subscribers: int, number: int, seconds: float = SECONDS
) -> dict[str, float]:
    """Arrivals of changes at subscribers of our server. The number is another one each time."""
    watches = Watches(running.address, WATCH, NOW, subscribers)
    changes = Calls(running.address, STATE, statements(number * 10**6))
    return arrivals_after(watches, changes, request_numbers, seconds)


def of_bare(running: Running, subscribers: int, seconds: float = SECONDS) -> dict[str, float]:
    """Arrivals of as many bytes at subscribers of the bare server, which records nothing."""
    watches = Watches(running.address, "/Echo/Watch", b"", subscribers)
    changes = Calls(running.address, "/Echo/Publish", lambda n: f"{n:08}".encode() + b"-" * 300)
    return arrivals_after(watches, changes, lambda frame: [int(frame[:8])], seconds)


def request_numbers(frame: bytes) -> list[int]:
    events = WatchEventsResponse.FromString(frame).events.events
    return [int(event.event.request_id.rpartition("-")[2]) % 10**6 for event in events]


def arrivals_after(
    watches: Watches, changes: Calls, numbers_in: Any, seconds: float = SECONDS
) -> dict[str, float]:
    with watching(watches) as watchers:
        called = run(at_a_rate(changes, RATE, seconds))
        time.sleep(1)  # until all have arrived
        arrivals = watchers.stop()
    numbers = {frame: numbers_in(frame) for frame in {frame for _, _, frame in arrivals}}
    after_ack, after_call = [], []
    for _, when, frame in arrivals:
        for number in numbers[frame]:
            began, ended = called[number]
            after_ack.append((when - ended) / 1e6)
            after_call.append((when - began) / 1e6)
    expected = len(called) * watches.number
    if len(after_ack) != expected:
        raise AssertionError(f"{len(after_ack)} arrivals, and {expected} expected")
    calls = [(ended - began) / 1e6 for began, ended in called.values()]
    return {
        "median": round(quantile(after_ack, 0.5), 3),
        "p99": round(quantile(after_ack, 0.99), 3),
        "from the call, median": round(quantile(after_call, 0.5), 3),
        "from the call, p99": round(quantile(after_call, 0.99), 3),
        "call to acknowledgement, median": round(quantile(calls, 0.5), 3),
        "frames for each change": round(len(arrivals) / expected, 3),
    }


# What open watches cost


def idle_memory(number: int = 1000) -> dict[str, Any]:
    """The memory of waiting subscribers, and whether each gets each change."""
    found: dict[str, Any] = {}
    for connections in (1, number):
        with server() as running:
            before = running.memory_bytes()
            with watching(Watches(running.address, WATCH, NOW, number, connections)) as watchers:
                held = running.memory_bytes() - before
                for n in range(20):
                    answer_to(running, (STATE, statement(n)))
                time.sleep(3)  # until all have arrived
                arrivals = watchers.stop()
        name = f"{number} subscribers on {connections} connections"
        found[f"{name}, KiB each"] = round(held / number / KIB, 1)
        got: dict[int, list[int]] = {}
        for watch, _, frame in arrivals:
            events = WatchEventsResponse.FromString(frame).events.events
            got.setdefault(watch, []).extend(event.position for event in events)
        each_got_each = len(got) == number and all(g == list(range(2, 22)) for g in got.values())
        found[f"reaches each change, {name}"] = each_got_each
        found[f"reaches 64 KiB, {name}"] = held <= number * 64 * KIB
    return found


def stuck_readers(number: int = 200, changes: int = 50_000) -> dict[str, Any]:
    """Memory and the speed of writes while subscribers never read."""
    with server() as running:
        calls = Calls(running.address, SCHEDULE, opening)
        _, alone = run(by_callers(calls, 64, changes))
        watches = Watches(running.address, WATCH, NOW, number, connections=number, never_read=True)
        with watching(watches) as watchers:
            before = running.memory_bytes()
            _, beside = run(by_callers(calls, 64, changes, first=changes))
            grown = running.memory_bytes() - before
            watchers.stop()
    return {
        "subscribers": number,
        "changes": changes,
        "changes a second alone": round(changes / alone),
        "changes a second beside them": round(changes / beside),
        "memory grown, MiB": round(grown / MIB, 1),
        "reaches half the speed": beside <= 2 * alone,
        "reaches 64 MB": grown <= 64_000_000,
    }


def reads_beside_watches(number: int = 500, calls: int = 20_000) -> dict[str, Any]:
    """Milliseconds of GetVisit for 4 callers, without and with open watches."""
    found: dict[str, Any] = {}
    with server() as running:
        request = GetVisitRequest(name=VISIT).SerializeToString()
        reads = Calls(running.address, GET, lambda _: request)
        run(by_callers(reads, 4, 2000))
        alone, _ = run(by_callers(reads, 4, calls))
        with watching(Watches(running.address, WATCH, NOW, number, connections=50)):
            beside, _ = run(by_callers(reads, 4, calls))
    for name, taken in (("alone", alone), (f"beside {number} watches", beside)):
        found[f"median {name}"] = round(quantile(taken, 0.5) * 1000, 3)
        found[f"p99 {name}"] = round(quantile(taken, 0.99) * 1000, 3)
    found["reaches twice"] = quantile(beside, 0.99) <= 2 * quantile(alone, 0.99)
    return found


if __name__ == "__main__":
    main()
