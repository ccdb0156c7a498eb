"""The part of the speed benchmark that records in bulk."""

import itertools
import time
from collections.abc import Iterator
from itertools import islice

import grpc

from benchmarks import messages
from benchmarks.desk import STORY
from benchmarks.measuring import Aim, Bench, Part, Sample, compare
from benchmarks.processes import chancery, printed, umadb
from chancery.v1.desk_service_pb2 import Change, ImportChangesRequest
from chancery.v1.desk_service_pb2_grpc import DeskServiceStub

AT_A_TIME = 1000
# A round has as many changes as this rate, in changes a second, would give.
EXPECTED = 3000
BODY_BYTES = 120


def bulk_load(bench: Bench) -> Part:
    """ImportChanges, and UmaDB appending events of about the same size."""
    aim = Aim("Bulk load, 1,000 a message", "UmaDB, 1,000 a batch", 0.3, "changes")
    requests, batches = _requests(), max(2, round(bench.seconds * EXPECTED / AT_A_TIME))
    with chancery(bench.folder / "bulk.db") as ours, umadb(bench.folder / "bulk.uma") as other:

        def imported() -> Sample:
            sent = list(islice(requests, batches))
            before = ours.cpu_seconds()
            with grpc.insecure_channel(ours.address) as channel:
                began = time.perf_counter()
                answers = list(DeskServiceStub(channel).ImportChanges(iter(sent)))
                seconds = time.perf_counter() - began
            assert all(result.HasField("event") for each in answers for result in each.results)
            return Sample(batches * AT_A_TIME, seconds, ours.cpu_seconds() - before)

        def appended() -> Sample:
            events = batches * AT_A_TIME
            (seconds,) = printed("uma", "fill", other.address, events, BODY_BYTES)
            return Sample(events, seconds)

        return compare(aim, bench.rounds, imported, appended)


def _requests() -> Iterator[ImportChangesRequest]:
    """Endless messages: story after story, each of a visit of its own."""
    changes = _changes()
    while True:
        yield ImportChangesRequest(changes=islice(changes, AT_A_TIME))


def _changes() -> Iterator[Change]:
    for number in itertools.count(1):
        name = f"visits/v{number:07}"
        for version, fact in enumerate(STORY, start=1):
            yield messages.change(name, fact, f"{number}-{version}")
