"""ImportChanges: many changes, each recorded on its own, in the order sent."""

import itertools
import queue
import random
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo

from chancery.v1.desk_service_pb2 import Change, ImportChangesRequest, ImportResult
from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import ReadEventsRequest
from tests.support.messages import (
    amended,
    at,
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
from tests.support.server import ACTOR, Client, failure, refusal

_numbers = itertools.count(1)
CHANGES: list[Callable[[], Message]] = [
    scheduled,
    disclosed,
    postponed,
    deferred,
    rescheduled,
    completed,
    cancelled,
]
CHANGES += [amended, stated, retracted]


def asked(name: str, message: Any, **context: Any) -> Change:
    """A change with a request id of its own."""
    return change(name, message, **{"request_id": f"import-{next(_numbers)}", **context})


def imported(client: Client, *batches: Sequence[Change], actor: str = "anna") -> list[ImportResult]:
    """The results of the changes; each batch is sent as one message."""
    requests = (ImportChangesRequest(changes=batch) for batch in batches)
    answers = client.desk.ImportChanges(requests, metadata=((ACTOR, actor),))
    return [result for answer in answers for result in answer.results]


def reason(result: ImportResult) -> str:
    """Why a change was not recorded; empty if it was."""
    if result.WhichOneof("outcome") == "event":
        return ""
    info = ErrorInfo()
    assert result.error.details[0].Unpack(info)
    return str(info.reason)


def log(client: Client, after: int) -> list[RecordedEvent]:
    """The changes after a position."""
    frames = client.history.ReadEvents(ReadEventsRequest(after_position=after))
    return [event for frame in frames for event in frame.events]


def test_each_change_is_recorded_and_told_in_its_order(client: Client, name: str) -> None:
    """Over several messages; the results are numbered throughout, and match the log."""
    head = client.head
    names = [f"{name}-{number}" for number in range(30)]
    batches = [
        [asked(each, scheduled()) for each in names],
        [asked(each, kind()) for each in names for kind in (postponed, stated)],
        [asked(each, rescheduled()) for each in names],
    ]

    results = imported(client, *batches)

    assert [result.index for result in results] == list(range(120))
    assert [reason(result) for result in results] == [""] * 120
    told = sorted((result.event for result in results), key=lambda event: event.position)
    assert bytes_of(told) == bytes_of(log(client, head))
    for number, sent in enumerate(itertools.chain(*batches)):
        assert results[number].event.event.visit == sent.name
        assert results[number].event.event.request_id == sent.context.request_id
        assert results[number].event.event.actor == "unverified:anna"
    for each in names:
        versions = [r.event.event.version for r in results if r.event.event.visit == each]
        assert versions == [1, 2, 3, 4]


def test_a_refusal_stops_only_its_own_change(client: Client, name: str) -> None:
    """The changes after it are recorded, even those of the same visit."""
    results = imported(
        client,
        [
            asked(name, scheduled()),
            asked(name, scheduled()),
            asked(name, completed()),
            asked(name, postponed()),
            asked(name, stated()),
            asked(f"{name}-other", postponed()),
            asked(f"{name}-third", scheduled()),
        ],
    )
    told = [reason(result) for result in results]
    assert told == ["", "VISIT_EXISTS", "", "CHANGE_NOT_ALLOWED", "", "VISIT_NOT_FOUND", ""]
    assert client.visit(name).version == 3


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no request id": ({"request_id": ""}, "INVALID_FIELD"),
    "only to be validated": ({"validate_only": True}, "INVALID_FIELD"),
    "a version that does not stand": ({"expected_version": 9}, "VERSION_MISMATCH"),
    "a time to come": ({"effective_time": at("2999-01-01")}, "INVALID_FIELD"),
    "a text that is too long": ({"reason": "x" * 4001}, "INVALID_FIELD"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_input_is_told_of_its_own_change(client: Client, name: str, bad: str) -> None:
    """As a call of its own would be refused, with the field's name."""
    context, expected = BAD[bad]
    client.record(name, scheduled())
    results = imported(
        client,
        [asked(name, stated()), asked(name, stated(), **context), asked(name, stated())],
    )
    assert [reason(result) for result in results] == ["", expected, ""]
    if expected == "INVALID_FIELD":
        assert f"context.{next(iter(context))}" in results[1].error.message
    assert results[1].error.code in (3, 9, 10)


@pytest.mark.parametrize("wrong", ["visits/No Id", "blinken", ""])
def test_a_name_that_no_visit_can_have_is_refused(client: Client, name: str, wrong: str) -> None:
    results = imported(client, [asked(wrong, postponed()), asked(name, scheduled())])
    assert [reason(result) for result in results] == ["INVALID_FIELD", ""]


def test_a_change_of_no_kind_is_refused(client: Client, name: str) -> None:
    empty = Change(name=name)
    empty.context.request_id = f"import-{next(_numbers)}"
    results = imported(client, [empty, asked(name, scheduled())])
    assert [reason(result) for result in results] == ["INVALID_FIELD", ""]


def test_an_id_is_made_for_a_visit_that_has_none(client: Client) -> None:
    """A different one for each."""
    results = imported(client, [asked("", scheduled()), asked("", disclosed())])
    names = {result.event.event.visit for result in results}
    assert len(names) == 2
    assert all(client.visit(each).version == 1 for each in names)


def test_what_was_imported_is_answered_again(client: Client, name: str) -> None:
    """With the same events, and nothing is recorded twice; different content is refused."""
    batch = [asked(name, kind()) for kind in (scheduled, postponed, stated)]
    first = imported(client, batch)
    head = client.head

    again = imported(client, batch)

    assert [result.replayed for result in first + again] == [False] * 3 + [True] * 3
    assert bytes_of([r.event for r in again]) == bytes_of([r.event for r in first])
    assert client.head == head
    other = change(name, cancelled(), request_id=batch[1].context.request_id)
    (refused,) = imported(client, [other])
    assert reason(refused) == "REQUEST_ID_REUSED"
    assert imported(client, batch[:1], actor="berta")[0].replayed is False


def test_a_file_that_another_imported_adds_nothing(client: Client, name: str) -> None:
    """Its request ids are digests of the changes, and those are one for all actors."""
    digests = [f"content:{name}-{number}" for number in range(3)]
    steps = [scheduled(), postponed(), stated()]
    batch = [
        change(name, step, request_id=digest) for step, digest in zip(steps, digests, strict=True)
    ]
    first = imported(client, batch)
    head = client.head

    again = imported(client, batch, actor="berta")

    assert [result.replayed for result in again] == [True] * 3
    assert bytes_of([r.event for r in again]) == bytes_of([r.event for r in first])
    assert {result.event.event.actor for result in again} == {"unverified:anna"}
    assert client.head == head
    other = change(name, cancelled(), request_id=digests[0])
    (refused,) = imported(client, [other], actor="berta")
    assert reason(refused) == "REQUEST_ID_REUSED"


def test_a_request_id_twice_in_a_message_is_recorded_once(client: Client, name: str) -> None:
    first = asked(name, scheduled())
    other = change(name, stated(), request_id=first.context.request_id)
    results = imported(client, [first, first, other])
    assert [reason(result) for result in results] == ["", "", "REQUEST_ID_REUSED"]
    assert [result.replayed for result in results[:2]] == [False, True]
    assert client.visit(name).version == 1


def test_changes_that_name_their_times_may_follow_each_other(client: Client, name: str) -> None:
    """The record time of one is known before the next is checked against it."""
    days = [at(f"2023-02-{day:02}") for day in range(1, 9)]
    kinds: list[Callable[[], Message]] = [
        scheduled,
        postponed,
        rescheduled,
        stated,
        deferred,
        stated,
        rescheduled,
        lambda: completed(window("2023-02-07")),
    ]
    results = imported(
        client,
        [asked(name, kind(), effective_time=day) for kind, day in zip(kinds, days, strict=True)]
        + [asked(name, amended()), asked(name, retracted(8))],
    )
    assert [reason(result) for result in results] == [""] * 10
    assert [result.event.event.version for result in results] == list(range(1, 11))


def test_a_visit_is_merged_into_one_that_the_same_message_opens(client: Client, name: str) -> None:
    other = f"{name}-other"
    results = imported(
        client,
        [
            asked(name, scheduled()),
            asked(other, scheduled()),
            asked(name, retracted(1, merged_into=other)),
            asked(other, postponed()),
        ],
    )
    assert [reason(result) for result in results] == [""] * 4
    assert refusal(client.visit, name).reason == "VISIT_WITHDRAWN"


@pytest.mark.parametrize("number", [0, 1001])
def test_a_message_of_no_changes_or_too_many_ends_the_stream(
    client: Client, name: str, number: int
) -> None:
    """What was answered before stays recorded."""
    wrong = [asked(f"{name}-{n}", scheduled()) for n in range(number)]
    sent = iter([[asked(name, scheduled())], wrong])
    requests = (ImportChangesRequest(changes=batch) for batch in sent)
    answers = client.desk.ImportChanges(requests)
    assert len(next(answers).results) == 1
    with pytest.raises(grpc.RpcError) as caught:
        next(answers)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "1 to 1000" in str(caught.value.details())
    assert client.visit(name).version == 1


def test_a_stream_of_nothing_is_answered_with_nothing(client: Client) -> None:
    assert imported(client) == []


def test_malformed_bytes_are_refused(client: Client) -> None:
    call: grpc.StreamStreamMultiCallable[bytes, bytes] = client.channel.stream_stream(
        "/chancery.v1.DeskService/ImportChanges"
    )
    with pytest.raises(grpc.RpcError) as caught:
        list(call(iter([b"\xff"])))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_message_is_answered_before_the_next_is_sent(client: Client, name: str) -> None:
    """A client may wait for each answer before it sends more."""
    to_send: queue.SimpleQueue[ImportChangesRequest | None] = queue.SimpleQueue()
    answers = client.desk.ImportChanges(iter(to_send.get, None))
    for number in range(3):
        batch = [asked(f"{name}-{number}", scheduled())]
        to_send.put(ImportChangesRequest(changes=batch))
        (result,) = next(answers).results
        assert client.visit(f"{name}-{number}").position == result.event.position
    to_send.put(None)
    assert list(answers) == []


def told_one_by_one(client: Client, changes: Iterable[Change]) -> list[str]:
    """Why each change is refused as a call of its own; empty if it is recorded."""
    told = []
    for each in changes:
        message = getattr(each, str(each.WhichOneof("change")))
        try:
            client.record(each.name, message, request_id=each.context.request_id)
            told.append("")
        except grpc.RpcError as error:
            told.append(failure(error).reason)
    return told


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_same_as_call_after_call(client: Client, name: str, seed: int) -> None:
    """Random stories, cut into random messages: the same changes are recorded and refused."""
    chance = random.Random(seed)
    story = [(chance.randrange(4), chance.choice(CHANGES)()) for _ in range(120)]
    one_by_one = [asked(f"{name}-a{visit}", message) for visit, message in story]
    at_once = [asked(f"{name}-b{visit}", message) for visit, message in story]
    cuts = sorted({0, len(story), *(chance.randrange(len(story)) for _ in range(4))})

    expected = told_one_by_one(client, one_by_one)
    results = imported(client, *(at_once[i:j] for i, j in itertools.pairwise(cuts)))

    assert [reason(result) for result in results] == expected
    events = log(client, 0)
    for visit in range(4):
        by_calls, by_import = [
            [
                (e.event.version, e.event.WhichOneof("change"))
                for e in events
                if e.event.visit == f"{name}-{way}{visit}"
            ]
            for way in "ab"
        ]
        assert by_import == by_calls


def test_beside_others_who_change_the_same_visits_nothing_is_lost(
    client: Client, name: str
) -> None:
    """Each change that was reported as recorded is in the log once, in the order it was sent."""
    names = [f"{name}-{number}" for number in range(5)]
    imported(client, [asked(each, scheduled()) for each in names])
    head = client.head
    told: list[list[ImportResult]] = [[] for _ in range(4)]

    def run(number: int) -> None:
        batches = [[asked(each, stated()) for each in names * 10] for _ in range(4)]
        told[number] = imported(client, *batches, actor=f"actor-{number}")

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    results = [result for each in told for result in each]
    assert {reason(result) for result in results} == {""}
    events = sorted((r.event for r in results), key=lambda event: event.position)
    assert bytes_of(events) == bytes_of(log(client, head))
    for each in told:
        for visit in names:
            versions = [r.event.event.version for r in each if r.event.event.visit == visit]
            assert versions == sorted(versions)
