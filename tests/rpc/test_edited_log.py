"""What a log says twice is held against each other before it is told."""

import sqlite3
from contextlib import closing

import grpc
import pytest

from chancery.v1.audit_service_pb2 import ChangeFilter, ListChangesRequest
from chancery.v1.history_service_pb2 import ListEventsRequest
from chancery.v1.visit_pb2 import AsOf
from tests.messages import amended, at, postponed, rescheduled, scheduled
from tests.server import Client, Server, refusal

ASKING = {
    "GetVisit": lambda client: client.visit("visits/a", position=5),
    "ListEvents": lambda client: client.history.ListEvents(
        ListEventsRequest(as_of=AsOf(known_at=at("2023-03-01")))
    ),
    "ListChanges": lambda client: client.audit.ListChanges(
        ListChangesRequest(filter=ChangeFilter(first_position=2))
    ),
}
# Of each column of the second entry, another value.
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
# What the error says of it, where it is not the column itself.
SAID = {
    "record_time": "frame_prefix",
    "body": "version, topic, request_id, frame_prefix",
}


@pytest.fixture
def recorded(own_server: Server) -> Server:
    """A server that has four changes of one visit, and one of another."""
    client = own_server.client()
    for step in (scheduled(), postponed(), rescheduled()):
        client.record("visits/a", step, actor="anna", known="2023-02-01")
    client.record("visits/other", scheduled())
    client.record("visits/a", amended())
    return own_server


def after_edit(server: Server, edit: str) -> Client:
    """A client of the server, whose file was edited while it did not run."""
    server.stop()
    with closing(sqlite3.connect(server.file)) as database:
        assert database.execute(edit).rowcount == 1
        database.commit()
    return server.start().client()


@pytest.mark.parametrize("column", OTHERS)
def test_an_entry_of_which_one_column_was_edited_is_told_as_damaged(
    recorded: Server, column: str
) -> None:
    edit = f"UPDATE log SET {column} = {OTHERS[column]} WHERE position = 2"
    client = after_edit(recorded, edit)

    for asking, ask in ASKING.items():
        told = refusal(ask, client)

        assert (told.code, told.reason) == (grpc.StatusCode.DATA_LOSS, "LOG_DAMAGED")
        if column == "visit_id" and asking == "GetVisit":  # what is left has a gap
            assert told.metadata == {"position": "3"}
            continue
        assert told.metadata == {"position": "2"}
        assert told.message == (
            "the entry at position 2 of the log does not say in "
            f"{SAID.get(column, column)} what its body says"
        )


def test_an_entry_that_was_taken_out_is_missed_by_those_behind_it(recorded: Server) -> None:
    client = after_edit(recorded, "DELETE FROM log WHERE position = 2")

    for asking in ("GetVisit", "ListChanges"):
        told = refusal(ASKING[asking], client)

        assert told.code == grpc.StatusCode.DATA_LOSS
        assert told.metadata == {"position": "3"}


def test_what_was_not_edited_is_told(recorded: Server) -> None:
    """Here what an edit writes is what stood there before."""
    before = [ask(recorded.client()) for ask in ASKING.values()]

    client = after_edit(recorded, "UPDATE log SET version = version WHERE position = 2")

    assert [ask(client) for ask in ASKING.values()] == before
