"""Clocks differ, and some count finer than the service: neither is a reason to refuse."""

import time
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.history_service_pb2 import CompareVisitRequest, ListEventsRequest
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import BatchGetVisitsRequest, GetVisitRequest, ListVisitsRequest
from tests.support.messages import scheduled
from tests.support.server import Client, refusal

NAME = "visits/clocks"
MOMENTS = ("recorded_at", "known_at", "valid_at")


def ahead(seconds: float) -> Timestamp:
    """A time so many seconds after now."""
    nanoseconds = time.time_ns() + int(seconds * 1e9)
    return Timestamp(seconds=nanoseconds // 10**9, nanos=nanoseconds % 10**9)


@pytest.fixture(scope="module", autouse=True)
def _visit(client: Client) -> None:
    client.record(NAME, scheduled())


def questions(client: Client, as_of: AsOf) -> list[tuple[Any, Any]]:
    """Each question that takes a moment, with this one."""
    return [
        (client.visits.GetVisit, GetVisitRequest(name=NAME, as_of=as_of)),
        (client.visits.BatchGetVisits, BatchGetVisitsRequest(names=[NAME], as_of=as_of)),
        (client.visits.ListVisits, ListVisitsRequest(as_of=as_of)),
        (client.history.ListEvents, ListEventsRequest(as_of=as_of)),
        (client.history.CompareVisit, CompareVisitRequest(name=NAME, after=as_of)),
    ]


@pytest.mark.parametrize("field", MOMENTS)
def test_a_moment_a_little_ahead_is_taken_as_now(client: Client, field: str) -> None:
    """The clock of whoever asks may be up to 5 s ahead; digits finer than a microsecond go."""
    moment: dict[str, Any] = {field: ahead(3)}
    for call, request in questions(client, AsOf(**moment)):
        assert call(request).view_position == client.head
    assert client.visits.GetVisit(GetVisitRequest(name=NAME, as_of=AsOf(**moment))).visit.name


@pytest.mark.parametrize("field", MOMENTS)
def test_a_moment_that_is_further_ahead_is_refused(client: Client, field: str) -> None:
    moment: dict[str, Any] = {field: ahead(30)}
    for call, request in questions(client, AsOf(**moment)):
        told = refusal(call, request)

        assert told.code == grpc.StatusCode.INVALID_ARGUMENT
        assert told.fields[0].endswith(f".{field}")


@pytest.mark.parametrize("nanos", [123_456_001, 123_456_100, 123_456_999])
def test_digits_finer_than_a_microsecond_are_dropped(client: Client, name: str, nanos: int) -> None:
    """In a change and in a question: Go counts nanoseconds, and .NET ticks of 100."""
    given = Timestamp(seconds=1_675_000_000, nanos=nanos)
    kept = Timestamp(seconds=1_675_000_000, nanos=123_456_000)

    event = client.record(name, scheduled(), known_time=given).event.event

    assert (event.known_time, event.effective_time) == (kept, kept)
    visit = client.visits.GetVisit(GetVisitRequest(name=name, as_of=AsOf(known_at=given))).visit
    assert visit.known_time == kept
