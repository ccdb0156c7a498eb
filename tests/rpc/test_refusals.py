"""What a visit does not allow: each refusal with its reason, its code, its evidence and a hint."""

import re
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from chancery.v1.event_pb2 import ChangeType
from chancery.v1.values_pb2 import SIDE_HOST, Status
from tests.rpc.changing import FEBRUARY, JUNE
from tests.support.messages import (
    amended,
    completed,
    condition,
    corrected,
    deferred,
    details,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
    window,
)
from tests.support.server import Client, Failure, refusal


def precondition(client: Client, name: str, step: Message, **context: Any) -> Failure:
    """How a change fails that this visit does not allow; nothing is recorded."""
    head = client.head
    told = refusal(client.record, name, step, **context)
    assert told.code == grpc.StatusCode.FAILED_PRECONDITION
    (violation,) = told.details["PreconditionFailure"].violations
    assert (violation.type, violation.subject) == (told.reason, name)
    assert violation.description == told.message
    assert told.metadata["visit"] == name
    before = client.visit(name)
    assert told.metadata["status"] == Status.Name(before.status)
    assert told.metadata["change"] == type_of(step)
    assert told.metadata["allowed"] == ",".join(map(ChangeType.Name, before.allowed_changes))
    assert client.head == head
    return told


def more(told: Failure) -> dict[str, str]:
    """What the metadata tells beside what each refusal tells."""
    common = ("visit", "status", "change", "allowed")
    return {key: value for key, value in told.metadata.items() if key not in common}


def type_of(step: Message) -> str:
    """The type of a change: that of AmendVisit is CHANGE_TYPE_AMENDED."""
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", step.DESCRIPTOR.name)
    return f"CHANGE_TYPE_{snake.upper()}"


# Nothing changed


@pytest.mark.parametrize(
    ("before", "step", "hint"),
    [
        ([], rescheduled(FEBRUARY), "record a statement that reaffirms it"),
        (
            [rescheduled(window("2023-06-18", as_stated="in June"))],
            rescheduled(window("2023-06-18", as_stated="mid-June")),
            "record a statement that reaffirms it",
        ),
        ([deferred()], deferred(), "record a statement that reaffirms it"),
        ([], amended(trip=""), "it has these values already"),
        ([], corrected(1, reason=""), "change 1 says so already"),
    ],
    ids=range(5),
)
def test_a_change_that_would_change_nothing_is_refused(
    client: Client, name: str, before: list[Message], step: Message, hint: str
) -> None:
    client.record(name, scheduled(FEBRUARY))
    for each in before:
        client.record(name, each)

    told = precondition(client, name, step)

    assert told.reason == "NOTHING_CHANGED"
    assert hint in told.message


# Windows


@pytest.mark.parametrize(
    ("before", "step", "status", "hint"),
    [
        ([postponed()], amended(planned=JUNE), "STATUS_POSTPONED", "reschedule it instead"),
        (
            [deferred()],
            amended(planned=JUNE),
            "STATUS_WHEN_CONDITIONS_ALLOW",
            "reschedule it instead",
        ),
        (
            [],
            amended(held=FEBRUARY),
            "STATUS_SCHEDULED",
            "complete it instead",
        ),
        ([postponed()], completed(), "STATUS_POSTPONED", "say when it was held"),
        (
            [rescheduled(window("2023-06-18", approximate=True))],
            completed(),
            "STATUS_RESCHEDULED",
            "say when it was held",
        ),
        (
            [rescheduled(window("2999-06-18"))],
            completed(),
            "STATUS_RESCHEDULED",
            "what lies in the future did not take place",
        ),
    ],
    ids=range(6),
)
def test_a_window_that_the_visit_does_not_have_is_neither_amended_nor_held(
    client: Client, name: str, before: list[Message], step: Message, status: str, hint: str
) -> None:
    client.record(name, scheduled(FEBRUARY))
    for each in before:
        client.record(name, each)

    told = precondition(client, name, step)

    assert (told.reason, told.metadata["status"]) == ("NO_WINDOW", status)
    days = {"start": "2999-06-18", "last_day": told.metadata.get("last_day", "")}
    assert more(told) == (days if "lies in the future" in hint else {})
    assert hint in told.message


# Order


def test_a_status_change_wholly_before_one_that_stands_is_told_to_retract_that(
    client: Client, name: str
) -> None:
    client.record(name, scheduled(), effective="2023-01-17")
    client.record(name, postponed(), effective="2023-02-03")

    told = precondition(client, name, rescheduled(), effective="2023-02-02")

    assert told.reason == "OUT_OF_ORDER"
    assert more(told) == {"version": "2", "effective_time": "2023-02-03T23:59:59.999000Z"}
    assert "retract change 2 first" in told.message


# Corrections and retractions


@pytest.mark.parametrize(
    ("step", "versions", "evidence", "hint"),
    [
        (
            corrected(0, "reason", "details.title", reason="x", details=details()),
            "1,3",
            {},
            "name the version",
        ),
        (
            corrected(2, window=JUNE),
            "2",
            {"field": "window", "says": "basis,reason"},
            "What it says is basis, reason",
        ),
        (corrected(4, reason="A strike"), "4", {}, "change 4 is retracted"),
        (corrected(5, reason="A strike"), "5", {}, "change 5 is a retraction"),
    ],
    ids=["of several changes", "of what it does not say", "of a lost change", "of a retraction"],
)
def test_a_correction_that_cannot_be_is_told_what_could(
    client: Client, name: str, step: Message, versions: str, evidence: dict[str, str], hint: str
) -> None:
    """If several changes gave the values, all of them are named."""
    client.record(name, scheduled())
    client.record(name, stated())
    client.record(name, postponed(), reason="A balloon")
    client.record(name, stated())
    client.record(name, retracted(4))

    told = precondition(client, name, step)

    assert told.reason == "CORRECTION_NOT_ALLOWED"
    assert more(told) == {"versions": versions} | evidence
    assert hint in told.message


def test_a_change_that_is_retracted_is_not_retracted_again(client: Client, name: str) -> None:
    client.record(name, scheduled())
    client.record(name, stated())
    client.record(name, retracted(2))

    told = precondition(client, name, retracted(2))

    assert told.reason == "RETRACTION_NOT_ALLOWED"
    assert told.metadata["version"] == "2"
    assert "it is retracted already" in told.message


def test_a_retraction_is_undone_only_as_long_as_no_status_change_follows(
    client: Client, name: str
) -> None:
    for step in (scheduled(), stated(), retracted(2), postponed()):
        client.record(name, step)

    told = precondition(client, name, retracted(3))

    assert told.reason == "RETRACTION_NOT_ALLOWED"
    assert told.metadata["version"] == "3"
    assert "while no change of the status follows" in told.message


@pytest.mark.parametrize("step", [retracted(1), corrected(1, reason="A strike")], ids=str)
def test_what_a_change_says_of_another_has_no_effective_time(
    client: Client, name: str, step: Message
) -> None:
    """It has that of the change that it is about."""
    client.record(name, scheduled())

    told = refusal(client.record, name, step, effective="2023-02-03")

    assert (told.code, told.fields) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        ["context.effective_period"],
    )


def test_what_a_retraction_takes_out_is_for_the_server_to_say(client: Client, name: str) -> None:
    client.record(name, scheduled())
    step = retracted(1)
    step.retracted_versions.append(1)

    told = refusal(client.record, name, step)

    assert (told.code, told.fields) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        ["retracted.retracted_versions"],
    )


def test_a_condition_of_several_voices_is_corrected_by_its_version(
    client: Client, name: str
) -> None:
    client.record(name, scheduled())
    client.record(name, deferred())
    client.record(name, deferred(condition("after the talks", SIDE_HOST)))

    told = precondition(client, name, corrected(0, condition=condition("after the vote")))

    assert told.reason == "CORRECTION_NOT_ALLOWED"
    assert told.metadata["versions"] == "2,3"
