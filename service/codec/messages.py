"""Events and visits as serialized messages, and the times of a request."""

from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1 import event_pb2, visit_pb2
from domain import events as domain
from domain import values
from domain.errors import InvalidValue
from domain.standing import Standing, standing
from domain.state import State
from domain.status import Status
from domain.times import Moment, Precision
from service.codec.clock import from_microseconds
from service.codec.fields import (
    EVENT_TYPES,
    FIELDS,
    NUMBERS,
    VISITS,
    many,
    member,
    one,
    read_fields,
    visit_name,
    write_fields,
)

_BASIS = many(values.Basis)
_DETAILS = one(values.VisitDetails)
_WINDOW = one(values.Window)
_WINDOWS = many(values.Window)
_CONDITIONS = many(values.Condition)
_STATEMENTS = many(values.Statement)

# Times


def read_instant(message: Any, field: str) -> datetime | None:
    """A timestamp; None if it is not set.

    :raises InvalidValue: it is finer than a microsecond, outside the years 1 to 9999, or not
        a valid timestamp.
    """
    if not message.HasField(field):
        return None
    given: Timestamp = getattr(message, field)
    if not 0 <= given.nanos < 1_000_000_000:
        raise InvalidValue.of(field, "must have nanos from 0 to 999999999")
    if given.nanos % 1000:
        raise InvalidValue.of(field, "must not be finer than a microsecond")
    try:
        return from_microseconds(given.seconds * 1_000_000 + given.nanos // 1000)
    except (ValueError, OverflowError):
        raise InvalidValue.of(field, "must be in the years 1 to 9999") from None


def read_moment(message: Any, which: str) -> Moment | None:
    """The "effective" or "known" time of a message, with its precision; None if not set.

    :raises InvalidValue: a precision is given without a time.
    """
    instant = read_instant(message, f"{which}_time")
    number = getattr(message, f"{which}_precision")
    precision = member(Precision, number, f"{which}_precision")
    if instant is None:
        if precision is not None:
            raise InvalidValue.of(f"{which}_precision", f"is allowed only with {which}_time")
        return None
    return Moment(instant, precision or Precision.INSTANT)


def _write_moment(message: Any, which: str, moment: Moment | None) -> None:
    if moment is not None:
        getattr(message, f"{which}_time").FromDatetime(moment.instant)
        setattr(message, f"{which}_precision", NUMBERS[Precision][moment.precision])


# Events


def event_to_bytes(event: domain.Event) -> bytes:
    """The serialized VisitEvent: the bytes that are stored, streamed and committed to."""
    message = event_pb2.VisitEvent(
        visit=visit_name(event.originator_id),
        version=event.originator_version,
        actor=event.actor,
        request_id=event.request_id,
        reason=event.reason,
    )
    _write_moment(message, "effective", event.effective)
    _write_moment(message, "known", event.known)
    _BASIS.write(message, "basis", event.basis)
    change = getattr(message, event.TOPIC)
    change.SetInParent()
    write_fields(FIELDS[type(event)], event, change)
    return message.SerializeToString(deterministic=True)


def read_basis(message: Any) -> tuple[values.Basis, ...]:
    """The basis of a VisitEvent or a ChangeContext."""
    basis = []
    for i, item in enumerate(message.basis):
        try:
            basis.append(_read_basis(item.SerializeToString()))
        except InvalidValue as error:
            raise error.under(f"basis[{i}]") from None
    return tuple(basis)


@lru_cache(4096)
def _read_basis(serialized: bytes) -> values.Basis:
    """A basis. Cached: changes often share a basis."""
    message = visit_pb2.Basis.FromString(serialized)
    return values.Basis(**read_fields(values.Basis, message))


def event_from_bytes(body: bytes, record_time: datetime) -> domain.Event:
    """The event of a serialized VisitEvent that was recorded at ``record_time``.

    :raises ValueError: the bytes are not a VisitEvent that this version knows.
    """
    try:
        message = event_pb2.VisitEvent.FromString(body)
        return _read_event(message, record_time)
    except (DecodeError, InvalidValue, KeyError) as error:
        raise ValueError("the bytes are not a VisitEvent that this version knows") from error


def event_key(body: bytes) -> tuple[str, int]:
    """The visit's id and the version in a serialized VisitEvent.

    :raises ValueError: the bytes are not a VisitEvent.
    """
    try:
        message = event_pb2.VisitEvent.FromString(body)
    except DecodeError:
        raise ValueError("the bytes are not a VisitEvent") from None
    return message.visit.removeprefix(VISITS), message.version


def _read_event(message: event_pb2.VisitEvent, record_time: datetime) -> domain.Event:
    topic = cast(str, message.WhichOneof("change"))
    event_type = EVENT_TYPES[topic]
    return event_type(
        originator_id=message.visit.removeprefix(VISITS),
        originator_version=message.version,
        timestamp=record_time,
        actor=message.actor,
        request_id=message.request_id,
        reason=message.reason,
        effective=read_moment(message, "effective"),
        known=read_moment(message, "known"),
        basis=read_basis(message),
        **read_fields(event_type, getattr(message, topic)),
    )


def read_change(topic: str, message: Message) -> dict[str, Any]:
    """The arguments of a command, from the message that its event will carry.

    :raises InvalidValue: a value that the domain cannot express.
    """
    try:
        return read_fields(EVENT_TYPES[topic], message)
    except InvalidValue as error:
        raise error.under(topic) from None


# Visits


def visit_to_bytes(visit_id: str, version: int, state: State) -> bytes:
    """The serialized Visit without the fields that ``wire.visit_tail`` adds."""
    message = visit_pb2.Visit(
        name=visit_name(visit_id),
        merged_into=visit_name(state.merged_into),
        version=version,
    )
    if state.status is not None:
        message.status = NUMBERS[Status][state.status]
        message.standing = NUMBERS[Standing][standing(state)]
        if state.status_change is not None:
            message.reason = state.status_change.reason
        _DETAILS.write(message, "details", state.details)
    _WINDOW.write(message, "window", state.window)
    _WINDOW.write(message, "held_window", state.held_window)
    _WINDOWS.write(message, "previous_windows", state.previous_windows)
    _CONDITIONS.write(message, "conditions", state.conditions.values())
    _STATEMENTS.write(message, "statements", state.statements.values())
    return message.SerializeToString(deterministic=True)


def merged_into(state: bytes) -> str:
    """The id of the visit that a withdrawn one was merged into, from its serialized state."""
    return visit_pb2.Visit.FromString(state).merged_into.removeprefix(VISITS)
