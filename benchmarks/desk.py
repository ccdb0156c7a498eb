"""A desk's calls, serialized before they are timed, and callers that make them."""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from itertools import islice

import grpc

from benchmarks import messages
from benchmarks.load import GET, SCHEDULE, run
from benchmarks.measuring import Sample
from benchmarks.messages import Fact
from benchmarks.processes import Running
from chancery.v1.event_pb2 import Postponed
from chancery.v1.visit_service_pb2 import GetVisitRequest

# A method and the bytes of its request.
Call = tuple[str, bytes]

ANSWER = "/Echo/Answer"
SET = "/Echo/Set"
CALLERS = 64
# The changes of each visit, and the visits that are changed in turn: the same number for each
# caller, so that only one caller changes a visit.
CHANGES = 20
AT_A_TIME = 3 * CALLERS
LATER: list[Fact] = [Postponed(), messages.rescheduled(), messages.stated()]
STORY: list[Fact] = [messages.scheduled(), *islice(itertools.cycle(LATER), CHANGES - 1)]


def desk(first: int = 1) -> Iterator[tuple[str, Call]]:
    """Endless changes: the name of the visit, and the call. Both are numbered from ``first`` on."""
    numbers = itertools.count(first)
    visits = [_visits(numbers, slot % CHANGES + 1) for slot in range(AT_A_TIME)]
    for asked, changed in enumerate(itertools.cycle(visits), start=first):
        name, fact = next(changed)
        request = messages.request(name, fact, f"request-{asked:08}")
        method = f"/chancery.v1.DeskService/{messages.METHODS[type(fact)].name}"
        yield name, (method, request.SerializeToString())


def _visits(numbers: Iterator[int], first: int) -> Iterator[tuple[str, Fact]]:
    """One visit after the other, change by change. The first has only ``first`` changes.

    So at any time some of the visits that are changed in turn are new, and others are not.
    """
    for changes in itertools.chain([first], itertools.repeat(CHANGES)):
        name = f"visits/v{next(numbers):07}"
        for fact in STORY[:changes]:
            yield name, fact


def changes(first: int = 1) -> Iterator[Call]:
    """The desk's calls."""
    return (call for _, call in desk(first))


def to_bare(calls: Iterator[Call]) -> Iterator[Call]:
    """The same bytes, for the bare method."""
    return ((ANSWER, request) for _, request in calls)


def to_plain() -> Iterator[Call]:
    """The desk's calls for ``benchmarks/plain/server.py``, each with as many bytes."""
    for name, (method, request) in desk():
        kind = method.rpartition("/")[2]
        yield "/Plain/Record", f"{kind} {name} ".encode().ljust(len(request), b"-")


def reads(visits: int = 1000) -> Iterator[Call]:
    """Endless calls that ask for each of the first visits in turn."""
    for number in itertools.cycle(range(1, visits + 1)):
        yield GET, GetVisitRequest(name=f"visits/v{number:07}").SerializeToString()


def scheduled(visits: int = 1000) -> list[Call]:
    """Calls that schedule so many visits."""
    requests = [
        messages.request(f"visits/v{number:07}", messages.scheduled())
        for number in range(1, visits + 1)
    ]
    return [(SCHEDULE, request.SerializeToString()) for request in requests]


class Callers:
    """Callers of one server, each waiting for its answer before it makes the next call.

    Called, they make calls for about so many seconds.
    """

    def __init__(self, server: Running, calls: Iterator[Call], number: int, seconds: float) -> None:
        self._server, self._calls, self._callers = server, calls, number
        trial = list(islice(calls, max(2 * AT_A_TIME, 10 * number)))
        self._number = round(len(trial) / call_all(server, trial, number) * seconds)

    def __call__(self) -> Sample:
        calls = list(islice(self._calls, self._number))
        before = self._server.cpu_seconds()
        seconds = call_all(self._server, calls, self._callers)
        return Sample(len(calls), seconds, self._server.cpu_seconds() - before)


def call_all(server: Running, calls: Sequence[Call], callers: int) -> float:
    """Make all calls, and return the seconds they took."""
    return run(_call_all(server.address, calls, callers))


async def _call_all(address: str, calls: Sequence[Call], callers: int) -> float:
    async with grpc.aio.insecure_channel(address) as channel:
        await channel.channel_ready()
        methods: dict[str, grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]] = {
            method: channel.unary_unary(method) for method in {m for m, _ in calls}
        }

        async def caller(number: int) -> None:
            for method, request in calls[number::callers]:
                await methods[method](request)

        began = time.perf_counter()
        await asyncio.gather(*map(caller, range(callers)))
        return time.perf_counter() - began


def answer_to(server: Running, call: Call) -> bytes:
    """The answer of a server."""
    method, request = call
    with grpc.insecure_channel(server.address) as channel:
        asked: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
        return asked(request)
