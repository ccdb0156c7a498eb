"""ListEvents and ReadEvents: the log page by page, and as a stream of frames."""

from itertools import product
from typing import Any

import grpc
import pytest

from chancery.v1.event_pb2 import (
    CHANGE_TYPE_DEFERRED,
    CHANGE_TYPE_UNSPECIFIED,
    ChangeType,
    RecordedEvent,
)
from chancery.v1.history_service_pb2 import (
    ListEventsRequest,
    ListEventsResponse,
    ReadEventsRequest,
    ReadEventsResponse,
)
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from tests.rpc.reading_history import frames, pages, replay
from tests.rpc.steps import STEPS, TYPES, type_of
from tests.support.cases import each
from tests.support.messages import apply, bytes_of, change, scheduled, stated
from tests.support.server import Client, Server, refusal


@pytest.fixture(scope="module")
def log(client: Client) -> list[RecordedEvent]:
    """The events as DeskService answered them; nothing else is recorded on the server."""
    return [client.record(visit, step).event for visit, step in STEPS]


def listed(client: Client, **request: Any) -> list[RecordedEvent]:
    return [event for page in pages(client, **request) for event in page.events]


# Replay


def test_the_replay_holds_the_very_bytes_that_were_answered(
    client: Client, log: list[RecordedEvent]
) -> None:
    """In commit order, with consecutive positions and record times that never go back."""
    events = replay(client)

    assert bytes_of(events) == bytes_of(log)
    assert [e.position for e in events] == list(range(1, len(STEPS) + 1))
    times = [e.record_time.ToNanoseconds() for e in events]
    assert times == sorted(times)


@pytest.mark.parametrize("visit", ["", "visits/a"])
@pytest.mark.parametrize("backwards", [False, True])
@each(("limit", "after"), [*product([0, 1, 3, 100, 2**63 - 1], range(len(STEPS) + 1))])
def test_a_replay_is_a_part_of_the_log(
    client: Client, log: list[RecordedEvent], after: int, limit: int, backwards: bool, visit: str
) -> None:
    """After the position; backwards, strictly before it, with 0 for the head."""
    if backwards:
        expected = [e for e in reversed(log) if not after or e.position < after]
    else:
        expected = [e for e in log if e.position > after]
    expected = [e for e in expected if not visit or e.event.visit == visit]

    events = replay(client, after_position=after, limit=limit, backwards=backwards, visit=visit)

    assert bytes_of(events) == bytes_of(expected[: limit or None])


@pytest.mark.parametrize("types", TYPES, ids=lambda types: "-".join(map(str, types)))
@pytest.mark.parametrize("visit", ["", "visits/a"])
def test_only_changes_of_the_types_asked_for_are_replayed_and_listed(
    client: Client, log: list[RecordedEvent], types: list[ChangeType.ValueType], visit: str
) -> None:
    expected = bytes_of(
        [e for e in log if type_of(e) in types and (not visit or e.event.visit == visit)]
    )

    assert bytes_of(replay(client, change_types=types, visit=visit)) == expected
    assert (
        bytes_of(replay(client, change_types=types, visit=visit, backwards=True))
        == (expected[::-1])
    )
    assert bytes_of(listed(client, change_types=types, visit=visit)) == expected
    assert bytes_of(listed(client, change_types=types, visit=visit, page_size=1)) == expected


def origin_of(client: Client) -> str:
    return str(client.info.GetServerInfo(GetServerInfoRequest()).log_origin)


def test_a_replay_that_finds_nothing_has_one_frame_with_the_head(
    client: Client, log: list[RecordedEvent]
) -> None:
    head = len(log)
    nothing = [ReadEventsResponse(head_position=head, log_origin=origin_of(client))]

    assert frames(client, after_position=head) == nothing
    assert frames(client, after_position=1, backwards=True) == nothing
    assert frames(client, visit="visits/b", change_types=[CHANGE_TYPE_DEFERRED]) == nothing


def test_an_empty_log_has_one_empty_frame(own_server: Server) -> None:
    client = own_server.client()

    nothing = [ReadEventsResponse(log_origin=origin_of(client))]
    assert frames(client) == nothing
    assert frames(client, backwards=True, limit=5) == nothing
    assert list(pages(client)) == [ListEventsResponse()]


@pytest.mark.parametrize("beyond", [1, 2**62])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_replay_from_beyond_the_head_is_out_of_range(
    client: Client, log: list[RecordedEvent], beyond: int, backwards: bool
) -> None:
    request = ReadEventsRequest(after_position=len(log) + beyond, backwards=backwards)

    refused = refusal(client.history.ReadEvents, request)

    assert refused.code == grpc.StatusCode.OUT_OF_RANGE
    assert refused.reason == "POSITION_BEYOND_HEAD"
    assert refused.metadata["head_position"] == str(len(log))


@pytest.mark.parametrize(
    ("request_type", "values", "field"),
    [
        (ReadEventsRequest, {"after_position": -1}, "after_position"),
        (ReadEventsRequest, {"limit": -1}, "limit"),
        (ReadEventsRequest, {"visit": "blinken"}, "visit"),
        (ReadEventsRequest, {"visit": "visits/"}, "visit"),
        (ListEventsRequest, {"visit": "visits/"}, "visit"),
        (ListEventsRequest, {"page_size": -1}, "page_size"),
        (ListEventsRequest, {"change_types": [1, CHANGE_TYPE_UNSPECIFIED]}, "change_types[1]"),
        (ReadEventsRequest, {"change_types": [CHANGE_TYPE_UNSPECIFIED]}, "change_types[0]"),
    ],
    ids=str,
)
def test_a_bad_field_of_a_replay_is_named(
    client: Client, log: list[RecordedEvent], request_type: Any, values: Any, field: str
) -> None:
    method = request_type.__name__.removesuffix("Request")

    refused = refusal(getattr(client.history, method), request_type(**values))

    assert refused.code == grpc.StatusCode.INVALID_ARGUMENT
    assert refused.fields == [field]


# Pages


@pytest.mark.parametrize("size", [1, 2, 5, 10, 11, 12, 5000])
@pytest.mark.parametrize("visit", ["", "visits/a", "visits/b"])
def test_listing_to_the_end_misses_nothing_and_repeats_nothing(
    client: Client, log: list[RecordedEvent], size: int, visit: str
) -> None:
    expected = [e for e in log if not visit or e.event.visit == visit]

    by_pages = list(pages(client, visit=visit, page_size=size))

    assert bytes_of([e for p in by_pages for e in p.events]) == bytes_of(expected)
    assert all(len(page.events) == size for page in by_pages[:-1])
    assert {page.view_position for page in by_pages} == {len(log)}


def test_a_listing_goes_on_after_a_restart_with_what_came_since(own_server: Server) -> None:
    client = own_server.client()
    log = [client.record(visit, step).event for visit, step in STEPS[:6]]
    first = client.history.ListEvents(ListEventsRequest(page_size=4))
    own_server.stop()
    client = own_server.start().client()
    log += [client.record(visit, step).event for visit, step in STEPS[6:]]

    rest = client.history.ListEvents(
        ListEventsRequest(page_size=100, page_token=first.next_page_token)
    )

    assert bytes_of([*first.events, *rest.events]) == bytes_of(log)


def test_a_listing_has_fifty_changes_a_page_if_nothing_is_said(own_server: Server) -> None:
    client = own_server.client()
    client.record("visits/a", scheduled())
    client.desk.ApplyChanges(apply(*(change("visits/a", stated()) for _ in range(99))))

    assert [len(page.events) for page in pages(client)] == [50, 50]
