"""Processes that write, watch and read, and what they saw: raw bytes, which cost little."""

import asyncio
import itertools
import multiprocessing
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
import uvloop

WATCH = "/chancery.v1.HistoryService/WatchEvents"
STATE = "/chancery.v1.DeskService/RecordStatement"
SCHEDULE = "/chancery.v1.DeskService/ScheduleVisit"
GET = "/chancery.v1.VisitService/GetVisit"

Result = TypeVar("Result")
_spawn = multiprocessing.get_context("spawn")


def quantile(values: list[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True)
class Watches:
    """Watches to open: the call, how many, and on how many connections."""

    address: str
    method: str
    request: bytes
    number: int
    connections: int = 1
    never_read: bool = False


class Watchers:
    """A process with open watches."""

    def __init__(self, watches: Watches) -> None:
        self._ready, self._stop = _spawn.Event(), _spawn.Event()
        self._out: Any = _spawn.Queue()
        arguments = (watches, self._ready, self._stop, self._out)
        self._process = _spawn.Process(target=_watch, args=arguments)
        self._process.start()
        if not self._ready.wait(60):
            raise TimeoutError("the watches were not opened")

    def stop(self) -> list[tuple[int, int, bytes]]:
        """End, and return each frame: its watch, its arrival in nanoseconds, and its bytes."""
        self._stop.set()
        arrivals: list[tuple[int, int, bytes]] = self._out.get()
        self._process.kill()  # gRPC's threads would keep it alive
        self._process.join()
        return arrivals


@contextmanager
def watching(watches: Watches) -> Iterator[Watchers]:
    """Watches that are open in this context."""
    watchers = Watchers(watches)
    try:
        yield watchers
    finally:
        if not watchers._stop.is_set():
            watchers.stop()


def _watch(watches: Watches, ready: Any, stop: Any, out: Any) -> None:
    uvloop.run(_watch_all(watches, ready, stop, out))


async def _watch_all(watches: Watches, ready: Any, stop: Any, out: Any) -> None:
    options = [("grpc.use_local_subchannel_pool", 1)]
    if watches.never_read:  # then gRPC must not read ahead either
        options.append(("grpc.http2.bdp_probe", 0))
    channels = [
        grpc.aio.insecure_channel(watches.address, options) for _ in range(watches.connections)
    ]
    arrivals: list[tuple[int, int, bytes]] = []
    opened = itertools.count(1)

    async def one(number: int) -> None:
        channel = channels[number % len(channels)]
        watch: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(
            watches.method
        )
        is_first = True
        async for frame in watch(watches.request):
            if not is_first:
                arrivals.append((number, time.monotonic_ns(), frame))
            elif next(opened) == watches.number:
                ready.set()
            is_first = False
            if watches.never_read:
                await asyncio.Event().wait()

    tasks = [asyncio.create_task(one(number)) for number in range(watches.number)]
    await asyncio.to_thread(stop.wait)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    out.put(arrivals)


@dataclass(frozen=True)
class Calls:
    """Calls to make; ``make`` returns the request with a number."""

    address: str
    method: str
    make: Callable[[int], bytes]


async def at_a_rate(calls: Calls, rate: float, seconds: float) -> dict[int, tuple[int, int]]:
    """Call at a steady rate, however long answers take; return each one's begin and end in ns."""
    channel = grpc.aio.insecure_channel(calls.address)
    call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(calls.method)
    times: dict[int, tuple[int, int]] = {}

    async def one(number: int) -> None:
        began = time.monotonic_ns()
        await call(calls.make(number))
        times[number] = (began, time.monotonic_ns())

    began, tasks = time.monotonic(), []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        tasks.append(asyncio.create_task(one(number)))
    await asyncio.gather(*tasks)
    await channel.close()
    return times


async def by_callers(
    calls: Calls, callers: int, number: int, first: int = 0
) -> tuple[list[float], float]:
    """Make calls with callers that wait for each answer: the seconds of each call, and in all."""
    channel = grpc.aio.insecure_channel(calls.address)
    call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(calls.method)
    numbers = iter(range(first, first + number))
    taken: list[float] = []

    async def caller() -> None:
        for each in numbers:
            began = time.perf_counter()
            await call(calls.make(each))
            taken.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    seconds = time.perf_counter() - began
    await channel.close()
    return taken, seconds


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run the work to its end, and return its result."""
    return uvloop.run(work)
