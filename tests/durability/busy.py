"""A server at work: writers, followers and readers, each on a connection of its own."""

import threading
import time
from collections import Counter
from contextlib import ExitStack
from functools import partial

import grpc

from tests.durability.followers import Faults, faults
from tests.durability.load import Load, differences, log_of, not_told
from tests.durability.serving import Persistent, Watcher, check_sound, request_ids
from tests.support.proxy import Proxy
from tests.support.server import Client, Server
from tests.support.waiting import wait_until

WRITERS = 16
FOLLOWERS = 8
READERS = 6
# A client that has a connection of its own, and makes it again at once.
OWN = (("grpc.use_local_subchannel_pool", 1), ("grpc.initial_reconnect_backoff_ms", 100))
READ_EVERY = 0.01


class Reader(threading.Thread):
    """Reads the first visit again and again, as it is and as it was; ``ended`` counts the ends.

    ``times`` has when each answered read began and ended, and ``versions_then`` the versions that
    the visit had at position 1.
    """

    def __init__(self, client: Client, visit: str) -> None:
        super().__init__(daemon=True)
        self.ended: Counter[grpc.StatusCode] = Counter()
        self.times: list[tuple[float, float]] = []
        self.versions_then: set[int] = set()
        self._client = client
        self._visit = visit
        self._is_over = threading.Event()

    def run(self) -> None:
        """Read until it is enough."""
        while not self._is_over.wait(READ_EVERY):
            began = time.monotonic()
            try:
                self._client.visit(self._visit)
                self.versions_then.add(self._client.visit(self._visit, position=1).version)
            except grpc.RpcError as error:
                self.ended[error.code()] += 1
            else:
                self.ended[grpc.StatusCode.OK] += 1
                self.times.append((began, time.monotonic()))

    def stop(self) -> None:
        """It is enough."""
        self._is_over.set()
        self.join()


class Busy:
    """Writers, two on each visit, followers and readers of a server, until ``stop``."""

    def __init__(self, server: Server, stack: ExitStack) -> None:
        self.server = server
        client = server.client()
        writers = [Persistent(f"writer-{i}", f"visits/visit-{i // 2}") for i in range(WRITERS)]
        self._probe = Load([Persistent("probe", "visits/probe")])
        self.load = Load([*writers, *self._probe.writers])
        self._scheduled = self.load.schedule(client)
        self._watchers = []
        for _ in range(FOLLOWERS):
            way = stack.enter_context(Proxy(server.address))
            self._watchers.append(stack.enter_context(Watcher(way.address)))
        self.readers = [Reader(server.client(*OWN), "visits/probe") for _ in range(READERS)]
        self._working = [Load([writer]) for writer in writers]
        for each in self._working:
            each.start(server.client(*OWN))
        for reader in self.readers:
            reader.start()
        stack.callback(self.stop)

    @property
    def failures(self) -> list[grpc.StatusCode]:
        """How calls of the writers failed."""
        return [code for writer in self.load.writers for code in list(writer.failures)]

    def goes_on(self, changes: int = 10) -> None:
        """Wait until so many more changes are acknowledged to the writers."""
        wait_until(partial(self.load.told_more_than, len(self.load.told) + changes))

    def accepts_again(self) -> float:
        """The seconds until a change that is asked for now is acknowledged."""
        began = time.monotonic()
        self._probe.start(self.server.client(*OWN), changes=1)
        self._probe.join()
        return self._probe.told[-1].told_at - began

    def stop(self) -> None:
        """Let the writers and readers end."""
        for each in self._working:
            each.stop()
        for reader in self.readers:
            reader.stop()

    def check(self, url: str = "") -> None:
        """At the end each acknowledged change is in the log, once, and each follower has it.

        The log is in the database of the ``url``, or in the server's own place.
        """
        self.stop()
        told = self._scheduled + self.load.told
        log = log_of(self.server.client(), min_position=max(each.position for each in told))
        for watcher in self._watchers:
            wait_until(partial(watcher.has, len(log)))
        print(f"{len(told)} acknowledged; calls failed as {self.load.failures}")
        assert [reader.versions_then for reader in self.readers] == [{1}] * READERS
        assert self.load.failures <= Persistent.RETRIED
        assert differences(told, log) == []
        assert not_told(told, log) == []
        assert sorted(request_ids(log)) == sorted(self.load.asked)
        assert [faults(each.kept, log) for each in self._watchers] == [Faults()] * FOLLOWERS
        check_sound(url or self.server.place.url, log)
