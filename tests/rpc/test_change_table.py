"""Each cell of the table of changes, through DeskService."""

import grpc
import pytest
from google.protobuf.message import Message

from chancery.v1 import values_pb2
from tests.support.messages import (
    as_of_then,
    bytes_of,
    cancelled,
    completed,
    condition,
    deferred,
    details,
    disclosed,
    postponed,
    rescheduled,
    scheduled,
    topic_of,
    window,
)
from tests.support.server import Client, refusal

TABLE = """
| From | schedule | disclose | postpone | defer | reschedule | complete | cancel |
| (none) | scheduled | completed | postponed | when conditions allow | rescheduled | | cancelled |
| scheduled | | | postponed | when conditions allow | rescheduled | completed | cancelled |
| postponed | | | | when conditions allow | rescheduled | completed | cancelled |
| when conditions allow | | | postponed | when conditions allow | rescheduled | completed | cancelled |
| rescheduled | | | postponed | when conditions allow | rescheduled | completed | cancelled |
| completed | | | | | | | |
| cancelled | | | | when conditions allow | rescheduled | completed | |
"""  # noqa: E501

# How a visit gets into each status; a disclosed visit is completed as well.
STORIES: dict[str, list[Message]] = {
    "scheduled": [scheduled()],
    "postponed": [scheduled(), postponed()],
    "when conditions allow": [scheduled(), deferred()],
    "rescheduled": [scheduled(), rescheduled()],
    "completed": [scheduled(), completed()],
    "cancelled": [scheduled(), cancelled()],
}

CHANGES: dict[str, Message] = {
    "schedule": scheduled(),
    "disclose": disclosed(),
    "postpone": postponed(),
    "defer": deferred(condition("after the talks")),
    "reschedule": rescheduled(window("2023-07-01")),
    "complete": completed(window()),
    "cancel": cancelled(),
}
# The same with the details of a visit, which they then open.
OPENED_BY: dict[str, Message] = {
    "schedule": scheduled(),
    "disclose": disclosed(),
    "postpone": postponed(details=details(), window_given_up=window()),
    "defer": deferred(details=details(), window_given_up=window()),
    "reschedule": rescheduled(details=details(), window_given_up=window()),
    "cancel": cancelled(details=details(), window_given_up=window()),
}

HEADING, *ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.strip().splitlines()
]
ALLOWED = {
    row[0]: {change: to for change, to in zip(HEADING[1:], row[1:], strict=True) if to}
    for row in ROWS
}
ALLOWED_FIRST = ALLOWED.pop("(none)")
OPENINGS = ("schedule", "disclose")

TAKEN = [(before, change) for before in STORIES for change in OPENINGS]
CELLS = [(before, change) for before in STORIES for change in CHANGES if change not in OPENINGS]


def tell(client: Client, name: str, status: str) -> None:
    for change in STORIES[status]:
        client.record(name, change)


def type_of(change: str) -> str:
    """The name of the contract's type of change."""
    return f"CHANGE_TYPE_{topic_of(CHANGES[change]).upper()}"


def number_of(status: str) -> values_pb2.Status.ValueType:
    return values_pb2.Status.Value(f"STATUS_{status.upper().replace(' ', '_')}")


@pytest.mark.parametrize(("before", "change"), [(b, c) for b, c in CELLS if c in ALLOWED[b]])
def test_an_allowed_change_leads_to_the_status_of_its_cell(
    client: Client, name: str, before: str, change: str
) -> None:
    """The answer, the current status and the log agree on what the change did."""
    tell(client, name, before)
    head = client.head

    answer = client.record(name, CHANGES[change], reason="As was agreed")

    assert answer.visit.status == number_of(ALLOWED[before][change])
    assert answer.visit.reason == "As was agreed"
    assert answer.visit.version == answer.event.event.version == len(STORIES[before]) + 1
    assert answer.event.position == answer.visit.position == client.head == head + 1
    assert answer.event.record_time == answer.visit.update_time
    assert not answer.replayed
    assert bytes_of([client.visit(name)]) == bytes_of([answer.visit])
    assert client.visit(name, position=head + 1) == as_of_then(answer.visit)


@pytest.mark.parametrize(("before", "change"), [(b, c) for b, c in CELLS if c not in ALLOWED[b]])
def test_a_change_of_an_empty_cell_is_refused_with_what_is_allowed(
    client: Client, name: str, before: str, change: str
) -> None:
    """The refusal gives the status, the change and the changes that are allowed."""
    tell(client, name, before)
    head = client.head

    refused = refusal(client.record, name, CHANGES[change])

    assert refused.code == grpc.StatusCode.FAILED_PRECONDITION
    assert refused.reason == "CHANGE_NOT_ALLOWED"
    assert refused.metadata == {
        "visit": name,
        "status": values_pb2.Status.Name(number_of(before)),
        "change": type_of(change),
        "allowed": ",".join(map(type_of, ALLOWED[before])),
    }
    (violation,) = refused.details["PreconditionFailure"].violations
    assert (violation.type, violation.subject) == ("CHANGE_NOT_ALLOWED", name)
    assert before in violation.description
    assert change in violation.description
    assert all(allowed in violation.description for allowed in ALLOWED[before])
    assert client.head == head
    assert client.visit(name).status == number_of(before)


@pytest.mark.parametrize(("before", "change"), TAKEN)
def test_the_id_of_a_visit_is_taken_whatever_its_status(
    client: Client, name: str, before: str, change: str
) -> None:
    """Opening it again is refused with the visit's name, its status and what is allowed."""
    tell(client, name, before)
    head = client.head

    refused = refusal(client.record, name, CHANGES[change])

    assert refused.code == grpc.StatusCode.ALREADY_EXISTS
    assert refused.reason == "VISIT_EXISTS"
    resource = refused.details["ResourceInfo"]
    assert (resource.resource_type, resource.resource_name) == ("chancery.v1.Visit", name)
    assert refused.metadata == {
        "visit": name,
        "status": values_pb2.Status.Name(number_of(before)),
        "change": type_of(change),
        "allowed": ",".join(map(type_of, ALLOWED[before])),
    }
    assert client.head == head


@pytest.mark.parametrize("change", ALLOWED_FIRST)
def test_a_visit_begins_with_any_change_of_the_first_row(
    client: Client, name: str, change: str
) -> None:
    """The first change is version 1, and has the details."""
    answer = client.record(name, OPENED_BY[change])

    assert answer.visit.name == answer.event.event.visit == name
    assert answer.visit.version == 1
    assert answer.visit.status == number_of(ALLOWED_FIRST[change])
    assert answer.visit.details == details()
    assert answer.visit.create_time == answer.visit.update_time == answer.event.record_time
    assert bytes_of([client.visit(name)]) == bytes_of([answer.visit])


@pytest.mark.parametrize("change", [c for c in OPENED_BY if c not in OPENINGS])
def test_a_visit_that_there_is_already_is_not_opened_again(
    client: Client, name: str, change: str
) -> None:
    """The refusal says that the details are too much."""
    client.record(name, scheduled())
    head = client.head

    refused = refusal(client.record, name, OPENED_BY[change])

    assert (refused.code, refused.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "CHANGE_NOT_ALLOWED",
    )
    assert "leave out the details" in refused.message
    assert client.head == head


@pytest.mark.parametrize("change", [c for c in OPENED_BY if c not in OPENINGS])
def test_the_window_given_up_is_said_only_of_a_visit_that_is_opened(
    client: Client, name: str, change: str
) -> None:
    """Afterwards the service knows it."""
    client.record(name, scheduled())
    too_much = type(OPENED_BY[change])()
    too_much.CopyFrom(OPENED_BY[change])
    too_much.ClearField("details")

    refused = refusal(client.record, name, too_much)

    assert refused.code == grpc.StatusCode.INVALID_ARGUMENT
    assert refused.fields == [f"{topic_of(too_much)}.window_given_up"]


@pytest.mark.parametrize("change", [c for c in CHANGES if c not in OPENINGS])
def test_a_change_without_details_begins_no_visit(client: Client, name: str, change: str) -> None:
    """A change of an unknown visit is refused with the name that was asked for."""
    head = client.head

    refused = refusal(client.record, name, CHANGES[change])

    assert refused.code == grpc.StatusCode.NOT_FOUND
    assert refused.reason == "VISIT_NOT_FOUND"
    assert refused.details["ResourceInfo"].resource_name == name
    assert client.head == head


@pytest.mark.parametrize("change", [c for c in CHANGES if c not in OPENINGS])
def test_a_disclosed_visit_has_taken_place_and_changes_no_more(
    client: Client, name: str, change: str
) -> None:
    """A disclosed visit is completed: the table allows nothing after that."""
    client.record(name, disclosed())

    refused = refusal(client.record, name, CHANGES[change])

    assert refused.reason == "CHANGE_NOT_ALLOWED"
    assert refused.metadata == {
        "visit": name,
        "status": "STATUS_COMPLETED",
        "change": type_of(change),
        "allowed": "",
    }
