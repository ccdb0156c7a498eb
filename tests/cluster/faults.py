"""What is done to the cluster. Each is a context: it happens, lasts, and is undone at the end.

Each checks that it happened: a process is another or has stopped, packets were dropped or had to
wait, the disk had no room, the clock was another, another node is the primary.
"""

import json
import os
import shutil
import signal
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import psutil
import psycopg

from tests.cluster.cluster import PRIMARY, Cluster
from tests.cluster.machines import Database, Server
from tests.cluster.network import CLIENTS, Node
from tests.cluster.programs import Program, go_on, kill, stop
from tests.support.waiting import wait_until

# A watchdog resets a node so many seconds after Patroni hangs: ttl - safety_margin.
WATCHDOG = 15.0
# Bytes that a full disk may have still.
ROOM = 1 << 16
Context = Iterator[None]

# Processes


@contextmanager
def postgresql_killed(database: Database) -> Context:
    """kill -9 of all its processes. Patroni starts it again, or lets a standby take over."""
    kill(_there(database))
    yield


@contextmanager
def postgresql_stopped(database: Database) -> Context:
    """SIGSTOP of all its processes."""
    processes = _there(database)
    stop(processes)
    try:
        yield
    finally:
        go_on(processes)


def _there(database: Database) -> Sequence[psutil.Process]:
    processes = database.postgresql
    assert processes, f"no PostgreSQL runs on {database.name}"
    return processes


@contextmanager
def program_killed(program: Program) -> Context:
    """kill -9 of Patroni or a member of etcd, which is started again in the end."""
    kill([psutil.Process(program.send(signal.SIGKILL))])
    try:
        yield
    finally:
        program.start()


@contextmanager
def program_stopped(program: Program) -> Context:
    """SIGSTOP of Patroni or a member of etcd."""
    process = psutil.Process(program.send(signal.SIGSTOP))
    stop([process])
    try:
        yield
    finally:
        go_on([process])


@contextmanager
def node_killed(database: Database) -> Context:
    """The machine dies, and comes back in the end."""
    with program_killed(database.patroni):
        kill(_there(database))
        yield


@contextmanager
def reset_by_watchdog(database: Database) -> Context:
    """Patroni hangs, and the machine's watchdog resets the node. (The watchdog is this test.)"""
    with program_stopped(database.patroni):
        time.sleep(WATCHDOG)
        kill(_there(database))
        kill([psutil.Process(database.patroni.send(signal.SIGKILL))])
    try:
        yield
    finally:
        database.patroni.start()


@contextmanager
def part_killed(server: Server, part: str) -> Context:
    """kill -9 of the core or an edge of a server, which is started again at once."""
    kill([_part(server, part)])
    yield


@contextmanager
def part_stopped(server: Server, part: str) -> Context:
    """SIGSTOP of the core or an edge of a server."""
    process = _part(server, part)
    stop([process])
    try:
        yield
    finally:
        go_on([process])


def _part(server: Server, part: str) -> psutil.Process:
    pids = server.pids
    assert pids is not None, f"not all of {server.name} runs"
    return psutil.Process(pids.core if part == "core" else pids.edges[0])


@contextmanager
def server_killed(server: Server) -> Context:
    """kill -9 of all processes of a server, which is started again in the end."""
    first = server.program.process
    assert first is not None
    kill([first, *first.children(recursive=True)])
    try:
        yield
    finally:
        server.program.start()


# The network


@contextmanager
def cut(node: Node, peers: Sequence[Node], way: str = "both", percent: int = 100) -> Context:
    """Nothing, or not all, passes between a node and these: to it, from it, or both."""
    addresses = [each.address for each in peers if each != node] or [CLIENTS]
    node.cut(*addresses, incoming=way != "out", outgoing=way != "in", percent=percent)
    try:
        yield
        assert node.dropped, f"nothing was dropped at {node.name}"
    finally:
        node.heal()


@contextmanager
def slow(node: Node, rate: str) -> Context:
    """A node's link takes no more than that."""
    node.slow(rate)
    try:
        yield
        assert node.delayed, f"nothing had to wait at {node.name}"
    finally:
        node.heal()


# Disk and clock


@contextmanager
def full_disk(cluster: Cluster, role: str) -> Context:
    """No byte is free, and PostgreSQL needs a new file: a standby, because the primary has one."""
    database, primary = cluster.database(role), cluster.database(PRIMARY)
    fill = database.disk / "fill"
    said = database.patroni.said.stat().st_size
    try:
        wait_until(partial(_is_full_with, fill), 10)
        for _ in range(12):  # those that it has already will not do
            with suppress(psycopg.Error):
                primary.execute("SELECT pg_switch_wal()")
            time.sleep(0.5)
        yield
        told = database.patroni.said.read_bytes()[said:]
        assert b"No space left on device" in told, f"{database.name} had room"
    finally:
        fill.unlink()


def _is_full_with(fill: Path) -> bool:
    """Take what is free, and tell whether that was all: others may take some just then."""
    with fill.open("ab") as file, suppress(OSError):
        free = shutil.disk_usage(fill).free
        os.posix_fallocate(file.fileno(), file.tell(), max(1, free - (ROOM >> 1)))
    return shutil.disk_usage(fill).free < ROOM


@contextmanager
def clock_moved(machine: Database | Server, moved: str) -> Context:
    """The clock of a machine's PostgreSQL or server steps, and steps back."""
    machine.clock.set(moved)
    try:
        if isinstance(machine, Database):
            wait_until(lambda: abs(_ahead(machine)) > 60, 10)
        yield
    finally:
        machine.clock.set("+0")


def _ahead(database: Database) -> float:
    """By how many seconds the clock of PostgreSQL is ahead; 0 if it does not answer."""
    with suppress(psycopg.Error):
        ((now,),) = database.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        return float(now) - time.time()
    return 0.0


# What an operator does


@contextmanager
def switchover(cluster: Cluster) -> Context:
    """The synchronous standby takes over, as planned."""
    former = cluster.database(PRIMARY)
    _ask(former, "switchover", {"leader": former.name})
    yield
    wait_until(partial(_is_another, cluster, former.name))


def _is_another(cluster: Cluster, former: str) -> bool:
    return any(each["role"] == PRIMARY and each["name"] != former for each in cluster.members())


@contextmanager
def rebuilt(database: Database) -> Context:
    """A standby is made anew from a base backup."""
    before = (database.data / "PG_VERSION").stat().st_ctime_ns
    _ask(database, "reinitialize", {"force": True})
    yield
    made = database.data / "PG_VERSION"
    wait_until(lambda: made.exists() and made.stat().st_ctime_ns != before)


def _ask(database: Database, what: str, request: dict[str, object]) -> None:
    """Ask Patroni of a node to do something, and wait until it has."""
    asked = urllib.request.Request(
        f"http://{database.node.address}:8008/{what}", json.dumps(request).encode(), method="POST"
    )
    urllib.request.urlopen(asked, timeout=60).close()
