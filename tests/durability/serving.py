"""Servers on a PostgreSQL database, and callers that carry on through its failures."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import ClassVar

import grpc

from chancery.client import Connection
from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import WatchEventsRequest
from service.store.engines.opening import upgrade
from service.verify import verify_database
from tests.durability.load import Writer
from tests.support.postgresql import Cluster, fresh_database
from tests.support.server import Client, Server

RETRY = 0.02


class Service(Server):
    """A server on the database of a URL; all servers of a log share its key file."""

    def __init__(self, url: str, key: Path, *options: str) -> None:
        # If an option is given twice, the last one counts.
        super().__init__(key, "--database", url, "--key-file", str(key), *options)


@contextmanager
def together(*servers: Service) -> Iterator[Sequence[Service]]:
    """The servers, started at the same time."""
    with ExitStack() as running, ThreadPoolExecutor(len(servers)) as pool:
        for server in servers:
            running.push(server)
        list(pool.map(Server.start, servers))
        yield servers


def new_log(cluster: Cluster) -> str:
    """The name of a new database in the cluster, with an empty log."""
    url = fresh_database(cluster)
    upgrade(url)
    return url.rpartition("/")[2]


def check_sound(url: str, log: dict[int, bytes]) -> None:
    """Everything in the database follows from its log, and the log is this one."""
    report = verify_database(url, (), None, lambda *_: None)
    assert report.checkpoint.size == len(log)
    assert sorted(log) == list(range(1, len(log) + 1))


def request_ids(log: dict[int, bytes]) -> list[str]:
    """The request ids of a load's changes in the log, in order."""
    events = [RecordedEvent.FromString(body).event for _, body in sorted(log.items())]
    return [event.request_id for event in events if event.actor == "unverified:load"]


class Persistent(Writer):
    """A writer that tries again a moment later for as long as it gets UNAVAILABLE.

    A full disk is no reason to end either.
    """

    RETRIED: ClassVar = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED}

    def work(self, client: Client, until: Callable[[], bool]) -> None:
        """Record changes until there is enough."""
        while not until() or self.pending is not None:
            super().work(client, until)
            if set(self.failures) - self.RETRIED:
                break
            time.sleep(RETRY)


class Watcher(threading.Thread):
    """Follows the log from its beginning, through every cut, until it is closed.

    ``kept`` has each change that it got, and ``arrived`` the time of each, by position.
    """

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.kept: list[tuple[int, bytes]] = []
        self.arrived: dict[int, float] = {}
        self.failure: Exception | None = None
        self._connection = Connection(address)
        self._follower = self._connection.messages.watch_events(
            WatchEventsRequest(after_position=0)
        )

    def run(self) -> None:
        """Keep what comes."""
        try:
            for event in self._follower:
                self.arrived[event.position] = time.monotonic()
                self.kept.append((event.position, event.SerializeToString(deterministic=True)))
        except grpc.RpcError as error:
            self.failure = error

    def has(self, position: int) -> bool:
        """Whether the change at a position has arrived, or nothing more can."""
        return position in self.arrived or not self.is_alive()

    def __enter__(self) -> "Watcher":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._follower.close()
        self.join()
        self._connection.close()
        assert self.failure is None
