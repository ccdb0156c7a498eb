"""No caller at another's expense: what one has open takes nothing from the others."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import psutil
import pytest

from chancery.v1.desk_service_pb2 import ImportChangesRequest
from chancery.v1.event_pb2 import CHANGE_TYPE_POSTPONED, Retracted
from chancery.v1.history_service_pb2 import (
    CompareVisitRequest,
    ListEventsRequest,
    ReadEventsRequest,
    WatchEventsRequest,
)
from chancery.v1.values_pb2 import STATUS_SCHEDULED
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import (
    BatchGetVisitsRequest,
    GetVisitRequest,
    ListVisitsRequest,
    VisitFilter,
)
from tests.rpc.waiting import FAR, GET_VISIT
from tests.rpc.watching import NOW, caught_up
from tests.support import http2
from tests.support.messages import apply, basis, change, much_said, scheduled, stated
from tests.support.place import Places
from tests.support.server import Client, Server, refusal
from tests.support.waiting import wait_until

# Connections of their own: to an address gRPC opens one for all channels of a process.
ALONE = ("grpc.use_local_subchannel_pool", 1)
LONG = 3000


@pytest.fixture(scope="module")
def busy(places: Places) -> Iterator[Server]:
    """A server with a visit of thousands of changes, a short one, and some that are large."""
    with places.new() as place, Server(place) as server:
        client = server.client()
        for name in ("long", "short", "large"):
            client.record(f"visits/{name}", scheduled())
        for _ in range(LONG // 100):
            client.desk.ApplyChanges(apply(*[change("visits/long", stated())] * 100))
        for _ in range(4):
            client.record("visits/large", stated(), basis=much_said())
        yield server


@pytest.fixture
def polite(busy: Server) -> Client:
    """A caller with a connection of its own."""
    return busy.client(ALONE)


@pytest.fixture
def greedy(busy: Server) -> Iterator[Client]:
    """Another one."""
    client = Client(busy.address, ALONE)
    yield client
    client.close()


# Calls that wait


WAITING: dict[str, Callable[[Client], Any]] = {
    "for a position": lambda client: client.visits.GetVisit.future(
        GetVisitRequest(name="visits/short", min_position=FAR)
    ),
    "to be read": lambda client: client.history.ReadEvents(ReadEventsRequest()),
}


@pytest.mark.parametrize("what", WAITING)
def test_others_are_served_however_many_calls_of_one_caller_wait(
    greedy: Client, polite: Client, what: str
) -> None:
    """Also calls that wait, import or read themselves."""
    waiting = [WAITING[what](greedy) for _ in range(900)]
    try:
        for _ in range(20):
            assert polite.visit("visits/short").name == "visits/short"
            assert polite.record("visits/short", stated()).event.position
        head = polite.head
        assert polite.visits.GetVisit(GetVisitRequest(name="visits/short", min_position=head))
        frames = polite.history.ReadEvents(ReadEventsRequest())
        assert sum(len(frame.events) for frame in frames) == head
        imported = change("visits/short", stated(), request_id=f"{what} {head}")
        (told,) = polite.desk.ImportChanges(iter([ImportChangesRequest(changes=[imported])]))
        assert told.results[0].event.position
    finally:
        for each in waiting:
            each.cancel()


def test_imports_that_say_nothing_keep_nobody_from_importing(busy: Server, polite: Client) -> None:
    """There may be a hundred; then the one who has most gives one up."""
    connection = http2.Connection(busy.address)
    for number in range(150):
        connection.send(http2.headers(2 * number + 1, "chancery.v1.DeskService/ImportChanges"))
    try:
        for number in range(5):
            one = change("visits/short", stated(), request_id=f"beside silence {number}")
            (told,) = polite.desk.ImportChanges(iter([ImportChangesRequest(changes=[one])]))
            assert told.results[0].event.position
    finally:
        connection.close()


def test_calls_whose_requests_never_come_keep_nobody_out(busy: Server, polite: Client) -> None:
    """gRPC itself would wait for ever."""
    connection = http2.Connection(busy.address)
    for number in range(999):
        connection.send(http2.headers(2 * number + 1, GET_VISIT))
    try:
        for _ in range(50):
            assert polite.visit("visits/short").name == "visits/short"
    finally:
        connection.close()


def test_a_call_has_ten_seconds_to_send_its_request(busy: Server) -> None:
    """It is told so, and that it is its own fault."""
    connection = http2.Connection(busy.address)
    connection.send(http2.headers(1, GET_VISIT))
    ends = (stream for _, flags, stream, _ in connection.frames() if flags & http2.END_STREAM)
    assert 1 in ends
    connection.close()

    assert busy.logged("call", method=GET_VISIT, code="DEADLINE_EXCEEDED")["milliseconds"] > 9000


def test_a_call_with_one_request_may_not_have_two(polite: Client) -> None:
    """The second would be ignored otherwise."""
    call: Any = polite.channel.stream_unary(f"/{GET_VISIT}")
    raw = GetVisitRequest(name="visits/short").SerializeToString()
    assert call(iter([raw]))

    for requests in ([raw, raw], []):
        told = refusal(call, iter(requests))
        assert told.reason == "MALFORMED_REQUEST"
        assert "one request" in told.message


# Calls that work


def test_a_question_is_answered_before_the_heavy_ones_of_another(
    greedy: Client, polite: Client
) -> None:
    """Whoever asks a hundred heavy ones waits behind itself."""
    then = AsOf(position=500)
    compare = CompareVisitRequest(name="visits/long", before=then)
    heavy = [greedy.history.CompareVisit.future(compare, timeout=60) for _ in range(100)]
    while not any(each.done() for each in heavy):
        pass

    asked = [
        polite.visit("visits/short", position=polite.head),
        polite.visits.ListVisits(ListVisitsRequest(as_of=AsOf(position=polite.head))),
        polite.history.CompareVisit(
            CompareVisitRequest(name="visits/short", before=AsOf(position=500))
        ),
    ]

    assert all(asked)
    assert sum(each.done() for each in heavy) < 60
    for each in heavy:
        each.cancel()


def test_what_a_caller_who_is_gone_wanted_to_be_validated_is_left(
    busy: Server, polite: Client
) -> None:
    """The core does not go on with it for minutes."""
    leaving = Client(busy.address, ALONE)
    each_one = [Retracted(retracted_version=10 + i) for i in range(100)]
    several = apply(*[change("visits/long", one, validate_only=True) for one in each_one])
    asked = [leaving.desk.ApplyChanges.future(several, timeout=60) for _ in range(50)]
    while polite.record("visits/short", stated()) and not any(each.running() for each in asked):
        pass
    leaving.close()
    core = psutil.Process(busy.pids.core)
    polite.record("visits/short", stated())

    def is_idle() -> bool:
        before = sum(core.cpu_times()[:2])
        time.sleep(0.3)
        return sum(core.cpu_times()[:2]) - before < 0.1

    wait_until(is_idle, 20)


# Requests that are too large


TYPES = [CHANGE_TYPE_POSTPONED] * 2_000_000
TOO_LARGE: dict[str, Callable[[Client], Any]] = {
    "change_types": lambda c: c.history.ListEvents(ListEventsRequest(change_types=TYPES)),
    "filter.statuses": lambda c: c.visits.ListVisits(
        ListVisitsRequest(filter=VisitFilter(statuses=[STATUS_SCHEDULED] * 2_000_000))
    ),
    "name": lambda c: c.visits.GetVisit(GetVisitRequest(name="visits/" + "a" * 4_000_000)),
    "names": lambda c: c.visits.BatchGetVisits(BatchGetVisitsRequest(names=["visits/a"] * 300_000)),
}


@pytest.mark.parametrize("field", TOO_LARGE)
def test_a_question_that_is_too_large_is_refused_by_its_largest_field(
    polite: Client, field: str
) -> None:
    """Before it is parsed, since all others would wait for that."""
    told = refusal(TOO_LARGE[field], polite)

    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "TOO_LARGE")
    assert told.fields == [field]


def test_a_change_with_too_many_values_is_refused_by_the_field(polite: Client) -> None:
    """Before any of them is looked at."""
    told = refusal(polite.record, "visits/short", stated(), basis=[basis()] * 3000)

    assert told.reason == "INVALID_FIELD"
    assert told.fields == ["context.basis"]


def test_several_changes_may_be_a_hundred(polite: Client) -> None:
    for number, requests in ((0, apply()), (101, apply(*[change("visits/short", stated())] * 101))):
        told = refusal(polite.desk.ApplyChanges, requests)

        assert (told.reason, told.fields) == ("INVALID_FIELD", ["changes"]), number


# What is told


def test_a_refusal_for_too_many_calls_says_what_and_when_to_try_again(
    start_server: Callable[..., Server],
) -> None:
    server = start_server("--max-watches", "1")
    client = server.client()
    caught_up(client, **NOW)

    told = refusal(client.history.WatchEvents, WatchEventsRequest(**NOW))

    assert told.metadata == {"subject": "watches", "limit": "1"}
    assert 0 < told.details["RetryInfo"].retry_delay.ToTimedelta().total_seconds() < 5
