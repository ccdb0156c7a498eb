"""Too many calls, a server that stops, a store that fails: what the client is told."""

import resource
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chancery.v1.audit_service_pb2 import GetCheckpointRequest
from chancery.v1.history_service_pb2 import ReadEventsRequest
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from chancery.v1.values_pb2 import SIDE_GUEST
from chancery.v1.visit_service_pb2 import GetVisitRequest
from tests.rpc.waiting import WorkingCall, until_refused, waiting_call
from tests.support.messages import basis, postponed, scheduled, stated
from tests.support.server import Client, Server, failure, refusal

# Too many calls


def test_more_calls_than_allowed_are_refused_and_the_others_are_served(
    start_server: Callable[..., Server],
) -> None:
    """The error names the bound; once the slow call has ended, there is room again."""
    server = start_server("--max-calls", "1")
    client = server.client()
    client.record("visits/a", scheduled())
    slow = WorkingCall(server)
    until_refused(client)

    for told in (
        refusal(client.visit, "visits/a"),
        refusal(client.record, "visits/a", postponed()),
        refusal(client.info.GetServerInfo, GetServerInfoRequest()),
    ):
        assert told.code == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert told.reason == "TOO_MANY_CALLS"
        (violation,) = told.details["QuotaFailure"].violations
        assert violation.subject == "calls"
        assert "1" in violation.description
    slow.cancel()
    server.logged("call", code="CANCELLED")

    assert client.head == 1
    assert client.info.GetServerInfo(GetServerInfoRequest()).limits.concurrent_calls == 1


def test_a_refused_call_makes_no_room_and_takes_none(start_server: Callable[..., Server]) -> None:
    """However many are refused, the count returns to what it was."""
    server = start_server("--max-calls", "2")
    client = server.client()
    client.record("visits/a", scheduled())
    slow = [WorkingCall(server) for _ in range(2)]
    until_refused(client)
    for _ in range(50):
        assert refusal(client.visit, "visits/a").reason == "TOO_MANY_CALLS"
    slow[0].cancel()
    server.logged("call", code="CANCELLED")

    for _ in range(50):
        assert client.visit("visits/a").version == 1
    slow[1].cancel()


# Ending


def test_a_call_that_waits_when_the_server_ends_is_told_to_come_again(
    start_server: Callable[..., Server],
) -> None:
    """What it waits for will not come. The server ends with status 0 within 10 seconds."""
    server = start_server("--shutdown-seconds", "1")
    client = server.client()
    client.record("visits/a", scheduled())
    slow = waiting_call(client)
    assert client.head == 1
    began = time.monotonic()

    assert server.stop() == 0

    assert time.monotonic() - began < 5
    assert server.logged("stopped")["position"] == 1
    told = failure(slow.exception())
    assert told.code == grpc.StatusCode.UNAVAILABLE
    assert told.reason == "DRAINING"
    assert told.details["RetryInfo"].retry_delay.ToTimedelta().total_seconds() > 0


def test_a_call_that_a_draining_server_ends_is_told_when_to_try_again(
    start_server: Callable[..., Server],
) -> None:
    """A replay in progress ends with a reason, after a whole frame."""
    server = start_server("--shutdown-seconds", "3")
    client = server.client()
    client.record("visits/a", scheduled())
    quotes = [basis(SIDE_GUEST, quote="\U0001f54a" * 4000)] * 50
    for _ in range(8):
        client.record("visits/a", stated(), basis=quotes)
    stream = client.history.ReadEvents(ReadEventsRequest())
    seen = [next(stream)]
    server.terminate()
    server.logged("stopping")
    time.sleep(0.2)

    with pytest.raises(grpc.RpcError) as caught:
        seen.extend(stream)

    told = failure(caught.value)
    assert told.code == grpc.StatusCode.UNAVAILABLE
    assert told.reason == "DRAINING"
    assert told.details["RetryInfo"].retry_delay.ToTimedelta().total_seconds() > 0
    positions = [e.position for frame in seen for e in frame.events]
    assert positions == list(range(1, len(positions) + 1))
    assert server.ended() == 0


def test_a_new_call_to_a_draining_server_is_unavailable(
    start_server: Callable[..., Server],
) -> None:
    server = start_server("--shutdown-seconds", "2")
    client = server.client()
    client.record("visits/a", scheduled())
    slow = waiting_call(client)
    assert client.head == 1
    server.terminate()
    server.logged("stopping")
    time.sleep(0.1)

    with pytest.raises(grpc.RpcError) as caught:
        client.record("visits/a", postponed())

    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    slow.cancel()
    assert server.ended() == 0


def test_health_says_that_a_server_drains(start_server: Callable[..., Server]) -> None:
    """Health watchers are told before the connection closes."""
    server = start_server("--shutdown-seconds", "0.5")
    client = server.client()
    health = health_pb2_grpc.HealthStub(client.channel)
    watch = health.Watch(  # type: ignore[attr-defined]
        health_pb2.HealthCheckRequest(service="chancery.v1.DeskService")
    )
    states = [next(watch).status]

    server.terminate()
    with pytest.raises(grpc.RpcError):
        states.extend(answer.status for answer in watch)

    serving = health_pb2.HealthCheckResponse.SERVING
    assert states == [serving, health_pb2.HealthCheckResponse.NOT_SERVING]
    assert server.ended() == 0


def write_until_the_end(server: Server) -> list[tuple[list[int], str]]:
    """What eight clients that write without pause get acknowledged, and how each fails at last."""
    clients = [server.client() for _ in range(8)]

    def write(client: Client) -> tuple[list[int], str]:
        positions: list[int] = []
        while True:
            try:
                answer = client.record("visits/a", stated(text="Talks"))
            except grpc.RpcError as error:
                return positions, error.code().name
            positions.append(answer.event.position)

    with ThreadPoolExecutor(8) as pool:
        writing = [pool.submit(write, client) for client in clients]
        time.sleep(0.3)
        assert server.stop() == 0
        return [each.result() for each in writing]


def test_what_was_acknowledged_before_the_end_is_there_after_it(own_server: Server) -> None:
    """No position is given twice, and the log has them all."""
    own_server.client().record("visits/a", scheduled())

    acknowledged = sorted(p for positions, _ in write_until_the_end(own_server) for p in positions)

    assert len(set(acknowledged)) == len(acknowledged) > 8
    client = own_server.start().client()
    assert client.head >= acknowledged[-1]
    assert client.visit("visits/a").version == client.head


def test_whoever_writes_while_a_server_ends_is_told_that_it_is_unavailable(
    own_server: Server,
) -> None:
    """Never that the call was cancelled: nobody did that, and clients would not retry it."""
    own_server.client().record("visits/a", scheduled())
    codes = [code for _, code in write_until_the_end(own_server)]
    own_server.start()
    codes += [code for _, code in write_until_the_end(own_server)]

    assert set(codes) == {"UNAVAILABLE"}


# The store


def test_a_file_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    """A change is refused with a time to retry; reads go on; the retry is recorded later.

    No file of the server can grow, as on a full or broken disk.
    """
    with Server(tmp_path / "chancery.db") as server:
        client = server.client()
        client.record("visits/a", scheduled())
        pid = server.pids.core
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))

        told = [refusal(client.record, "visits/a", postponed(), request_id="a") for _ in range(3)]
        seen = client.visit("visits/a")
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)

        for each in told:
            assert each.code == grpc.StatusCode.UNAVAILABLE
            assert each.reason == "STORE_UNAVAILABLE"
            assert each.details["RetryInfo"].retry_delay.ToTimedelta().total_seconds() > 0
            assert "I/O" not in each.message
        assert seen.version == 1
        answer = client.record("visits/a", postponed(), request_id="a")
        assert not answer.replayed
        assert (answer.visit.version, answer.event.position) == (2, 2)


def test_a_key_that_cannot_be_written_is_unavailable_and_its_file_is_not_named(
    tmp_path: Path,
) -> None:
    """The operator finds it in the server's log."""
    with Server(tmp_path / "chancery.db") as server:
        client = server.client()
        client.record("visits/a", scheduled())
        key = server.file.with_name(f"{server.file.name}.key")
        key.rename(key.with_suffix(".away"))

        told = refusal(client.audit.GetCheckpoint, GetCheckpointRequest())

        assert (told.code, told.reason) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
        assert str(key) not in told.message
        assert str(key) in server.logged("cannot sign")["reason"]
        key.with_suffix(".away").rename(key)
        assert client.audit.GetCheckpoint(GetCheckpointRequest()).view_position == 1


def test_a_defect_is_told_without_its_cause_and_found_in_the_log_by_its_id(
    start_server: Callable[..., Server],
) -> None:
    """Here the stored bytes are damaged behind the server's back."""
    server = start_server()
    client = server.client()
    client.record("visits/a", scheduled())
    server.place.run("UPDATE log SET body = ?", b"\xff\xff")

    with pytest.raises(grpc.RpcError) as caught:
        client.visit("visits/a", position=1)

    told = failure(caught.value)
    assert told.code in (grpc.StatusCode.INTERNAL, grpc.StatusCode.DATA_LOSS)
    assert told.details["ErrorInfo"].domain == "chancery"
    assert "Error" not in told.message
    if told.code == grpc.StatusCode.INTERNAL:
        request_info: error_details_pb2.RequestInfo = told.details["RequestInfo"]
        assert server.logged("defect", request_id=request_info.request_id)["level"] == "error"
        server.lines = [line for line in server.lines if '"defect"' not in line]
    assert client.head == 1


def test_each_call_of_a_burst_is_answered_or_told_that_it_is_too_many(
    own_server: Server,
) -> None:
    """The transport cuts none off without a reason."""
    client = own_server.client()
    client.record("visits/a", scheduled())
    request = GetVisitRequest(name="visits/a")
    burst = [client.visits.GetVisit.future(request) for _ in range(3000)]
    codes = {call.code() for call in burst}
    assert codes <= {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}
