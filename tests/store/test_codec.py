"""Each enum and each state of a visit is encoded and decoded as the contract says."""

import dataclasses
import random
from enum import Enum
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor

from chancery.v1 import values_pb2, visit_pb2
from chancery.v1.event_pb2 import ChangeType, VisitEvent
from chancery.v1.visit_pb2 import Visit as VisitMessage
from domain import terms, values
from domain.errors import InvalidValue
from domain.history import fold
from domain.standing import Stance, Standing
from domain.state import CurrentCondition, Ending, PreviousWindow, State
from domain.status import Status
from domain.timeline import Place
from domain.voices import Said, Voice
from service import codec
from service.codec import fields, names, wire
from service.codec.clock import EPOCH
from service.commands.application import VisitMapper
from tests.store.filled import (
    MESSAGES,
    RECORDED,
    bytes_of,
    fill,
    filled_event,
    paths,
    present,
)
from tests.store.rebuilding import told_visit
from tests.support.examples import examples

# Enums


def enums(descriptor: Descriptor) -> dict[str, EnumDescriptor]:
    return {f.enum_type.full_name: f.enum_type for _, f in paths(descriptor) if f.enum_type}


ENUMS: dict[type[Enum], Any] = {
    Status: values_pb2.Status,
    Standing: visit_pb2.Standing,
    Stance: visit_pb2.Stance,
    Ending: visit_pb2.WindowEnding,
    terms.Side: values_pb2.Side,
    terms.Attribution: values_pb2.Attribution,
    terms.VisitKind: values_pb2.VisitKind,
    terms.StatementKind: values_pb2.StatementKind,
    terms.Relation: values_pb2.Relation,
}
# A word that counts has another stance: what leaves a visit in doubt does not count.
NO_MEMBERS = {"STANCE_NEITHER"}


def test_every_enum_of_events_and_visits_is_known() -> None:
    """The codec converts every enum of a stored message."""
    in_messages = {**enums(VisitEvent.DESCRIPTOR), **enums(VisitMessage.DESCRIPTOR)}
    known = {each.DESCRIPTOR.full_name for each in (*ENUMS.values(), ChangeType)}
    assert known == set(in_messages)
    assert set(names.NUMBERS) == set(ENUMS)


@pytest.mark.parametrize("cls", list(ENUMS))
def test_every_member_of_an_enum_has_a_number_and_every_number_a_member(cls: type[Enum]) -> None:
    """The names agree, 0 is unspecified, and neither side leaves a member out."""
    wire_enum = ENUMS[cls].DESCRIPTOR
    unspecified, *others = wire_enum.values
    assert unspecified.number == 0
    assert unspecified.name.endswith("_UNSPECIFIED")
    prefix = unspecified.name.removesuffix("UNSPECIFIED")
    found = {
        value.name.removeprefix(prefix): codec.member(cls, value.number, "x")
        for value in others
        if value.name not in NO_MEMBERS
    }
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
    message = values_pb2.Window(start=values_pb2.Date(year=year, month=month, day=day))
    with pytest.raises(InvalidValue) as refused:
        fields.read_value(values.Window, message, "window")
    assert [problem.field for problem in refused.value.problems] == ["window.start"]


# Visits


def tail(state: State) -> bytes:
    """What is added to a visit when its position is known."""
    allowed = codec.allowed_changes(state.status) if state.status is not None else b""
    return wire.visit_tail(5, 3, 4) + allowed


@pytest.mark.parametrize("seed", range(examples(30)))
def test_a_visit_with_its_tail_is_as_protobuf_writes_it(seed: int) -> None:
    """After any story, the joined bytes are what protobuf itself writes for that message."""
    visit = told_visit(random.Random(seed), 12)
    for state in (visit.state, fold(visit.changes)):
        joined = codec.visit_to_bytes(visit.id, visit.version, state) + tail(state)
        assert bytes_of(VisitMessage.FromString(joined)) == joined


def full_state() -> State:
    """A state with a value for everything that a Visit shows."""
    chance = random.Random(1)

    def value(cls: type[Any]) -> Any:
        message = MESSAGES[cls]()
        fill(message, chance)
        return fields.read_value(cls, message, "")

    def event(topic: str) -> Any:
        return codec.event_from_bytes(bytes_of(filled_event(topic)), RECORDED)

    rescheduled, recorded = event("rescheduled"), event("statement_recorded")
    confirmed = dataclasses.replace(recorded.statement, kind=terms.StatementKind.CONFIRM)
    voice = Voice(terms.Side.GUEST, "US")
    form = terms.Attribution.ON_THE_RECORD
    said = Said(voice, confirmed, "The Journal", form, True, recorded, (Place(RECORDED, 2), 0))
    return State(
        status=Status.RESCHEDULED,
        details=value(values.VisitDetails),
        window=value(values.Window),
        previous_windows=(
            PreviousWindow(value(values.Window), Ending.MADE_EXACT, 3),
            PreviousWindow(value(values.Window), Ending.MOVED, 4),
        ),
        held_window=value(values.Window),
        conditions={voice: CurrentCondition(value(values.Condition), recorded)},
        said={voice: said},
        words={voice: said},
        claims={voice: said},
        under_way=True,
        status_change=rescheduled,
        last_heard=recorded.known,
        merged_into="another",
    )


def test_every_field_of_a_visit_is_written() -> None:
    """If nothing in the state is unset, every field of the contract's Visit is set."""
    state = full_state()
    joined = codec.visit_to_bytes("beijing", 7, state) + tail(state)
    message = VisitMessage.FromString(joined)
    assert [p for p, _ in paths(VisitMessage.DESCRIPTOR) if not present(message, p)] == []
    assert bytes_of(message) == joined


def test_a_visit_shows_the_values_of_its_state() -> None:
    """Each value is written as in its own message."""
    state = full_state()
    message = VisitMessage.FromString(codec.visit_to_bytes("beijing", 7, state))
    assert message.name == "visits/beijing"
    assert message.version == 7
    assert message.status == values_pb2.STATUS_RESCHEDULED
    assert message.merged_into == "visits/another"
    assert state.status_change is not None
    assert message.reason == state.status_change.reason
    (condition,), (said,) = state.conditions.values(), state.said.values()
    for cls, value, written in (
        (values.VisitDetails, state.details, message.details),
        (values.Window, state.window, message.window),
        (values.Window, state.held_window, message.held_window),
        (values.Window, state.previous_windows[0].window, message.previous_windows[0].window),
        (values.Window, state.previous_windows[1].window, message.previous_windows[1].window),
        (values.Condition, condition.condition, message.conditions[0].condition),
        (values.Statement, said.statement, message.words[0].statement),
    ):
        assert fields.read_value(cls, written, "") == value
    assert [previous.version for previous in message.previous_windows] == [3, 4]


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
