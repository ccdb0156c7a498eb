"""Each event is encoded and decoded as the contract says, whatever it says."""

import dataclasses
import random
import re
from datetime import UTC
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from chancery.v1 import values_pb2
from chancery.v1.event_pb2 import ChangeType, Postponed, VisitEvent
from domain import events, values
from domain.times import Moment
from service import codec
from service.codec import fields
from service.commands.application import VisitMapper
from service.errors import FieldNotServed
from tests.store.filled import (
    MESSAGES,
    RECORDED,
    built,
    bytes_of,
    fill_field,
    filled_event,
    of_type,
    paths,
    present,
    reproducible,
    text,
)
from tests.support.cases import each

TOPICS = [field.name for field in VisitEvent.DESCRIPTOR.oneofs_by_name["change"].fields]
POSTPONED = VisitEvent(
    visit="visits/x", version=1, change_type=ChangeType.CHANGE_TYPE_POSTPONED, postponed=Postponed()
).SerializeToString(deterministic=True)
EVERY_FIELD = [(cls, field) for cls, table in fields.FIELDS.items() for field in table]
# Fields that every event has, whatever it changes.
OF_ANY_EVENT = {f.name for f in dataclasses.fields(events.Event)}
# A completion opens no visit, so it has none of the details that other changes of status may have.
NEVER_SET: dict[type[Any], dict[str, st.SearchStrategy[Any]]] = {
    events.Completed: {"details": st.none()}
}


# Events


@pytest.mark.parametrize("topic", TOPICS)
@each("seed", range(5))
def test_every_field_of_an_event_is_read_and_written(topic: str, seed: int) -> None:
    """A message with every field of the contract set comes back byte for byte."""
    message = filled_event(topic, seed)
    for path, field in paths(VisitEvent.DESCRIPTOR):
        if path.partition(".")[0] not in TOPICS or f"{path}.".startswith(f"{topic}."):
            assert present(message, path), f"the test does not set {field.full_name}"
    event = codec.event_from_bytes(bytes_of(message), RECORDED)
    assert topic == event.TOPIC
    assert event.timestamp == RECORDED
    assert codec.event_to_bytes(event) == bytes_of(message)


@each(("cls", "field"), EVERY_FIELD)
def test_a_field_that_were_forgotten_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch, cls: type[Any], field: str
) -> None:
    """The messages with every field set show if any one of them is left out."""
    no_conversion = fields.Conversion(lambda *_: None, lambda *_: None)
    without = {**fields.FIELDS[cls], field: no_conversion}

    def comes_back(topic: str) -> bool:
        message = bytes_of(filled_event(topic))
        try:
            return codec.event_to_bytes(codec.event_from_bytes(message, RECORDED)) == message
        except (AttributeError, TypeError):
            return False

    with monkeypatch.context() as patch:
        patch.setitem(fields.FIELDS, cls, without)
        assert not all(comes_back(topic) for topic in TOPICS)


# A date without a day is not a date.
MAY_BE_UNSET = [
    path
    for path, field in paths(VisitEvent.DESCRIPTOR)
    if field.containing_oneof is None and field.containing_type is not values_pb2.Date.DESCRIPTOR
]


@each("path", MAY_BE_UNSET)
def test_an_unset_field_of_an_event_stays_unset(path: str) -> None:
    """If one field is unset, reading and writing does not set it."""
    first = path.partition(".")[0]
    field = dict(paths(VisitEvent.DESCRIPTOR))[path]
    topic = first if first in TOPICS else "postponed"
    message: Message = filled_event(topic, without=field.full_name)
    if path.endswith("_time"):
        message.ClearField(path.replace("_time", "_period"))
    event = codec.event_from_bytes(bytes_of(message), RECORDED)
    assert codec.event_to_bytes(event) == bytes_of(message)


@each(("cls", "field"), EVERY_FIELD)
def test_a_field_that_the_domain_does_not_have_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, cls: type[Any], field: str
) -> None:
    """It is never left out in silence."""
    others = {name: each for name, each in fields.FIELDS[cls].items() if name != field}
    message = MESSAGES[cls]()
    fill_field(message, message.DESCRIPTOR.fields_by_name[field], random.Random(1), "")
    with monkeypatch.context() as patch:
        patch.setitem(fields.FIELDS, cls, others)
        with pytest.raises(FieldNotServed) as refused:
            fields.read_fields(cls, message)
    assert [problem.field for problem in refused.value.problems] == [field]


@pytest.mark.parametrize(
    "body",
    {
        "an unknown field": POSTPONED + b"\xf8\x7f\x01",
        "a field twice": POSTPONED + POSTPONED[-2:],
        "a number that is longer than it has to be": POSTPONED.replace(
            b"\x10\x01", b"\x10\x81\x00"
        ),
        "a field with its default value": POSTPONED + b"\xa2\x06\x00",
        "two changes": POSTPONED + b"\xba\x01\x00",
        "the type of another change": POSTPONED.replace(b"\x18\x03", b"\x18\x04"),
        "no type": POSTPONED.replace(b"\x18\x03", b""),
        "no change": POSTPONED[:-3],
    }.items(),
    ids=lambda item: item[0],
)
def test_bytes_that_are_not_canonical_are_no_event(body: tuple[str, bytes]) -> None:
    """Whoever edits a body in a way that says the same is found out."""
    codec.event_from_bytes(POSTPONED, RECORDED)
    with pytest.raises(ValueError, match=r"the bytes are not|change_type says|does not know"):
        codec.event_from_bytes(body[1], RECORDED)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_smallest_event_of_each_type_comes_back(topic: str) -> None:
    """A change with nothing set is still that change."""
    change_type = ChangeType.Value(f"CHANGE_TYPE_{topic.upper()}")
    message = VisitEvent(visit="visits/x", version=1, change_type=change_type)
    getattr(message, topic).SetInParent()
    event = codec.event_from_bytes(bytes_of(message), RECORDED)
    assert codec.event_to_bytes(event) == bytes_of(message)


@st.composite
def moments(draw: st.DrawFn) -> Moment:
    """An instant, or a period that was told and the instant where it stands."""
    instant = draw(st.datetimes(timezones=st.just(UTC)))
    day = f"{draw(st.dates()):%Y-%m-%d}".zfill(10)
    return Moment(instant, day[: draw(st.sampled_from([0, 4, 7, 10]))])


EVENTS = {
    event_type: built(
        event_type,
        originator_id=text.filter(bool),
        originator_version=st.integers(1, 2**31 - 1),
        timestamp=st.just(RECORDED),
        effective=st.none() | moments(),
        known=st.none() | moments(),
        **NEVER_SET.get(event_type, {}),
    )
    for event_type in events.EVENT_TYPES
}


@pytest.mark.parametrize("cls", [c for c in fields.FIELDS if issubclass(c, values.Value)])
@reproducible
@given(data=st.data())
def test_every_value_comes_back_from_its_message(cls: Any, data: st.DataObject) -> None:
    """A value object with anything in it is read as it was written."""
    value = data.draw(of_type(cls))
    message = MESSAGES[cls]()
    fields.write_fields(fields.FIELDS[cls], value, message)
    again = MESSAGES[cls].FromString(message.SerializeToString())
    assert fields.read_value(cls, again, "value") == value


@pytest.mark.parametrize("event_type", events.EVENT_TYPES)
@reproducible
@given(data=st.data())
def test_every_event_comes_back_from_its_bytes(
    event_type: type[events.Event], data: st.DataObject
) -> None:
    """An event with anything in it is read as it was written."""
    event = data.draw(EVENTS[event_type])
    body = codec.event_to_bytes(event)
    assert codec.event_from_bytes(body, RECORDED) == event
    assert bytes_of(VisitEvent.FromString(body)) == body


@pytest.mark.parametrize("cls", list(fields.FIELDS))
def test_class_table_and_message_have_the_same_fields(cls: type[Any]) -> None:
    """Each field of the class has a conversion and a field in the contract, and vice versa."""
    of_class = {f.name for f in dataclasses.fields(cls)}
    if issubclass(cls, events.Event):
        of_class -= OF_ANY_EVENT | NEVER_SET.get(cls, {}).keys()
    table = fields.FIELDS[cls]
    assert of_class == {conversion.attribute or name for name, conversion in table.items()}
    assert set(table) == set(MESSAGES[cls].DESCRIPTOR.fields_by_name)


def test_there_is_an_event_class_for_each_change_of_the_contract() -> None:
    """The topics are the members of VisitEvent's oneof, and the types that filters name."""
    assert [cls.TOPIC for cls in events.EVENT_TYPES] == TOPICS
    names = [
        name.removeprefix("CHANGE_TYPE_").lower() for name in ChangeType.DESCRIPTOR.values_by_name
    ]
    assert names[1:] == TOPICS


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_a_short_name_and_no_python_path(topic: str) -> None:
    """Stored topics name no module, so files can move and no path is imported."""
    event = codec.event_from_bytes(bytes_of(filled_event(topic)), RECORDED)
    stored = VisitMapper().to_stored_event(event)
    assert stored.topic == topic
    assert re.fullmatch("[a-z_]{5,20}", stored.topic)
    assert type(event).__module__.encode() not in stored.state


def test_the_topics_are_those_of_the_first_log() -> None:
    """The names are stored in logs, so they never change."""
    assert TOPICS == [
        "scheduled",
        "disclosed",
        "postponed",
        "deferred",
        "rescheduled",
        "completed",
        "cancelled",
        "amended",
        "corrected",
        "statement_recorded",
        "retracted",
    ]
