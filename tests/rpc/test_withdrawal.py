"""A visit whose every change is retracted is withdrawn, until one is recorded again."""

import grpc
import pytest
from google.protobuf.message import Message

from chancery.v1 import event_pb2
from chancery.v1.history_service_pb2 import ListEventsRequest
from chancery.v1.values_pb2 import (
    STATUS_COMPLETED,
    STATUS_POSTPONED,
    STATUS_SCHEDULED,
    STATUS_UNSPECIFIED,
)
from chancery.v1.visit_pb2 import STANDING_UNSPECIFIED, Visit
from tests.rpc.changing import FEBRUARY, GUEST_ON_RECORD
from tests.support.messages import (
    amended,
    apply,
    bytes_of,
    cancelled,
    change,
    completed,
    deferred,
    details,
    disclosed,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
)
from tests.support.server import Client, refusal


def history(client: Client, name: str) -> list[event_pb2.VisitEvent]:
    return [e.event for e in client.history.ListEvents(ListEventsRequest(visit=name)).events]


# Withdrawal


@pytest.fixture
def withdrawn(client: Client, name: str) -> str:
    """A visit whose first change was retracted."""
    client.record(name, scheduled(aliases=[f"alias of {name}"]))
    client.record(name, postponed())
    client.record(name, retracted(1), reason="Nobody ever planned it")
    return name


def test_a_withdrawn_visit_has_no_status_and_no_facts(client: Client, name: str) -> None:
    client.record(name, scheduled())

    answer = client.record(name, retracted(1))

    assert answer.visit == Visit(
        name=name,
        status=STATUS_UNSPECIFIED,
        standing=STANDING_UNSPECIFIED,
        version=2,
        position=answer.event.position,
        create_time=answer.visit.create_time,
        update_time=answer.event.record_time,
    )


def test_a_withdrawn_visit_is_found_in_the_past_and_the_history_alone(
    client: Client, withdrawn: str
) -> None:
    last = client.head

    refused = refusal(client.visit, withdrawn)
    by_alias = refusal(client.visit, f"visits/alias of {withdrawn}")

    assert refused.code == by_alias.code == grpc.StatusCode.NOT_FOUND
    assert refused.reason == by_alias.reason == "VISIT_WITHDRAWN"
    assert refused.details["ResourceInfo"].resource_name == withdrawn
    assert "merged_into" not in refused.metadata
    assert refusal(client.visit, withdrawn, position=last).reason == "VISIT_WITHDRAWN"
    assert client.visit(withdrawn, position=last - 1).status == STATUS_POSTPONED
    assert [e.WhichOneof("change") for e in history(client, withdrawn)] == [
        "scheduled",
        "postponed",
        "retracted",
    ]


@pytest.mark.parametrize(
    "change",
    [
        postponed(),
        deferred(),
        rescheduled(),
        completed(),
        cancelled(),
        amended(),
        stated(),
        retracted(2),
    ],
    ids=lambda change: change.DESCRIPTOR.name,
)
def test_a_withdrawn_visit_takes_no_change_but_an_opening(
    client: Client, withdrawn: str, change: Message
) -> None:
    refused = refusal(client.record, withdrawn, change)

    assert refused.code == grpc.StatusCode.NOT_FOUND
    assert refused.reason == "VISIT_WITHDRAWN"


@pytest.mark.parametrize(
    ("opening", "status"), [(scheduled(), STATUS_SCHEDULED), (disclosed(), STATUS_COMPLETED)]
)
def test_a_withdrawn_visit_can_be_opened_again(
    client: Client, withdrawn: str, opening: Message, status: int
) -> None:
    answer = client.record(withdrawn, opening)

    assert answer.visit.status == status
    assert answer.visit.version == 4
    assert not answer.visit.previous_windows
    assert client.visit(withdrawn) == answer.visit
    assert len(history(client, withdrawn)) == 4


def test_a_duplicate_names_the_visit_that_stays(client: Client, name: str, other_name: str) -> None:
    client.record(name, scheduled())
    client.record(other_name, scheduled())

    answer = client.record(name, retracted(1, merged_into=other_name))
    refused = refusal(client.visit, name)

    assert answer.visit.merged_into == other_name
    assert answer.event.event.retracted.merged_into == other_name
    assert refused.reason == "VISIT_WITHDRAWN"
    assert refused.metadata["merged_into"] == other_name


def test_a_duplicate_is_of_another_visit_that_stands(
    client: Client, withdrawn: str, other_name: str
) -> None:
    """An unknown visit, a withdrawn one and the visit itself are all refused."""
    client.record(other_name, scheduled())
    client.record(other_name, postponed())

    for merged_into in ("visits/nobody-knows", withdrawn, other_name):
        refused = refusal(client.record, other_name, retracted(1, merged_into))
        assert refused.fields == ["retracted.merged_into"]
    refused = refusal(client.record, other_name, retracted(2, "visits/nobody-knows"))
    assert refused.fields == ["retracted.merged_into"]


def test_a_visit_that_the_same_call_withdraws_is_refused_as_withdrawn(
    client: Client, name: str
) -> None:
    """With the place of the change, although no visit of that name was ever recorded."""
    steps = scheduled(), retracted(1), postponed()

    refused = refusal(client.desk.ApplyChanges, apply(*(change(name, step) for step in steps)))

    assert (refused.reason, refused.code) == ("VISIT_WITHDRAWN", grpc.StatusCode.NOT_FOUND)
    assert refused.metadata == {"visit": name, "path": "changes[2]"}


def test_every_event_carries_what_its_request_said(client: Client, name: str) -> None:
    """Reason, basis, times, actor, request id and exactly the change's message."""
    change = scheduled(FEBRUARY, purpose="Talks\nin private")

    event = client.record(
        name,
        change,
        actor="anna",
        request_id="first entry",
        reason="It was announced",
        effective="2023-01-17",
        known="2023-01-18 09:30:00.000001",
        basis=GUEST_ON_RECORD,
    ).event.event

    assert event.scheduled == change
    assert event.scheduled.details == details(purpose="Talks\nin private")
    assert list(event.basis) == GUEST_ON_RECORD
    assert (event.actor, event.request_id) == ("unverified:anna", "first entry")
    assert event.reason == "It was announced"
    assert event.effective_time.ToJsonString() == "2023-01-17T23:59:59.999Z"
    assert event.known_time.ToJsonString() == "2023-01-18T09:30:00.000001Z"
    assert bytes_of(history(client, name)) == bytes_of([event])


def test_a_change_without_times_is_stored_without_them(client: Client, name: str) -> None:
    """The visit then shows the record time."""
    answer = client.record(name, scheduled())

    assert not answer.event.event.HasField("effective_time")
    assert not answer.event.event.HasField("known_time")
    assert answer.visit.effective_time == answer.visit.known_time == answer.event.record_time
