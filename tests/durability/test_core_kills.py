"""The core or an edge is killed again and again, and those who work with the server go on."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from statistics import median

import grpc
import psutil
import pytest

from tests.durability.busy import Busy
from tests.durability.load import log_of
from tests.durability.serving import Persistent
from tests.support import messages
from tests.support.postgresql import has_ended
from tests.support.server import Server, refusal
from tests.support.waiting import wait_until

# `make torture` has fifty.
KILLS = int(os.environ.get("CHANCERY_KILLS", "2"))
SEED = int(os.environ.get("CHANCERY_SOAK_SEED", "0")) or random.randrange(1, 1 << 32)
EDGES = 3
# Seconds from a kill to the next acknowledged change, and those that a read may take meanwhile.
AGAIN = 3.0
READ = 3.0


@pytest.fixture
def server(start_server: Callable[..., Server]) -> Server:
    """A server with three edges, for one test alone."""
    return start_server("--edges", str(EDGES))


@pytest.mark.parametrize("role", ["core", "edge"])
def test_no_acknowledged_change_is_lost_when_a_process_is_killed_again_and_again(
    server: Server, role: str
) -> None:
    """Sixteen writers and eight followers go on within 3 s, and edges that live answer reads.

    Each change that was acknowledged is at its position, once, and no follower misses one.
    """
    print(f"CHANCERY_KILLS={KILLS} CHANCERY_SOAK_SEED={SEED}")
    chance = random.Random(SEED)
    again, away = [], []
    with ExitStack() as stack:
        busy = Busy(server, stack)
        for _ in range(KILLS):
            busy.goes_on()
            time.sleep(chance.uniform(0, 0.2))
            core, edges = server.pids
            victim = psutil.Process(core if role == "core" else chance.choice(edges))
            victim.kill()
            wait_until(partial(has_ended, victim))
            killed = time.monotonic()
            again.append(busy.accepts_again())
            assert server.logged(f"{role} ended", pid=victim.pid)["status"] == -9
            if role == "edge":
                assert victim.pid not in server.pids.edges
            away.append((killed, time.monotonic()))
        busy.check()
    assert busy.load.failures <= {grpc.StatusCode.UNAVAILABLE}
    reads = [time for reader in busy.readers for time in reader.times]
    meanwhile = sum(down < began and ended < up for began, ended in reads for down, up in away)
    longest = max(ended - began for began, ended in reads)
    print(
        f"accepted again after {max(again):.2f} s at most; "
        f"{meanwhile} reads meanwhile, the longest of all {longest:.2f} s"
    )
    assert median(again) < AGAIN
    assert max(again) < 2 * AGAIN  # a busy machine may take longer once
    assert meanwhile > KILLS
    assert longest < READ
    answered = {grpc.StatusCode.OK} | ({grpc.StatusCode.UNAVAILABLE} if role == "edge" else set())
    assert {code for reader in busy.readers for code in reader.ended} <= answered


def test_a_change_while_the_core_is_away_is_told_to_come_again(server: Server) -> None:
    """Reads are answered meanwhile. A core that was just started is started again after 1 s."""
    client = server.client()
    client.record("visits/away", messages.scheduled())
    psutil.Process(server.pids.core).kill()
    server.logged("core ended")
    told = refusal(client.record, "visits/away", messages.stated(), request_id="again")
    assert told.code is grpc.StatusCode.UNAVAILABLE
    assert told.details["RetryInfo"].retry_delay.ToTimedelta().total_seconds() > 0
    assert client.visit("visits/away").version == client.visit("visits/away", position=1).version
    record_soon(server, "visits/away", "again")
    assert [sorted(log_of(server.client())), client.head] == [[1, 2], 2]


def record_soon(server: Server, visit: str, request_id: str) -> None:
    """Ask for a change as long as the core is away."""
    writer = Persistent("soon", visit, pending=(request_id, messages.stated()))
    writer.work(server.client(), lambda: True)
    assert len(writer.told) == 1, writer.failures


def test_an_edge_that_stood_still_while_the_core_was_replaced_goes_on(server: Server) -> None:
    """It finds the end of the old link together with the new one, and passes changes on."""
    clients = [server.client(("grpc.use_local_subchannel_pool", 1)) for _ in range(4 * EDGES)]
    clients[0].record("visits/still", messages.scheduled())
    assert [client.visit("visits/still").version for client in clients] == [1] * len(clients)
    core, edges = server.pids
    for edge in edges:
        os.kill(edge, signal.SIGSTOP)
    psutil.Process(core).kill()
    server.logged("core ended", pid=core)
    server.logged("core serves again")
    assert server.pids.core != core
    for edge in edges:
        os.kill(edge, signal.SIGCONT)
    for number, client in enumerate(clients):
        assert client.record("visits/still", messages.stated()).visit.version == number + 2
    assert server.pids.edges == edges
