"""ApplyChanges: one announcement, several visits; all or none."""

import grpc
import pytest

from chancery.v1.desk_service_pb2 import AppliedChange, Change
from chancery.v1.history_service_pb2 import ListEventsRequest
from chancery.v1.values_pb2 import STATUS_CANCELLED, STATUS_COMPLETED, STATUS_SCHEDULED
from tests.support.messages import (
    amended,
    apply,
    as_of_then,
    bytes_of,
    cancelled,
    change,
    completed,
    deferred,
    disclosed,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
    window,
)
from tests.support.server import ACTOR, Client, Server, refusal


def applied(client: Client, *changes: Change) -> list[AppliedChange]:
    metadata = ((ACTOR, "anna"),)
    return list(client.desk.ApplyChanges(apply(*changes), metadata=metadata).changes)


def test_several_visits_change_together(client: Client, name: str, other_name: str) -> None:
    """One announcement: the positions are consecutive, and the record time is the same."""
    client.record(name, scheduled())
    head = client.head

    first, second, third = applied(
        client,
        change(name, cancelled(), reason="She goes instead"),
        change(other_name, scheduled(), reason="She goes instead"),
        change("", disclosed()),
    )

    assert [a.event.position for a in (first, second, third)] == [head + 1, head + 2, head + 3]
    assert first.event.record_time == second.event.record_time == third.event.record_time
    assert first.visit.status == STATUS_CANCELLED
    assert second.visit.status == STATUS_SCHEDULED
    assert third.visit.status == STATUS_COMPLETED
    for answer in (first, second, third):
        assert client.visit(answer.visit.name) == answer.visit
        assert answer.event.event.actor == "unverified:anna"
        assert not answer.replayed


def test_changes_of_one_visit_are_decided_on_those_before_them(client: Client, name: str) -> None:
    """Each answer shows the visit as its own change leaves it."""
    steps = [
        scheduled(),
        stated(),
        postponed(),
        deferred(),
        rescheduled(),
        amended(planned=window("2023-07-01")),
        retracted(6),
        completed(),
    ]

    answers = applied(
        client, *(change(name, step, expected_version=i) for i, step in enumerate(steps))
    )

    assert [a.visit.version for a in answers] == list(range(1, 9))
    for answer in answers:
        assert client.visit(name, position=answer.event.position) == as_of_then(answer.visit)
    stored = client.history.ListEvents(ListEventsRequest(visit=name)).events
    assert bytes_of(stored) == bytes_of([a.event for a in answers])


def test_a_visit_can_be_found_a_duplicate_of_one_that_the_same_call_opens(
    client: Client, name: str, other_name: str
) -> None:
    client.record(name, scheduled())

    _, merged = applied(
        client, change(other_name, scheduled()), change(name, retracted(1, merged_into=other_name))
    )

    assert merged.visit.merged_into == other_name


def test_a_visit_is_no_duplicate_of_one_that_the_same_call_withdraws(
    client: Client, name: str, other_name: str
) -> None:
    client.record(name, scheduled())
    client.record(other_name, scheduled())

    refused = refusal(
        client.desk.ApplyChanges,
        apply(change(other_name, retracted(1)), change(name, retracted(1, other_name))),
    )

    assert refused.fields == ["changes[1].retracted.merged_into"]
    assert client.visit(other_name).version == 1


BAD = {
    "CHANGE_NOT_ALLOWED": change("visits/{there}", completed()),
    "VISIT_EXISTS": change("visits/{there}", disclosed()),
    "VISIT_NOT_FOUND": change("visits/nobody-knows", postponed()),
    "VERSION_MISMATCH": change("visits/{there}", stated(), expected_version=7),
    "RETRACTION_NOT_ALLOWED": change("visits/{there}", retracted(3)),
    "REQUEST_ID_REUSED": change("visits/{there}", stated(), request_id="used"),
    "INVALID_FIELD": change("visits/{there}", stated(speaker="\x07")),
}


@pytest.mark.parametrize("reason", BAD)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_change_records_none(
    client: Client, name: str, other_name: str, reason: str, place: int
) -> None:
    """Wherever it is in the request; it is refused as a call of its own would be."""
    actor = ((ACTOR, name[7:]),)
    client.record(name, scheduled(), actor=name[7:], request_id="used")
    client.record(name, postponed(), actor=name[7:])
    client.record(name, retracted(2), actor=name[7:])
    client.record(name, completed(), actor=name[7:])
    head = client.head
    bad = Change()
    bad.CopyFrom(BAD[reason])
    bad.name = bad.name.replace("visits/{there}", name)
    changes = [change(other_name, scheduled()), change(other_name, cancelled())]
    changes.insert(place, bad)

    refused = refusal(client.desk.ApplyChanges, apply(*changes), metadata=actor)

    assert refused.reason == reason
    assert client.head == head
    assert refusal(client.visit, other_name).reason == "VISIT_NOT_FOUND"


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (Change(), "change"),
        pytest.param(change("blinken", postponed()), "name", id="a name without visits/"),
        pytest.param(change("", postponed()), "name", id="no name"),
        (change("visits/a", scheduled(title="\u202e")), "scheduled.details.title"),
        (change("visits/a", scheduled(), effective="2999"), "context.effective_period"),
        (change("visits/a", scheduled(), reason="x" * 4001), "context.reason"),
        (change("visits/a", amended("title", "nothing")), "amended.update_mask"),
    ],
)
def test_a_bad_field_is_named_with_the_place_of_its_change(
    client: Client, name: str, bad: Change, field: str
) -> None:
    head = client.head
    good = change(name, scheduled())

    refused = refusal(client.desk.ApplyChanges, apply(good, bad))

    assert refused.code == grpc.StatusCode.INVALID_ARGUMENT
    assert refused.fields == [f"changes[1].{field}"]
    assert client.head == head


def test_a_change_that_rests_on_a_bad_one_before_it_is_not_recorded(
    client: Client, name: str
) -> None:
    client.record(name, scheduled())

    refused = refusal(
        client.desk.ApplyChanges,
        apply(change(name, completed()), change(name, postponed()), change(name, stated())),
    )

    assert refused.reason == "CHANGE_NOT_ALLOWED"
    assert refused.metadata == {
        "path": "changes[1]",
        "visit": name,
        "status": "STATUS_COMPLETED",
        "change": "CHANGE_TYPE_POSTPONED",
        "allowed": "",
    }
    assert refused.message.startswith("changes[1]: ")
    assert client.visit(name).version == 1


def test_a_hundred_changes_are_taken_and_no_more(client: Client, name: str) -> None:
    client.record(name, scheduled())
    head = client.head
    hundred = [change(name, amended(purpose=f"Talks {i}")) for i in range(100)]

    refused = refusal(client.desk.ApplyChanges, apply(*hundred, change(name, stated())))
    nothing = refusal(client.desk.ApplyChanges, apply())
    answers = applied(client, *hundred)

    assert refused.fields == nothing.fields == ["changes"]
    assert [a.event.position for a in answers] == list(range(head + 1, head + 101))
    assert client.visit(name).version == client.head - head + 1


def test_a_retry_of_several_changes_gets_all_first_answers_again(own_server: Server) -> None:
    """After a restart as well."""
    client = own_server.client()
    changes = [
        change("visits/one", scheduled(), request_id="a"),
        change("visits/one", postponed(), request_id="b"),
        change("", scheduled(), request_id="c"),
    ]
    first = applied(client, *changes)
    applied(client, change("visits/one", rescheduled()))
    own_server.stop()
    client = own_server.start().client()

    again = applied(client, *changes)

    assert all(a.replayed for a in again)
    assert bytes_of([a.visit for a in again]) == bytes_of([a.visit for a in first])
    assert bytes_of([a.event for a in again]) == bytes_of([a.event for a in first])
    assert client.head == 4


def test_of_changes_of_which_some_were_recorded_the_others_are(
    client: Client, name: str, other_name: str
) -> None:
    """The answers come in the order of the request, and say which were recorded before."""
    first = applied(
        client,
        change(name, scheduled(), request_id=f"{name} 1"),
        change(name, postponed(), request_id=f"{name} 2"),
    )

    answers = applied(
        client,
        change(other_name, scheduled(), request_id=f"{name} 0"),
        change(name, scheduled(), request_id=f"{name} 1"),
        change(name, rescheduled(), request_id=f"{name} 3"),
        change(name, postponed(), request_id=f"{name} 2"),
    )

    assert [a.replayed for a in answers] == [False, True, False, True]
    assert [a.visit.name for a in answers] == [other_name, name, name, name]
    assert answers[1].event == first[0].event
    assert answers[2].visit.version == 3
    assert answers[3].visit == first[1].visit


def test_a_bad_change_beside_recorded_ones_is_named_by_its_place_in_the_request(
    client: Client, name: str
) -> None:
    applied(client, change(name, scheduled(), request_id=name))
    head = client.head

    refused = refusal(
        client.desk.ApplyChanges,
        apply(change(name, scheduled(), request_id=name), change(name, retracted(5))),
        metadata=((ACTOR, "anna"),),
    )

    assert refused.fields == ["changes[1].retracted.retracted_version"]
    assert client.head == head


def test_two_changes_of_a_call_have_two_request_ids(client: Client, name: str) -> None:
    refused = refusal(
        client.desk.ApplyChanges,
        apply(
            change(name, scheduled(), request_id="same"),
            change(name, postponed(), request_id="same"),
        ),
    )

    assert refused.fields == ["changes[1].context.request_id"]


def test_the_server_gives_each_change_without_a_request_id_one_of_its_own(
    client: Client, name: str
) -> None:
    answers = applied(client, *(change(name, step) for step in (scheduled(), stated(), stated())))

    assert len({a.event.event.request_id for a in answers} - {""}) == 3


def test_several_changes_are_validated_on_each_other(client: Client, name: str) -> None:
    head = client.head

    answers = applied(
        client,
        change(name, scheduled(), validate_only=True),
        change(name, postponed(), validate_only=True, expected_version=1),
    )
    refused = refusal(
        client.desk.ApplyChanges,
        apply(
            change(name, scheduled(), validate_only=True),
            change(name, retracted(2), validate_only=True),
        ),
    )

    assert [a.visit.version for a in answers] == [1, 2]
    assert [a.event.position for a in answers] == [0, 0]
    assert refused.fields == ["changes[1].retracted.retracted_version"]
    assert client.head == head


@pytest.mark.parametrize("flags", [(True, False), (False, True)])
def test_changes_are_all_validated_or_all_recorded(
    client: Client, name: str, flags: tuple[bool, bool]
) -> None:
    head = client.head

    refused = refusal(
        client.desk.ApplyChanges,
        apply(
            change(name, scheduled(), validate_only=flags[0]),
            change(name, postponed(), validate_only=flags[1]),
        ),
    )

    assert refused.fields == ["changes[1].context.validate_only"]
    assert client.head == head
