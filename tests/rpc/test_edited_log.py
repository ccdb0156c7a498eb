"""What a log stores twice is compared before it is served."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from chancery.v1.audit_service_pb2 import ChangeFilter, ListChangesRequest
from chancery.v1.event_pb2 import ChangeType, VisitEvent
from chancery.v1.history_service_pb2 import ListEventsRequest
from chancery.v1.visit_pb2 import AsOf
from service.codec import wire
from service.codec.parts import part_ends
from tests.support.messages import amended, at, postponed, rescheduled, scheduled
from tests.support.server import Client, Server, refusal

ASKING: dict[str, Callable[[Client], Any]] = {
    "GetVisit": lambda client: client.visit("visits/a", position=5),
    "ListEvents": lambda client: client.history.ListEvents(
        ListEventsRequest(as_of=AsOf(known_at=at("2023-03-01")))
    ),
    "ListChanges": lambda client: client.audit.ListChanges(
        ListChangesRequest(filter=ChangeFilter(first_position=2))
    ),
}
# Another value for each column of the second entry.
OTHERS = {
    "visit_id": "'other'",
    "version": "9",
    "topic": "'amended'",
    "actor": "'unverified:bert'",
    "request_id": "'another'",
    "open_length": "open_length + 1",
    "frame_prefix": "(SELECT frame_prefix FROM log WHERE position = 3)",
    "record_time": "record_time + 1",
    "body": "(SELECT body FROM log WHERE position = 3)",
}
# What the error names, if it is not the column itself.
SAID = {
    "record_time": "frame_prefix",
    "body": "version, topic, request_id, open_length, frame_prefix",
}


@pytest.fixture(scope="module")
def recorded(server: Server) -> Client:
    """A client of a server with four changes of one visit, and one of another."""
    client = server.client()
    for step in (scheduled(), postponed(), rescheduled()):
        client.record("visits/a", step, actor="anna", known="2023-02-01")
    client.record("visits/other", scheduled())
    client.record("visits/a", amended())
    return client


@contextmanager
def edited(server: Server, edit: str) -> Iterator[None]:
    """In this context the second entry is edited behind the server's back."""
    (row,) = server.place.rows("SELECT * FROM log WHERE position = 2")
    server.place.run(edit)
    yield
    with server.place.edit() as hand:
        hand.execute("DELETE FROM log WHERE position = 2")
        hand.execute(f"INSERT INTO log VALUES ({', '.join('?' * len(row))})", row)


@pytest.mark.parametrize("column", OTHERS)
def test_an_entry_of_which_one_column_was_edited_is_told_as_damaged(
    server: Server, recorded: Client, column: str
) -> None:
    with edited(server, f"UPDATE log SET {column} = {OTHERS[column]} WHERE position = 2"):
        refusals = {asking: refusal(ask, recorded) for asking, ask in ASKING.items()}

    for asking, told in refusals.items():
        assert (told.code, told.reason) == (grpc.StatusCode.DATA_LOSS, "LOG_DAMAGED")
        if column == "visit_id" and asking == "GetVisit":  # it leaves a gap
            assert told.metadata["position"] == "3"
            continue
        assert told.metadata["position"] == "2"
        assert told.message == (
            "the log is damaged at position 2: the body does not agree with "
            f"{SAID.get(column, column)}"
        )


def with_a_hidden_field(body: bytes) -> tuple[bytes, str]:
    return body + b"\xa2\x1f\x06hidden", "it has a field that this version does not know"


def with_a_longer_number(body: bytes) -> tuple[bytes, str]:
    return body.replace(b"\x10\x02", b"\x10\x82\x00", 1), "the bytes are not in canonical form"


def with_another_type(body: bytes) -> tuple[bytes, str]:
    event = VisitEvent.FromString(body)
    event.change_type = ChangeType.CHANGE_TYPE_CANCELLED
    return event.SerializeToString(deterministic=True), "change_type says cancelled"


def with_an_unknown_value(body: bytes) -> tuple[bytes, str]:
    event = VisitEvent.FromString(body)
    event.basis[0].side = 99  # type: ignore[assignment]
    return event.SerializeToString(deterministic=True), "the value 99 of basis.side is not known"


@pytest.mark.parametrize(
    "alter", [with_a_hidden_field, with_a_longer_number, with_another_type, with_an_unknown_value]
)
def test_an_entry_whose_bytes_are_not_canonical_is_told_as_damaged(
    server: Server, recorded: Client, alter: Callable[[bytes], tuple[bytes, str]]
) -> None:
    """Its other columns agree with the bytes. They are checked wherever a change is decoded."""
    ((body, time),) = server.place.rows("SELECT body, record_time FROM log WHERE position = 2")
    other, problem = alter(bytes(body))
    columns = other, part_ends(other)[1], wire.frame_prefix(2, time, len(other))
    with edited(server, "UPDATE log SET topic = topic WHERE position = 2"):
        server.place.run(
            "UPDATE log SET body = ?, open_length = ?, frame_prefix = ? WHERE position = 2",
            *columns,
        )
        refusals = [refusal(ask, recorded) for ask in ASKING.values()]

    for told in refusals:
        assert (told.code, told.reason) == (grpc.StatusCode.DATA_LOSS, "LOG_DAMAGED")
        assert told.metadata["position"] == "2"
        assert problem in told.message


def test_an_entry_that_was_taken_out_is_missed_by_those_behind_it(
    server: Server, recorded: Client
) -> None:
    with edited(server, "DELETE FROM log WHERE position = 2"):
        refusals = [refusal(ASKING[asking], recorded) for asking in ("GetVisit", "ListChanges")]

    for told in refusals:
        assert told.code == grpc.StatusCode.DATA_LOSS
        assert told.metadata["position"] == "3"


def test_what_was_not_edited_is_told(server: Server, recorded: Client) -> None:
    """The edit writes the value that was there before."""
    before = [ask(recorded) for ask in ASKING.values()]

    with edited(server, "UPDATE log SET version = version WHERE position = 2"):
        assert [ask(recorded) for ask in ASKING.values()] == before
