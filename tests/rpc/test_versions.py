"""expected_version and validate_only: changes that depend on the current version, or only ask."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from chancery.v1.event_pb2 import Amended, Scheduled
from chancery.v1.values_pb2 import STATUS_RESCHEDULED, STATUS_SCHEDULED
from tests.support.messages import (
    amended,
    cancelled,
    completed,
    corrected,
    deferred,
    disclosed,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
)
from tests.support.server import Client, Server, refusal

CHANGES = [
    postponed(),
    deferred(),
    rescheduled(),
    completed(),
    cancelled(),
    amended(trip="Asia"),
    corrected(1, reason="A balloon"),
    stated(),
    retracted(1),
]


def topic(message: Message) -> str:
    return str(message.DESCRIPTOR.name)


@pytest.mark.parametrize("step", CHANGES, ids=topic)
@pytest.mark.parametrize("expected", [0, 1, 3, 2**31 - 1])
def test_another_version_than_expected_is_aborted_with_both(
    client: Client, name: str, step: Message, expected: int
) -> None:
    client.record(name, scheduled())
    client.record(name, amended())
    head = client.head

    refused = refusal(client.record, name, step, expected_version=expected)

    assert refused.code == grpc.StatusCode.ABORTED
    assert refused.reason == "VERSION_MISMATCH"
    assert refused.metadata == {
        "visit": name,
        "expected_version": str(expected),
        "actual_version": "2",
    }
    assert client.head == head


@pytest.mark.parametrize("step", CHANGES, ids=topic)
def test_a_change_at_the_version_that_is_expected_is_recorded(
    client: Client, name: str, step: Message
) -> None:
    client.record(name, scheduled(), expected_version=0)
    client.record(name, amended(), expected_version=1)

    assert client.record(name, step, expected_version=2).visit.version == 3


@pytest.mark.parametrize("opening", [scheduled(), disclosed()], ids=topic)
def test_a_version_is_not_expected_of_a_visit_that_is_not_there(
    client: Client, name: str, opening: Message
) -> None:
    refused = refusal(client.record, name, opening, expected_version=1)

    assert refused.code == grpc.StatusCode.ABORTED
    assert refused.metadata == {
        "visit": name,
        "expected_version": "1",
        "actual_version": "0",
    }
    assert client.record(name, opening, expected_version=0).visit.version == 1


def test_a_visit_that_must_not_exist_and_does_is_told_so(client: Client, name: str) -> None:
    client.record(name, scheduled())

    refused = refusal(client.record, name, scheduled(), expected_version=0)

    assert refused.code == grpc.StatusCode.ALREADY_EXISTS


def test_of_two_clients_with_the_same_expected_version_one_wins(server: Server, name: str) -> None:
    """Twenty times over: the other one is aborted, and gets both versions."""
    clients = [server.client(), server.client()]
    clients[0].record(name, scheduled())
    barrier = threading.Barrier(2)

    def race(number: int, version: int) -> Any:
        step = amended(purpose=f"Of client {number}, {version}")
        barrier.wait()
        try:
            return clients[number].record(name, step, expected_version=version)
        except grpc.RpcError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        for version in range(1, 21):
            answers = list(pool.map(race, range(2), [version] * 2))
            lost, won = sorted(answers, key=lambda answer: hasattr(answer, "visit"))

            assert isinstance(lost, grpc.RpcError)
            assert lost.code() == grpc.StatusCode.ABORTED
            assert f"at version {version + 1}, not at {version}" in (lost.details() or "")
            assert won.visit.version == version + 1
            assert clients[0].visit(name) == won.visit


def test_clients_that_expect_no_version_all_win(server: Server, name: str) -> None:
    clients = [server.client() for _ in range(4)]
    clients[0].record(name, scheduled())

    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda i: clients[i % 4].record(name, amended(purpose=f"Talks {i}")), range(40)
            )
        )

    assert sorted(answer.visit.version for answer in answers) == list(range(2, 42))
    assert not any(answer.replayed for answer in answers)


# validate_only


@pytest.mark.parametrize("step", [scheduled(), disclosed(), *CHANGES], ids=topic)
def test_validating_records_nothing_and_shows_what_would_be(
    client: Client, name: str, step: Message
) -> None:
    """The answer is the change's own, except for the position and the record times."""
    if not isinstance(step, Scheduled) and topic(step) != "Disclosed":
        client.record(name, scheduled(), effective="2023-01-17")
    head = client.head
    said = {"reason": "As agreed", "known": "2023-02-10", "request_id": name}

    validated = client.record(name, step, validate_only=True, **said)

    assert client.head == head
    assert validated.event.position == validated.visit.position == 0
    assert not validated.event.HasField("record_time")
    assert not validated.replayed

    recorded = client.record(name, step, **said)

    assert not recorded.replayed
    assert recorded.event.event == validated.event.event
    for field in ("position", "create_time", "update_time", "effective_time", "known_time"):
        recorded.visit.ClearField(field)
        validated.visit.ClearField(field)
    assert recorded.visit == validated.visit


def test_validating_a_visit_leaves_its_id_free(client: Client, name: str) -> None:
    client.record(name, scheduled(), validate_only=True)

    assert refusal(client.visit, name).reason == "VISIT_NOT_FOUND"
    assert client.record(name, disclosed(), expected_version=0).visit.version == 1


@pytest.mark.parametrize(
    ("step", "context", "reason"),
    [
        (scheduled(), {}, "VISIT_EXISTS"),
        (postponed(), {}, "CHANGE_NOT_ALLOWED"),
        (rescheduled(), {"expected_version": 1}, "VERSION_MISMATCH"),
        (rescheduled(), {"effective": "2023-01-31"}, "OUT_OF_ORDER"),
        (rescheduled(), {"reason": "\x00"}, "INVALID_FIELD"),
        (retracted(9), {}, "INVALID_FIELD"),
        (Amended(), {}, "INVALID_FIELD"),
        (cancelled(), {"request_id": "taken"}, "REQUEST_ID_REUSED"),
    ],
    ids=range(8),
)
def test_validating_refuses_what_recording_refuses(
    client: Client, name: str, step: Message, context: dict[str, Any], reason: str
) -> None:
    actor = name[7:]
    client.record(name, scheduled(), actor=actor, effective="2023-01-17")
    client.record(name, postponed(), actor=actor, effective="2023-02-03", request_id="taken")
    head = client.head

    recording = refusal(client.record, name, step, actor=actor, **context)
    validating = refusal(client.record, name, step, actor=actor, validate_only=True, **context)

    assert validating.reason == recording.reason == reason
    assert validating.code == recording.code
    assert validating.fields == recording.fields
    assert client.head == head


def test_validating_a_retry_gives_the_answer_that_the_retry_would_get(
    client: Client, name: str
) -> None:
    """Sending the request again would succeed, although its change is no longer possible."""
    first = client.record(name, scheduled(), request_id=name)
    client.record(name, postponed())
    head = client.head

    validated = client.record(name, scheduled(), request_id=name, validate_only=True)

    assert validated.replayed
    assert validated.event == first.event
    assert validated.visit == first.visit
    assert client.head == head


def test_a_validated_request_is_not_remembered(client: Client, name: str) -> None:
    client.record(name, scheduled(), request_id=name, validate_only=True)

    other = client.record(name, disclosed(), request_id=name)

    assert not other.replayed


def test_validating_sees_what_was_recorded_before_it(client: Client, name: str) -> None:
    client.record(name, scheduled())
    client.record(name, postponed())

    validated = client.record(name, rescheduled(), validate_only=True)

    assert validated.visit.version == 3
    assert validated.visit.status == STATUS_RESCHEDULED
    assert client.visit(name).version == 2
    assert client.visit(name, position=client.head - 1).status == STATUS_SCHEDULED
