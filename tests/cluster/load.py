"""The load on the cluster: writers, readers and followers, and whether they are told the truth."""

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise

import grpc

from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.visit_service_pb2 import GetVisitRequest
from service.verify import verify_database
from tests.cluster.clients import Follower, Known, Moving, Over
from tests.cluster.cluster import Cluster
from tests.durability import histories
from tests.durability.followers import Faults, faults
from tests.durability.linearizable import Change, Entry, Read, violations
from tests.durability.load import Acknowledged, differences, log_of
from tests.support import messages
from tests.support.waiting import wait_until

WRITERS, READERS, FOLLOWERS = 8, 2, 4
VISITS = 4
# Seconds for calls that are under way in the end.
PATIENCE = 60.0


class Load:
    """Clients at work from ``start`` to ``stop``, each in a thread and on its own connections."""

    def __init__(self, cluster: Cluster, chance: random.Random) -> None:
        self._cluster = cluster
        self._chance = chance
        self._known = Known()
        self._names = histories.Known(())
        self._rounds = 0
        self._over = threading.Event()
        self._calls: list[Change | Read] = []
        self.failures: list[BaseException] = []
        self.writers = [
            Moving(cluster, cluster.writing, self._known, number) for number in range(WRITERS + 1)
        ]
        self.readers = [
            Moving(cluster, cluster.reading, self._known, number, takes_any=number > 0)
            for number in range(READERS)
        ]
        self.followers = [
            Follower(cluster, random.Random(chance.random())) for _ in range(FOLLOWERS)
        ]
        self._threads = [
            *(threading.Thread(target=self._write, args=(i,), daemon=True) for i in range(WRITERS)),
            *(threading.Thread(target=self._read, args=(i,), daemon=True) for i in range(READERS)),
        ]

    # At work

    def start(self) -> None:
        """Let all begin, on visits that are made for it."""
        self.next_visits()
        for each in [*self._threads, *self.followers]:
            each.start()

    def next_visits(self) -> None:
        """Go on with other visits, so that none gets long."""
        self._rounds += 1
        names = [f"visits/round-{self._rounds}-{i}" for i in range(VISITS)]
        known = histories.Known(names)
        opener = self._desk(WRITERS, known, f"open-{self._rounds}")
        self._calls += [opener.change(each, messages.scheduled(), expected=0) for each in names]
        self._names = known

    def _desk(self, number: int, known: histories.Known, name: str) -> histories.Desk:
        chance = random.Random(f"{self._chance.random()} {name} {number}")
        client: object = self.writers[number]
        return histories.Desk(number, client, known, chance, name)  # type: ignore[arg-type]

    def _write(self, number: int) -> None:
        """Change and read, as ``histories.Desk`` does."""
        times = 0
        while not self._over.is_set():
            times += 1
            try:
                self._calls += self._desk(number, self._names, f"desk-{times}").work()
            except BaseException as error:
                self.failures.append(error)
                raise

    def _read(self, number: int) -> None:
        """Ask the servers that only read: the first for no less than what is known already."""
        client = self.readers[number]
        names = itertools.count(WRITERS + 1)
        name = next(names)
        while not self._over.is_set():
            visit = next(iter(self._names.versions))
            began, request = time.monotonic(), GetVisitRequest(name=visit)
            try:
                answer = client.GetVisit(request)
            except Over:
                return
            except grpc.RpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND and client.takes_any:
                    continue  # it is not there yet
                self.failures.append(error)
                return
            version, position = answer.visit.version, answer.view_position
            asked = request.min_position, began, version, position, time.monotonic()
            if client.takes_any:  # and may be told less by the next server
                name = -next(names)
            self._calls.append(Read(name, visit, *asked))

    # What was seen of it

    def longest_without_changes(self, since: float) -> float:
        """The longest time without an acknowledged change, from then to now, in seconds."""
        return _longest([each.told_at for each in self.acknowledged], since)

    def longest_without_reads(self, since: float) -> float:
        """The longest time without an answer from a server that only reads, as it has it."""
        anyhow = [each for each in self.readers if each.takes_any]
        return _longest([at for each in anyhow for at in list(each.read)], since)

    def goes_on(self, changes: int = 16) -> None:
        """Wait until so many more changes are acknowledged."""
        before = self.told
        wait_until(lambda: self.told >= before + changes or bool(self.failures), 120)

    @property
    def told(self) -> int:
        """How many changes were acknowledged."""
        return sum(len(each.told) for each in self.writers)

    @property
    def acknowledged(self) -> list[Acknowledged]:
        """All of them."""
        return [each for one in self.writers for each in list(one.told)]

    def summary(self) -> str:
        """What was done, for a person."""
        failed = sum((each.failed for each in [*self.writers, *self.readers]), Counter())
        moves = sum(each.moves for each in self.followers)
        refused = sum((each.failed for each in self.followers), Counter())
        return (
            f"{self.told} changes acknowledged, {len(self._calls)} calls of writers and readers, "
            f"{failed.total()} of them asked for again ({dict(failed)}); followers moved {moves} "
            f"times ({dict(refused)})"
        )

    # In the end

    def stop(self) -> None:
        """Let the writers and readers end: each call that is under way is answered first.

        Whoever is not answered in the end does not know whether that change is recorded.
        """
        self._over.set()
        patience = time.monotonic() + PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, patience - time.monotonic()))
        for each in [*self.writers, *self.readers]:
            each.is_over.set()
        for thread in self._threads:
            thread.join()

    def check(self) -> list[str]:
        """What is not as it was told; empty if all of it is."""
        server = self._cluster.writing[0]
        told = self.acknowledged
        last = max(each.position for each in told)
        wait_until(partial(self._has, last))
        client = self._cluster.client(server)
        log = log_of(client, min_position=last)
        client.close()
        for each in self.followers:
            wait_until(partial(each.has, max(log)), 120)
            each.stop()
        return [*self.problems(log), *self._unsound(log)]

    def problems(self, log: dict[int, bytes]) -> Iterator[str]:
        """Where what clients were told differs from the log, or has no order."""
        yield from differences(self.acknowledged, log)
        events = {position: RecordedEvent.FromString(body).event for position, body in log.items()}
        entries = {at: Entry(each.visit, each.request_id) for at, each in events.items()}
        yield from violations(self._calls, entries)
        for number, follower in enumerate(self.followers):
            if (found := faults(follower.kept, log)) != Faults():
                yield f"follower {number} has {found}"
        for client in [*self.writers, *self.readers]:
            yield from client.stale
        yield from (f"a client failed: {each!r}" for each in self.failures)

    def _unsound(self, log: dict[int, bytes]) -> Iterator[str]:
        """Where the database is not what follows from its log."""
        report = verify_database(self._cluster.url("auditor"), (), None, lambda *_: None)
        if report.checkpoint.size != len(log) or sorted(log) != list(range(1, len(log) + 1)):
            yield f"the database has {report.checkpoint.size} changes, the log {len(log)}"

    def _has(self, position: int) -> bool:
        try:
            client = self._cluster.client(self._cluster.writing[0])
            return client.head >= position
        except grpc.RpcError:
            return False
        finally:
            client.close()


def _longest(times: Sequence[float], since: float) -> float:
    """The longest pause between two of these times, from the last one before ``since`` to now."""
    ordered = sorted(each for each in times if each > since)
    return max(after - before for before, after in pairwise([since, *ordered, time.monotonic()]))
