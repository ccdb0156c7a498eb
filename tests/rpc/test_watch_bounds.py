"""WatchEvents: how many watches there may be, and how each ends."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import grpc
import pytest

from chancery.v1.event_pb2 import CHANGE_TYPE_POSTPONED, CHANGE_TYPE_STATEMENT_RECORDED
from chancery.v1.history_service_pb2 import WatchEventsRequest
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from tests.rpc.waiting import WorkingCall, until_refused
from tests.rpc.watching import BEGINNING, NOW, UNREAD, Watch, caught_up, kind_of, log, position_of
from tests.support.messages import bytes_of, much_said, postponed, scheduled, stated
from tests.support.proxy import Proxy
from tests.support.server import ACTOR, SECONDS, Client, Server, refusal

METHOD = "chancery.v1.HistoryService/WatchEvents"


def refused_watch(client: Client) -> Any:
    return refusal(client.history.WatchEvents, WatchEventsRequest(**NOW))


# Too many


def test_more_watches_than_allowed_are_refused_until_one_ends(
    start_server: Callable[..., Server],
) -> None:
    """The error names the bound. However many are refused, the count returns to what it was."""
    server = start_server("--max-watches", "2")
    client = server.client()
    client.record("visits/a", scheduled())
    watches = [caught_up(client, **NOW), caught_up(server.client(), **BEGINNING)]

    for _ in range(10):
        told = refused_watch(client)

        assert told.code == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert told.reason == "TOO_MANY_CALLS"
        (violation,) = told.details["QuotaFailure"].violations
        assert violation.subject == "watches"
        assert "2 watches" in violation.description
    watches[0].cancel()
    server.logged("call", method=METHOD, code="CANCELLED")

    again = caught_up(client, **NOW)
    assert refused_watch(client).reason == "TOO_MANY_CALLS"
    last = client.record("visits/a", postponed()).event
    for watch in (again, watches[1]):
        assert watch.to(last.position).events[-1] == last
    assert client.info.GetServerInfo(GetServerInfoRequest()).limits.concurrent_watches == 2


def test_watches_and_calls_are_counted_apart(start_server: Callable[..., Server]) -> None:
    """Calls are served beside the most watches allowed, and watches beside the most calls."""
    server = start_server("--max-calls", "1", "--max-watches", "2")
    client = server.client()
    client.record("visits/a", scheduled())
    watches = [caught_up(client, **NOW) for _ in range(2)]
    assert refused_watch(client).reason == "TOO_MANY_CALLS"

    assert client.visit("visits/a").version == 1
    assert len(log(client)) == 1
    last = client.record("visits/a", stated()).event
    assert watches[0].to(last.position).events == [last]

    watches[0].cancel()
    server.logged("call", method=METHOD, code="CANCELLED")
    slow = WorkingCall(server)
    until_refused(client)
    again = caught_up(client, **BEGINNING)

    assert len(again.events) == 2
    told = refusal(client.visit, "visits/a")
    assert told.details["QuotaFailure"].violations[0].subject == "calls"
    slow.cancel()


def test_a_watch_that_is_refused_takes_no_place(start_server: Callable[..., Server]) -> None:
    """For whatever reason."""
    server = start_server("--max-watches", "1")
    client = server.client()
    for request, reason in (
        (WatchEventsRequest(), "INVALID_FIELD"),
        (WatchEventsRequest(after_position=9), "POSITION_BEYOND_HEAD"),
        (WatchEventsRequest(**NOW, visit="visits/No"), "INVALID_FIELD"),
    ):
        assert refusal(client.history.WatchEvents, request).reason == reason

    assert kind_of(Watch(client, **NOW).next()) == "caught_up"


# A client that leaves


def test_a_watch_that_its_client_left_is_logged_as_cancelled(
    server: Server, client: Client
) -> None:
    """Once, with who called and how long it lasted."""
    watch = client.history.WatchEvents(WatchEventsRequest(**NOW), metadata=((ACTOR, "anna"),))
    assert kind_of(next(watch)) == "caught_up"

    watch.cancel()

    line = server.logged("call", method=METHOD, actor="unverified:anna")
    assert line["code"] == "CANCELLED"
    assert line["milliseconds"] > 0
    assert len([each for each in server.log if each.get("actor") == "unverified:anna"]) == 1


def test_readers_who_vanish_while_frames_are_on_their_way_are_no_defect(
    start_server: Callable[..., Server],
) -> None:
    """If the network breaks while frames are unread, the watches end as cancelled."""
    server = start_server()
    client = server.client()
    client.record("visits/a", scheduled())
    with ExitStack() as ends:
        proxy = ends.enter_context(Proxy(server.address))
        readers = [Client(proxy.address, *UNREAD) for _ in range(10)]
        watches = [caught_up(reader, **NOW) for reader in readers]
        for _ in range(3):
            client.record("visits/a", stated(), basis=much_said())

        proxy.cut()

        def cancelled() -> int:
            return sum(
                line.get("method") == METHOD and line["code"] == "CANCELLED" for line in server.log
            )

        until = time.monotonic() + SECONDS
        while cancelled() < len(watches):
            assert time.monotonic() < until, server.log[-5:]
            time.sleep(0.01)
        for reader in readers:
            reader.close()
    assert not [line for line in server.log if line["event"] == "defect"]


def test_a_watch_whose_time_is_over_ends_with_that(server: Server, client: Client) -> None:
    """A client may set a deadline, and resume from where it was."""
    started = client.record("visits/timed", scheduled()).event
    watch = Watch(client, seconds=0.5, after_position=started.position - 1)

    with pytest.raises(grpc.RpcError) as caught:
        watch.rest()

    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert watch.kinds == ["events", "caught_up"]
    later = client.record("visits/timed", stated()).event
    again = caught_up(client, after_position=watch.position)
    assert bytes_of(watch.events + again.events) == bytes_of([started, later])


# A server that stops

PARTS: list[dict[str, Any]] = [
    {},
    {"visit": "visits/a"},
    {"visit": "visits/to-come"},
    {"change_types": [CHANGE_TYPE_STATEMENT_RECORDED]},
    {"change_types": [CHANGE_TYPE_POSTPONED]},
]


def write_until_the_end(client: Client, visit: str) -> grpc.StatusCode:
    """Write for as long as the server accepts it, and return its last answer."""
    while True:
        try:
            client.record(visit, stated())
        except grpc.RpcError as error:
            code: grpc.StatusCode = error.code()
            return code


def test_a_watch_is_told_where_a_server_ends_it_and_goes_on_from_there(
    own_server: Server,
) -> None:
    """Under load: each watch gets its last position, then ends with OK.

    A watch that resumes after it, once the server is back, misses nothing.
    """
    client = own_server.client()
    visits = ["visits/a", "visits/b"]
    for visit in visits:
        client.record(visit, scheduled())
    starts = [BEGINNING] * len(PARTS) + [NOW]
    parts = [*PARTS, {}]
    watches = [
        caught_up(client, **start, **part) for start, part in zip(starts, parts, strict=True)
    ]
    gauge = caught_up(client, **BEGINNING)
    with ThreadPoolExecutor(20) as pool:
        writing = [
            pool.submit(write_until_the_end, own_server.client(), visit)
            for visit in visits
            for _ in range(3)
        ]
        reading = [pool.submit(watch.rest) for watch in watches]
        gauge.to(150)
        reading.append(pool.submit(gauge.rest))
        began = time.monotonic()

        assert own_server.stop() == 0

        assert time.monotonic() - began < 5
        assert {each.result() for each in writing} == {grpc.StatusCode.UNAVAILABLE}
        for each in reading:
            each.result()
    for watch in (*watches, gauge):
        assert watch.kinds[-1] == "closing"
        assert watch.kinds.count("closing") == 1
        assert watch.code == grpc.StatusCode.OK
    logged = [line["code"] for line in own_server.log if line.get("method") == METHOD]
    assert logged == ["OK"] * (len(watches) + 1)

    client = own_server.start().client()
    client.record("visits/to-come", scheduled())
    client.record("visits/a", stated())
    client.record("visits/a", postponed())
    head = client.head
    assert head > 150
    for watch, start, part in zip(watches, starts, parts, strict=True):
        assert watch.position <= head - 3
        again = caught_up(client, after_position=watch.position, **part)
        after = 2 if start is NOW else 0
        assert bytes_of(watch.events + again.events) == bytes_of(
            log(client, after_position=after, **part)
        )


def test_a_watch_of_an_empty_log_is_told_that_the_server_ends(own_server: Server) -> None:
    """It resumes after position 0 once the server is back."""
    watches = [caught_up(own_server.client(), **start) for start in (BEGINNING, NOW)]

    assert own_server.stop() == 0

    for watch in watches:
        assert watch.rest().kinds == ["caught_up", "closing"]
        assert watch.code == grpc.StatusCode.OK
        assert position_of(watch.frames[-1]) == 0
    client = own_server.start().client()
    first = client.record("visits/a", scheduled()).event
    assert caught_up(client, after_position=0).events == [first]


def test_a_watch_that_is_behind_is_told_where_a_server_ends_it(own_server: Server) -> None:
    """It reads on while the server stops, misses the rest, and resumes after the restart."""
    client = own_server.client()
    client.record("visits/a", scheduled())
    for _ in range(6):
        client.record("visits/a", stated(), basis=much_said())
    watch = Watch(own_server.client(*UNREAD), **BEGINNING)
    watch.next()
    own_server.terminate()
    own_server.logged("stopping")
    time.sleep(0.1)  # this is logged before the watches are told

    watch.rest()

    assert own_server.ended() == 0
    assert watch.kinds[-1] == "closing"
    assert watch.code == grpc.StatusCode.OK
    assert 0 < watch.position < 7
    client = own_server.start().client()
    again = caught_up(client, after_position=watch.position)
    assert bytes_of(watch.events + again.events) == bytes_of(log(client))


def test_a_watch_that_is_not_read_does_not_hold_up_the_end(
    start_server: Callable[..., Server],
) -> None:
    """The server stops in time; the watch is cut off, and what it received has no gap.

    There is more to deliver than a connection takes in that nobody reads.
    """
    server = start_server("--shutdown-seconds", "0.5")
    client = server.client()
    client.record("visits/a", scheduled())
    for _ in range(16):
        client.record("visits/a", stated(), basis=much_said())
    watch = Watch(server.client(*UNREAD), **BEGINNING)
    watch.next()
    for _ in range(20):  # meanwhile the server begins to send what is not read
        assert client.head == 17
    began = time.monotonic()

    assert server.stop() == 0

    assert time.monotonic() - began < 5
    with pytest.raises(grpc.RpcError) as caught:
        watch.rest()
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    versions = [event.event.version for event in watch.events]
    assert versions == list(range(1, len(versions) + 1))
    assert len(versions) < 17


def test_a_new_watch_of_a_server_that_ends_is_told_to_come_again(own_server: Server) -> None:
    watch = caught_up(own_server.client(), **BEGINNING)
    own_server.terminate()
    assert kind_of(watch.next()) == "closing"

    with pytest.raises(grpc.RpcError) as caught:
        Watch(own_server.client(), **BEGINNING).next()

    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    assert own_server.ended() == 0
