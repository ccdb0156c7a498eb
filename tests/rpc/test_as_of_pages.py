"""Pages of lists as of a moment: while others write, and with tokens that are wrong."""

import base64
import json
from typing import Any

import grpc
import pytest

from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import ListEventsRequest, ListEventsResponse
from chancery.v1.visit_pb2 import AsOf, Visit
from chancery.v1.visit_service_pb2 import BatchGetVisitsRequest, ListVisitsRequest
from tests.rpc.asking import event_pages, listed, visit_pages
from tests.rpc.forged import FORGED
from tests.rpc.story_of_lists import STORY
from tests.rpc.watching import log
from tests.support.messages import amended, as_of, at, bytes_of, cancelled, retracted, scheduled
from tests.support.server import Client, Failure, Server, refusal

# Pages while others write


@pytest.mark.parametrize(
    "times", [{}, {"known_at": "2023-03-01", "valid_at": "2023-03-01"}], ids=str
)
def test_all_pages_are_of_the_moment_of_the_first(
    own_server: Server, times: dict[str, Any]
) -> None:
    """Whatever is recorded in between, even about the time that is asked about."""
    client = own_server.client()
    for letter in "bdfhj":
        client.record(f"visits/{letter}", scheduled(), effective="2023-01-17")
        client.record(f"visits/{letter}", amended(title=letter), effective="2023-01-18")
    then = as_of(**times)
    expected, expected_changes = listed(client, then), log(client)
    visits: list[Visit] = []
    events: list[RecordedEvent] = []

    two_by_two = event_pages(client, then, page_size=2)
    for i, page in enumerate(visit_pages(client, then, page_size=1)):
        changed = next(two_by_two, ListEventsResponse(view_position=10))
        visits += page.visits
        events += changed.events
        assert page.view_position == changed.view_position == 10
        for letter in "bdhj":
            client.record(f"visits/{letter}", amended(title=f"Page {i}"), effective="2023-01-19")
        client.record(f"visits/{'acegik'[i]}", scheduled(), effective="2023-01-17")
        if i == 1:
            client.record("visits/f", retracted(1))

    assert bytes_of(visits) == bytes_of(expected)
    assert bytes_of(events) == bytes_of(expected_changes)
    assert [visit.name[7:] for visit in listed(client, then)] == [*"abcdeghijk"]


def test_the_pages_go_on_after_a_restart(own_server: Server) -> None:
    """As of the first page's moment, although the log has grown since."""
    client = own_server.client()
    for letter in "abcd":
        client.record(f"visits/{letter}", scheduled(), effective="2023-01-17")
    then = as_of(known_at="2023-03-01")
    expected, expected_changes = listed(client, then), log(client)
    page = client.visits.ListVisits(ListVisitsRequest(as_of=then, page_size=2))
    changed = client.history.ListEvents(ListEventsRequest(as_of=then, page_size=2))
    client.record("visits/c", cancelled(), effective="2023-01-18")
    client.record("visits/e", scheduled(), effective="2023-01-18")
    own_server.stop()
    client = own_server.start().client()

    rest = client.visits.ListVisits(ListVisitsRequest(as_of=then, page_token=page.next_page_token))
    rest_changed = client.history.ListEvents(
        ListEventsRequest(as_of=then, page_token=changed.next_page_token)
    )

    assert bytes_of([*page.visits, *rest.visits]) == bytes_of(expected)
    assert bytes_of([*changed.events, *rest_changed.events]) == bytes_of(expected_changes)


# Moments that cannot be


LISTS: dict[str, Any] = {
    "BatchGetVisits": lambda client, moment, **request: client.visits.BatchGetVisits(
        BatchGetVisitsRequest(names=["visits/beijing"], as_of=moment)
    ),
    "ListVisits": lambda client, moment, **request: client.visits.ListVisits(
        ListVisitsRequest(as_of=moment, **request)
    ),
    "ListEvents": lambda client, moment, **request: client.history.ListEvents(
        ListEventsRequest(as_of=moment, **request)
    ),
}


PAGED = {name: call for name, call in LISTS.items() if name != "BatchGetVisits"}


@pytest.mark.parametrize("method", LISTS)
@pytest.mark.parametrize(
    ("field", "times"),
    [
        ("recorded_at", {"recorded_at": at("2999")}),
        ("known_at", {"known_at": "2999"}),
        ("known_at", {"known_at": "9999-12-31 23:59:59.999999"}),
        ("valid_at", {"valid_at": "2999"}),
        ("valid_at", {"valid_at": "2999", "known_at": "2023", "position": 1}),
        ("position", {"position": -1}),
        ("position", {"position": -(2**63)}),
    ],
    ids=str,
)
def test_a_list_as_of_a_moment_that_has_not_come_is_refused_by_name(
    client: Client,
    story_of_lists: list[RecordedEvent],
    method: str,
    field: str,
    times: dict[str, Any],
) -> None:
    told = refusal(LISTS[method], client, as_of(**times))

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.reason == "INVALID_FIELD"
    assert told.fields == [f"as_of.{field}"]


@pytest.mark.parametrize("method", LISTS)
@pytest.mark.parametrize("beyond", [1, 2**62])
def test_a_list_as_of_a_position_beyond_the_head_is_out_of_range(
    client: Client, story_of_lists: list[RecordedEvent], method: str, beyond: int
) -> None:
    told = refusal(LISTS[method], client, as_of(position=len(STORY) + beyond))

    assert told.code == grpc.StatusCode.OUT_OF_RANGE
    assert told.reason == "POSITION_BEYOND_HEAD"
    assert told.metadata["head_position"] == str(len(STORY))


# Tokens


THEN = as_of(known_at="2023-06-20", position=14)


def token_of(client: Client, method: str) -> str:
    """A token for the second of several pages."""
    token = PAGED[method](client, THEN, page_size=1).next_page_token
    assert token
    return str(token)


def refused(client: Client, method: str, token: str, moment: AsOf | None = THEN) -> Failure:
    told = refusal(PAGED[method], client, moment, page_token=token)
    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.fields == ["page_token"]
    return told


@pytest.mark.parametrize("method", PAGED)
@pytest.mark.parametrize(
    "other",
    [
        None,
        AsOf(),
        as_of(known_at="2023-06-20"),
        as_of(known_at="2023-06-20", position=15),
        as_of(known_at="2023-06-20 00:00:00.000001", position=14),
        as_of(known_at="2023-06-20", valid_at="2023-06-20", position=14),
    ],
    ids=range(6),
)
def test_a_token_goes_with_its_moment(
    client: Client, story_of_lists: list[RecordedEvent], method: str, other: AsOf | None
) -> None:
    """A token made without a moment is taken only without one."""
    assert refused(client, method, token_of(client, method), other).reason == "INVALID_PAGE_TOKEN"
    without = PAGED[method](client, None, page_size=1).next_page_token
    assert refused(client, method, without).reason == "INVALID_PAGE_TOKEN"


@pytest.mark.parametrize("method", PAGED)
def test_a_token_that_was_tampered_with_is_refused(
    client: Client, story_of_lists: list[RecordedEvent], method: str
) -> None:
    """Cut, lengthened, made for the other list, or with one character changed."""
    token = token_of(client, method)
    (other,) = PAGED.keys() - {method}
    changed = [f"{token[:i]}{'A' if token[i] != 'A' else 'B'}{token[i + 1 :]}" for i in range(20)]

    for bad in (token[:-1], token[1:], f"{token}A", token * 2, token_of(client, other), *changed):
        assert refused(client, method, bad).reason == "INVALID_PAGE_TOKEN"


WRONG_KEYS: list[Any] = [True, 1.5, [], {}, ["beijing", "beijing"], 10**30, -1]


WRONG_POSITIONS: list[Any] = [None, True, "14", 14.0, -1, 15, 10**30, []]


WRONG_TOKENS: list[Any] = [
    *(forged for forged in FORGED if forged is not None),  # None is the beginning
    *([14, key] for key in WRONG_KEYS),
    *([position, "beijing"] for position in WRONG_POSITIONS),
    *([position, 3] for position in WRONG_POSITIONS),
    [14],
    [14, "beijing", 3],
]


@pytest.mark.parametrize("method", PAGED)
def test_a_token_that_was_taken_apart_and_forged_is_refused(
    client: Client, story_of_lists: list[RecordedEvent], method: str
) -> None:
    """A position after the moment, another key, another shape."""
    digest, good = json.loads(base64.urlsafe_b64decode(token_of(client, method) + "=="))
    own_type = type(good[1])

    for forged in WRONG_TOKENS:
        token = base64.urlsafe_b64encode(json.dumps([digest, forged]).encode()).decode().rstrip("=")
        is_right = isinstance(forged, list) and len(forged) == 2 and type(forged[0]) is int
        if is_right and 0 <= forged[0] <= 14 and type(forged[1]) is own_type:
            continue  # this server may have given such a token
        assert refused(client, method, token).reason == "INVALID_PAGE_TOKEN", forged


@pytest.mark.parametrize("method", PAGED)
def test_the_size_of_the_page_may_change_on_the_way(
    client: Client, story_of_lists: list[RecordedEvent], method: str
) -> None:
    whole = PAGED[method](client, THEN)
    first = PAGED[method](client, THEN, page_size=1)

    rest = PAGED[method](
        client,
        THEN,
        page_size=1000,
        page_token=first.next_page_token,
        min_position=len(STORY),
    )

    assert not rest.next_page_token
    field = "visits" if method == "ListVisits" else "events"
    assert [*getattr(first, field), *getattr(rest, field)] == list(getattr(whole, field))
