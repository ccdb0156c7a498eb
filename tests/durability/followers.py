"""Followers that are cut off and that crash while others write, and what they missed.

A follower keeps the changes that it was given, and with each of them the position behind
which it is to go on. In a crash it loses what it had read and not yet kept, and goes on
behind the position that it kept last. A ``Careful`` one keeps the position of the change
that it was given; a ``Hasty`` one that of the frame in which it came, up to which it has
read: the one mistake that there is to make.
"""

import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count, islice, pairwise
from typing import Any

import grpc

from chancery.client import Connection, Follower
from chancery.client.connection import OPTIONS
from chancery.v1.history_service_pb2 import WatchEventsRequest, WatchEventsResponse
from chancery.v1.history_service_pb2_grpc import HistoryServiceStub
from tests.support.messages import change, scheduled, stated
from tests.support.proxy import Proxy

# On average so many bytes come before the network is cut, and so many changes before a
# follower crashes.
BYTES_TO_A_CUT = 500_000
CHANGES_TO_A_CRASH = 400
# At most so many changes are recorded at once, each with some text: so many characters on
# average.
BATCH = 40
TEXT = 1000
# No writer goes on that is so far ahead of the slowest follower: more than a server keeps at
# hand, so that some of them read the log while others wait for what comes.
AHEAD = 7000


class Pace:
    """Lets those who write and those who follow keep together."""

    def __init__(self) -> None:
        self._written = 0
        self._kept: dict[object, int] = {}
        self._moved = threading.Condition()

    def wrote(self, changes: int) -> None:
        """Wait, as a writer that wrote so many changes more, until it may go on."""
        with self._moved:
            self._written += changes
            self._moved.wait_for(lambda: self._written < min(self._kept.values()) + AHEAD)

    def kept(self, follower: object, position: int) -> None:
        """Tell how far a follower is."""
        with self._moved:
            self._kept[follower] = position
            self._moved.notify_all()


class Careful(threading.Thread):
    """Follows the log from its beginning up to a position, by a way of its own that is cut.

    The way leads to one of the targets, after a crash to any. ``same`` has each change's bytes
    once, whoever got them.
    """

    def __init__(
        self,
        targets: Sequence[str],
        last: int,
        chance: random.Random,
        pace: Pace,
        same: dict[bytes, bytes],
    ) -> None:
        super().__init__(daemon=True)
        self.kept: list[tuple[int, bytes]] = []
        self.position = 0
        self.crashes = 0
        self.cuts: Counter[grpc.StatusCode | None] = Counter()
        self.failure: Exception | None = None
        self._targets = targets
        self._last = last
        self._chance = chance
        self._pace = pace
        self._same = same
        pace.kept(self, 0)

    def run(self) -> None:
        """Follow, and start again after each crash, until all is there."""
        lives = (1 + int(self._chance.expovariate(1 / BYTES_TO_A_CUT)) for _ in count())
        try:
            with Proxy(self._targets[0], lives) as proxy:
                while self.position < self._last:
                    proxy.target = self._chance.choice(self._targets)
                    with self._following(proxy.address) as follower:
                        self._keep(follower)
        except Exception as error:
            self.failure = error
        finally:
            self._pace.kept(self, self._last)

    def _keep(self, follower: Follower) -> None:
        """Keep changes until the last one, or until a crash, which is anywhere in a frame."""
        until_crash = 1 + int(self._chance.expovariate(1 / CHANGES_TO_A_CRASH))
        for event in islice(follower, until_crash):
            body = event.SerializeToString(deterministic=True)
            self.kept.append((event.position, self._same.setdefault(body, body)))
            self.position = self._behind(follower)
            if event.position % 100 == 0:
                self._pace.kept(self, event.position)
            if event.position == self._last:
                return
        self.crashes += 1

    def _following(self, address: str) -> AbstractContextManager[Follower]:
        """The changes behind the position that was kept; nothing of them outlives a crash."""
        return self._with_connection(address)

    @contextmanager
    def _with_connection(self, address: str) -> Iterator[Follower]:
        with Connection(address) as connection:
            yield connection.follow(after=self.position, on_cut=self._cut)

    def _behind(self, follower: Follower) -> int:
        """Behind which position to go on after a crash."""
        assert follower.position is not None
        return follower.position

    def _cut(self, error: grpc.RpcError | None) -> None:
        self.cuts[error.code() if error else None] += 1


class Hasty(Careful):
    """Goes on behind the position that it has read, not that of what it has kept."""

    _read = 0

    @contextmanager
    def _following(self, address: str) -> Iterator[Follower]:
        with grpc.insecure_channel(address, options=OPTIONS) as channel:
            watch = partial(_Noting, HistoryServiceStub(channel).WatchEvents, self._note)
            yield Follower(watch, WatchEventsRequest(after_position=self.position), self._cut)

    def _note(self, frame: WatchEventsResponse) -> None:
        self._read = getattr(frame, str(frame.WhichOneof("frame"))).position

    def _behind(self, follower: Follower) -> int:
        return self._read


class _Noting:
    """A watch of which each frame is noted as it is read."""

    def __init__(self, watch: Any, note: Any, request: WatchEventsRequest, timeout: float) -> None:
        self._stream = watch(request, timeout=timeout)
        self._note = note

    def __iter__(self) -> Iterator[WatchEventsResponse]:
        for frame in self._stream:
            self._note(frame)
            yield frame

    def cancel(self) -> None:
        """End it."""
        self._stream.cancel()


@dataclass(frozen=True)
class Faults:
    """What is wrong with the changes that a follower kept; how many of each kind."""

    missed: int = 0
    duplicated: int = 0
    out_of_order: int = 0
    altered: int = 0


def faults(kept: Sequence[tuple[int, bytes]], log: Mapping[int, bytes]) -> Faults:
    """Hold what a follower kept against the log."""
    positions = [position for position, _ in kept]
    return Faults(
        missed=len(log.keys() - set(positions)),
        duplicated=len(positions) - len(set(positions)),
        out_of_order=sum(after < before for before, after in pairwise(positions)),
        altered=sum(log.get(position) != event for position, event in kept),
    )


def write_together(
    addresses: Sequence[str], writers: int, changes: int, seed: int, pace: Pace
) -> None:
    """Let writers, spread over servers of one log, fill it: two on each visit."""
    visits = [f"visits/visit-{i}" for i in range(writers // 2)]
    with Connection(addresses[0]) as connection:
        for visit in visits:
            connection.record(change(visit, scheduled()))
    changes -= len(visits)
    with ThreadPoolExecutor(writers) as pool:
        writing = [
            pool.submit(
                write,
                addresses[i % len(addresses)],
                visits[i // 2],
                changes // writers + (i < changes % writers),
                random.Random(f"{seed} {i}"),
                pace,
            )
            for i in range(writers)
        ]
        for each in writing:
            each.result()


def write(address: str, visit: str, changes: int, chance: random.Random, pace: Pace) -> None:
    """Record so many changes on a visit: some alone, and most together with others."""
    with Connection(address) as connection:
        while changes > 0:
            number = min(changes, chance.randint(1, BATCH))
            texts = ["x" * min(4000, int(chance.expovariate(1 / TEXT))) for _ in range(number)]
            batch = [change(visit, stated(text=text)) for text in texts]
            if number == 1:
                connection.record(batch[0])
            else:
                connection.apply(batch)
            changes -= number
            pace.wrote(number)
