"""On PostgreSQL: changes a second, and how soon a change arrives at another process.

``python -m benchmarks.postgresql`` measures, writes ``benchmarks/results/postgresql.json`` and
ends with status 1 if it misses an aim. The database server, the services and the callers share
this machine. A bare grpc.aio server is measured in the same run.
"""

import itertools
import statistics
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import messages
from benchmarks.databases import postgresql
from benchmarks.live import (
    NOW,
    RATE,
    VISIT,
    arrivals_after,
    opening,
    plan,
    request_numbers,
    statement,
)
from benchmarks.load import SCHEDULE, STATE, WATCH, Calls, Watches, by_callers, run
from benchmarks.processes import bare, chancery
from benchmarks.results import report
from service.store.engines.opening import open_database
from service.store.log.entry import Entry
from service.store.log.writer import Writer

ROUNDS = 3
CALLERS = (1, 16, 64)
SECONDS = 4.0
# Changes that are appended, and those in one commit.
ROWS, TOGETHER = 50_000, 500
_numbers = itertools.count(1)


def main() -> None:
    """Measure everything, print the figures and write them down."""
    measures = (changes, latency_across, writer)
    report("postgresql", {measure.__name__: measure for measure in measures})


def changes() -> dict[str, Any]:
    """Acknowledged changes a second, each on a new visit, in turn with the bare method."""
    found: dict[str, Any] = {}
    with ExitStack() as running:
        place = running.enter_context(postgresql()).new()
        folder = Path(running.enter_context(TemporaryDirectory(prefix="chancery-benchmark-")))
        addresses = {
            "PostgreSQL": running.enter_context(chancery(place)).address,
            "SQLite": running.enter_context(chancery(folder / "log.db")).address,
            "bare": running.enter_context(bare()).address,
        }
        for callers in CALLERS:
            rates: dict[str, list[float]] = {name: [] for name in addresses}
            for _ in range(ROUNDS):
                for name, address in addresses.items():
                    rates[name].append(_rate(name, address, callers))
            for name, of_rounds in rates.items():
                found[f"{callers} callers, {name}, a second"] = round(statistics.median(of_rounds))
            ratios = [a / b for a, b in zip(rates["PostgreSQL"], rates["bare"], strict=True)]
            found[f"{callers} callers, PostgreSQL to bare"] = round(statistics.median(ratios), 3)
            found[f"{callers} callers, spread"] = [round(min(ratios), 3), round(max(ratios), 3)]
    return found


def _rate(name: str, address: str, callers: int) -> float:
    """Calls a second by so many callers, measured for some seconds."""
    method = "/Echo/Get" if name == "bare" else SCHEDULE
    calls = Calls(address, method, opening)
    first = next(_numbers) * 10**6
    _, trial = run(by_callers(calls, callers, 20 * callers, first))
    number = int(20 * callers / trial * SECONDS)
    _, seconds = run(by_callers(calls, callers, number, first + 20 * callers))
    return float(number / seconds)


def latency_across() -> dict[str, Any]:
    """Milliseconds from acknowledgement by one server to arrival from another, at 200 a second."""
    with postgresql() as databases, ExitStack() as running:
        place = databases.new()
        one, other = (running.enter_context(chancery(place)) for _ in range(2))
        plan(one)
        watches = Watches(other.address, WATCH, NOW, 1)
        calls = Calls(one.address, STATE, statement)
        found: dict[str, Any] = arrivals_after(watches, calls, request_numbers)
    found["changes_a_second"] = RATE
    found["reaches median 3 ms"] = found["median"] <= 3
    found["reaches p99 15 ms"] = found["p99"] <= 15
    return found


def writer() -> dict[str, Any]:
    """What the log's lock and its commits allow, without calls and without deciding."""
    body = messages.request(VISIT, messages.scheduled()).SerializeToString()
    with postgresql() as databases:
        database = open_database(databases.new().url)
        log = Writer(database)
        entries = [
            Entry(f"visit-{i}", 1, "scheduled", body, "me", f"request-{i}") for i in range(ROWS)
        ]
        began = time.perf_counter()
        for first in range(0, ROWS, TOGETHER):
            log.append(entries[first : first + TOGETHER])
        seconds = time.perf_counter() - began
        log.close()
        database.close()
    return {"changes": ROWS, "bytes each": len(body), "a second": round(ROWS / seconds)}


if __name__ == "__main__":
    main()
