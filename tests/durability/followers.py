"""Followers that are cut off and that crash while others write, and what they missed.

A follower keeps the changes that it is handed, each with the position to resume after. A crash
loses what it has read but not kept, and it resumes after the position that it kept last. A
``Careful`` follower keeps the position of the change it was handed. A ``Hasty`` one keeps the
position of the frame that the change came in, up to which it has read: the one mistake that
can be made.
"""

import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count, islice, pairwise
from typing import Any

import grpc

from chancery.client import Connection, Follower
from chancery.client.following import Following
from chancery.client.shells.channel import Destination
from chancery.client.shells.sync_transport import Transport
from chancery.client.steps import Plan
from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import WatchEventsRequest, WatchEventsResponse
from tests.support.messages import change, scheduled, stated
from tests.support.proxy import Proxy

# On average the network is cut after so many bytes, and a follower crashes after so many
# changes.
BYTES_TO_A_CUT = 500_000
CHANGES_TO_A_CRASH = 400
# At most so many changes are recorded at once, each with a text of so many characters on
# average.
BATCH = 40
TEXT = 1000
# A writer waits if it is so far ahead of the slowest follower: more than a server keeps in
# memory, so that some followers read the log while others wait for new changes.
AHEAD = 7000


class Pace:
    """Keeps writers and followers together."""

    def __init__(self) -> None:
        self._written = 0
        self._kept: dict[object, int] = {}
        self._moved = threading.Condition()

    def wrote(self, changes: int) -> None:
        """Count so many more changes of a writer, and wait until it may go on."""
        with self._moved:
            self._written += changes
            self._moved.wait_for(lambda: self._written < min(self._kept.values()) + AHEAD)

    def kept(self, follower: object, position: int) -> None:
        """Note how far a follower is."""
        with self._moved:
            self._kept[follower] = position
            self._moved.notify_all()


class Careful(threading.Thread):
    """Follows the log from its beginning up to a position, through a proxy that cuts it off.

    The proxy leads to one of the targets; a crash picks another at random. ``same`` shares the
    bytes of each change between followers.
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
        """Follow, and start again after each crash, until everything is there."""
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

    def _keep(self, follower: Follower[RecordedEvent]) -> None:
        """Keep changes until the last one, or until a crash, which may be anywhere in a frame."""
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

    def _following(self, address: str) -> AbstractContextManager[Follower[RecordedEvent]]:
        """The changes after the position that was kept; none of this survives a crash."""
        return self._with_connection(address)

    @contextmanager
    def _with_connection(self, address: str) -> Iterator[Follower[RecordedEvent]]:
        with Connection(address) as connection:
            request = WatchEventsRequest(after_position=self.position)
            yield connection.messages.watch_events(request, on_cut=self._cut)

    def _behind(self, follower: Follower[RecordedEvent]) -> int:
        """The position to resume after, should it crash now."""
        assert follower.position is not None
        return follower.position

    def _cut(self, error: grpc.RpcError | None) -> None:
        self.cuts[error.code() if error else None] += 1


class Hasty(Careful):
    """Resumes after the position that it has read, not the one that it has kept."""

    _read = 0

    @contextmanager
    def _following(self, address: str) -> Iterator[Follower[RecordedEvent]]:
        transport = Transport(Destination(address))
        try:
            request = WatchEventsRequest(after_position=self.position)
            noting = _Noting(self._note, request, self._cut)
            yield Follower(noting, transport, lambda event: event)
        finally:
            transport.close()

    def _note(self, frame: WatchEventsResponse) -> None:
        self._read = frame.position

    def _behind(self, follower: Follower[RecordedEvent]) -> int:
        return self._read


class _Noting(Following):
    """Notes each frame as it is read."""

    def __init__(self, note: Any, *asked: Any) -> None:
        super().__init__(*asked)
        self._note = note

    def _given(self, frame: WatchEventsResponse) -> Plan[None]:
        self._note(frame)
        return super()._given(frame)


@dataclass(frozen=True)
class Faults:
    """What is wrong with the changes that a follower kept: how many faults of each kind."""

    missed: int = 0
    duplicated: int = 0
    out_of_order: int = 0
    altered: int = 0


def faults(kept: Sequence[tuple[int, bytes]], log: Mapping[int, bytes]) -> Faults:
    """Compare what a follower kept with the log."""
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
    """Let writers fill a log through several servers, two on each visit."""
    visits = [f"visits/visit-{i}" for i in range(writers // 2)]
    with Connection(addresses[0]) as connection:
        for visit in visits:
            connection.messages.record(change(visit, scheduled()))
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
    """Record so many changes on a visit: some singly, most in groups."""
    with Connection(address) as connection:
        while changes > 0:
            number = min(changes, chance.randint(1, BATCH))
            texts = ["x" * min(4000, int(chance.expovariate(1 / TEXT))) for _ in range(number)]
            batch = [change(visit, stated(text=text)) for text in texts]
            if number == 1:
                connection.messages.record(batch[0])
            else:
                connection.messages.apply_changes(batch)
            changes -= number
            pace.wrote(number)
