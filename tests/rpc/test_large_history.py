"""A large log is read in frames and pages of bounded size."""

from collections.abc import Iterator
from itertools import pairwise

import grpc
import pytest

from chancery.v1.history_service_pb2 import ReadEventsRequest
from chancery.v1.values_pb2 import SIDE_GUEST
from tests.rpc.reading_history import frames, pages, replay
from tests.support.messages import apply, basis, bytes_of, change, postponed, scheduled, stated
from tests.support.place import Places
from tests.support.server import Server, refusal

MIB = 1 << 20
FRAME = 1 << 17


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
def test_no_frame_is_over_128_kib_unless_it_has_one_change(
    large_server: Server, backwards: bool
) -> None:
    """Frames are filled: no two consecutive ones would fit into one."""
    client = large_server.client()

    stream = frames(client, backwards=backwards)

    total = 1 + LARGE + 1 + SMALL
    positions = [event.position for frame in stream for event in frame.events]
    assert positions == list(range(1, total + 1))[:: -1 if backwards else 1]
    assert {frame.head_position for frame in stream} == {total}
    sizes = [frame.ByteSize() for frame in stream]
    assert all(frame.ByteSize() <= FRAME or len(frame.events) == 1 for frame in stream)
    assert max(sizes) < MIB
    assert sum(sizes) > 5_000_000
    assert all(one + next_one > FRAME for one, next_one in pairwise(sizes))


def test_no_page_of_events_is_too_large_to_be_received(large_server: Server) -> None:
    """A page is cut short and has a token, and the next one goes on after it."""
    client = large_server.client()

    by_pages = list(pages(client, page_size=1000))

    assert all(0 < page.ByteSize() <= 3 * MIB for page in by_pages)
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
