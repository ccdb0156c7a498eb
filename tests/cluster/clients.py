"""Clients of the cluster that go to another server when theirs does not answer."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import grpc
from google.protobuf.message import Message

from chancery.client import ChanceryError, Connection
from chancery.v1.history_service_pb2 import WatchEventsRequest
from tests.cluster.cluster import Cluster
from tests.cluster.machines import Server
from tests.durability.load import Acknowledged, acknowledged
from tests.support.server import Client

# Seconds that a call may take before its client asks elsewhere.
CALL = 6.0
PAUSE = 0.2
RETRY = 0.1
# A follower stays so many seconds with a server, at most.
STAY = 20.0
# What another server may answer otherwise, or the same one a moment later.
PASSES = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}
OPTIONS = (
    (
        "grpc.service_config",
        json.dumps({"methodConfig": [{"name": [{}], "timeout": f"{CALL:.0f}s"}]}),
    ),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)


class Known:
    """The last position that any client was told."""

    def __init__(self) -> None:
        self.position = 0
        self._lock = threading.Lock()

    def note(self, position: int) -> None:
        """Take note of one."""
        with self._lock:
            self.position = max(self.position, position)


class Over(grpc.RpcError):
    """Nobody is asked any more."""

    def code(self) -> grpc.StatusCode:
        """As of a call that may have been carried out or not."""
        return grpc.StatusCode.UNAVAILABLE


class Moving:
    """A client as ``histories.Desk`` uses one. It asks on, from server to server, until answered.

    ``told`` has what was acknowledged to it, ``read`` when each of its reads was answered, and
    ``stale`` what was older than asked for. It reads nothing older than what any client was told,
    unless it takes what it gets.
    """

    def __init__(
        self,
        cluster: Cluster,
        servers: Sequence[Server],
        known: Known,
        first: int,
        *,
        takes_any: bool = False,
    ) -> None:
        self.told: list[Acknowledged] = []
        self.read: list[float] = []
        self.stale: list[str] = []
        self.failed: Counter[grpc.StatusCode] = Counter()
        self.is_over = threading.Event()
        self.takes_any = takes_any
        self._known = known
        self._clients = [cluster.client(each, *OPTIONS) for each in servers]
        self._at = first % len(servers)

    @property
    def visits(self) -> "Moving":
        """It asks about visits too."""
        return self

    def record(self, name: str, change: Message, **context: Any) -> Any:
        """The answer to a change, under the same request id wherever it is asked for."""
        self.is_over.wait(random.uniform(0, 2 * PAUSE))
        answer = self._asked(lambda client: client.record(name, change, **context))
        self.told.append(acknowledged(answer))
        self._known.note(answer.event.position)
        return answer

    def GetVisit(self, request: Any) -> Any:
        """The visit, at the last position that is known or later."""
        return self._read(request, lambda client: client.visits.GetVisit(request))

    def BatchGetVisits(self, request: Any) -> Any:
        """The visits, at the last position that is known or later."""
        return self._read(request, lambda client: client.visits.BatchGetVisits(request))

    def _read(self, request: Any, ask: Callable[[Client], Any]) -> Any:
        self.is_over.wait(random.uniform(0, 2 * PAUSE))
        request.min_position = 0 if self.takes_any else self._known.position
        answer = self._asked(ask)
        if answer.view_position < request.min_position:
            self.stale.append(f"{answer.view_position} was read for {request.min_position}")
        self._known.note(answer.view_position)
        self.read.append(time.monotonic())
        return answer

    def _asked(self, ask: Callable[[Client], Any]) -> Any:
        """What a server answers, the next one where this one does not.

        :raises grpc.RpcError: it is refused.
        :raises Over: it is over.
        """
        while not self.is_over.is_set():
            try:
                return ask(self._clients[self._at])
            except grpc.RpcError as error:
                if error.code() not in PASSES:
                    raise
                self.failed[error.code()] += 1
                self._at = (self._at + 1) % len(self._clients)
                self.is_over.wait(RETRY)
        raise Over

    def close(self) -> None:
        """Close its connections."""
        for each in self._clients:
            each.close()


class Follower(threading.Thread):
    """Follows the log from its beginning, and moves to another server again and again.

    ``kept`` has each change that it got, and its bytes.
    """

    def __init__(self, cluster: Cluster, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.kept: list[tuple[int, bytes]] = []
        self.moves = 0
        self.failed: Counter[str] = Counter()
        self._cluster = cluster
        self._chance = chance
        self._origin = ""
        self._is_over = threading.Event()

    @property
    def position(self) -> int:
        """How far it is."""
        return self.kept[-1][0] if self.kept else 0

    def has(self, position: int) -> bool:
        """Whether it is there."""
        return self.position >= position

    def run(self) -> None:
        """Follow, until it is over."""
        while not self._is_over.is_set():
            try:
                self._stay(self._chance.choice(self._cluster.servers))
            except ChanceryError as error:
                self.failed[f"{error.code()}"] += 1
                self._is_over.wait(RETRY)
            self.moves += 1

    def _stay(self, server: Server) -> None:
        """Follow at one server for a while."""
        with Connection(
            server.address, token=self._cluster.token, ca=self._cluster.ca
        ) as connection:
            request = WatchEventsRequest(after_position=self.position, log_origin=self._origin)
            following = connection.messages.watch_events(request)
            leaving = threading.Timer(self._chance.uniform(1, STAY), following.close)
            leaving.start()
            try:
                for event in following:
                    body = event.SerializeToString(deterministic=True)
                    self.kept.append((event.position, body))
                self._origin = following.log_origin or self._origin
            finally:
                leaving.cancel()
                leaving.join()

    def stop(self) -> None:
        """It is enough."""
        self._is_over.set()
        self.join()
