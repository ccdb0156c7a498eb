"""Page tokens are opaque: only the server's own are accepted, and only with their arguments."""

import base64
import json
from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any
from urllib.parse import quote

import grpc
import pytest

from chancery.v1.audit_service_pb2 import ChangeFilter, ListChangesRequest
from chancery.v1.event_pb2 import CHANGE_TYPE_SCHEDULED
from chancery.v1.history_service_pb2 import ListEventsRequest
from chancery.v1.values_pb2 import STATUS_SCHEDULED
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import ListVisitsRequest, VisitFilter
from tests.rpc.forged import FORGED
from tests.support.cases import each
from tests.support.messages import at, scheduled
from tests.support.place import Places
from tests.support.server import Client, Failure, Server, refusal

VISITS: dict[str, Any] = {
    "filter": VisitFilter(statuses=[STATUS_SCHEDULED]),
    "query": "beijing",
    "order_by": "update_time",
}
EVENTS: dict[str, Any] = {"change_types": [CHANGE_TYPE_SCHEDULED]}
CHANGES: dict[str, Any] = {"filter": ChangeFilter(actor="unverified:unknown")}


@pytest.fixture(scope="module", autouse=True)
def _three_visits(client: Client) -> None:
    for letter in "abc":
        client.record(f"visits/{letter}", scheduled())


def list_visits(client: Client, **request: Any) -> Any:
    return client.visits.ListVisits(ListVisitsRequest(**request))


def list_events(client: Client, **request: Any) -> Any:
    return client.history.ListEvents(ListEventsRequest(**request))


def list_changes(client: Client, **request: Any) -> Any:
    return client.audit.ListChanges(ListChangesRequest(**request))


LISTS = {
    "ListVisits": (list_visits, VISITS),
    "ListEvents": (list_events, EVENTS),
    "ListChanges": (list_changes, CHANGES),
}


def token_of(client: Client, method: str) -> str:
    """A token for the second of three pages."""
    call, arguments = LISTS[method]
    token = call(client, page_size=1, **arguments).next_page_token
    assert token
    return str(token)


def refused(client: Client, method: str, token: str) -> Failure:
    call, arguments = LISTS[method]
    return refusal(call, client, page_token=token, **arguments)


@pytest.mark.parametrize("method", LISTS)
@each(
    "garbage",
    [
        "x",
        "garbage",
        "=",
        "====",
        "W10=",
        "bnVsbA==",
        "e30=",
        "IiI=",
        "WzEsMl0=",
        "ü",
        "\n",
        "A" * 60_000,
        base64.urlsafe_b64encode(b"[" * 45_000).decode(),
    ],
)
def test_a_token_of_somebody_else_is_refused(client: Client, method: str, garbage: str) -> None:
    """Some of these are JSON values in base64: [], null, {}, "" and [1, 2]."""
    told = refused(client, method, garbage)

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.reason == "INVALID_PAGE_TOKEN"
    assert told.fields == ["page_token"]


@pytest.mark.parametrize(
    "other",
    [
        {"filter": VisitFilter()},
        {"filter": VisitFilter(statuses=[STATUS_SCHEDULED], overdue=True)},
        {"query": "Beijing"},
        {"query": ""},
        {"order_by": "name"},
        {"order_by": "update_time desc"},
    ],
    ids=range(6),
)
def test_a_token_of_a_list_of_visits_goes_with_its_arguments(
    client: Client, other: dict[str, Any]
) -> None:
    token = token_of(client, "ListVisits")

    told = refusal(list_visits, client, **(VISITS | other), page_token=token)

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.reason == "INVALID_PAGE_TOKEN"
    assert told.fields == ["page_token"]


@pytest.mark.parametrize(
    "other", [{"change_types": []}, {"visit": "visits/a"}, {"change_types": [1, 2]}], ids=range(3)
)
def test_a_token_of_a_list_of_events_goes_with_its_arguments(
    client: Client, other: dict[str, Any]
) -> None:
    token = token_of(client, "ListEvents")

    told = refusal(list_events, client, **(EVENTS | other), page_token=token)

    assert told.reason == "INVALID_PAGE_TOKEN"
    assert told.fields == ["page_token"]


@pytest.mark.parametrize(
    "other",
    [
        ChangeFilter(),
        ChangeFilter(actor="unverified:anna"),
        ChangeFilter(actor="unverified:unknown", last_position=3),
        ChangeFilter(actor="unverified:unknown", recorded_from=at("2023")),
    ],
    ids=range(4),
)
def test_a_token_of_a_list_of_changes_goes_with_its_filter(
    client: Client, other: ChangeFilter
) -> None:
    token = token_of(client, "ListChanges")

    told = refusal(list_changes, client, filter=other, page_token=token)

    assert told.reason == "INVALID_PAGE_TOKEN"
    assert told.fields == ["page_token"]


@pytest.mark.parametrize(("method", "other"), list(permutations(LISTS, 2)))
def test_a_token_is_of_its_method(client: Client, method: str, other: str) -> None:
    assert refused(client, method, token_of(client, other)).fields == ["page_token"]


@pytest.fixture(scope="module")
def of_another_log(places: Places) -> Iterator[Client]:
    """A client of a server with another log, which has the same visits."""
    with places.new() as place, Server(place) as server:
        client = server.client()
        for letter in "abc":
            client.record(f"visits/{letter}", scheduled())
        yield client


@pytest.mark.parametrize("method", LISTS)
def test_a_token_is_of_its_log(client: Client, of_another_log: Client, method: str) -> None:
    """In a log that took the place of another, a page would begin after a change of that one."""
    token = token_of(client, method)

    told = refused(of_another_log, method, token)

    assert told.reason == "INVALID_PAGE_TOKEN"
    assert told.fields == ["page_token"]
    assert token_of(of_another_log, method) != token


@pytest.mark.parametrize("method", LISTS)
def test_a_token_can_stand_in_an_address_as_it_is(client: Client, method: str) -> None:
    """Whatever it holds: nothing in it would have to be escaped."""
    call, arguments = LISTS[method]
    for size in (1, 2):
        token = call(client, page_size=size, **arguments).next_page_token
        assert quote(token, safe="") == token


@pytest.mark.parametrize("method", LISTS)
def test_a_token_that_was_cut_or_prolonged_is_refused(client: Client, method: str) -> None:
    token = token_of(client, method)

    for bad in (token[:-1], token[:-5], token[1:], f"{token}A", f"{token}{token}"):
        assert refused(client, method, bad).reason == "INVALID_PAGE_TOKEN"


@pytest.mark.parametrize("method", LISTS)
@each("forged", FORGED)
def test_a_token_that_was_taken_apart_and_forged_is_never_a_defect(
    client: Client, method: str, forged: Any
) -> None:
    """If you guess what a token holds, you get a page or a refusal, never a defect."""
    call, arguments = LISTS[method]
    token = made(token_of(client, method), forged)

    assert code_of(call, client, page_token=token, **arguments) in TAKEN_OR_REFUSED


# Text that no database can hold, for each order by text.
UNHEARD_OF = [["\x00", "a"], ["a", "\x00"], [1, "a\x00"], [None, "\x00"]]
UNHEARD_OF += [["\ud800", "\ud800"], [1, "\ud800"]]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"order_by": "name desc"},
        {"order_by": "update_time"},
        {"order_by": "last_heard_time desc"},
        {"order_by": "window.start desc"},
        {"order_by": "held_window.start"},
        {"as_of": AsOf(position=2)},
    ],
    ids=str,
)
@each("forged", UNHEARD_OF)
def test_a_token_with_text_that_is_nowhere_is_never_a_defect(
    client: Client, forged: Any, arguments: dict[str, Any]
) -> None:
    if "as_of" in arguments:
        forged = [2, forged[1]]
    first = list_visits(client, page_size=1, **arguments).next_page_token
    token = made(first, forged)

    assert code_of(list_visits, client, page_token=token, **arguments) in TAKEN_OR_REFUSED


TAKEN_OR_REFUSED = (grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT)


def made(token: str, behind: Any) -> str:
    """A token for the same arguments, but starting after something else."""
    digest, _ = json.loads(base64.urlsafe_b64decode(f"{token}=="))
    forged = base64.urlsafe_b64encode(json.dumps([digest, behind]).encode())
    return forged.rstrip(b"=").decode()


def code_of(call: Callable[..., Any], *args: Any, **kwargs: Any) -> grpc.StatusCode:
    """The code that a call ends with."""
    try:
        call(*args, **kwargs)
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize("method", LISTS)
def test_size_and_freshness_may_change_from_page_to_page(client: Client, method: str) -> None:
    call, arguments = LISTS[method]

    page = call(
        client,
        page_token=token_of(client, method),
        page_size=10,
        min_position=client.head,
        **arguments,
    )

    assert not page.next_page_token
    (listed,) = (value for field, value in page.ListFields() if field.is_repeated)
    assert len(listed) == 2
