"""A read-only server on a hot standby has what the primary's server acknowledged."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

import grpc
import pytest

from chancery.v1.info_service_pb2 import GetServerInfoRequest
from chancery.v1.visit_service_pb2 import GetVisitRequest
from tests.durability.followers import Faults, faults
from tests.durability.load import Load, Writer, log_of
from tests.durability.serving import Service, Watcher, new_log
from tests.support import messages
from tests.support.postgresql import Cluster, in_memory
from tests.support.server import refusal
from tests.support.waiting import wait_until

CHANGES = 200
# Seconds from the answer of the one server to the frame of the other.
MEDIAN = 0.12
WORST = 1.0


@dataclass(frozen=True)
class Pair:
    """A server on a primary, and a read-only one on its standby."""

    standby: Cluster
    writing: Service
    reading: Service


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both servers, which the tests share: they name visits of their own."""
    key = tmp_path_factory.mktemp("pair") / "key"
    with Cluster(within=in_memory()) as primary:
        name = new_log(primary)
        standby = primary.standby(synchronous=False)
        with (
            Service(primary.url(name), key) as writing,
            Service(standby.url(name), key, "--read-only") as reading,
        ):
            yield Pair(standby, writing, reading)


def test_a_watch_on_the_standby_has_each_change_soon_after_it_was_acknowledged(
    pair: Pair,
) -> None:
    """Nothing is missed there, and half of the changes arrive within a tenth of a second."""
    load = Load([Writer("writer", "visits/watched")])
    client = pair.writing.client()
    with Watcher(pair.reading.address) as watcher:
        load.schedule(client)
        load.start(client, changes=CHANGES)
        load.join()
        log = log_of(client)
        wait_until(lambda: watcher.has(len(log)))
    delays = [watcher.arrived[each.position] - each.told_at for each in load.told]
    median, worst = statistics.median(delays), max(delays)
    print(f"standby: median {median * 1e3:.0f} ms, worst {worst * 1e3:.0f} ms behind the answer")
    assert faults(watcher.kept, log) == Faults()
    assert log_of(pair.reading.client()) == log
    assert median < MEDIAN
    assert worst < WORST


def test_a_server_that_only_reads_says_so_and_refuses_changes(pair: Pair) -> None:
    """Its position is the last one it has; a request for a change is told why it is refused."""
    position = pair.writing.client().record("visits/refused", messages.scheduled()).event.position
    client = pair.reading.client()
    info = client.info.GetServerInfo(GetServerInfoRequest(min_position=position))
    assert (info.read_only, info.head_position) == (True, position)
    of_writing = pair.writing.client().info.GetServerInfo(GetServerInfoRequest())
    assert not of_writing.read_only
    assert info.first_log_origin == of_writing.first_log_origin == info.log_origin
    for change in (messages.postponed(), messages.scheduled()):
        refused = refusal(client.record, "visits/refused", change)
        assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
        assert refused.reason == "READ_ONLY"
    assert client.head == pair.writing.client().head == position


def test_a_read_on_the_standby_waits_until_the_change_is_there(pair: Pair) -> None:
    """A read that names a position gets it, or is told that the server is not that far."""
    writing, reading = pair.writing.client(), pair.reading.client()
    writing.record("visits/awaited", messages.scheduled())
    for _ in range(20):
        answer = writing.record("visits/awaited", messages.stated())
        asked = GetVisitRequest(name="visits/awaited", min_position=answer.event.position)
        assert reading.visits.GetVisit(asked).visit == answer.visit
    pair.standby.execute("SELECT pg_wal_replay_pause()")
    answer = writing.record("visits/awaited", messages.postponed())
    asked = GetVisitRequest(name="visits/awaited", min_position=answer.event.position)
    behind = refusal(reading.visits.GetVisit, asked, timeout=1)
    assert (behind.code, behind.reason) == (grpc.StatusCode.UNAVAILABLE, "VIEW_NOT_FRESH")
    assert reading.visit("visits/awaited").version == answer.visit.version - 1
    waiting = reading.visits.GetVisit.future(asked)
    with pytest.raises(grpc.FutureTimeoutError):
        waiting.result(timeout=0.2)
    pair.standby.execute("SELECT pg_wal_replay_resume()")
    assert waiting.result().visit == answer.visit
