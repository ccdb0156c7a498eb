"""A request id makes a retry harmless: the first answer is given again."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from chancery.v1.history_service_pb2 import ListEventsRequest
from chancery.v1.values_pb2 import SIDE_HOST
from tests.support.messages import (
    amended,
    apply,
    cancelled,
    change,
    completed,
    condition,
    corrected,
    deferred,
    disclosed,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
    window,
)
from tests.support.server import Client, Server, refusal

# Every type of change, after the changes that make it possible.
STORIES: dict[str, list[Message]] = {
    "scheduled": [scheduled(aliases=["a", "b"])],
    "disclosed": [disclosed()],
    "postponed": [scheduled(), postponed(condition())],
    "deferred": [scheduled(), deferred()],
    "rescheduled": [scheduled(), rescheduled()],
    "completed": [scheduled(), completed()],
    "cancelled": [scheduled(), cancelled()],
    "amended": [scheduled(), amended(title="Another", planned=window("2023-03-01"))],
    "corrected": [scheduled(), postponed(), corrected(2, reason="A strike")],
    "statement_recorded": [scheduled(), stated(condition=condition(side=SIDE_HOST))],
    "retracted": [scheduled(), postponed(), retracted(2)],
    "withdrawn": [scheduled(), retracted(1)],
    "opened again": [scheduled(), retracted(1), scheduled()],
}


def first_answer_again(answer: Any) -> bytes:
    """The answer as it must come the second time."""
    again = type(answer)()
    again.CopyFrom(answer)
    again.replayed = True
    return bytes(again.SerializeToString(deterministic=True))


@pytest.mark.parametrize("story", STORIES)
def test_a_retry_gets_the_same_visit_and_event(client: Client, name: str, story: str) -> None:
    """Byte for byte, and nothing is recorded again."""
    *before, last = STORIES[story]
    for earlier in before:
        client.record(name, earlier, known="2023-01-17")
    said = {"reason": "As agreed", "known": "2023-02-10", "request_id": name}
    answer = client.record(name, last, **said)
    head = client.head

    again = client.record(name, last, **said)

    assert not answer.replayed
    assert again.SerializeToString(deterministic=True) == first_answer_again(answer)
    assert client.head == head


def test_a_retry_gets_the_first_answer_after_later_changes_and_restarts(
    own_server: Server,
) -> None:
    """The answer has the visit as the change left it, not as it is now."""
    client = own_server.client()
    answers = []
    for story, changes in STORIES.items():
        name = f"visits/{story.replace(' ', '-').replace('_', '-')}"
        for i, step in enumerate(changes):
            request_id = f"{story} {i}"
            first = client.record(name, step, request_id=request_id)
            answers.append((name, step, request_id, first))
    for _ in range(2):
        own_server.stop()
        own_server.start()
        client = own_server.client()
        head = client.head

        for name, step, request_id, first in answers:
            again = client.record(name, step, request_id=request_id)
            assert again.SerializeToString(deterministic=True) == first_answer_again(first)
        assert client.head == head == len(answers)


def test_a_retry_gets_the_name_that_the_server_made_the_first_time(client: Client) -> None:
    first = client.record("", scheduled(), request_id="unnamed")

    again = client.record("", scheduled(), request_id="unnamed")

    assert again.visit.name == first.visit.name
    assert again.replayed


def test_a_retry_is_answered_before_the_version_is_looked_at(client: Client, name: str) -> None:
    """The change itself moved the visit past the version that it expects."""
    client.record(name, scheduled(), request_id=f"{name} 1", expected_version=0)
    first = client.record(name, postponed(), request_id=f"{name} 2", expected_version=1)
    client.record(name, rescheduled())

    opened = client.record(name, scheduled(), request_id=f"{name} 1", expected_version=0)
    again = client.record(name, postponed(), request_id=f"{name} 2", expected_version=1)

    assert opened.replayed
    assert opened.visit.version == 1
    assert again.SerializeToString(deterministic=True) == first_answer_again(first)


@pytest.mark.parametrize(
    ("what", "context", "step"),
    [
        ("a reason", {"reason": "Another"}, postponed()),
        ("an expected version", {"expected_version": 1}, postponed()),
        ("an effective time", {"effective": "2023-02-03"}, postponed()),
        ("a condition", {}, postponed(condition())),
        ("another change", {}, cancelled()),
        ("a change that would be refused", {}, disclosed()),
    ],
)
def test_a_request_id_with_another_content_is_refused(
    client: Client, name: str, what: str, context: dict[str, Any], step: Message
) -> None:
    """Whatever the difference is; the error names the change recorded under that id."""
    client.record(name, scheduled())
    client.record(name, postponed(), request_id=name)
    head = client.head

    refused = refusal(client.record, name, step, request_id=name, **context)

    assert refused.code == grpc.StatusCode.FAILED_PRECONDITION, what
    assert refused.reason == "REQUEST_ID_REUSED"
    (violation,) = refused.details["PreconditionFailure"].violations
    assert (violation.type, violation.subject) == ("REQUEST_ID_REUSED", name)
    assert client.head == head


def test_a_request_id_for_another_visit_is_refused_after_a_restart(own_server: Server) -> None:
    client = own_server.client()
    client.record("visits/one", scheduled(), request_id="key")
    own_server.stop()
    client = own_server.start().client()

    refused = refusal(client.record, "visits/two", scheduled(), request_id="key")

    assert refused.reason == "REQUEST_ID_REUSED"
    assert refused.details["PreconditionFailure"].violations[0].subject == "visits/one"
    assert client.head == 1


def test_the_same_request_id_of_another_actor_is_another_request(
    client: Client, name: str, other_name: str
) -> None:
    first = client.record(name, scheduled(), actor="anna", request_id=name)

    other = client.record(other_name, scheduled(), actor="ben", request_id=name)
    nobody = client.record("", scheduled(), request_id=name)

    assert not other.replayed
    assert not nobody.replayed
    assert {first.visit.name, other.visit.name} == {name, other_name}
    assert client.record(name, scheduled(), actor="anna", request_id=name).replayed
    assert client.record(other_name, scheduled(), actor="ben", request_id=name).replayed


def test_a_refused_request_is_not_remembered(client: Client, name: str) -> None:
    """Once the change is possible, the same request is recorded."""
    for refused_change in (postponed(), cancelled()):
        assert refusal(client.record, name, refused_change, request_id=name)
    client.record(name, scheduled())

    answer = client.record(name, postponed(), request_id=name)

    assert not answer.replayed
    assert answer.visit.version == 2


def test_requests_without_an_id_are_never_the_same(client: Client, name: str) -> None:
    client.record(name, scheduled())

    first, second = (client.record(name, stated(text="Talks")) for _ in range(2))

    assert not second.replayed
    assert (first.visit.version, second.visit.version) == (2, 3)
    assert first.event.event.request_id != second.event.event.request_id != ""


def test_equal_requests_at_the_same_time_are_recorded_once(client: Client, name: str) -> None:
    """One of sixteen callers records, and all get the same event."""
    client.record(name, scheduled())
    head = client.head

    answers = together(
        16, lambda _: client.record(name, amended(purpose="Talks"), request_id=f"{name} at once")
    )

    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 15
    assert len({answer.visit.SerializeToString(deterministic=True) for answer in answers}) == 1
    assert len({answer.event.SerializeToString(deterministic=True) for answer in answers}) == 1
    assert client.head == head + 1


def test_of_different_requests_with_one_id_at_the_same_time_one_is_recorded(
    client: Client, name: str
) -> None:
    client.record(name, scheduled())
    head = client.head

    def ask(number: int) -> str:
        step = amended(purpose=f"Talks {number}")
        try:
            return str(client.record(name, step, request_id=f"{name} at once").replayed)
        except grpc.RpcError as error:
            return error.code().name

    outcomes = together(8, ask)

    assert sorted(outcomes) == ["FAILED_PRECONDITION"] * 7 + ["False"]
    assert client.head == head + 1


def test_a_change_is_the_same_alone_and_among_several(client: Client, name: str) -> None:
    """A retry through ApplyChanges gets the single call's answer."""
    first = client.record(name, scheduled(), request_id=name)

    (again,) = client.desk.ApplyChanges(apply(change(name, scheduled(), request_id=name))).changes

    assert again.replayed
    assert again.visit == first.visit
    assert again.event == first.event


@pytest.mark.parametrize(
    ("key", "kept"),
    [
        ("ключ", "ключ"),
        ("a" * 200, "a" * 200),
        ("é" * 200, "é" * 200),
        ("line\n break", "line break"),
        (" e\u0301 \u200b", "é"),
    ],
)
def test_a_request_id_is_any_name(client: Client, name: str, key: str, kept: str) -> None:
    """A key of 200 characters of any language is kept; like any name it is cleaned first."""
    answer = client.record(name, scheduled(), actor=name[7:], request_id=key)

    again = client.record(name, scheduled(), actor=name[7:], request_id=key)

    assert answer.event.event.request_id == kept
    assert again.replayed
    assert client.record(name, scheduled(), actor=name[7:], request_id=kept).replayed


def test_the_log_holds_a_replayed_change_once(client: Client, name: str) -> None:
    for _ in range(3):
        client.record(name, scheduled(), request_id=name)

    events = client.history.ListEvents(ListEventsRequest(visit=name)).events

    assert [e.event.version for e in events] == [1]


def together(callers: int, ask: Callable[[int], Any]) -> list[Any]:
    """What each of several callers gets when all call at the same moment."""
    barrier = threading.Barrier(callers)

    def call(number: int) -> Any:
        barrier.wait()
        return ask(number)

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(call, range(callers)))
