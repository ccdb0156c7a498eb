"""What is encoded by hand equals what protobuf writes for the contract's messages."""

from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import BytesValue, Int64Value, UInt64Value
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chancery.v1 import desk_service_pb2
from chancery.v1.audit_service_pb2 import RecordedChange
from chancery.v1.desk_service_pb2 import (
    AppliedChange,
    ApplyChangesResponse,
    ImportChangesResponse,
    ImportResult,
)
from chancery.v1.event_pb2 import Postponed, RecordedEvent, VisitEvent
from chancery.v1.history_service_pb2 import (
    CompareVisitResponse,
    ListEventsResponse,
    ReadEventsResponse,
    WatchEventsResponse,
)
from chancery.v1.visit_pb2 import Visit
from chancery.v1.visit_service_pb2 import GetVisitResponse
from service.codec import wire
from tests.support.examples import examples

reproducible = settings(max_examples=examples(80))

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds_of(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


FIRST = microseconds_of(datetime(1, 1, 1, tzinfo=UTC))
LAST = microseconds_of(datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))

positions = st.integers(1, 2**63 - 1) | st.sampled_from([1, 127, 128, 16_383, 16_384, 2**63 - 1])
times = st.integers(FIRST, LAST) | st.sampled_from(
    [0, 1, -1, 999_999, 1_000_000, -1_000_000, -1_000_001, FIRST, LAST]
)
bodies = st.sampled_from([0, 1, 100, 120, 126, 127, 128, 300, 16_300, 16_400]).map(
    lambda length: VisitEvent(reason="x" * length, postponed=Postponed()).SerializeToString()
) | st.just(b"")


def stamp(microseconds: int) -> Timestamp:
    """The timestamp that protobuf itself makes from a datetime."""
    made = Timestamp()
    made.FromDatetime(EPOCH + timedelta(microseconds=microseconds))
    return made


def bytes_of(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)


@pytest.mark.parametrize(
    ("message", "field", "number", "kind"),
    [
        (RecordedEvent, "position", 1, FieldDescriptor.TYPE_INT64),
        (RecordedEvent, "record_time", 2, Timestamp.DESCRIPTOR),
        (RecordedEvent, "event", 3, VisitEvent.DESCRIPTOR),
        (ReadEventsResponse, "events", 1, RecordedEvent.DESCRIPTOR),
        (ReadEventsResponse, "head_position", 2, FieldDescriptor.TYPE_INT64),
        (ListEventsResponse, "events", 1, RecordedEvent.DESCRIPTOR),
        (ListEventsResponse, "next_page_token", 3, FieldDescriptor.TYPE_STRING),
        (ListEventsResponse, "view_position", 4, FieldDescriptor.TYPE_INT64),
        (CompareVisitResponse, "events", 1, RecordedEvent.DESCRIPTOR),
        (WatchEventsResponse.Events, "events", 1, RecordedEvent.DESCRIPTOR),
        (RecordedChange, "event", 1, RecordedEvent.DESCRIPTOR),
        (GetVisitResponse, "visit", 1, Visit.DESCRIPTOR),
        (GetVisitResponse, "view_position", 2, FieldDescriptor.TYPE_INT64),
        (Visit, "effective_time", 100, Timestamp.DESCRIPTOR),
        (Visit, "known_time", 101, Timestamp.DESCRIPTOR),
        (Visit, "position", 102, FieldDescriptor.TYPE_INT64),
        (Visit, "create_time", 103, Timestamp.DESCRIPTOR),
        (Visit, "update_time", 104, Timestamp.DESCRIPTOR),
        (ApplyChangesResponse, "changes", 1, AppliedChange.DESCRIPTOR),
        (Timestamp, "seconds", 1, FieldDescriptor.TYPE_INT64),
        (Timestamp, "nanos", 2, FieldDescriptor.TYPE_INT32),
    ],
    # A descriptor's address would differ in each process.
    ids=lambda value: getattr(value, "full_name", str(value)),
)
def test_a_field_that_is_encoded_by_hand_has_the_number_of_the_contract(
    message: type[Message], field: str, number: int, kind: int | Descriptor
) -> None:
    """Name, number and type of the field are those that ``wire`` writes."""
    declared = message.DESCRIPTOR.fields_by_name[field]
    assert declared.number == number
    assert kind in (declared.type, declared.message_type)


def test_every_answer_about_a_change_has_the_same_three_fields() -> None:
    """DeskService's answers are all joined in the same way."""
    methods = desk_service_pb2.DESCRIPTOR.services_by_name["DeskService"].methods
    of_many = (ApplyChangesResponse.DESCRIPTOR, ImportChangesResponse.DESCRIPTOR)
    answers = [m.output_type for m in methods if m.output_type not in of_many]
    for answer in [*answers, AppliedChange.DESCRIPTOR]:
        assert [(f.number, f.name) for f in answer.fields][:3] == [
            (1, "visit"),
            (2, "event"),
            (3, "replayed"),
        ], answer.full_name


def test_a_result_of_an_import_has_these_fields() -> None:
    """They are joined by hand as well."""
    fields = ImportResult.DESCRIPTOR.fields
    assert [(f.number, f.name) for f in fields] == [
        (1, "index"),
        (2, "event"),
        (3, "error"),
        (4, "replayed"),
    ]


def test_the_fields_known_last_have_the_highest_numbers() -> None:
    """So what only the transaction knows of a Visit can come after all the rest.

    What a list and an answer as of another moment leave out comes last.
    """
    assert sorted(Visit.DESCRIPTOR.fields_by_number)[-6:] == [100, 101, 102, 103, 104, 105]


@reproducible
@given(st.integers(0, 2**64 - 1) | st.integers(0, 300))
@example(127)
@example(128)
@example(2**64 - 1)
def test_a_varint_is_protobufs(value: int) -> None:
    """Any number of up to 64 bits is written as protobuf writes it."""
    written = bytes_of(UInt64Value(value=value)) or b"\x08\x00"
    assert b"\x08" + wire.varint(value) == written


@reproducible
@given(st.integers(-(2**63), 2**63 - 1))
@example(0)
@example(-1)
def test_a_number_field_is_protobufs(value: int) -> None:
    """A negative number takes ten bytes, and 0 none."""
    assert wire.number_field(1, value) == bytes_of(Int64Value(value=value))


@reproducible
@given(st.binary(min_size=1, max_size=20_000))
def test_a_bytes_field_is_protobufs(value: bytes) -> None:
    """Bytes of any length come after protobuf's tag and length."""
    assert wire.bytes_field(1, value) == bytes_of(BytesValue(value=value))


@pytest.mark.parametrize("number", [1, 15, 16, 17, 2047, 2048])
def test_a_field_number_of_any_size_has_protobufs_tag(number: int) -> None:
    """From number 16 on, the tag takes two bytes."""
    tag = wire.bytes_field(number, b"")[:-1]
    assert tag == wire.varint(number << 3 | 2)
    assert len(tag) == (1 if number < 16 else 2 if number < 2048 else 3)


@reproducible
@given(times)
def test_a_timestamp_is_protobufs(microseconds: int) -> None:
    """Every microsecond of the years 1 to 9999 is written as protobuf writes it."""
    assert wire.timestamp(microseconds) == bytes_of(stamp(microseconds))


@reproducible
@given(positions, times, bodies)
def test_a_recorded_event_is_its_head_and_its_body(
    position: int, record_time: int, body: bytes
) -> None:
    """The head and the stored bytes make the serialized RecordedEvent."""
    joined = wire.recorded_event_head(position, record_time, len(body)) + body
    built = RecordedEvent(
        position=position, record_time=stamp(record_time), event=VisitEvent.FromString(body)
    )
    assert joined == bytes_of(built)


@reproducible
@given(st.lists(st.tuples(positions, times, bodies), max_size=5), st.integers(0, 2**63 - 1))
def test_prefixes_and_bodies_are_a_frame(rows: list[tuple[int, int, bytes]], head: int) -> None:
    """Joined, they are the answer with all the events, followed by the head."""
    joined = b"".join(wire.frame_prefix(p, t, len(body)) + body for p, t, body in rows)
    events = [
        RecordedEvent(position=p, record_time=stamp(t), event=VisitEvent.FromString(body))
        for p, t, body in rows
    ]
    read = ReadEventsResponse(events=events, head_position=head)
    listed = ListEventsResponse(events=events, view_position=head)
    assert joined + wire.number_field(2, head) == bytes_of(read)
    assert joined + wire.number_field(4, head) == bytes_of(listed)


@reproducible
@given(positions, times, times)
def test_the_tail_of_a_visit_is_protobufs(position: int, created: int, updated: int) -> None:
    """Its fields are written as protobuf writes them."""
    built = Visit(position=position, create_time=stamp(created), update_time=stamp(updated))
    tail = wire.visit_tail(position, created, updated)
    assert tail == bytes_of(built)
    name = Visit(name="visits/beijing", version=3)
    together = Visit.FromString(bytes_of(name) + tail)
    assert bytes_of(together) == bytes_of(name) + tail
