"""Each enum and each state of a visit is encoded and decoded as the contract says."""

import dataclasses
import random
from enum import Enum
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor
from hypothesis import given

from chancery.v1 import visit_pb2
from chancery.v1.event_pb2 import VisitEvent
from chancery.v1.visit_pb2 import Visit as VisitMessage
from domain import terms, values
from domain.errors import InvalidValue
from domain.history import fold
from domain.standing import Standing
from domain.state import State
from domain.status import Status
from domain.times import Precision
from service import codec
from service.codec import fields, wire
from service.codec.clock import EPOCH
from service.commands.application import VisitMapper
from tests.domain.strategies import Step, stories, visit_after
from tests.store.filled import (
    MESSAGES,
    RECORDED,
    bytes_of,
    fill,
    filled_event,
    paths,
    present,
    reproducible,
)

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
