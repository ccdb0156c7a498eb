"""ListEvents and ReadEvents: the log page by page, and as a stream of frames."""

from collections.abc import Iterator
from itertools import pairwise
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
from chancery.v1.visit_pb2 import SIDE_GUEST
from tests.rpc.steps import STEPS, TYPES, type_of
from tests.support.messages import (
    apply,
    basis,
    bytes_of,
    change,
    postponed,
    scheduled,
    stated,
)
from tests.support.place import Places
from tests.support.server import Client, Server, refusal

MIB = 1 << 20


@pytest.fixture(scope="module")
def log(client: Client) -> list[RecordedEvent]:
    """The events as DeskService answered them; nothing else is recorded on the server."""
    return [client.record(visit, step).event for visit, step in STEPS]


def frames(client: Client, **request: Any) -> list[ReadEventsResponse]:
    return list(client.history.ReadEvents(ReadEventsRequest(**request)))


def replay(client: Client, **request: Any) -> list[RecordedEvent]:
    return [event for frame in frames(client, **request) for event in frame.events]


def pages(client: Client, **request: Any) -> Iterator[ListEventsResponse]:
    token = ""
    for _ in range(10_000):
        page = client.history.ListEvents(ListEventsRequest(page_token=token, **request))
        yield page
        token = page.next_page_token
        if not token:
            return
    raise AssertionError("the pages have no end")


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


@pytest.mark.parametrize("after", range(len(STEPS) + 1))
@pytest.mark.parametrize("limit", [0, 1, 3, 100, 2**63 - 1])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("visit", ["", "visits/a"])
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


def test_a_replay_that_finds_nothing_has_one_frame_with_the_head(
    client: Client, log: list[RecordedEvent]
) -> None:
    head = len(log)
    nothing = [ReadEventsResponse(head_position=head)]

    assert frames(client, after_position=head) == nothing
    assert frames(client, after_position=1, backwards=True) == nothing
    assert frames(client, visit="visits/b", change_types=[CHANGE_TYPE_DEFERRED]) == nothing


def test_an_empty_log_has_one_empty_frame(own_server: Server) -> None:
    client = own_server.client()

    assert frames(client) == [ReadEventsResponse()]
    assert frames(client, backwards=True, limit=5) == [ReadEventsResponse()]
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
    assert refused.metadata == {"head_position": str(len(log))}


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


# A large log

LARGE = 7
SMALL = 3000


@pytest.fixture(scope="module")
def large_server(places: Places) -> Iterator[Server]:
    """A server with a log of more than 5 MB: large changes, then many small ones."""
    quotes = [basis(SIDE_GUEST, quote="\U0001f54a" * 4000, outlet="\u00e9" * 200)] * 50
    with places.new() as place, Server(place) as server:
        client = server.client()
        client.record("visits/large", scheduled())
        for _ in range(LARGE):
            client.record("visits/large", stated(), basis=quotes)
        client.record("visits/small", scheduled())
        for _ in range(SMALL // 100):
            client.desk.ApplyChanges(apply(*[change("visits/small", stated())] * 100))
        yield server


@pytest.mark.parametrize("backwards", [False, True])
def test_no_frame_is_over_a_mebibyte(large_server: Server, backwards: bool) -> None:
    """Frames are filled: no two consecutive ones would fit into one."""
    client = large_server.client()

    stream = frames(client, backwards=backwards)

    total = 1 + LARGE + 1 + SMALL
    positions = [event.position for frame in stream for event in frame.events]
    assert positions == list(range(1, total + 1))[:: -1 if backwards else 1]
    assert {frame.head_position for frame in stream} == {total}
    sizes = [frame.ByteSize() for frame in stream]
    assert max(sizes) <= MIB
    assert sum(sizes) > 5_000_000
    assert all(one + next_one > MIB for one, next_one in pairwise(sizes))


def test_no_page_of_events_is_too_large_to_be_received(large_server: Server) -> None:
    """A page is cut short and has a token, and the next one goes on after it."""
    client = large_server.client()

    by_pages = list(pages(client, page_size=1000))

    assert all(0 < page.ByteSize() < 4 * MIB for page in by_pages)
    assert [e.position for p in by_pages for e in p.events] == (
        list(range(1, 1 + LARGE + 1 + SMALL + 1))
    )


@pytest.mark.parametrize("limit", [1, 499, 500, 501, 1000, 1001])
def test_a_limit_counts_changes_and_not_frames(large_server: Server, limit: int) -> None:
    client = large_server.client()

    events = replay(client, limit=limit, visit="visits/small")

    assert [e.event.version for e in events] == list(range(1, limit + 1))


def test_a_replay_ends_at_the_head_as_it_was_when_the_call_came(own_server: Server) -> None:
    """Changes recorded while the replay runs are not in it; the next replay starts with them."""
    client = own_server.client()
    quotes = [basis(SIDE_GUEST, quote="\U0001f54a" * 4000)] * 50
    client.record("visits/a", scheduled())
    for _ in range(7):
        client.record("visits/a", stated(), basis=quotes)
    stream = client.history.ReadEvents(ReadEventsRequest())
    seen = [next(stream)]

    later = client.record("visits/a", postponed()).event
    seen += list(stream)

    assert [e.position for frame in seen for e in frame.events] == list(range(1, 9))
    assert {frame.head_position for frame in seen} == {8}
    assert bytes_of(replay(client, after_position=8)) == bytes_of([later])


def test_a_change_that_would_not_fit_into_a_frame_is_refused(own_server: Server) -> None:
    """All its fields are within their bounds, but together they exceed 1,000,000 bytes."""
    client = own_server.client()
    client.record("visits/too-large", scheduled())
    head = client.head
    word = basis(
        SIDE_GUEST,
        quote="\U0001f54a" * 4000,
        url="https://example.org/" + "\U0001f54a" * 3000,
    )

    refused = refusal(client.record, "visits/too-large", stated(), basis=[word] * 50)

    assert refused.code == grpc.StatusCode.INVALID_ARGUMENT
    assert refused.fields == ["statement_recorded"]
    assert client.head == head


def test_a_reader_who_leaves_does_no_harm(large_server: Server) -> None:
    client = large_server.client()
    for _ in range(5):
        stream = client.history.ReadEvents(ReadEventsRequest())
        next(stream)
        stream.cancel()

    large_server.logged("call", method="chancery.v1.HistoryService/ReadEvents", code="CANCELLED")
    assert len(replay(client, limit=10)) == 10
