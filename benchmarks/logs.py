"""Parts of the speed benchmark that read the log: replay, and loading a visit."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from itertools import cycle, islice
from pathlib import Path
from statistics import mean

import grpc

from benchmarks.in_process import application, change, record
from benchmarks.measuring import Aim, Bench, Part, Sample, compare
from benchmarks.processes import Running, chancery, printed, sqlite, umadb
from chancery.v1.history_service_pb2 import ReadEventsRequest
from chancery.v1.history_service_pb2_grpc import HistoryServiceStub
from service.projections.loading import visit_of
from service.store.engines.opening import open_database
from service.store.log.reader import Reader

VISIT = "measured"
VISIT_CHANGES = 1000


def replay(bench: Bench) -> Part:
    """Replay to a client that parses, against the bare driver reading all columns of the rows."""
    file, name = bench.big_log, f"Replay of {bench.events:,} events"
    aim = Aim(name, "sqlite3 driver", 1.3, "events/s")
    with chancery(file) as ours:
        return compare(aim, bench.rounds, _replaying(ours, bench), lambda: _rows(file))


def replay_and_umadb(bench: Bench) -> Part:
    """Replay to a client that parses, against UmaDB's client reading events of the same size."""
    file, name = bench.big_log, f"Replay of {bench.events:,} events"
    aim = Aim(name, "UmaDB", 1.0, "events/s")
    with closing(sqlite3.connect(file)) as log:
        size = round(log.execute("SELECT avg(length(body)) FROM log").fetchone()[0])
    with ExitStack() as running:
        ours = running.enter_context(chancery(file))
        reference = running.enter_context(umadb(bench.folder / "uma.db")).address
        printed("uma", "fill", reference, bench.events, size)

        def read() -> Sample:
            number, seconds = printed("uma", "read", reference)
            assert number == bench.events
            return Sample(bench.events, seconds)

        return compare(aim, bench.rounds, _replaying(ours, bench), read)


def _replaying(server: Running, bench: Bench) -> Callable[[], Sample]:
    """Replay by a client that parses all frames and reads the position of each event."""

    def replayed() -> Sample:
        options = [("grpc.max_receive_message_length", -1)]
        before = server.cpu_seconds()
        with grpc.insecure_channel(server.address, options) as channel:
            began = time.perf_counter()
            frames = HistoryServiceStub(channel).ReadEvents(ReadEventsRequest())
            number = sum(1 for frame in frames for event in frame.events if event.position)
            seconds = time.perf_counter() - began
        assert number == bench.events
        return Sample(number, seconds, server.cpu_seconds() - before)

    return replayed


def _rows(file: Path) -> Sample:
    with closing(sqlite3.connect(file)) as log:
        began = time.perf_counter()
        number = sum(1 for _ in log.execute("SELECT * FROM log ORDER BY position"))
        return Sample(number, time.perf_counter() - began)


# Loading a visit


def load_visit(bench: Bench) -> Part:
    """Loading a visit with many changes, against the same with the eventsourcing library."""
    aim = Aim(
        f"Loading a visit of {VISIT_CHANGES:,} changes", "plain eventsourcing", 2.5, "visits/s"
    )
    file, plain_file = bench.folder / "visit.db", bench.folder / "plain-visit.db"
    _record_visit(file)
    database = open_database(sqlite(file).url)
    reader = Reader(database)
    size = round(mean(len(row.body) for row in reader.history(VISIT)))
    printed("loading", "fill", plain_file, VISIT_CHANGES, size)

    def plain() -> Sample:
        number, seconds, version = printed("loading", "load", plain_file, bench.seconds)
        assert version == VISIT_CHANGES
        return Sample(int(number), seconds)

    try:
        return compare(aim, bench.rounds, lambda: _loads(reader, bench.seconds), plain)
    finally:
        database.close()


def _record_visit(file: Path) -> None:
    later = islice(cycle(["postponed", "rescheduled", "statement_recorded"]), VISIT_CHANGES - 1)
    changes = [change(VISIT, topic) for topic in ("scheduled", *later)]
    with application(file) as recording:
        record(recording, [changes], callers=1)


def _loads(reader: Reader, seconds: float) -> Sample:
    number, spent = 0, time.process_time()
    began = time.perf_counter()
    while (taken := time.perf_counter() - began) < seconds:
        visit = visit_of(VISIT, reader.history(VISIT))
        number += 1
    assert visit.version == VISIT_CHANGES
    return Sample(number, taken, time.process_time() - spent)
