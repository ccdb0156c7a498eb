"""A read that asks for a position is as fresh as that, or says when to try again."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty

from chancery.v1 import audit_service_pb2, history_service_pb2, info_service_pb2, visit_service_pb2
from chancery.v1.audit_service_pb2 import (
    ChangeFilter,
    ExportBundleRequest,
    GetCheckpointRequest,
    GetConsistencyProofRequest,
    GetInclusionProofRequest,
    GetTileRequest,
    ListChangesRequest,
)
from chancery.v1.history_service_pb2 import (
    CompareVisitRequest,
    ListEventsRequest,
    ReadEventsRequest,
    ReadEventsResponse,
    WatchEventsRequest,
    WatchEventsResponse,
)
from chancery.v1.info_service_pb2 import GetServerInfoRequest, GetServerInfoResponse
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import (
    BatchGetVisitsRequest,
    CountVisitsRequest,
    GetVisitRequest,
    ListVisitsRequest,
)
from tests.support.messages import amended, postponed, rescheduled, scheduled
from tests.support.server import Client, refusal

# Freshness


def watched(client: Client, request: WatchEventsRequest, **call: Any) -> list[WatchEventsResponse]:
    """The frames of a watch until it has caught up."""
    stream = client.history.WatchEvents(request, **call)
    frames = [next(stream)]
    while not frames[-1].HasField("caught_up"):
        frames.append(next(stream))
    stream.cancel()
    return frames


NOW = AsOf()
READS: dict[str, Callable[..., Any]] = {
    "GetVisit": lambda client, name, least, **call: client.visits.GetVisit(
        GetVisitRequest(name=name, min_position=least), **call
    ),
    "GetVisit as of": lambda client, name, least, **call: client.visits.GetVisit(
        GetVisitRequest(name=name, as_of=NOW, min_position=least), **call
    ),
    "BatchGetVisits": lambda client, name, least, **call: client.visits.BatchGetVisits(
        BatchGetVisitsRequest(names=[name], min_position=least), **call
    ),
    "BatchGetVisits as of": lambda client, name, least, **call: client.visits.BatchGetVisits(
        BatchGetVisitsRequest(names=[name], as_of=NOW, min_position=least), **call
    ),
    "ListVisits": lambda client, name, least, **call: client.visits.ListVisits(
        ListVisitsRequest(min_position=least), **call
    ),
    "ListVisits as of": lambda client, name, least, **call: client.visits.ListVisits(
        ListVisitsRequest(as_of=NOW, min_position=least), **call
    ),
    "CountVisits": lambda client, name, least, **call: client.visits.CountVisits(
        CountVisitsRequest(min_position=least), **call
    ),
    "CountVisits as of": lambda client, name, least, **call: client.visits.CountVisits(
        CountVisitsRequest(as_of=NOW, min_position=least), **call
    ),
    "ListEvents": lambda client, name, least, **call: client.history.ListEvents(
        ListEventsRequest(visit=name, min_position=least), **call
    ),
    "ListEvents as of": lambda client, name, least, **call: client.history.ListEvents(
        ListEventsRequest(visit=name, as_of=NOW, min_position=least), **call
    ),
    "ReadEvents": lambda client, name, least, **call: list(
        client.history.ReadEvents(ReadEventsRequest(visit=name, min_position=least), **call)
    ),
    "WatchEvents": lambda client, name, least, **call: watched(
        client, WatchEventsRequest(visit=name, beginning=Empty(), min_position=least), **call
    ),
    "CompareVisit": lambda client, name, least, **call: client.history.CompareVisit(
        CompareVisitRequest(name=name, before=NOW, min_position=least), **call
    ),
    "ListChanges": lambda client, name, least, **call: client.audit.ListChanges(
        ListChangesRequest(filter=ChangeFilter(visit=name), min_position=least), **call
    ),
    "GetCheckpoint": lambda client, name, least, **call: client.audit.GetCheckpoint(
        GetCheckpointRequest(previous_size=1, min_position=least), **call
    ),
    "GetInclusionProof": lambda client, name, least, **call: client.audit.GetInclusionProof(
        GetInclusionProofRequest(position=1, min_position=least), **call
    ),
    "GetConsistencyProof": lambda client, name, least, **call: client.audit.GetConsistencyProof(
        GetConsistencyProofRequest(first_size=1, min_position=least), **call
    ),
    "GetTile": lambda client, name, least, **call: client.audit.GetTile(
        GetTileRequest(width=1, min_position=least), **call
    ),
    "ExportBundle": lambda client, name, least, **call: list(
        client.audit.ExportBundle(ExportBundleRequest(visit=name, min_position=least), **call)
    )[-1],
    "GetServerInfo": lambda client, name, least, **call: client.info.GetServerInfo(
        GetServerInfoRequest(min_position=least), **call
    ),
}


def test_every_read_of_the_contract_is_among_these() -> None:
    """According to the descriptors: each request with a min_position belongs to a call above."""
    files = (visit_service_pb2, history_service_pb2, audit_service_pb2, info_service_pb2)
    methods = [
        method
        for file in files
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    ]

    assert all("min_position" in method.input_type.fields_by_name for method in methods)
    assert {method.name for method in methods} == {read.partition(" ")[0] for read in READS}


def position_of(answer: Any) -> int:
    """The log position of the answer."""
    if not isinstance(answer, list):
        is_info = isinstance(answer, GetServerInfoResponse)
        return int(answer.head_position if is_info else answer.view_position)
    last = answer[-1]
    return int(last.head_position if isinstance(last, ReadEventsResponse) else last.position)


def versions_in(frames: list[Any]) -> list[int]:
    """The versions of the changes in a stream."""
    changes = (frame.events for frame in frames)  # a watch wraps them in a message
    return [e.event.version for each in changes for e in getattr(each, "events", each)]


@pytest.mark.parametrize("read", READS)
def test_a_read_that_asks_for_what_is_there_is_answered(
    client: Client, name: str, read: str
) -> None:
    position = client.record(name, scheduled()).event.position

    for least in (0, 1, position):
        assert READS[read](client, name, least)


@pytest.mark.parametrize("read", READS)
def test_a_read_waits_until_the_view_is_as_fresh_as_it_asks(
    client: Client, name: str, read: str
) -> None:
    """A read of two positions ahead is answered once both changes are recorded."""
    position = client.record(name, scheduled()).event.position
    asked = threading.Event()

    def ask() -> Any:
        asked.set()
        return READS[read](client, name, position + 2)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask)
        asked.wait()
        time.sleep(0.05)
        client.record(name, postponed())
        assert not waiting.done()
        last = client.record(name, rescheduled())

        answer = waiting.result()

    assert last.event.position == position + 2
    assert position_of(answer) == position + 2
    if isinstance(answer, list):
        assert versions_in(answer) == [1, 2, 3]


@pytest.mark.parametrize("read", READS)
def test_a_read_that_cannot_be_as_fresh_as_it_asks_says_when_to_try_again(
    client: Client, name: str, read: str
) -> None:
    """Before the caller's deadline, so that the caller still gets the answer."""
    client.record(name, scheduled())
    began = time.monotonic()

    refused = refusal(READS[read], client, name, 2**62, timeout=2)

    assert time.monotonic() - began < 2
    assert refused.code == grpc.StatusCode.UNAVAILABLE
    assert refused.reason == "VIEW_NOT_FRESH"
    assert refused.details["RetryInfo"].retry_delay.ToTimedelta().total_seconds() > 0


@pytest.mark.parametrize("read", READS)
def test_a_position_is_not_negative(client: Client, name: str, read: str) -> None:
    client.record(name, scheduled())

    assert refusal(READS[read], client, name, -1).fields == ["min_position"]


def test_what_was_recorded_is_read_at_once(client: Client, name: str) -> None:
    """A client that passes on the positions it was given always sees its own changes."""
    client.record(name, scheduled())
    for version in range(2, 30):
        position = client.record(name, amended(purpose=f"Talks {version}")).event.position

        seen = client.visits.GetVisit(GetVisitRequest(name=name, min_position=position))

        assert seen.visit.version == version
        assert seen.view_position >= position
