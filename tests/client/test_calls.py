"""The Python client's calls: what each sends, and as whom."""

from collections.abc import Callable
from typing import Any

import grpc
import pytest

from chancery.client import AsOf, Connection
from chancery.client.event import Amended
from chancery.v1.audit_service_pb2 import ChangeFilter, ListChangesRequest
from chancery.v1.desk_service_pb2 import Change
from chancery.v1.event_pb2 import CHANGE_TYPE_POSTPONED
from chancery.v1.history_service_pb2 import ListEventsRequest, ReadEventsRequest
from chancery.v1.values_pb2 import Status
from chancery.v1.visit_service_pb2 import ListVisitsRequest
from tests.support.messages import (
    TOPICS,
    amended,
    cancelled,
    change,
    completed,
    corrected,
    deferred,
    disclosed,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
    topic_of,
    window,
)
from tests.support.server import Client, Server, refusal

STORY = [
    scheduled(trip="winter"),
    postponed(),
    rescheduled(),
    stated(),
    amended(),
    completed(),
]


@pytest.fixture
def story(direct: Connection, name: str) -> list[Any]:
    """The answers to six changes of a visit."""
    return [direct.messages.record(change(name, step)) for step in STORY]


def test_the_answer_to_a_statement_says_for_which_status_it_counts(
    direct: Connection, name: str
) -> None:
    direct.messages.record(change(name, scheduled()))
    answer = direct.messages.record_statement(change(name, stated(speaker="A spokesman")))
    assert (answer.event.event.version, answer.counts_for, answer.firm) == (
        2,
        Status.STATUS_SCHEDULED,
        True,
    )


def test_another_change_is_no_statement(direct: Connection, name: str) -> None:
    with pytest.raises(ValueError, match="the change is no statement"):
        direct.messages.record_statement(change(name, postponed()))


# Changes that may come first, and changes that come after a visit is scheduled.
FIRST = [scheduled(), disclosed()]
LATER = [
    postponed(),
    deferred(),
    rescheduled(),
    completed(window()),
    cancelled(),
    amended("details.purpose", purpose="Talks"),
    corrected(1, reason="A strike"),
    stated(),
    retracted(),
]


@pytest.mark.parametrize("step", [*FIRST, *LATER], ids=topic_of)
def test_each_change_is_recorded_by_the_call_that_is_named_for_it(
    client: Client,
    connect: Callable[..., Connection],
    server: Server,
    name: str,
    step: Any,
) -> None:
    """With its context, with what the server adds, and as the connection's actor."""
    if step in LATER:
        client.record(name, scheduled())
    asked = change(name, step, reason="As announced", request_id=f"of {name}")

    answer = connect(server.address, actor="anna").messages.record(asked)

    event = answer.event.event
    recorded = getattr(event, topic_of(step))
    if topic_of(step) == "retracted":  # the server says all that it takes out
        recorded.ClearField("retracted_versions")
    assert recorded == step
    assert (event.visit, event.actor) == (name, "unverified:anna")
    assert (event.reason, event.request_id) == ("As announced", f"of {name}")
    assert answer.visit.name == name
    assert not answer.replayed
    assert asked == change(name, step, reason="As announced", request_id=f"of {name}")


def test_an_amendment_that_only_adds_and_removes_names_no_field(
    direct: Connection, name: str
) -> None:
    direct.record(change(name, scheduled()))
    added = direct.amend(name.removeprefix("visits/"), add_aliases="Beijing trip")
    content = added.event.change
    assert isinstance(content, Amended)
    assert content.update_mask == ()


@pytest.mark.parametrize("actor", ["José", "习近平", "anna"])
def test_whoever_calls_may_have_a_name_of_any_script(
    connect: Callable[..., Connection], server: Server, name: str, actor: str
) -> None:
    """Changes are recorded by that name, one by one and in an import."""
    connection = connect(server.address, actor=actor)
    recorded = connection.messages.record(change(name, scheduled()))
    (imported,) = connection.messages.import_changes([change(name, postponed())])
    for event in (recorded.event.event, imported.event.event):
        assert event.actor == f"unverified:{actor}"


@pytest.mark.parametrize("actor", [" anna", "anna ", "Jose\u0301", "an\tna"])
def test_a_name_that_is_not_clean_is_refused_by_the_server(
    connect: Callable[..., Connection], server: Server, name: str, actor: str
) -> None:
    """It arrives as it is."""
    told = refusal(connect(server.address, actor=actor).record, change(name, scheduled()))
    assert told.fields == ["metadata chancery-actor-bin"]


def test_every_change_is_tried_above() -> None:
    assert {topic_of(step) for step in (*FIRST, *LATER)} == set(TOPICS.values())


def test_a_change_that_does_not_say_what_changes_is_not_asked_for(
    direct: Connection, client: Client, name: str
) -> None:
    head = client.head
    with pytest.raises(ValueError, match="does not say what changes"):
        direct.messages.record(Change(name=name))
    assert client.head == head


def test_several_changes_are_recorded_together_or_not_at_all(
    direct: Connection, client: Client, name: str
) -> None:
    """They may come from any iterable."""
    head = client.head
    with pytest.raises(grpc.RpcError):
        direct.messages.apply_changes([change(name, scheduled()), change(name, scheduled())])
    assert client.head == head

    answer = direct.messages.apply_changes(change(name, step) for step in STORY)

    assert [each.event.position for each in answer.changes] == list(range(head + 1, head + 7))


def test_a_visit_is_given_now_and_as_of_another_moment(
    direct: Connection, name: str, story: list[Any]
) -> None:
    """And no staler than a position that is asked for."""
    last = story[-1].event.position
    assert direct.visit(name, min_position=last).message == story[-1].visit
    assert direct.visit(name, position=story[1].event.position).version == 2
    batch = direct.batch([name, "visits/nobody"], min_position=last)
    assert [each.message for each in batch] == [story[-1].visit]
    assert batch.missing == ("visits/nobody",)
    compared = direct.compare(name, AsOf(position=story[0].event.position))
    assert len(compared.events) == 5


def test_a_list_of_visits_is_given_page_by_page_to_its_end(direct: Connection, name: str) -> None:
    """The request object is unchanged."""
    visits = [f"{name}-{i}" for i in range(7)]
    direct.messages.apply_changes(change(visit, scheduled(trip=name)) for visit in visits)
    request = ListVisitsRequest(page_size=3)
    request.filter.trip = name

    pages = list(direct.messages.list_visits(request))

    assert sorted(visit.name for page in pages for visit in page.visits) == visits
    assert len(pages) >= 3
    assert request.page_token == ""


def test_changes_are_given_over_all_pages_and_over_one_stream(
    direct: Connection, name: str, story: list[Any]
) -> None:
    """The same changes, also if only some types are asked for."""
    expected = [each.event for each in story]
    request = ListEventsRequest(visit=name, page_size=2)
    pages = list(direct.messages.list_events(request))
    assert [event for page in pages for event in page.events] == expected
    assert len(pages) >= 3
    assert list(direct.messages.all_events(request).events) == expected
    assert request.page_token == ""
    assert list(direct.messages.read_events(ReadEventsRequest(visit=name))) == expected
    types = [CHANGE_TYPE_POSTPONED]
    found = direct.messages.all_events(ListEventsRequest(visit=name, change_types=types))
    assert list(found.events) == [expected[1]]
    assert list(direct.messages.read_events(ReadEventsRequest(visit=name, change_types=types))) == [
        expected[1]
    ]


def test_changes_are_told_to_an_auditor_over_all_pages(
    direct: Connection, name: str, story: list[Any]
) -> None:
    request = ListChangesRequest(filter=ChangeFilter(visit=name), page_size=4)
    told = direct.messages.all_changes(request).changes
    assert [each.event for each in told] == [each.event for each in story]
    assert all(each.field_changes for each in told)
    assert request.page_token == ""


def test_a_connection_tells_what_the_server_is(direct: Connection, client: Client) -> None:
    assert direct.info().head_position == client.head


def test_a_connection_is_closed_at_the_end_of_its_block(server: Server) -> None:
    with Connection(server.address) as connection:
        connection.info()
    with pytest.raises(ValueError, match="closed"):
        connection.info()
