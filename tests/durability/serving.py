"""Servers over a database of PostgreSQL, and callers that no failure of it stops."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import grpc

from chancery.client import Connection
from chancery.client.follower import Follower
from chancery.v1.event_pb2 import RecordedEvent
from service.store.engines.opening import upgrade
from service.verify import verify_database
from tests.durability.load import Writer
from tests.support.postgresql import Cluster, fresh_database
from tests.support.server import Client, Server

RETRY = 0.02


class Service(Server):
    """A server on the database of a URL; all of one log have the same file of its key."""

    def __init__(self, url: str, key: Path, *options: str) -> None:
        # Of an option that is given twice, the last counts.
        super().__init__(key, "--database", url, "--key-file", str(key), *options)


@contextmanager
def together(*servers: Service) -> Iterator[Sequence[Service]]:
    """The servers, which start at the same time."""
    with ExitStack() as running, ThreadPoolExecutor(len(servers)) as pool:
        for server in servers:
            running.push(server)
        list(pool.map(Server.start, servers))
        yield servers


def new_log(cluster: Cluster) -> str:
    """The name of a database of the cluster that has an empty log."""
    url = fresh_database(cluster)
    upgrade(url)
    return url.rpartition("/")[2]


def check_sound(url: str, log: dict[int, bytes]) -> None:
    """All of the database follows from its log, which is that one."""
    report = verify_database(url, (), None, lambda *_: None)
    assert report.checkpoint.size == len(log)
    assert sorted(log) == list(range(1, len(log) + 1))


def request_ids(log: dict[int, bytes]) -> list[str]:
    """Under which request ids the writers of a load recorded what the log holds, in order."""
    events = [RecordedEvent.FromString(body).event for _, body in sorted(log.items())]
    return [event.request_id for event in events if event.actor == "unverified:load"]


class Persistent(Writer):
    """A writer that asks again, a moment later, as long as it is told UNAVAILABLE."""

    def work(self, client: Client, until: Callable[[], bool]) -> None:
        """Record changes until there is enough."""
        while not until() or self.pending is not None:
            super().work(client, until)
            if set(self.failures) - {grpc.StatusCode.UNAVAILABLE}:
                break
            time.sleep(RETRY)


class Watcher(threading.Thread):
    """Follows the log from its beginning, over every cut, until it is closed.

    ``kept`` has each change that it was given, and ``arrived`` when that was, by position.
    """

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.kept: list[tuple[int, bytes]] = []
        self.arrived: dict[int, float] = {}
        self.failure: Exception | None = None
        self._connection = Connection(address)
        self._follower: Follower = self._connection.follow(after=0)

    def run(self) -> None:
        """Keep what comes."""
        try:
            for event in self._follower:
                self.arrived[event.position] = time.monotonic()
                self.kept.append((event.position, event.SerializeToString(deterministic=True)))
        except grpc.RpcError as error:
            self.failure = error

    def has(self, position: int) -> bool:
        """Whether it was given a change, or can be given nothing more."""
        return position in self.arrived or not self.is_alive()

    def __enter__(self) -> "Watcher":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._follower.close()
        self.join()
        self._connection.close()
        assert self.failure is None
