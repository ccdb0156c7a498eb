"""Several processes serve on one port: they share the calls, are replaced, and end together."""

import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.durability.load import log_of, wait_until
from tests.durability.serving import Service, new_log
from tests.support import messages
from tests.support.postgresql import Cluster, has_ended
from tests.support.server import Client, DidNotStart, Server

WORKERS = 3
CONNECTIONS = 40
# Each client has a connection of its own.
OWN = ("grpc.use_local_subchannel_pool", 1)


class Workers(Service):
    """A server of several processes."""

    def __init__(self, url: str, key: Path) -> None:
        super().__init__(url, key, "--workers", str(WORKERS))

    @property
    def serving(self) -> dict[psutil.Process, int]:
        """The processes that listen, and the number of connections of each."""
        found = {}
        for process in psutil.Process(self.process.pid).children():
            sockets = [each for each in connections(process) if each.laddr.port == self.port]
            if any(each.status == psutil.CONN_LISTEN for each in sockets):
                found[process] = len(sockets) - 1
        return found

    @property
    def port(self) -> int:
        """The port that all listen on."""
        return int(self.address.rpartition(":")[2])


def connections(process: psutil.Process) -> Sequence[Any]:
    """Its sockets; none if it has ended meanwhile."""
    try:
        return process.net_connections("tcp")
    except psutil.Error:
        return []


@pytest.fixture
def workers(cluster: Cluster, tmp_path: Path) -> Iterator[Workers]:
    """Three processes that serve."""
    with Workers(cluster.url(new_log(cluster)), tmp_path / "key") as workers:
        wait_until(lambda: len(workers.serving) == WORKERS)
        yield workers


def record_on_many(workers: Workers, visit: str) -> list[Client]:
    """Clients that have each recorded one change over a connection that stays open."""
    clients = [workers.client(OWN) for _ in range(CONNECTIONS)]
    clients[0].record(visit, messages.scheduled())
    for number, client in enumerate(clients, start=2):
        assert client.record(visit, messages.stated()).visit.version == number
    return clients


def test_connections_are_spread_over_the_workers_and_a_killed_one_is_replaced(
    workers: Workers,
) -> None:
    """Every process has the changes that were recorded on the others."""
    clients = record_on_many(workers, "visits/spread")
    before = workers.serving
    print(f"connections of the workers: {sorted(before.values())}")
    assert min(before.values()) > 0
    assert sum(before.values()) == CONNECTIONS
    victim = max(before, key=lambda process: before[process])
    victim.kill()
    wait_until(lambda: len(workers.serving) == WORKERS and victim not in workers.serving)
    assert workers.logged("worker ended", pid=victim.pid)["status"] == -9
    assert len(before.keys() & workers.serving.keys()) == WORKERS - 1
    for client in clients:
        assert client.visit("visits/spread").version == CONNECTIONS + 1
    record_on_many(workers, "visits/again")
    last = 2 * (CONNECTIONS + 1)
    assert sorted(log_of(clients[0], min_position=last)) == list(range(1, last + 1))


def test_sigterm_ends_all_workers_with_status_0(workers: Workers) -> None:
    """None is left, and none was cut off."""
    record_on_many(workers, "visits/ended")
    processes = list(workers.serving)
    assert workers.stop() == 0
    assert all(map(has_ended, processes))
    assert sum(line["event"] == "stopped" for line in workers.log) == WORKERS
    assert not [line for line in workers.log if line["event"] == "worker ended"]


def test_workers_end_when_whoever_started_them_is_killed(workers: Workers) -> None:
    """The port is free again."""
    processes = list(workers.serving)
    workers.process.kill()
    wait_until(lambda: all(map(has_ended, processes)))
    assert workers.ended() == -9
    with socket.create_server(("127.0.0.1", workers.port)):
        pass


def test_several_workers_on_a_sqlite_file_are_refused(tmp_path: Path) -> None:
    """With status 1 and the reason."""
    with pytest.raises(DidNotStart, match="one process alone serves a SQLite file") as refused:
        Server(tmp_path / "chancery.db", "--workers", "3").start()
    assert refused.value.status == 1
    assert not (tmp_path / "chancery.db").exists()
