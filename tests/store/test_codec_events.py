"""Each event is encoded and decoded as the contract says, whatever it says."""

import dataclasses
import re
from datetime import UTC
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from chancery.v1 import visit_pb2
from chancery.v1.event_pb2 import ChangeType, VisitEvent
from domain import events, values
from domain.times import Moment, Precision
from service import codec
from service.codec import fields
from service.commands.application import VisitMapper
from tests.store.filled import (
    BUILT,
    MESSAGES,
    RECORDED,
    bytes_of,
    conditions,
    details,
    filled_event,
    optional,
    paths,
    present,
    reproducible,
    several,
    text,
    value_strategy,
    windows,
)

TOPICS = [f.name for f in VisitEvent.DESCRIPTOR.oneofs_by_name["change"].fields]
# Fields that every event has, whatever it changes.
OF_ANY_EVENT = {f.name for f in dataclasses.fields(events.Event)}


# Events


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("topic", TOPICS)
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


@pytest.mark.parametrize(
    ("cls", "field"), [(cls, field) for cls, table in fields.FIELDS.items() for field in table]
)
def test_a_field_that_were_forgotten_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch, cls: type[Any], field: str
) -> None:
    """The messages with every field set show if any one of them is left out."""
    no_conversion = fields.Conversion(lambda *_: None, lambda *_: None)
    monkeypatch.setitem(fields.FIELDS, cls, {**fields.FIELDS[cls], field: no_conversion})

    def comes_back(topic: str) -> bool:
        message = bytes_of(filled_event(topic))
        try:
            return codec.event_to_bytes(codec.event_from_bytes(message, RECORDED)) == message
        except (AttributeError, TypeError):
            return False

    assert not all(comes_back(topic) for topic in TOPICS)


# A date without a day is not a date.
MAY_BE_UNSET = [
    path
    for path, field in paths(VisitEvent.DESCRIPTOR)
    if field.containing_oneof is None and field.containing_type is not visit_pb2.Date.DESCRIPTOR
]


@pytest.mark.parametrize("path", MAY_BE_UNSET)
def test_an_unset_field_of_an_event_stays_unset(path: str) -> None:
    """If one field is unset, reading and writing does not set it."""
    first = path.partition(".")[0]
    field = dict(paths(VisitEvent.DESCRIPTOR))[path]
    topic = first if first in TOPICS else "postponed"
    message: Message = filled_event(topic, without=field.full_name)
    if path.endswith("_time"):
        message.ClearField(path.replace("_time", "_precision"))
    elif path.endswith("_precision"):
        setattr(message, path, visit_pb2.PRECISION_INSTANT)  # what an unset one counts as
    event = codec.event_from_bytes(bytes_of(message), RECORDED)
    assert codec.event_to_bytes(event) == bytes_of(message)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_smallest_event_of_each_type_comes_back(topic: str) -> None:
    """A change with nothing set is still that change."""
    message = VisitEvent(visit="visits/x", version=1)
    getattr(message, topic).SetInParent()
    event = codec.event_from_bytes(bytes_of(message), RECORDED)
    assert codec.event_to_bytes(event) == bytes_of(message)


moments = st.builds(
    Moment,
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(Precision),
)


CHANGES: dict[type[events.Event], dict[str, st.SearchStrategy[Any]]] = {
    events.Scheduled: {"details": optional(details), "window": optional(windows)},
    events.Disclosed: {"details": optional(details), "held_window": optional(windows)},
    events.Postponed: {"condition": optional(conditions)},
    events.Deferred: {"condition": optional(conditions)},
    events.Rescheduled: {"window": optional(windows)},
    events.Completed: {"held_window": optional(windows)},
    events.Cancelled: {"condition": optional(conditions)},
    events.Amended: {
        "details": optional(details),
        "window": optional(windows),
        "update_mask": several(text),
        "correction": st.booleans(),
    },
    events.StatementRecorded: {"statement": optional(value_strategy(values.Statement))},
    events.Retracted: {"retracted_version": st.integers(0, 2**63 - 1), "merged_into": text},
}


@pytest.mark.parametrize("cls", [c for c in fields.FIELDS if issubclass(c, values.Value)])
@reproducible
@given(data=st.data())
def test_every_value_comes_back_from_its_message(cls: type[Any], data: st.DataObject) -> None:
    """A value object with anything in it is read as it was written."""
    value = data.draw(BUILT[cls])
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
    event = event_type(
        originator_id=data.draw(text.filter(bool)),
        originator_version=data.draw(st.integers(1, 2**63 - 1)),
        timestamp=RECORDED,
        actor=data.draw(text),
        request_id=data.draw(text),
        reason=data.draw(text),
        effective=data.draw(optional(moments)),
        known=data.draw(optional(moments)),
        basis=data.draw(several(BUILT[values.Basis])),
        **{field: data.draw(strategy) for field, strategy in CHANGES[event_type].items()},
    )
    body = codec.event_to_bytes(event)
    assert codec.event_from_bytes(body, RECORDED) == event
    assert bytes_of(VisitEvent.FromString(body)) == body


def test_the_tests_build_every_class_that_the_codec_knows() -> None:
    """The tests above leave out no value object and no event."""
    assert {*BUILT, *CHANGES} == set(fields.FIELDS)


@pytest.mark.parametrize("cls", list(fields.FIELDS))
def test_class_table_and_message_have_the_same_fields(cls: type[Any]) -> None:
    """Each field of the class has a conversion and a field in the contract, and vice versa."""
    of_class = {f.name for f in dataclasses.fields(cls)}
    if issubclass(cls, events.Event):
        of_class -= OF_ANY_EVENT
    assert of_class == set(fields.FIELDS[cls])
    assert of_class == {f.name for f in MESSAGES[cls].DESCRIPTOR.fields}


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
        "statement_recorded",
        "retracted",
    ]
