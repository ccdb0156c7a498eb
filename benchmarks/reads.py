"""Parts of the speed benchmark about GetVisit: beside a writer, and with a second edge.

The calls come from processes of their own, whose other work does not count.
"""

import time
from contextlib import ExitStack
from itertools import islice

from benchmarks.clients import Work, clients, halves, on_cores
from benchmarks.desk import CALLERS, call_all, changes, reads, scheduled
from benchmarks.load import quantile
from benchmarks.measuring import Aim, Bench, Part, Sample, compare, times
from benchmarks.processes import Running, chancery

VISITS = 1000
READERS = 4
# More changes a second than any server makes, so that the writer does not end before the readers.
WRITES = 12_000
HEAD_START = 0.5
CLIENTS, CONNECTIONS = 2, 4


def reads_beside_writer(bench: Bench) -> Part:
    """The p99 of GetVisit while a desk makes changes as fast as it can, against alone."""
    seconds = bench.seconds * 2
    number = int(WRITES * (seconds + 2 * HEAD_START))
    with chancery(bench.folder / "beside.db") as server:
        call_all(server, scheduled(VISITS), CALLERS)
        asked = list(islice(reads(VISITS), VISITS))
        reading = Work(server.address, asked, READERS, seconds, again=True)

        def alone() -> float:
            with clients(reading) as (readers,):
                readers.begin()
                return quantile(readers.seconds_each(), 0.99) * 1000

        def beside(round_: int) -> float:
            changed = list(islice(changes(VISITS + round_ * number), number))
            writing = Work(server.address, changed, CALLERS, 10 * seconds)
            with clients(reading, writing) as (readers, writers):
                writers.begin()
                time.sleep(HEAD_START)
                readers.begin()
                taken = readers.seconds_each()
                assert not writers.has_ended
            return quantile(taken, 0.99) * 1000

        pairs = [(beside(each), alone()) for each in range(1, bench.rounds + 1)]
    return times(f"GetVisit p99 beside a writer, {READERS} readers", "alone", "ms", pairs, None)


def two_edges(bench: Bench) -> Part:
    """GetVisit from two edges instead of one, with callers on other cores where there are any."""
    aim = Aim(f"GetVisit of two edges, {CALLERS} callers", "one edge", None)
    for_servers, for_callers = halves()
    with ExitStack() as running:
        with on_cores(for_servers):
            one, two = (
                running.enter_context(chancery(bench.folder / f"edges-{edges}.db", edges))
                for edges in (1, 2)
            )
        running.enter_context(on_cores(for_callers))
        for server in (one, two):
            call_all(server, scheduled(VISITS), CALLERS)
        return compare(
            aim,
            bench.rounds,
            lambda: _reads(two, bench.seconds),
            lambda: _reads(one, bench.seconds),
        )


def _reads(server: Running, seconds: float) -> Sample:
    """Read by several clients, each with several connections: a connection stays on one edge."""
    asked = list(islice(reads(VISITS), VISITS))
    work = Work(
        server.address, asked, CALLERS // CLIENTS, seconds, connections=CONNECTIONS, again=True
    )
    with clients(*[work] * CLIENTS) as reading:
        for each in reading:
            each.begin()
        before, began = server.cpu_seconds(), time.perf_counter()
        number = sum(len(each.seconds_each()) for each in reading)
        taken = time.perf_counter() - began
    return Sample(number, taken, server.cpu_seconds() - before)
