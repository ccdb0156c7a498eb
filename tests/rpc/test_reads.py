"""Reading visits by id and alias, one or several, now and as of another moment."""

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from chancery.v1.history_service_pb2 import (
    CompareVisitRequest,
    ListEventsRequest,
    ReadEventsRequest,
)
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import BatchGetVisitsRequest, GetVisitRequest, ListVisitsRequest
from tests.support.messages import (
    amended,
    as_of_then,
    bytes_of,
    postponed,
    retracted,
    scheduled,
    stated,
)
from tests.support.server import Client, Server, refusal


def batch(client: Client, *names: str) -> Any:
    return client.visits.BatchGetVisits(BatchGetVisitsRequest(names=names))


# Ids and aliases


@pytest.mark.parametrize("spelling", ["visits/Blinken à Pékin", "visits/BLINKEN À PÉKIN"])
def test_an_alias_finds_the_visit_in_capitals_or_not(own_server: Server, spelling: str) -> None:
    """The answer has the visit's real name."""
    client = own_server.client()
    visit = client.record("visits/b", scheduled(aliases=["Blinken à Pékin", "b2"])).visit

    assert client.visit(spelling) == visit
    assert client.visit(spelling, position=1) == as_of_then(visit)
    assert visit.name == "visits/b"


def test_an_alias_that_was_amended_away_finds_nothing(client: Client, name: str) -> None:
    client.record(name, scheduled(aliases=[f"old {name}", f"kept {name}"]))
    client.record(name, amended(aliases=[f"kept {name}", f"new {name}"]))

    assert client.visit(f"visits/new {name}").name == name
    assert client.visit(f"visits/kept {name}").name == name
    assert refusal(client.visit, f"visits/old {name}").reason == "VISIT_NOT_FOUND"


def test_the_history_of_a_visit_can_be_asked_for_by_an_alias(client: Client, name: str) -> None:
    client.record(name, scheduled(aliases=[f"alias of {name}"]))

    request = ListEventsRequest(visit=f"visits/alias of {name}")

    assert [e.event.visit for e in client.history.ListEvents(request).events] == [name]


def test_a_change_takes_no_alias_for_a_name(client: Client, name: str) -> None:
    client.record(name, scheduled(aliases=["An Alias", "an-alias"]))

    assert refusal(client.record, "visits/An Alias", postponed()).fields == ["name"]
    assert refusal(client.record, "visits/an-alias", postponed()).reason == "VISIT_NOT_FOUND"


@pytest.mark.parametrize(
    "unknown", ["visits/nobody-knows", "visits/ünbekannt", "visits/" + "x" * 200, "visits/a/b"]
)
def test_an_unknown_visit_is_not_found_by_name(client: Client, unknown: str) -> None:
    for refused in (
        refusal(client.visit, unknown),
        refusal(client.visit, unknown, position=0),
        refusal(client.history.ListEvents, ListEventsRequest(visit=unknown)),
        refusal(client.history.ReadEvents, ReadEventsRequest(visit=unknown)),
    ):
        assert refused.code == grpc.StatusCode.NOT_FOUND
        assert refused.reason == "VISIT_NOT_FOUND"
        resource = refused.details["ResourceInfo"]
        assert resource.resource_type == "chancery.v1.Visit"
        assert resource.resource_name[:190] == unknown[:190]


def test_a_visit_is_the_same_after_a_restart(own_server: Server) -> None:
    """Byte for byte as the last change left it, with the times of the first and the last change."""
    client = own_server.client()
    client.record("visits/a", scheduled(aliases=["b"]))
    client.record("visits/a", stated(text="We look forward to it"))
    before = client.record("visits/a", postponed()).visit
    own_server.stop()
    client = own_server.start().client()

    assert bytes_of([client.visit("visits/a")]) == bytes_of([before])
    assert bytes_of(batch(client, "visits/b").visits) == bytes_of([before])
    assert bytes_of(client.visits.ListVisits(ListVisitsRequest()).visits) == bytes_of(
        [as_of_then(before)]
    )


# Several visits in one answer


def test_several_visits_come_in_the_order_asked(client: Client) -> None:
    """Missing names keep their order too; a name that is asked for twice is answered twice."""
    for letter in "abc":
        client.record(f"visits/batch-{letter}", scheduled(aliases=[f"batch alias {letter}"]))
    client.record("visits/batch-w", scheduled())
    client.record("visits/batch-w", retracted(1))

    answer = batch(
        client,
        "visits/batch-c",
        "visits/nobody-2",
        "visits/batch alias A",
        "visits/batch-w",
        "visits/batch-b",
        "visits/nobody-1",
        "visits/batch-c",
    )

    assert [visit.name for visit in answer.visits] == [
        "visits/batch-c",
        "visits/batch-a",
        "visits/batch-b",
        "visits/batch-c",
    ]
    assert list(answer.missing) == ["visits/nobody-2", "visits/batch-w", "visits/nobody-1"]
    assert answer.visits[1] == client.visit("visits/batch-a")
    assert answer.view_position == client.head


def test_a_thousand_visits_are_answered_and_no_more(client: Client, name: str) -> None:
    client.record(name, scheduled())
    thousand = [f"visits/nobody-{i}" for i in range(999)] + [name]

    answer = batch(client, *thousand)

    assert list(answer.missing) == thousand[:-1]
    assert [visit.name for visit in answer.visits] == [name]
    assert refusal(batch, client, *thousand, name).fields == ["names"]
    assert refusal(batch, client).fields == ["names"]


@pytest.mark.parametrize("bad", ["", "blinken", "visits/", "visits/\x07", "VISITS/a"])
def test_a_bad_name_is_named_with_its_place(client: Client, name: str, bad: str) -> None:
    refused = refusal(batch, client, name, bad)

    assert refused.code == grpc.StatusCode.INVALID_ARGUMENT
    assert refused.fields == ["names[1]"]


# Another moment


def test_every_question_can_be_asked_as_of_another_moment(client: Client, name: str) -> None:
    """The answer is as of then, and gives its position."""
    first = client.record(name, scheduled())
    client.record(name, postponed())
    then = AsOf(position=first.event.position)

    visit = client.visits.GetVisit(GetVisitRequest(name=name, as_of=then))
    several = client.visits.BatchGetVisits(BatchGetVisitsRequest(names=[name], as_of=then))
    listed = client.visits.ListVisits(ListVisitsRequest(as_of=then, page_size=1000))
    changes = client.history.ListEvents(ListEventsRequest(visit=name, as_of=then))
    compared = client.history.CompareVisit(CompareVisitRequest(name=name, before=then))

    assert visit.visit == compared.before == as_of_then(first.visit)
    assert list(several.visits) == [visit.visit]
    assert visit.visit in listed.visits
    assert list(changes.events) == [first.event]
    assert compared.after == as_of_then(client.visit(name))
    for answer in (visit, several, listed, changes):
        assert answer.view_position == then.position


def test_an_empty_moment_is_now(client: Client, name: str, other_name: str) -> None:
    client.record(name, scheduled(aliases=[f"alias of {name}"]))
    client.record(name, stated(text="We look forward to it"))
    client.record(other_name, scheduled())
    client.record(other_name, retracted(1))
    names = [other_name, f"visits/alias of {name}", name]

    calls: list[tuple[Callable[..., Message], Any]] = [
        (client.visits.GetVisit, GetVisitRequest(name=name)),
        (client.visits.BatchGetVisits, BatchGetVisitsRequest(names=names)),
        (client.visits.ListVisits, ListVisitsRequest(page_size=1000)),
        (client.history.ListEvents, ListEventsRequest(page_size=1000)),
        (client.history.ListEvents, ListEventsRequest(visit=other_name)),
    ]
    for call, request in calls:
        now = call(request)
        request.as_of.SetInParent()

        assert call(request) == now
