"""Which faults happen to whom, in which order, and how soon changes must go on."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, NamedTuple

from tests.cluster import faults
from tests.cluster.cluster import ASYNC, PRIMARY, SYNC, Cluster
from tests.cluster.network import CLIENTS, Node
from tests.cluster.programs import Program

# Seconds without changes: after a lost primary (Patroni's ttl, its loop and the servers' way to
# the new one), and in a switchover.
LOST, SWITCHED = 30.0, 5.0
# Longer than Patroni's ttl, and short.
LONG, SHORT = 25.0, 8.0
WAYS = ("both", "in", "out")
Happening = Callable[[Cluster], AbstractContextManager[None]]
Whom = Callable[[Cluster], Any]


class Fault(NamedTuple):
    """What happens, for how many seconds, and how many may pass without changes."""

    name: str
    seconds: float
    happen: Happening
    limit: float = LOST


def plan(chance: random.Random) -> list[Fault]:
    """All faults, in an order that differs from run to run."""
    found = [*_databases(), *_etcd(), *_servers(), *_cuts(), *_links(), *_rest(), *_at_once()]
    chance.shuffle(found)
    return found


# To whom


def itself(cluster: Cluster) -> Cluster:
    """The cluster."""
    return cluster


def database(role: str) -> Whom:
    """The node that has a role then."""
    return lambda cluster: cluster.database(role)


def patroni(role: str) -> Whom:
    """Patroni of that node."""
    return lambda cluster: cluster.database(role).patroni


def member(leads: bool) -> Whom:
    """The member of etcd that leads then, or one that does not."""

    def found(cluster: Cluster) -> Program:
        leader = cluster.etcd_leader()
        return leader if leads else next(each for each in cluster.etcds if each is not leader)

    return found


def server(number: int) -> Whom:
    """A server that records."""
    return lambda cluster: cluster.writing[number]


def reader(number: int) -> Whom:
    """A server that only reads."""
    return lambda cluster: cluster.reading[number]


def on(whom: Whom, happen: Callable[..., AbstractContextManager[None]], *how: Any) -> Happening:
    """What happens to somebody."""
    return lambda cluster: happen(whom(cluster), *how)


def cut_off(whom: Whom, peers: Callable[[Cluster], Sequence[Node]], *how: Any) -> Happening:
    """Somebody's node is cut off from others."""
    return lambda cluster: faults.cut(whom(cluster).node, peers(cluster), *how)


def slowed(whom: Whom, rate: str) -> Happening:
    """Somebody's link is slow."""
    return lambda cluster: faults.slow(whom(cluster).node, rate)


def at_once(*those: Happening) -> Happening:
    """Several faults, one on top of the other."""

    @contextmanager
    def happen(cluster: Cluster) -> Iterator[None]:
        with ExitStack() as stack:
            for each in those:
                stack.enter_context(each(cluster))
            yield

    return happen


def everybody(cluster: Cluster) -> Sequence[Node]:
    """All nodes."""
    return cluster.nodes


def etcds(cluster: Cluster) -> Sequence[Node]:
    """The nodes of etcd."""
    return [each.node for each in cluster.etcds]


def databases(cluster: Cluster) -> Sequence[Node]:
    """The nodes of PostgreSQL."""
    return [each.node for each in cluster.databases]


def servers(cluster: Cluster) -> Sequence[Node]:
    """The nodes of the servers: the clients of the databases."""
    return [each.node for each in cluster.servers]


def clients(_: Cluster) -> Sequence[Node]:
    """The clients of the servers."""
    return [Node("clients", CLIENTS)]


# What


def _databases() -> Iterator[Fault]:
    for role, long in ((PRIMARY, LONG), (SYNC, LONG), (ASYNC, SHORT)):
        of = database(role)
        yield Fault(f"PostgreSQL of the {role} is killed", 3, on(of, faults.postgresql_killed))
        yield Fault(f"PostgreSQL of the {role} stops", long, on(of, faults.postgresql_stopped))
        yield Fault(f"Patroni of the {role} is killed", 3, on(patroni(role), faults.program_killed))
        yield Fault(f"the node of the {role} dies", long, on(of, faults.node_killed))
    again = on(database(PRIMARY), faults.node_killed)
    yield Fault("the node of the leader dies for a moment", 3, again)
    yield Fault("Patroni of a standby stops", LONG, on(patroni(SYNC), faults.program_stopped))
    hangs = on(database(PRIMARY), faults.reset_by_watchdog)
    yield Fault("Patroni of the leader hangs, and the watchdog resets", 3, hangs)
    hangs = on(patroni(PRIMARY), faults.program_stopped)
    yield Fault("Patroni of the leader stops, without a watchdog", LONG, hangs)
    for number in range(3):
        yield Fault(f"switchover {number + 1}", 3, faults.switchover, SWITCHED)
    for role in (SYNC, ASYNC):
        yield Fault(f"the {role} is rebuilt", 3, on(database(role), faults.rebuilt))


def _etcd() -> Iterator[Fault]:
    for leads in (True, False):
        name, whom = "leader" if leads else "follower", member(leads)
        yield Fault(f"etcd's {name} is killed", SHORT, on(whom, faults.program_killed))
        yield Fault(f"etcd's {name} stops", SHORT, on(whom, faults.program_stopped))
        for way in WAYS if leads else ("both",):
            yield Fault(f"etcd's {name} is cut off ({way})", SHORT, cut_off(whom, everybody, way))


def _servers() -> Iterator[Fault]:
    yield Fault("server 3 is killed", 3, on(server(2), faults.server_killed))
    for number, part in enumerate(("core", "edge")):
        killed = on(server(number), faults.part_killed, part)
        yield Fault(f"the {part} of server {number + 1} is killed", 2, killed)
        stopped = on(server(0), faults.part_stopped, part)
        yield Fault(f"the {part} of server 1 stops", SHORT, stopped)
        killed = on(reader(0), faults.part_killed, part)
        yield Fault(f"the {part} of reader 1 is killed", 2, killed)


def _cuts() -> Iterator[Fault]:
    leader, sync = database(PRIMARY), database(SYNC)
    for peers in (everybody, etcds, servers):
        for way in WAYS:
            name = f"the leader is cut off from {peers.__name__} ({way})"
            yield Fault(name, LONG if peers is not servers else SHORT, cut_off(leader, peers, way))
    for way in WAYS:
        standby = cut_off(sync, everybody, way)
        yield Fault(f"the sync_standby is cut off from everybody ({way})", SHORT, standby)
        of = cut_off(server(1), clients, way)
        yield Fault(f"server 2 is cut off from its clients ({way})", SHORT, of)
    yield Fault("the sync_standby is cut off from etcds", LONG, cut_off(sync, etcds))
    yield Fault("the databases see each other no more", LONG, cut_off(leader, databases))
    yield Fault("server 3 is cut off from databases", SHORT, cut_off(server(2), databases))
    yield Fault("reader 1 is cut off from databases", SHORT, cut_off(reader(0), databases))


def _links() -> Iterator[Fault]:
    lossy = ("both", 15)
    yield Fault("the leader's link is slow", SHORT, slowed(database(PRIMARY), "2mbit"))
    yield Fault("the sync_standby's link is slow", SHORT, slowed(database(SYNC), "256kbit"))
    yield Fault("server 1's link is slow", SHORT, slowed(server(0), "256kbit"))
    yield Fault("the leader's link loses 15 %", 15, cut_off(database(PRIMARY), everybody, *lossy))
    yield Fault("a standby's link loses 15 %", 15, cut_off(database(SYNC), everybody, *lossy))
    yield Fault("etcd's leader loses 15 %", 15, cut_off(member(True), everybody, *lossy))
    yield Fault("server 1 loses 15 % of its clients'", 15, cut_off(server(0), clients, *lossy))


def _rest() -> Iterator[Fault]:
    for role in (PRIMARY, SYNC):
        full = on(itself, faults.full_disk, role)
        yield Fault(f"the disk of the {role} is full", SHORT, full)
    for whom, name in ((database(PRIMARY), "the leader"), (server(0), "server 1")):
        for moved in ("+100", "-1h"):
            clock = on(whom, faults.clock_moved, moved)
            yield Fault(f"the clock of {name} steps by {moved}", SHORT, clock)


def _at_once() -> Iterator[Fault]:
    dies, core = (
        on(database(PRIMARY), faults.node_killed),
        on(server(0), faults.part_killed, "core"),
    )
    killed = on(database(PRIMARY), faults.postgresql_killed)
    yield Fault("the leader dies, and the core of server 1", LONG, at_once(dies, core))
    etcd = on(member(True), faults.program_killed)
    yield Fault("the leader dies, and etcd's leader", LONG, at_once(etcd, dies))
    standby = on(database(ASYNC), faults.postgresql_stopped)
    yield Fault("a standby stops, and the leader dies", LONG, at_once(standby, dies))
    both = at_once(on(database(SYNC), faults.postgresql_stopped), killed)
    yield Fault("the sync_standby stops, and the leader's PostgreSQL is killed", SHORT, both)
    lossy = cut_off(server(0), databases, "both", 15)
    yield Fault("switchover, and server 1 loses 15 %", 3, at_once(lossy, faults.switchover), LOST)
    cut = at_once(cut_off(database(PRIMARY), everybody), on(server(1), faults.server_killed))
    yield Fault("the leader is cut off, and server 2 is killed", LONG, cut)
