"""Several edges answer calls on one port: they share them, are replaced, and end together."""

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import grpc
import psutil

from tests.durability.load import Load, differences, log_of
from tests.durability.serving import Service, new_log
from tests.support import messages
from tests.support.postgresql import Cluster, has_ended
from tests.support.proxy import Proxy
from tests.support.server import PATIENCE, Client, Server
from tests.support.waiting import wait_until

EDGES = 3
CONNECTIONS = 40
# Each client has a connection of its own.
OWN = ("grpc.use_local_subchannel_pool", 1)
# Seconds that a call may take on an edge that runs, on a machine that is busy.
AT_ONCE = 3.0


def connections(server: Server) -> dict[int, int]:
    """The edges, and how many connections each of them has."""
    return {
        pid: sum(
            each.laddr.port == server.port and each.status == psutil.CONN_ESTABLISHED
            for each in psutil.Process(pid).net_connections("tcp")
        )
        for pid in server.pids.edges
    }


def record_on_many(server: Server, visit: str) -> list[Client]:
    """Clients that have each recorded one change over a connection that stays open."""
    clients = [server.client(OWN) for _ in range(CONNECTIONS)]
    clients[0].record(visit, messages.scheduled())
    for number, client in enumerate(clients, start=2):
        assert client.record(visit, messages.stated()).visit.version == number
    return clients


def everybody(server: Server) -> list[psutil.Process]:
    """All processes of a server."""
    core, edges = server.pids
    return [psutil.Process(pid) for pid in (server.process.pid, core, *edges)]


def test_connections_are_spread_over_the_edges_and_each_killed_one_is_replaced(
    start_server: Callable[..., Server],
) -> None:
    """All have what was recorded on any. The others serve on: only its own clients notice."""
    server = start_server("--edges", str(EDGES))
    clients = record_on_many(server, "visits/spread")
    first = connections(server)
    print(f"connections of the edges: {sorted(first.values())}")
    assert min(first.values()) > 0
    assert sum(first.values()) == CONNECTIONS
    for victim in first:
        before = connections(server)
        psutil.Process(victim).kill()
        cut_off = []
        for client in clients:
            began = time.monotonic()
            try:
                assert client.visit("visits/spread").version == CONNECTIONS + 1
            except grpc.RpcError as error:
                cut_off.append(error.code())
            assert time.monotonic() - began < AT_ONCE
        assert len(cut_off) <= before[victim]
        assert set(cut_off) <= {grpc.StatusCode.UNAVAILABLE}
        assert server.logged("edge ended", pid=victim)["status"] == -9
        pids = server.pids
        assert set(before) - {victim} < set(pids.edges)
        assert victim not in pids.edges
        for client in clients:
            # One that was cut off waits a moment before it connects again.
            grpc.channel_ready_future(client.channel).result(PATIENCE)
            assert client.visit("visits/spread").version == CONNECTIONS + 1
    record_on_many(server, "visits/again")
    last = 2 * (CONNECTIONS + 1)
    for client in clients[:EDGES]:
        assert sorted(log_of(client, min_position=last)) == list(range(1, last + 1))


def test_sigterm_ends_all_edges_with_status_0(start_server: Callable[..., Server]) -> None:
    """None is left, and none was cut off."""
    server = start_server("--edges", str(EDGES))
    record_on_many(server, "visits/ended")
    processes = everybody(server)
    assert server.stop() == 0
    assert all(map(has_ended, processes))
    for event in ("stopping", "stopped"):
        assert sum(line["event"] == event for line in server.log) == 1
    assert not [line for line in server.log if line["level"] == "error"]


def test_a_killed_supervisor_leaves_nothing_behind(start_server: Callable[..., Server]) -> None:
    """All end with it, in the middle of writing; a new server on the file and port starts."""
    server = start_server("--edges", str(EDGES))
    load = Load.on_visits(8)
    told = load.schedule(server.client())
    load.start(server.client())
    wait_until(lambda: load.told_more_than(50))
    processes, address = everybody(server), server.address
    assert server.kill() == -9
    wait_until(lambda: all(map(has_ended, processes)), AT_ONCE)
    load.join()
    with socket.create_server(("127.0.0.1", server.port)):
        pass
    server.start(address)
    assert load.failures == {grpc.StatusCode.UNAVAILABLE}
    assert differences(told + load.told, log_of(server.client())) == []
    load.start(server.client(), changes=1)
    load.join()
    assert len(log_of(server.client())) == len(told) + len(load.asked)


def test_the_port_is_free_although_the_core_of_a_killed_supervisor_waits_for_its_database(
    cluster: Cluster, tmp_path: Path
) -> None:
    """A statement that hangs holds up the core's end, and not the next server."""
    name = new_log(cluster)
    with Proxy(cluster.address) as way:
        url = f"postgresql+psycopg://postgres@{way.address}/{name}"
        with Service(url, tmp_path / "key") as server, ExitStack() as stack:
            client = server.client(OWN)
            client.record("visits/held-up", messages.scheduled())
            core = psutil.Process(server.pids.core)
            way.hang()
            asked = messages.request("visits/held-up", messages.stated())
            call = client.desk.RecordStatement.future(asked)
            assert client.head == 1
            time.sleep(0.1)  # the core has been asked
            server.process.kill()
            assert call.code() is grpc.StatusCode.UNAVAILABLE
            other = Service(cluster.url(name), tmp_path / "key").start(server.address)
            stack.push(other)
            assert not has_ended(core)
            assert other.client().record("visits/held-up", messages.stated()).visit.version == 2
            way.cut()
            assert server.ended() == -9
