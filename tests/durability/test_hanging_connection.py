"""The connection to the database hangs: calls end in time, and the service recovers by itself."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from chancery.v1.info_service_pb2 import GetServerInfoRequest
from service.store.engines.postgresql.connections import SECONDS, SERVER
from tests.durability.followers import Faults, faults
from tests.durability.load import Load, acknowledged, differences, log_of, not_told
from tests.durability.serving import Persistent, Service, Watcher, check_sound, new_log, request_ids
from tests.support import messages
from tests.support.postgresql import Cluster
from tests.support.proxy import Proxy
from tests.support.server import Client
from tests.support.waiting import wait_until

# A visit that nobody changes meanwhile.
KNOWN = "visits/known"
WRITERS = 4
READERS = 4
# A statement may take 5 s and connecting 2 s, and an earlier call may take that long as well.
LIMIT = 12.0
# From when the connection works again to the next acknowledged change.
AGAIN = 5.0


@dataclass(frozen=True)
class Ended:
    """How a call ended, and after how many seconds."""

    code: grpc.StatusCode
    seconds: float


def ended(call: Callable[..., Any], *args: Any, **options: Any) -> Ended:
    """Make the call."""
    began = time.monotonic()
    code = grpc.StatusCode.OK
    try:
        call(*args, **options)
    except grpc.RpcError as error:
        code = error.code()
    return Ended(code, time.monotonic() - began)


class Hanging:
    """A service with writers and a follower, and a proxy to its database."""

    def __init__(self, cluster: Cluster, folder: Path, stack: ExitStack) -> None:
        name = new_log(cluster)
        self.url = cluster.url(name)
        self.way = stack.enter_context(Proxy(cluster.address))
        url = f"postgresql+psycopg://postgres@{self.way.address}/{name}"
        self.server = stack.enter_context(Service(url, folder / "key"))
        self.watcher = stack.enter_context(Watcher(self.server.address))
        self.load = Load([Persistent(f"writer-{i}", f"visits/visit-{i}") for i in range(WRITERS)])
        self.client = self.server.client()
        self.told = self.load.schedule(self.client)
        self.told.append(acknowledged(self.client.record(KNOWN, messages.scheduled())))
        self.client.visit(KNOWN)
        self.load.start(self.client)
        stack.callback(self.load.stop)

    def acknowledges(self) -> float:
        """Wait until a change asked for from now on is acknowledged, and return the seconds."""
        enough, began = len(self.load.told) + WRITERS, time.monotonic()
        wait_until(lambda: len(self.load.told) > enough)
        return time.monotonic() - began

    def check(self) -> None:
        """At the end the acknowledgements and the log agree, each change once."""
        self.load.stop()
        log = log_of(self.client)
        wait_until(lambda: self.watcher.has(len(log)))
        told = self.told + self.load.told
        assert self.load.failures <= {grpc.StatusCode.UNAVAILABLE}
        assert differences(told, log) == []
        assert not_told(told, log) == []
        assert sorted(request_ids(log)) == sorted(self.load.asked)
        assert faults(self.watcher.kept, log) == Faults()
        check_sound(self.url, log)


@pytest.fixture
def hanging(cluster: Cluster, tmp_path: Path) -> Iterator[Hanging]:
    """Everything running."""
    with ExitStack() as stack:
        yield Hanging(cluster, tmp_path, stack)


@pytest.mark.parametrize("is_cut", [False, True], ids=["released", "cut"])
def test_calls_end_in_time_while_nothing_comes_from_the_database(
    hanging: Hanging, is_cut: bool
) -> None:
    """Calls that need it end as UNAVAILABLE, others as usual; later all recovers by itself."""
    client = hanging.client
    hanging.acknowledges()
    hanging.way.hang()
    with ThreadPoolExecutor(WRITERS + READERS + 1) as pool:
        waiting = [
            pool.submit(ended, client.record, f"visits/visit-{i}", messages.stated())
            for i in range(WRITERS)
        ]
        waiting += [pool.submit(ended, client.visit, f"visits/unknown-{i}") for i in range(READERS)]
        asked = messages.request("visits/visit-0", messages.stated())
        impatient = pool.submit(ended, client.desk.RecordStatement, asked, timeout=1)
        others = needing_no_database(client)
        while not all(each.done() for each in waiting):
            others += needing_no_database(client)
            time.sleep(0.05)
        calls = [each.result() for each in waiting]
    if is_cut:
        hanging.way.cut()
    hanging.way.resume()
    again = hanging.acknowledges()
    longest = max(each.seconds for each in calls)
    slowest = max(each.seconds for each in others)
    print(
        f"longest call {longest:.1f} s, of those without a database {slowest * 1e3:.0f} ms; "
        f"acknowledged again after {again:.2f} s"
    )
    assert {each.code for each in calls} == {grpc.StatusCode.UNAVAILABLE}
    assert longest < LIMIT
    assert impatient.result().code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert impatient.result().seconds < 1.5
    assert {each.code for each in others} == {grpc.StatusCode.OK}
    assert slowest < 1
    assert again < AGAIN
    hanging.check()


def needing_no_database(client: Client) -> list[Ended]:
    """What a server answers alone: its health, what it is, and a visit in its cache."""
    health = HealthStub(client.channel).Check  # type: ignore[attr-defined]
    assert health(HealthCheckRequest()).status == HealthCheckResponse.SERVING
    return [
        ended(health, HealthCheckRequest()),
        ended(client.info.GetServerInfo, GetServerInfoRequest()),
        ended(client.visit, KNOWN),
    ]


def test_the_service_goes_on_where_only_the_connections_that_it_has_hang(
    hanging: Hanging,
) -> None:
    """After a statement's deadline it makes new ones, and nobody has to do anything."""
    hanging.acknowledges()
    hanging.way.hang_existing()
    began = time.monotonic()
    with ThreadPoolExecutor(READERS) as pool:
        reads = [
            pool.submit(ended, hanging.client.visit, f"visits/unknown-{i}") for i in range(READERS)
        ]
        codes = {each.result().code for each in reads}
    hanging.acknowledges()
    again = time.monotonic() - began
    print(f"acknowledged again after {again:.2f} s; reads ended as {codes}")
    assert again < LIMIT
    hanging.check()


def test_a_server_that_stops_in_the_middle_of_a_transaction_does_not_hold_up_the_others(
    hanging: Hanging,
) -> None:
    """Whatever it was sending: after some seconds its transaction ends and its lock is released."""
    hanging.acknowledges()
    url = hanging.url.replace("+psycopg", "")
    began = time.monotonic()
    with closing(psycopg.connect(url, application_name=SERVER)) as stuck:
        stuck.pgconn.exec_(b"BEGIN; SELECT size FROM head FOR UPDATE; COPY alias FROM STDIN")
        longest = hanging.acknowledges()
        held = time.monotonic() - began
    print(f"held up for {longest:.1f} s")
    assert held > SECONDS
    assert SECONDS / 2 < longest < LIMIT  # its change was asked for a little later
    hanging.check()
