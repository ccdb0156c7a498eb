"""What a reader sees: nothing of who entered a change, its sources, its note or its request."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from chancery.v1 import audit_service_pb2 as audit
from chancery.v1 import history_service_pb2 as history
from chancery.v1 import visit_service_pb2 as visits
from chancery.v1.event_pb2 import (
    CHANGE_TYPE_CORRECTED,
    CHANGE_TYPE_SCHEDULED,
    RecordedEvent,
)
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from chancery.v1.values_pb2 import Basis, VisitDetails
from chancery.v1.visit_pb2 import AsOf
from service.tlog.parts import RESTRICTED
from tests.rpc.test_access import METHODS
from tests.rpc.test_credentials import said
from tests.rpc.walk import TEMPLATES
from tests.rpc.watching import NOW, Watch, caught_up
from tests.support.holders import GuardedServer, guarded
from tests.support.messages import (
    amended,
    as_of,
    at,
    basis,
    completed,
    corrected,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
)
from tests.support.place import Places
from tests.support.server import Client, failure, refusal
from tests.support.waiting import wait_until

# What no reader may see, wherever it stands.
CANARIES = {
    "actor": "Kanarienvogel",
    "request id": "serin-request",
    "source": "canari-source",
    "source's url": "https://canario.example/source",
    "note": "kanarek-note",
}
VISIT = "visits/watched-bird"
STORY: list[Message] = [
    scheduled(),
    stated(),
    postponed(),
    rescheduled(),
    amended(purpose="Talks"),
    corrected(5, "details.purpose", details=VisitDetails(purpose="More talks")),
    stated(),
    retracted(7),
    completed(),
]
LONG_AGO = as_of(known_at="1970-01-01 00:01")
COUNT_BY = [visits.COUNT_BY_STATUS, visits.COUNT_BY_PRINCIPAL]
POSITIONS = range(1, len(STORY) + 1)


def sources() -> list[Basis]:
    """Confidential words."""
    return [basis(quote=CANARIES["source"], url=CANARIES["source's url"])]


@pytest.fixture(scope="module")
def server(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    """A server whose log has the canaries in each change."""
    with guarded(places.new(), tmp_path_factory.mktemp("tokens")) as server:
        token = server.holders.new("editor", CANARIES["actor"])
        client = server.client(token=token)
        wait_until(lambda: said(client) is grpc.StatusCode.OK)
        for number, step in enumerate(STORY):
            record(client, step, number)
        yield server


def record(client: Client, step: Message, number: int, name: str = VISIT) -> Any:
    """Record a change with all that is not for readers."""
    request_id = f"{CANARIES['request id']}-{name}-{number}"
    return client.record(
        name, step, request_id=request_id, sources=sources(), note=CANARIES["note"]
    )


def questions() -> Iterator[tuple[str, Message]]:
    """Questions of every method that has answers for readers, in many forms."""
    for then in (None, AsOf(), AsOf(position=4), LONG_AGO):
        for name in (VISIT, "visits/unknown", "visits/watched-birds"):
            yield "GetVisit", visits.GetVisitRequest(name=name, as_of=then)
        yield "BatchGetVisits", visits.BatchGetVisitsRequest(names=[VISIT], as_of=then)
        yield "ListVisits", visits.ListVisitsRequest(as_of=then)
        yield "CountVisits", visits.CountVisitsRequest(as_of=then, count_by=COUNT_BY)
        for visit in ("", VISIT):
            for backwards in (False, True):
                yield (
                    "ListEvents",
                    history.ListEventsRequest(visit=visit, as_of=then, backwards=backwards),
                )
    for word in CANARIES.values():
        yield "ListVisits", visits.ListVisitsRequest(query=word)
    for visit in ("", VISIT):
        for backwards in (False, True):
            yield "ReadEvents", history.ReadEventsRequest(visit=visit, backwards=backwards)
        for types in ([], [CHANGE_TYPE_SCHEDULED, CHANGE_TYPE_CORRECTED]):
            yield (
                "WatchEvents",
                history.WatchEventsRequest(visit=visit, beginning=Empty(), change_types=types),
            )
    yield "CompareVisit", history.CompareVisitRequest(name=VISIT, before=AsOf(position=1))
    yield "CompareVisit", history.CompareVisitRequest(name=VISIT, before=LONG_AGO)
    filters: list[dict[str, Any]] = [{}, {"visit": VISIT}, {"known_from": at("1970-01-02")}]
    for each in filters:
        for backwards in (False, True):
            which = audit.ChangeFilter(**each)
            yield "ListChanges", audit.ListChangesRequest(filter=which, backwards=backwards)
    for actor in (CANARIES["actor"], "nobody"):
        which = audit.ChangeFilter(actor=actor)
        yield "ListChanges", audit.ListChangesRequest(filter=which)
    yield "GetCheckpoint", audit.GetCheckpointRequest(previous_size=1)
    yield "GetConsistencyProof", audit.GetConsistencyProofRequest(first_size=1)
    for position in POSITIONS:
        yield "GetInclusionProof", audit.GetInclusionProofRequest(position=position)
    for entries in (False, True):
        yield "GetTile", audit.GetTileRequest(width=len(STORY), entries=entries)
    for contents in ({}, {"visit": VISIT}, {"range": audit.PositionRange(first=2, last=4)}):
        yield "ExportBundle", audit.ExportBundleRequest(**contents)
    yield "GetServerInfo", GetServerInfoRequest()


QUESTIONS = list(questions())
BY_NAME = {method.name: method for method in METHODS}


def told(client: Client, name: str, request: Message) -> bytes:
    """All bytes of the answers to a question, or of the error; of a watch, until it has all."""
    method = BY_NAME[name]
    path = f"/{method.containing_service.full_name}/{name}"
    raw = request.SerializeToString()
    if name == "WatchEvents":
        watch = Watch(client, **{field.name: value for field, value in request.ListFields()})
        frames = watch.until("caught_up").frames
        watch.cancel()
        return b"".join(frame.SerializeToString() for frame in frames)
    call: Any = client.channel.stream_stream(path)
    try:
        answers = list(call(iter([raw])))
    except grpc.RpcError as error:
        trailers = error.trailing_metadata()
        return repr((error.code(), error.details(), list(trailers))).encode()
    if name == "ExportBundle":
        return b"".join(audit.ExportBundleResponse.FromString(each).data for each in answers)
    return b"".join(answers)


def seen(answer: bytes) -> set[str]:
    """The canaries in it."""
    return {what for what, text in CANARIES.items() if text.encode() in answer}


def test_a_reader_is_told_nothing_that_is_restricted_by_any_method(server: GuardedServer) -> None:
    asked = {name for name, _ in QUESTIONS}
    assert asked == {m.name for m in METHODS if m.containing_service.name != "DeskService"}
    reader = server.held("reader")
    for name, request in QUESTIONS:
        assert seen(told(reader, name, request)) == set(), (name, request)
    for template in TEMPLATES:
        if template.method != "WatchEvents":
            answer = told(reader, template.method, template.message)
            assert seen(answer) == set(), str(template)


@pytest.mark.parametrize("role", ["editor", "auditor", "operator"])
def test_all_others_are_told_all_by_the_same_questions(server: GuardedServer, role: str) -> None:
    """So the questions are such that a reader would be told, if it were not for the slice."""
    client = server.held(role)
    telling: dict[str, set[str]] = {}
    for name, request in QUESTIONS:
        telling.setdefault(name, set()).update(seen(told(client, name, request)))
    showing = {"ListEvents", "ReadEvents", "WatchEvents", "CompareVisit", "ListChanges"}
    showing |= {"GetInclusionProof", "ExportBundle"}
    assert telling == {name: set(CANARIES) if name in showing else set() for name in telling}


def open_part(recorded: RecordedEvent) -> RecordedEvent:
    """The change without what is restricted."""
    opened = RecordedEvent()
    opened.CopyFrom(recorded)
    for field in ("actor", "request_id", "sources", "note"):
        opened.event.ClearField(field)
    return opened


def test_a_reader_gets_all_the_rest_and_the_same_everywhere(server: GuardedServer) -> None:
    auditor, reader = server.held("auditor"), server.held("reader")
    read = history.ReadEventsRequest()
    frames = [list(client.history.ReadEvents(read)) for client in (auditor, reader)]
    whole, opened = ([e for frame in each for e in frame.events] for each in frames)
    assert opened == list(map(open_part, whole))
    assert len(opened) >= len(STORY)
    listed = reader.history.ListEvents(history.ListEventsRequest(page_size=1000)).events
    assert list(listed) == opened
    assert caught_up(reader, beginning=Empty()).events == opened
    inspected = reader.audit.ListChanges(audit.ListChangesRequest(page_size=1000)).changes
    assert [each.event for each in inspected] == opened
    compared = history.CompareVisitRequest(name=VISIT, before=AsOf(position=1))
    differing = reader.history.CompareVisit(compared).events
    assert differing
    assert all(each in opened for each in differing)


def test_watches_of_readers_and_others_side_by_side_get_what_each_may(
    server: GuardedServer,
) -> None:
    """Frames of new changes are shared, and never with who may not see them."""
    watches = {role: caught_up(server.held(role), **NOW) for role in ("editor", "reader")}
    more = caught_up(server.held("reader"), **NOW)
    editor = server.held("editor")
    for number in range(3):
        record(editor, scheduled(), 0, name=f"visits/side-by-side-{number}")
    head = editor.head
    whole = watches["editor"].to(head).events
    opened = watches["reader"].to(head).events
    assert all(each.event.note == CANARIES["note"] for each in whole)
    assert opened == list(map(open_part, whole)) == more.to(head).events


def test_a_reader_may_not_ask_whose_changes_they_are(server: GuardedServer) -> None:
    """Otherwise it would learn by trying."""
    request = audit.ListChangesRequest(filter=audit.ChangeFilter(actor=CANARIES["actor"]))
    refused = refusal(server.held("reader").audit.ListChanges, request)
    assert refused.reason == "NOT_PERMITTED"
    assert refused.metadata["roles"] == "ROLE_AUDITOR,ROLE_EDITOR,ROLE_OPERATOR"
    found = server.held("auditor").audit.ListChanges(request).changes
    assert [each.event.position for each in found] == list(POSITIONS)


def test_a_proof_for_a_reader_has_the_commitment_of_the_restricted_part_alone(
    server: GuardedServer,
) -> None:
    request = audit.GetInclusionProofRequest(position=1)
    opened = server.held("reader").audit.GetInclusionProof(request)
    whole = server.held("auditor").audit.GetInclusionProof(request)
    assert list(opened.parts[:RESTRICTED]) == list(whole.parts[:RESTRICTED])
    withheld = opened.parts[RESTRICTED]
    assert not withheld.HasField("content")
    assert not withheld.key
    assert withheld.commitment == whole.parts[RESTRICTED].commitment
    assert opened.leaf == whole.leaf


def test_an_altered_log_gives_nothing_away_in_errors(
    places: Places, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever column says otherwise than the change: also where the open part ends."""
    with guarded(places.new(), tmp_path_factory.mktemp("tokens")) as server:
        editor, reader = server.held("editor"), server.held("reader")
        for number, step in enumerate(STORY[:3]):
            record(editor, step, number)
        alter, canary = server.place.alter, CANARIES["note"]
        alter("log", "open_length", "position = 1", lambda length: length + 10_000)
        alter("log", "actor", "position = 2", lambda _: canary)
        alter("log", "frame_prefix", "position = 3", lambda prefix: prefix + b"\x0a")
        damaged = set()
        for name, request in QUESTIONS:
            answer = told(reader, name, request)
            assert seen(answer) == set(), (name, request)
            if b"DATA_LOSS" in answer:
                damaged.add(name)
        assert {"ListEvents", "ReadEvents", "ListChanges", "CompareVisit"} <= damaged
        with pytest.raises(grpc.RpcError) as caught:
            list(reader.history.ReadEvents(history.ReadEventsRequest()))
        assert failure(caught.value).reason == "LOG_DAMAGED"
