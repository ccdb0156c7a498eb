"""Each cell of the table of changes, through DeskService."""

import grpc
import pytest
from google.protobuf.message import Message

from chancery.v1 import visit_pb2
from tests.support.messages import (
    bytes_of,
    cancelled,
    completed,
    deferred,
    disclosed,
    postponed,
    rescheduled,
    scheduled,
)
from tests.support.server import Client, refusal

TABLE = """
| From | schedule | disclose | postpone | defer | reschedule | complete | cancel |
| scheduled | | | postponed | when conditions allow | rescheduled | completed | cancelled |
| postponed | | | | when conditions allow | rescheduled | completed | cancelled |
| when conditions allow | | | | when conditions allow | rescheduled | completed | cancelled |
| rescheduled | | | postponed | when conditions allow | rescheduled | completed | cancelled |
| completed | | | | | | | |
| cancelled | | | | when conditions allow | rescheduled | | |
"""

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
    "defer": deferred(),
    "reschedule": rescheduled(),
    "complete": completed(),
    "cancel": cancelled(),
}

HEADING, *ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.strip().splitlines()
]
ALLOWED = {
    row[0]: {change: to for change, to in zip(HEADING[1:], row[1:], strict=True) if to}
    for row in ROWS
}
OPENINGS = ("schedule", "disclose")

TAKEN = [(before, change) for before in STORIES for change in OPENINGS]
CELLS = [(before, change) for before in STORIES for change in CHANGES if change not in OPENINGS]


def tell(client: Client, name: str, status: str) -> None:
    for change in STORIES[status]:
        client.record(name, change)


def number_of(status: str) -> int:
    return visit_pb2.Status.Value(f"STATUS_{status.upper().replace(' ', '_')}")


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
    assert bytes_of([client.visit(name, position=head + 1)]) == bytes_of([answer.visit])


@pytest.mark.parametrize(("before", "change"), [(b, c) for b, c in CELLS if c not in ALLOWED[b]])
def test_a_change_of_an_empty_cell_is_refused_with_what_is_allowed(
    client: Client, name: str, before: str, change: str
) -> None:
    """The refusal gives the status, the change and the changes that are allowed."""
    tell(client, name, before)
    head = client.head

    refused = refusal(client.record, name, CHANGES[change])

    assert refused.code == grpc.StatusCode.FAILED_PRECONDITION
    assert refused.reason == "CHANGE_REFUSED"
    assert refused.metadata == {
        "status": before,
        "change": change,
        "allowed": ",".join(ALLOWED[before]),
    }
    (violation,) = refused.details["PreconditionFailure"].violations
    assert (violation.type, violation.subject) == ("CHANGE_REFUSED", name)
    assert before in violation.description
    assert change in violation.description
    assert all(allowed in violation.description for allowed in ALLOWED[before])
    assert client.head == head
    assert client.visit(name).status == number_of(before)


@pytest.mark.parametrize(("before", "change"), TAKEN)
def test_the_id_of_a_visit_is_taken_whatever_its_status(
    client: Client, name: str, before: str, change: str
) -> None:
    """Opening an existing visit again is refused with the visit's name."""
    tell(client, name, before)
    head = client.head

    refused = refusal(client.record, name, CHANGES[change])

    assert refused.code == grpc.StatusCode.ALREADY_EXISTS
    assert refused.reason == "VISIT_EXISTS"
    resource = refused.details["ResourceInfo"]
    assert (resource.resource_type, resource.resource_name) == ("chancery.v1.Visit", name)
    assert client.head == head


@pytest.mark.parametrize(
    ("change", "status"), [("schedule", "scheduled"), ("disclose", "completed")]
)
def test_a_visit_begins_by_being_scheduled_or_disclosed(
    client: Client, name: str, change: str, status: str
) -> None:
    """The first change is version 1."""
    answer = client.record(name, CHANGES[change])

    assert answer.visit.name == answer.event.event.visit == name
    assert answer.visit.version == 1
    assert answer.visit.status == number_of(status)
    assert answer.visit.create_time == answer.visit.update_time == answer.event.record_time
    assert bytes_of([client.visit(name)]) == bytes_of([answer.visit])


@pytest.mark.parametrize("change", [c for c in CHANGES if c not in OPENINGS])
def test_no_other_change_begins_a_visit(client: Client, name: str, change: str) -> None:
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

    assert refused.reason == "CHANGE_REFUSED"
    assert refused.metadata == {"status": "completed", "change": change, "allowed": ""}
