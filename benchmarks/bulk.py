"""Parts of the speed benchmark that record in bulk."""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from itertools import islice

import grpc

from benchmarks import messages
from benchmarks.desk import STORY
from benchmarks.load import run
from benchmarks.measuring import Aim, Bench, Part, Sample, compare, compared, server_cpu
from benchmarks.processes import Running, chancery, printed, umadb
from chancery.v1.desk_service_pb2 import Change, ImportChangesRequest, ImportChangesResponse

IMPORT = "/chancery.v1.DeskService/ImportChanges"
AT_A_TIME = 1000
STREAMS = 8
# A round has as many changes as this rate, in changes a second, would give.
EXPECTED = 6000
BODY_BYTES = 120
# The aim for the CPU time that all processes of the server take for a change.
CPU_MICROSECONDS = 60


def bulk_load(bench: Bench) -> list[Part]:
    """ImportChanges, and UmaDB appending events of about the same size."""
    aim = Aim("Import, 1,000 a message", "UmaDB, 1,000 a batch", None, "changes/s")
    requests, number = _requests(), max(2, _messages(bench))
    with chancery(bench.folder / "bulk.db") as ours, umadb(bench.folder / "bulk.uma") as other:

        def appended() -> Sample:
            events = number * AT_A_TIME
            (seconds,) = printed("uma", "fill", other.address, events, BODY_BYTES)
            return Sample(events, seconds)

        samples = [
            (_imported(ours, list(islice(requests, number)), 1), appended())
            for _ in range(bench.rounds)
        ]
    cpu = server_cpu("Server CPU for an imported change", [a for a, _ in samples], CPU_MICROSECONDS)
    return [cpu, compared(aim, samples)]


def imports_at_once(bench: Bench) -> Part:
    """ImportChanges on several streams at once, against one that imports as many changes."""
    aim = Aim(f"Import, {STREAMS} streams at once", "one stream", 1.0, "changes/s")
    requests, number = _requests(), STREAMS * max(1, _messages(bench) // STREAMS)
    with chancery(bench.folder / "streams.db") as ours:
        return compare(
            aim,
            bench.rounds,
            lambda: _imported(ours, list(islice(requests, number)), STREAMS),
            lambda: _imported(ours, list(islice(requests, number)), 1),
        )


def _messages(bench: Bench) -> int:
    """How many messages a round has room for."""
    return round(bench.seconds * EXPECTED / AT_A_TIME)


def _imported(server: Running, sent: Sequence[bytes], streams: int) -> Sample:
    """Import what is sent, shared out to so many streams."""
    before = server.cpu_seconds()
    answers, seconds = run(_import(server.address, sent, streams))
    cpu = server.cpu_seconds() - before
    results = [
        each for answer in answers for each in ImportChangesResponse.FromString(answer).results
    ]
    assert len(results) == len(sent) * AT_A_TIME
    assert all(each.HasField("event") for each in results)
    return Sample(len(results), seconds, cpu)


async def _import(
    address: str, sent: Sequence[bytes], streams: int
) -> tuple[Sequence[bytes], float]:
    """The answers, and the seconds that they took."""
    answers: list[bytes] = []
    options = [("grpc.max_receive_message_length", -1)]
    async with grpc.aio.insecure_channel(address, options) as channel:
        await channel.channel_ready()
        method: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream(IMPORT)

        async def one(number: int) -> None:
            async for answer in method(iter(sent[number::streams])):
                answers.append(answer)

        began = time.perf_counter()
        await asyncio.gather(*map(one, range(streams)))
        return answers, time.perf_counter() - began


def _requests() -> Iterator[bytes]:
    """Endless messages: story after story, each of a visit of its own."""
    changes = _changes()
    while True:
        request = ImportChangesRequest(changes=islice(changes, AT_A_TIME))
        yield request.SerializeToString()


def _changes() -> Iterator[Change]:
    for number in itertools.count(1):
        name = f"visits/v{number:07}"
        for version, fact in enumerate(STORY, start=1):
            yield messages.change(name, fact, f"{number}-{version}")
