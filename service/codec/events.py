"""Events as serialized messages."""

from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from google.protobuf.message import Message

from chancery.v1 import event_pb2, values_pb2
from domain import events as domain
from domain import values
from domain.copies import made
from domain.errors import InvalidValue
from service.codec.canonical import NotCanonical, check_values, read_canonical
from service.codec.fields import FIELDS, many, read_attributes, read_fields, write_fields
from service.codec.names import CHANGE_TYPES, EVENT_TYPES, VISITS, visit_name
from service.codec.times import read_moment, write_moment

_BASIS = many(values.Basis)


def event_to_bytes(event: domain.Event) -> bytes:
    """The serialized VisitEvent: the bytes that are stored, streamed and committed to."""
    message = event_pb2.VisitEvent(
        visit=visit_name(event.originator_id),
        version=event.originator_version,
        change_type=CHANGE_TYPES[event.TOPIC],
        actor=event.actor,
        request_id=event.request_id,
        reason=event.reason,
        note=event.note,
    )
    write_moment(message, "effective", event.effective)
    write_moment(message, "known", event.known)
    _BASIS.write(message, "basis", event.basis)
    _BASIS.write(message, "sources", event.sources)
    change = getattr(message, event.TOPIC)
    change.SetInParent()
    write_fields(FIELDS[type(event)], event, change)
    return message.SerializeToString(deterministic=True)


def read_basis(message: Any, field: str = "basis") -> tuple[values.Basis, ...]:
    """The basis, or the sources, of a VisitEvent or a ChangeContext.

    :raises InvalidValue: it has a value that the domain cannot express.
    """
    serialized = tuple([item.SerializeToString() for item in getattr(message, field)])
    return _read_basis(serialized, field) if serialized else ()


@lru_cache(4096)
def _read_basis(serialized: tuple[bytes, ...], field: str) -> tuple[values.Basis, ...]:
    """The basis of a change. Cached: changes often have the same."""
    return tuple(_BASIS.read(map(values_pb2.Basis.FromString, serialized), field))


def event_from_bytes(body: bytes, record_time: datetime) -> domain.Event:
    """The event of a serialized VisitEvent that was recorded at ``record_time``.

    :raises ValueError: the bytes are not a VisitEvent that this version knows; NotCanonical if
        that can be told without the domain.
    """
    message = read_canonical(body)
    try:
        return _read_event(message, record_time)
    except (InvalidValue, KeyError, ValueError) as error:
        check_values(message)
        raise ValueError("the bytes are not a VisitEvent that this version knows") from error


def event_key(body: bytes, *, has_content: bool = True) -> tuple[str, int]:
    """The visit's id and the version in a serialized VisitEvent.

    Everything is checked that can be without the changes before it. Unless it ``has_content``,
    the bytes are those of the other parts alone.

    :raises NotCanonical: the bytes are not the canonical ones of an event that this version knows.
    """
    message = read_canonical(body)
    check_values(message)
    if (message.WhichOneof("change") is not None) is not has_content:
        raise NotCanonical("it has no change")
    if not message.visit.startswith(VISITS) or message.version < 1:
        raise NotCanonical("it does not say which change of which visit it is")
    return message.visit.removeprefix(VISITS), message.version


def _read_event(message: event_pb2.VisitEvent, record_time: datetime) -> domain.Event:
    topic = cast(str, message.WhichOneof("change"))
    event_type = EVENT_TYPES[topic]
    found = read_attributes(event_type, getattr(message, topic))
    found["originator_id"] = message.visit.removeprefix(VISITS)
    found["originator_version"] = message.version
    found["timestamp"] = record_time
    found["actor"] = message.actor
    found["request_id"] = message.request_id
    # What is not set is left to the class.
    if reason := message.reason:
        found["reason"] = reason
    if effective := read_moment(message, "effective_time", "effective_period"):
        found["effective"] = effective
    if known := read_moment(message, "known_time", "known_period"):
        found["known"] = known
    if basis := read_basis(message):
        found["basis"] = basis
    if sources := read_basis(message, "sources"):
        found["sources"] = sources
    if note := message.note:
        found["note"] = note
    return made(event_type, found)


def read_change(topic: str, message: Message) -> dict[str, Any]:
    """The arguments of a command, from the message that its event will carry.

    :raises InvalidValue: a value that the domain cannot express.
    """
    try:
        found = read_fields(EVENT_TYPES[topic], message)
    except InvalidValue as error:
        raise error.under(topic) from None
    if found.pop("retracted_versions", ()):
        text = "must be empty: the answer tells all that a retraction takes out"
        raise InvalidValue.of("retracted.retracted_versions", text)
    return found
