"""What a log stores twice is compared before it is served."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from chancery.v1.audit_service_pb2 import ChangeFilter, ListChangesRequest
from chancery.v1.history_service_pb2 import ListEventsRequest
from chancery.v1.visit_pb2 import AsOf
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
    "frame_prefix": "(SELECT frame_prefix FROM log WHERE position = 3)",
    "record_time": "record_time + 1",
    "body": "(SELECT body FROM log WHERE position = 3)",
}
# What the error names, if it is not the column itself.
SAID = {
    "record_time": "frame_prefix",
    "body": "version, topic, request_id, frame_prefix",
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
            assert told.metadata == {"position": "3"}
            continue
        assert told.metadata == {"position": "2"}
        assert told.message == (
            "the log is damaged at position 2: the body does not agree with "
            f"{SAID.get(column, column)}"
        )


def test_an_entry_that_was_taken_out_is_missed_by_those_behind_it(
    server: Server, recorded: Client
) -> None:
    with edited(server, "DELETE FROM log WHERE position = 2"):
        refusals = [refusal(ASKING[asking], recorded) for asking in ("GetVisit", "ListChanges")]

    for told in refusals:
        assert told.code == grpc.StatusCode.DATA_LOSS
        assert told.metadata == {"position": "3"}


def test_what_was_not_edited_is_told(server: Server, recorded: Client) -> None:
    """The edit writes the value that was there before."""
    before = [ask(recorded) for ask in ASKING.values()]

    with edited(server, "UPDATE log SET version = version WHERE position = 2"):
        assert [ask(recorded) for ask in ASKING.values()] == before
