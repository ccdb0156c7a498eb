"""CompareVisit: a visit that was not there, names that another has, and bad requests."""

from typing import Any, Literal

import grpc
import pytest

from chancery.v1.error_pb2 import ErrorReason
from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import CompareVisitRequest
from chancery.v1.visit_pb2 import AsOf
from tests.rpc.comparing import as_json, compare, differences
from tests.support.messages import (
    as_of,
    as_of_then,
    at,
    bytes_of,
    disclosed,
    postponed,
    retracted,
    scheduled,
)
from tests.support.server import Client, Failure, refusal


def refused(client: Client, **request: Any) -> Failure:
    return refusal(client.history.CompareVisit, CompareVisitRequest(**request))


# A visit that was not there


@pytest.fixture(scope="module")
def secret(client: Client) -> RecordedEvent:
    """A trip that took place in May and became known in June."""
    context = {"effective": "2023-05-11", "known": "2023-06-06"}
    event: RecordedEvent = client.record("visits/secret", disclosed(), **context).event
    return event


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ({"position": 0}, "NOT_RECORDED_BY_THEN"),
        ({"recorded_at": at("2023-07-01")}, "NOT_RECORDED_BY_THEN"),
        ({"known_at": "2023-06-05"}, "NOT_KNOWN_BY_THEN"),
        ({"known_at": "2023-06-05", "valid_at": "2023-05-01"}, "NOT_KNOWN_BY_THEN"),
        ({"valid_at": "2023-05-10"}, "NOT_IN_FORCE_BY_THEN"),
    ],
    ids=str,
)
def test_a_visit_that_was_not_there_in_one_moment_is_unset_and_it_is_said_why(
    client: Client, secret: RecordedEvent, times: dict[str, Any], reason: str
) -> None:
    """In both directions; all fields of the other moment differ."""
    now = client.visit("visits/secret")
    answer = compare(client, "visits/secret", as_of(**times))
    back = compare(client, "visits/secret", AsOf(), as_of(**times))

    assert not answer.HasField("before")
    assert ErrorReason.Name(answer.before_missing) == f"ERROR_REASON_{reason}"
    assert answer.after == back.before == now
    assert answer.after_missing == back.before_missing == 0
    assert not back.HasField("after")
    assert back.after_missing == answer.before_missing
    assert bytes_of(answer.events) == bytes_of(back.events) == bytes_of([secret])
    fields = as_json(now)
    whole = {f"details.{field}": value for field, value in fields.pop("details").items()} | fields
    assert differences(answer) == {path: (None, value) for path, value in whole.items()}
    assert differences(back) == {path: (value, None) for path, value in whole.items()}


def test_a_visit_that_was_withdrawn_in_between_is_unset(client: Client, name: str) -> None:
    """The retraction is among the changes; if the visit is opened again, it exists again."""
    first = client.record(name, scheduled(), effective="2023-01-17")
    retraction = client.record(name, retracted(1)).event

    answer = compare(client, name, AsOf(position=first.event.position))

    assert answer.before == as_of_then(first.visit)
    assert not answer.HasField("after")
    assert ErrorReason.Name(answer.after_missing) == "ERROR_REASON_VISIT_WITHDRAWN"
    assert bytes_of(answer.events) == bytes_of([retraction])

    again = client.record(name, scheduled(title="Again"))
    reopened = compare(client, name, AsOf(position=retraction.position))

    assert ErrorReason.Name(reopened.before_missing) == "ERROR_REASON_VISIT_WITHDRAWN"
    assert reopened.after == as_of_then(again.visit)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ({"position": 0}, {"known_at": "2023-06-05"}, "NOT_KNOWN_BY_THEN"),
        ({"known_at": "2023-06-05"}, {"valid_at": "2023-05-10"}, "NOT_IN_FORCE_BY_THEN"),
        ({"valid_at": "2023-05-10"}, {"position": 0}, "NOT_RECORDED_BY_THEN"),
    ],
    ids=str,
)
def test_a_visit_that_was_there_in_neither_moment_is_not_found(
    client: Client, secret: RecordedEvent, before: Any, after: Any, reason: str
) -> None:
    """The reason is the second moment's."""
    told = refused(client, name="visits/secret", before=as_of(**before), after=as_of(**after))

    assert told.code == grpc.StatusCode.NOT_FOUND
    assert told.reason == reason
    assert told.details["ResourceInfo"].resource_name == "visits/secret"


def test_a_withdrawn_visit_and_an_unknown_one_are_not_found(client: Client, name: str) -> None:
    client.record(name, scheduled())
    client.record(name, retracted(1))

    told = refused(client, name=name, before=AsOf())
    assert (told.code, told.reason) == (grpc.StatusCode.NOT_FOUND, "VISIT_WITHDRAWN")
    told = refused(client, name="visits/nobody-at-all", before=AsOf())
    assert (told.code, told.reason) == (grpc.StatusCode.NOT_FOUND, "VISIT_NOT_FOUND")


# Names


def test_a_visit_is_compared_by_its_alias(client: Client, name: str) -> None:
    first = client.record(name, scheduled(aliases=[f"Alias of {name}"])).event
    client.record(name, postponed())
    before = AsOf(position=first.position)

    answer = compare(client, f"visits/ALIAS OF {name}", before)

    assert answer == compare(client, name, before)
    assert answer.before.name == answer.after.name == name


# Bad requests


@pytest.mark.parametrize("which", ["before", "after"])
def test_a_moment_that_is_left_out_is_now(
    client: Client, secret: RecordedEvent, which: Literal["before", "after"]
) -> None:
    """As an empty one is, which some languages do not send."""
    then = AsOf(position=secret.position)
    left_out = CompareVisitRequest(name="visits/secret", before=then, after=then)
    left_out.ClearField(which)
    empty = CompareVisitRequest(name="visits/secret", before=then, after=then)
    getattr(empty, which).Clear()

    answer = client.history.CompareVisit(left_out)

    assert answer == client.history.CompareVisit(empty)
    assert getattr(answer, which) == client.visit("visits/secret")


@pytest.mark.parametrize("which", ["before", "after"])
@pytest.mark.parametrize(
    ("field", "times"),
    [
        ("recorded_at", {"recorded_at": at("2999")}),
        ("known_at", {"known_at": "2999"}),
        ("valid_at", {"valid_at": "2999"}),
        ("position", {"position": -1}),
    ],
)
def test_a_moment_that_cannot_be_is_named(
    client: Client, secret: RecordedEvent, which: str, field: str, times: dict[str, Any]
) -> None:
    moments = {"before": AsOf(), "after": AsOf()} | {which: as_of(**times)}

    told = refused(client, name="visits/secret", **moments)

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.fields == [f"{which}.{field}"]


@pytest.mark.parametrize("which", ["before", "after"])
def test_a_position_beyond_the_head_is_out_of_range_and_named(
    client: Client, secret: RecordedEvent, which: str
) -> None:
    head = client.head
    moments = {"before": AsOf(), "after": AsOf()} | {which: as_of(position=head + 1)}

    told = refused(client, name="visits/secret", **moments)

    assert told.code == grpc.StatusCode.OUT_OF_RANGE
    assert told.reason == "POSITION_BEYOND_HEAD"
    assert f"{which}.position" in told.message
    assert told.metadata["head_position"] == str(head)
