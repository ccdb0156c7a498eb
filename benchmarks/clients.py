"""Clients in processes of their own, which call a server and say how long each call took."""

import asyncio
import itertools
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import uvloop

from benchmarks.desk import Call

SECONDS = 60.0
_spawn = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Work:
    """What a client does: it makes these calls with so many callers, for some seconds.

    Each caller waits for its answer before its next call. With ``again`` they begin anew after
    the last of the calls.
    """

    address: str
    calls: Sequence[Call]
    callers: int
    seconds: float
    connections: int = 1
    again: bool = False


class Client:
    """A process that has connected to the server."""

    def __init__(self, work: Work) -> None:
        self._ready, self._begin, self._ended = (_spawn.Event() for _ in range(3))
        self._out: Any = _spawn.SimpleQueue()
        arguments = (work, self._ready, self._begin, self._ended, self._out)
        self._process = _spawn.Process(target=_client, args=arguments)
        self._process.start()

    def wait(self) -> None:
        """Wait until the client is connected."""
        if not self._ready.wait(SECONDS):
            raise TimeoutError("a client did not connect")

    def begin(self) -> None:
        """Begin to call."""
        self._begin.set()

    @property
    def has_ended(self) -> bool:
        """Whether all calls were made, one failed, or the seconds are over."""
        return self._ended.is_set()

    def seconds_each(self) -> list[float]:
        """Wait for the end, and return the seconds that each call took."""
        taken: list[float] | str = self._out.get()
        if isinstance(taken, str):
            raise RuntimeError(taken)
        return taken

    def close(self) -> None:
        """End the process."""
        self._process.kill()  # gRPC's threads would keep it alive
        self._process.join()


@contextmanager
def clients(*works: Work) -> Iterator[Sequence[Client]]:
    """Clients that are connected, for the length of a context."""
    with ExitStack() as running:
        started = [Client(work) for work in works]
        for each in started:
            running.callback(each.close)
        for each in started:
            each.wait()
        yield started


@contextmanager
def on_cores(cores: Sequence[int]) -> Iterator[None]:
    """What is started within the context runs on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def halves() -> tuple[Sequence[int], Sequence[int]]:
    """Cores for a server, and others for its callers. With fewer than four all share all."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 4:
        return cores, cores
    return cores[: len(cores) // 2], cores[len(cores) // 2 :]


def _client(work: Work, ready: Any, begin: Any, ended: Any, out: Any) -> None:
    taken: list[float] | str
    try:
        taken = uvloop.run(_call(work, ready, begin))
    except Exception as error:
        taken = str(error)
    ended.set()
    out.put(taken)


async def _call(work: Work, ready: Any, begin: Any) -> list[float]:
    options = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.aio.insecure_channel(work.address, options) for _ in range(work.connections)]
    for channel in channels:
        await channel.channel_ready()
    ready.set()
    await asyncio.to_thread(begin.wait)
    until = time.perf_counter() + work.seconds
    taken: list[float] = []

    async def caller(number: int) -> None:
        channel = channels[number % work.connections]
        methods: dict[str, grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]] = {
            method: channel.unary_unary(method) for method in {m for m, _ in work.calls}
        }
        mine = work.calls[number :: work.callers]
        began = time.perf_counter()
        for method, request in itertools.cycle(mine) if work.again else mine:
            await methods[method](request)
            ended = time.perf_counter()
            taken.append(ended - began)
            if ended > until:
                return
            began = ended

    await asyncio.gather(*map(caller, range(work.callers)))
    return taken
