"""Nothing is lost between the domain and the messages of the contract."""

import dataclasses
import random
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, cast

import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chancery.v1 import event_pb2, visit_pb2
from chancery.v1.event_pb2 import ChangeType, VisitEvent
from chancery.v1.visit_pb2 import Visit as VisitMessage
from domain import events, terms, values
from domain.errors import InvalidValue
from domain.history import fold
from domain.standing import Standing
from domain.state import State
from domain.status import Status
from domain.times import Moment, Precision
from domain.visit import Visit
from service import codec
from service.codec import fields, wire
from service.codec.clock import EPOCH
from service.commands.application import VisitMapper
from tests.domain.strategies import Step, stories, visit_after
from tests.support.examples import examples

reproducible = settings(
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=examples(60),
    suppress_health_check=[HealthCheck.too_slow],
)

RECORDED = datetime(2023, 6, 1, 12, 30, 0, 123456, tzinfo=UTC)
TOPICS = [f.name for f in VisitEvent.DESCRIPTOR.oneofs_by_name["change"].fields]

# The message of each class whose fields the codec lists.
MESSAGES: dict[type[Any], Any] = {
    cls: getattr(visit_pb2, cls.__name__, None) or getattr(event_pb2, cls.__name__)
    for cls in fields.FIELDS
}
# Fields that every event has, whatever it changes.
OF_ANY_EVENT = {f.name for f in dataclasses.fields(events.Event)}


# Messages with every field set, made from the contract alone


def fill(message: Message, chance: random.Random, without: str = "") -> None:
    """Set every field, and every field inside it; none of a oneof."""
    descriptor = cast(Descriptor, message.DESCRIPTOR)
    for field in descriptor.fields:
        if field.containing_oneof is None and field.full_name != without:
            fill_field(message, field, chance, without)


def fill_field(message: Any, field: FieldDescriptor, chance: random.Random, without: str) -> None:
    if field.message_type is not None:
        repeated = getattr(message, field.name)
        for part in [repeated.add() for _ in range(2)] if field.is_repeated else [repeated]:
            fill_message(part, chance, without)
    elif field.is_repeated:
        getattr(message, field.name).extend(scalar(field, chance) for _ in range(3))
    else:
        setattr(message, field.name, scalar(field, chance))


def fill_message(part: Any, chance: random.Random, without: str) -> None:
    part.SetInParent()
    name = part.DESCRIPTOR.full_name
    if name == "google.protobuf.Timestamp":
        part.seconds = chance.randint(-62_135_596_800, 253_402_300_799)
        part.nanos = chance.randint(0, 999_999) * 1000
    elif name == "google.protobuf.FieldMask":
        part.paths.extend(["window", f"details.{chance.random()}"])
    elif name == "chancery.v1.Date":
        day = date.fromordinal(chance.randint(1, date.max.toordinal()))
        part.year, part.month, part.day = day.year, day.month, day.day
    else:
        fill(part, chance, without)


def scalar(field: FieldDescriptor, chance: random.Random) -> Any:
    """A value that is not the default."""
    if field.enum_type is not None:
        return chance.choice([v.number for v in field.enum_type.values if v.number])
    if field.type == FieldDescriptor.TYPE_BOOL:
        return True
    if field.type == FieldDescriptor.TYPE_STRING:
        text = "".join(chance.choice("aZ0 \n\u00e9\u4e2d\U0001f30d") for _ in range(5)) + "."
        named = field.full_name.endswith((".visit", "RelatedVisit.name", ".merged_into"))
        return "visits/" + text if named else text
    return chance.randint(1, 2**31 - 1)


def filled_event(topic: str, seed: int = 0, without: str = "") -> VisitEvent:
    """An event in which every field of its change and of itself is set."""
    message, chance = VisitEvent(), random.Random(seed)
    fill(message, chance, without)
    fill_message(getattr(message, topic), chance, without)
    return message


def bytes_of(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)


def paths(descriptor: Descriptor, before: str = "") -> Iterator[tuple[str, FieldDescriptor]]:
    """The fields of a message, and of the contract's messages inside it, by path."""
    for field in descriptor.fields:
        path = f"{before}{field.name}"
        yield path, field
        inner = field.message_type
        if inner is not None and inner.full_name.startswith("chancery."):
            yield from paths(inner, path + ".")


def present(message: Any, path: str) -> bool:
    """Whether a field is set, in any element of a repeated one."""
    name, _, rest = path.partition(".")
    field = message.DESCRIPTOR.fields_by_name[name]
    members = getattr(message, name) if field.is_repeated else [getattr(message, name)]
    if rest:
        return any(present(member, rest) for member in members)
    return field in [found for found, _ in message.ListFields()]


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


def value_strategy(cls: type[Any]) -> st.SearchStrategy[Any]:
    """A value object with any values in its fields."""
    return st.deferred(lambda: BUILT[cls])


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
counts = st.integers(0, 2**31 - 1)
moments = st.builds(
    Moment,
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(Precision),
)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def several(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=3).map(tuple)


def members(cls: type[Enum]) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(cls)


windows = value_strategy(values.Window)
conditions = value_strategy(values.Condition)
details = value_strategy(values.VisitDetails)
BUILT: dict[type[Any], st.SearchStrategy[Any]] = {
    values.Window: st.builds(
        values.Window, optional(st.dates()), optional(st.dates()), st.booleans(), text
    ),
    values.Principal: st.builds(values.Principal, text, text, text, text),
    values.Counterpart: st.builds(values.Counterpart, text, text),
    values.Host: st.builds(values.Host, text, text, several(value_strategy(values.Counterpart))),
    values.Place: st.builds(values.Place, text, text),
    values.Basis: st.builds(
        values.Basis,
        members(terms.Side),
        text,
        members(terms.Attribution),
        counts,
        text,
        text,
        optional(st.dates()),
        text,
    ),
    values.Condition: st.builds(values.Condition, text, members(terms.Side), text),
    values.Statement: st.builds(
        values.Statement,
        members(terms.StatementKind),
        members(terms.Side),
        text,
        text,
        members(Status),
        optional(windows),
        optional(conditions),
        st.integers(0, 2**63 - 1),
        text,
    ),
    values.RelatedVisit: st.builds(values.RelatedVisit, text, members(terms.Relation)),
    values.VisitDetails: st.builds(
        values.VisitDetails,
        text,
        optional(value_strategy(values.Principal)),
        optional(value_strategy(values.Host)),
        several(value_strategy(values.Place)),
        members(terms.VisitKind),
        text,
        text,
        several(text),
        several(value_strategy(values.RelatedVisit)),
        members(terms.Side),
    ),
}
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


# Enums


def enums(descriptor: Descriptor) -> dict[str, EnumDescriptor]:
    return {f.enum_type.full_name: f.enum_type for _, f in paths(descriptor) if f.enum_type}


ENUMS: dict[type[Enum], Any] = {
    Status: visit_pb2.Status,
    Standing: visit_pb2.Standing,
    Precision: visit_pb2.Precision,
    terms.Side: visit_pb2.Side,
    terms.Attribution: visit_pb2.Attribution,
    terms.VisitKind: visit_pb2.VisitKind,
    terms.StatementKind: visit_pb2.StatementKind,
    terms.Relation: visit_pb2.Relation,
}


def test_every_enum_of_events_and_visits_is_known() -> None:
    """The codec converts every enum of a stored message."""
    in_messages = {**enums(VisitEvent.DESCRIPTOR), **enums(VisitMessage.DESCRIPTOR)}
    assert {e.DESCRIPTOR.full_name for e in ENUMS.values()} == set(in_messages)
    assert set(fields.NUMBERS) == set(ENUMS)


@pytest.mark.parametrize("cls", list(ENUMS))
def test_every_member_of_an_enum_has_a_number_and_every_number_a_member(cls: type[Enum]) -> None:
    """The names agree, 0 is unspecified, and neither side leaves a member out."""
    wire_enum = ENUMS[cls].DESCRIPTOR
    unspecified, *others = wire_enum.values
    assert unspecified.number == 0
    assert unspecified.name.endswith("_UNSPECIFIED")
    prefix = unspecified.name.removesuffix("UNSPECIFIED")
    found = {v.name.removeprefix(prefix): codec.member(cls, v.number, "x") for v in others}
    assert found == dict(cls.__members__)
    assert codec.member(cls, 0, "x") is None


@pytest.mark.parametrize("cls", list(ENUMS))
def test_a_number_that_no_member_has_is_refused_with_the_field(cls: type[Enum]) -> None:
    """The refusal names the field and the numbers that are allowed."""
    with pytest.raises(InvalidValue, match=r"^side: has no value 99; allowed: 1 \("):
        codec.member(cls, 99, "side")


@pytest.mark.parametrize(
    ("year", "month", "day"), [(0, 1, 1), (2023, 0, 1), (2023, 2, 29), (10_000, 1, 1), (-1, 1, 1)]
)
def test_a_date_that_does_not_exist_is_refused(year: int, month: int, day: int) -> None:
    """The refusal names the field's path."""
    message = visit_pb2.Window(start=visit_pb2.Date(year=year, month=month, day=day))
    with pytest.raises(InvalidValue) as refused:
        fields.read_value(values.Window, message, "window")
    assert [problem.field for problem in refused.value.problems] == ["window.start"]


# Visits


def visit_message(visit: Visit, position: int = 5) -> bytes:
    """The serialized Visit, including its tail."""
    state = codec.visit_to_bytes(visit.id, visit.version, visit.state)
    return state + wire.visit_tail(1, 2, position, 3, 4)


@reproducible
@given(stories(12))
def test_a_visit_with_its_tail_is_as_protobuf_writes_it(steps: list[Step]) -> None:
    """After any story, the joined bytes are what protobuf itself writes for that message."""
    visit = visit_after(steps)
    for state in (visit.state, fold(visit.changes)):
        joined = codec.visit_to_bytes(visit.id, visit.version, state)
        joined += wire.visit_tail(1, 2, 5, 3, 4)
        assert bytes_of(VisitMessage.FromString(joined)) == joined


def full_state() -> State:
    """A state with a value for everything that a Visit shows."""
    chance = random.Random(1)

    def value(cls: type[Any]) -> Any:
        message = MESSAGES[cls]()
        fill(message, chance)
        return fields.read_value(cls, message, "")

    cancelled = codec.event_from_bytes(bytes_of(filled_event("cancelled")), RECORDED)
    side = terms.Side.GUEST
    return State(
        status=Status.CANCELLED,
        details=value(values.VisitDetails),
        window=value(values.Window),
        previous_windows=(value(values.Window), value(values.Window)),
        held_window=value(values.Window),
        conditions={side: value(values.Condition)},
        statements={(side, "US"): value(values.Statement)},
        opening=cancelled,
        status_change=cancelled,
        merged_into="another",
    )


def test_every_field_of_a_visit_is_written() -> None:
    """If nothing in the state is unset, every field of the contract's Visit is set."""
    state = codec.visit_to_bytes("beijing", 7, full_state())
    message = VisitMessage.FromString(state + wire.visit_tail(1, 2, 5, 3, 4))
    assert [p for p, _ in paths(VisitMessage.DESCRIPTOR) if not present(message, p)] == []
    assert bytes_of(message) == state + wire.visit_tail(1, 2, 5, 3, 4)


def test_a_visit_shows_the_values_of_its_view() -> None:
    """Each value is written as in its own message."""
    state = full_state()
    message = VisitMessage.FromString(codec.visit_to_bytes("beijing", 7, state))
    assert message.name == "visits/beijing"
    assert message.version == 7
    assert message.status == visit_pb2.STATUS_CANCELLED
    assert message.merged_into == "visits/another"
    assert state.status_change is not None
    assert message.reason == state.status_change.reason
    for cls, value, written in (
        (values.VisitDetails, state.details, message.details),
        (values.Window, state.window, message.window),
        (values.Window, state.held_window, message.held_window),
        (values.Window, state.previous_windows[0], message.previous_windows[0]),
        (values.Window, state.previous_windows[1], message.previous_windows[1]),
        (values.Condition, state.conditions[terms.Side.GUEST], message.conditions[0]),
        (values.Statement, state.statements[terms.Side.GUEST, "US"], message.statements[0]),
    ):
        assert fields.read_value(cls, written, "") == value


def test_a_withdrawn_visit_names_the_one_that_stays_and_no_status() -> None:
    """Its state says which visit it was merged into, and nothing that is gone."""
    state = codec.visit_to_bytes("beijing", 2, State(merged_into="kyiv"))
    message = VisitMessage.FromString(state)
    assert [field.name for field, _ in message.ListFields()] == ["name", "merged_into", "version"]
    assert codec.merged_into(state) == "kyiv"


def test_a_stored_event_without_its_record_time_is_of_1970() -> None:
    """eventsourcing's stored events have no record time; reading the log gives it."""
    mapper = VisitMapper()
    event = codec.event_from_bytes(bytes_of(filled_event("cancelled")), RECORDED)
    again = mapper.to_domain_event(mapper.to_stored_event(event))
    assert again == dataclasses.replace(event, timestamp=EPOCH)
