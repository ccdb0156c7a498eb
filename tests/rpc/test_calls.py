"""What surrounds every call: the actor, and one log line."""

from datetime import UTC, datetime
from typing import Any

import grpc
import pytest

from chancery.v1.history_service_pb2 import (
    CompareVisitRequest,
    ListEventsRequest,
    ReadEventsRequest,
)
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import (
    BatchGetVisitsRequest,
    GetVisitRequest,
    ListVisitsRequest,
)
from tests.support import messages
from tests.support.messages import apply, change, completed, postponed, scheduled, stated
from tests.support.server import ACTOR, Client, Server, refusal

# The actor


def test_the_actor_is_who_the_metadata_says_and_is_not_verified(client: Client, name: str) -> None:
    assert client.record(name, scheduled(), actor="anna").event.event.actor == "unverified:anna"


def test_who_does_not_say_who_calls_is_unknown(client: Client, name: str) -> None:
    assert client.record(name, scheduled()).event.event.actor == "unverified:unknown"


@pytest.mark.parametrize(
    "actor", ["anna@example.org", "Anna B.", "unverified:anna", "a" * 189, "x/y", "'; --"]
)
def test_an_actor_is_any_name(client: Client, name: str, actor: str) -> None:
    """Whatever it claims to be comes after the prefix."""
    event = client.record(name, scheduled(), actor=actor).event.event

    assert event.actor == f"unverified:{actor}"


def test_an_actor_with_a_long_name_is_refused(client: Client, name: str) -> None:
    head = client.head

    told = refusal(client.record, name, scheduled(), actor="a" * 190)

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.fields == ["metadata chancery-actor"]
    assert client.head == head


@pytest.mark.parametrize("actor", ["José", "习近平", "Ægir Þórdísarson", "نور", "anna", "é" * 189])
def test_an_actor_whose_name_is_not_ascii_says_so_in_bytes(
    client: Client, name: str, actor: str
) -> None:
    """The metadata of its name holds UTF-8."""
    request = messages.request(name, scheduled())
    metadata = (("chancery-actor-bin", actor.encode()),)

    answer = client.desk.ScheduleVisit(request, metadata=metadata)

    assert answer.event.event.actor == f"unverified:{actor}"


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ([("chancery-actor-bin", "Jose\u0301".encode())], "write 'José'"),
        ([("chancery-actor-bin", b" anna")], "write 'anna'"),
        ([("chancery-actor", "anna  b")], "write 'anna b'"),
        ([("chancery-actor-bin", "an\u200bna".encode())], "write 'anna'"),
        ([("chancery-actor-bin", b"an\nna")], "write 'an na'"),
        ([("chancery-actor-bin", b" ")], "write a name"),
        ([("chancery-actor-bin", b"an\x00na")], "U+0000 (a control character)"),
        ([("chancery-actor-bin", "an\u202ena".encode())], "U+202E"),
        ([("chancery-actor-bin", b"\xff\xfe")], "must be the name in UTF-8"),
        ([("chancery-actor-bin", "é".encode() * 190)], "at most 189 characters"),
        ([("chancery-actor", "anna"), ("chancery-actor-bin", b"anna")], "must come once"),
        ([("chancery-actor", "anna"), ("chancery-actor", "ben")], "must come once"),
    ],
)
def test_an_actor_whose_name_is_not_clean_or_not_one_is_refused(
    client: Client, name: str, metadata: list[tuple[str, str | bytes]], why: str
) -> None:
    """It is not cleaned, since that would merge two people."""
    request = messages.request(name, scheduled())

    told = refusal(client.desk.ScheduleVisit, request, metadata=metadata)

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.fields == [f"metadata {metadata[0][0]}"]
    assert why in told.message


# The log


def line_of(server: Server, **fields: Any) -> dict[str, Any]:
    """The one log line of the call."""
    last = server.logged("call", **fields)
    assert len([line for line in server.log if fields.items() <= line.items()]) == 1
    return last


def test_a_change_is_logged_with_who_asked_under_which_request_id(
    server: Server, client: Client, name: str
) -> None:
    before = datetime.now(UTC)
    client.record(name, scheduled(), actor="anna", request_id=f"{name} first")

    line = line_of(server, request_id=f"{name} first")

    assert line["method"] == "chancery.v1.DeskService/ScheduleVisit"
    assert line["code"] == "OK"
    assert line["actor"] == "unverified:anna"
    assert 0 < line["milliseconds"] < 60_000
    assert line["level"] == "info"
    logged_at = datetime.fromisoformat(line["timestamp"])
    assert before <= logged_at <= datetime.now(UTC)


def test_a_refused_change_is_logged_with_its_code(
    server: Server, client: Client, name: str
) -> None:
    for step, code in ((postponed(), "NOT_FOUND"), (scheduled(title="\x00"), "INVALID_ARGUMENT")):
        refusal(client.record, name, step, actor="ben", request_id=f"{name} {code}")

        line = line_of(server, request_id=f"{name} {code}")

        assert (line["code"], line["actor"]) == (code, "unverified:ben")


def test_a_retry_is_logged_as_a_call_of_its_own(server: Server, client: Client, name: str) -> None:
    for _ in range(2):
        client.record(name, scheduled(), request_id=f"{name} twice")
    client.head  # noqa: B018 - a later call: the lines before it are written

    server.logged("call", request_id=f"{name} twice")
    lines = [line for line in server.log if line.get("request_id") == f"{name} twice"]
    assert [line["code"] for line in lines] == ["OK", "OK"]


CALLS: dict[str, tuple[Any, Any]] = {
    "VisitService/GetVisit": ("visits", GetVisitRequest(name="visits/logged")),
    "VisitService/BatchGetVisits": ("visits", BatchGetVisitsRequest(names=["visits/logged"])),
    "VisitService/ListVisits": ("visits", ListVisitsRequest()),
    "HistoryService/ListEvents": ("history", ListEventsRequest()),
    "HistoryService/ReadEvents": ("history", ReadEventsRequest()),
    "HistoryService/CompareVisit": (
        "history",
        CompareVisitRequest(name="visits/logged", before=AsOf()),
    ),
    "InfoService/GetServerInfo": ("info", GetServerInfoRequest()),
    "DeskService/ApplyChanges": ("desk", apply(change("visits/logged", stated()))),
}


@pytest.mark.parametrize("method", CALLS)
def test_every_call_is_logged_once(start_calls: Client, server: Server, method: str) -> None:
    """With an id of its own if no change gives one."""
    service, request = CALLS[method]
    call = getattr(getattr(start_calls, service), method.rpartition("/")[2])
    actor = method.replace("/", "-")

    answer = call(request, metadata=((ACTOR, actor),))
    if method.endswith("ReadEvents"):
        assert list(answer)

    line = line_of(server, actor=f"unverified:{actor}")
    assert line["method"] == f"chancery.v1.{method}"
    assert line["code"] == "OK"
    assert len(line["request_id"]) > 8
    assert line["milliseconds"] >= 0


@pytest.fixture(scope="module")
def start_calls(client: Client) -> Client:
    """A client, with the visit that the calls name recorded."""
    client.record("visits/logged", scheduled())
    return client


def test_malformed_bytes_are_logged_with_the_actor(server: Server, client: Client) -> None:
    call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = client.channel.unary_unary(
        "/chancery.v1.VisitService/GetVisit"
    )

    refusal(call, b"\xff", metadata=((ACTOR, "mallory"),))

    line = line_of(server, actor="unverified:mallory")
    assert line["code"] == "INVALID_ARGUMENT"


def test_a_call_that_its_client_gave_up_is_logged_as_cancelled(
    server: Server, client: Client, name: str
) -> None:
    client.record(name, scheduled())
    call = client.visits.GetVisit.future(
        GetVisitRequest(name=name, min_position=2**60), metadata=((ACTOR, "impatient"),)
    )
    client.visit(name)
    call.cancel()

    assert line_of(server, actor="unverified:impatient")["code"] == "CANCELLED"


def test_the_log_has_one_json_object_a_line(server: Server, client: Client, name: str) -> None:
    """Whatever clients send: a newline in a request id does not break a line."""
    client.record(name, scheduled(), request_id=f"{name}\nbroken")
    refusal(client.record, name, completed(), reason="\x00", request_id=f"{name}\nrefused")

    assert line_of(server, request_id=f"{name}\\x0abroken")["code"] == "OK"
    assert line_of(server, request_id=f"{name}\\x0arefused")["code"] == "INVALID_ARGUMENT"
    assert len(server.log) == len(server.lines)
