"""Events and visits as serialized messages, and the times of a request."""

from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1 import desk_service_pb2, event_pb2, values_pb2, visit_pb2
from domain import events as domain
from domain import values
from domain.errors import InvalidValue
from domain.standing import (
    Stance,
    Standing,
    Word,
    claimed_windows,
    conditions,
    is_under_way,
    standing,
    weight,
    words,
)
from domain.state import Ending, State
from domain.status import TABLE, Status
from domain.terms import Attribution, Side
from domain.times import Moment
from domain.voices import Said, Voice
from service.codec.canonical import NotCanonical, check_values, read_canonical
from service.codec.clock import from_microseconds
from service.codec.fields import (
    CHANGE_TYPES,
    EVENT_TYPES,
    FIELDS,
    NUMBERS,
    VISITS,
    many,
    one,
    read_fields,
    visit_name,
    write_fields,
)

_BASIS = many(values.Basis)
_DETAILS = one(values.VisitDetails)
_WINDOW = one(values.Window)
_CONDITION = one(values.Condition)
_STATEMENT = one(values.Statement)

# Times


def read_instant(message: Any, field: str) -> datetime | None:
    """A timestamp, without what is finer than a microsecond; None if it is not set.

    :raises InvalidValue: it is outside the years 1 to 9999, or not a valid timestamp.
    """
    if not message.HasField(field):
        return None
    given: Timestamp = getattr(message, field)
    if not 0 <= given.nanos < 1_000_000_000:
        raise InvalidValue.of(field, "must have nanos from 0 to 999999999")
    try:
        return from_microseconds(given.seconds * 1_000_000 + given.nanos // 1000)
    except (ValueError, OverflowError):
        raise InvalidValue.of(field, "must be in the years 1 to 9999") from None


def asked_moment(message: Any, which: str) -> Moment | None:
    """The "effective" or "known" time of a request: an instant or a period; None if not set.

    :raises InvalidValue: it is neither.
    """
    field = message.WhichOneof(which)
    if field is None:
        return None
    if field == f"{which}_time":
        instant = read_instant(message, f"{which}_time")
        return None if instant is None else Moment(instant)
    try:
        return Moment.of_period(getattr(message, field))
    except ValueError as error:
        raise InvalidValue.of(field, str(error)) from None


def _read_moment(message: event_pb2.VisitEvent, which: str) -> Moment | None:
    """The "effective" or "known" time of an event; None if not set."""
    instant, period = read_instant(message, f"{which}_time"), getattr(message, f"{which}_period")
    if period:
        Moment.of_period(period)
    return Moment(instant, period) if instant is not None else None


def _write_moment(message: Any, which: str, moment: Moment | None) -> None:
    if moment is not None:
        # This sets it also if it is 1970, which has no bytes.
        getattr(message, f"{which}_time").CopyFrom(_timestamp(moment.instant))
        if moment.period:
            setattr(message, f"{which}_period", moment.period)


@lru_cache(4096)
def _timestamp(instant: datetime) -> Timestamp:
    """A Timestamp to copy. Cached: the time of a change stands in several places of a visit."""
    timestamp = Timestamp()
    timestamp.FromDatetime(instant)
    return timestamp


# Events


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
    _write_moment(message, "effective", event.effective)
    _write_moment(message, "known", event.known)
    _BASIS.write(message, "basis", event.basis)
    _BASIS.write(message, "sources", event.sources)
    change = getattr(message, event.TOPIC)
    change.SetInParent()
    write_fields(FIELDS[type(event)], event, change)
    return message.SerializeToString(deterministic=True)


def read_basis(message: Any, field: str = "basis") -> tuple[values.Basis, ...]:
    """The basis, or the sources, of a VisitEvent or a ChangeContext."""
    basis = []
    for i, item in enumerate(getattr(message, field)):
        try:
            basis.append(_read_basis(item.SerializeToString()))
        except InvalidValue as error:
            raise error.under(f"{field}[{i}]") from None
    return tuple(basis)


@lru_cache(4096)
def _read_basis(serialized: bytes) -> values.Basis:
    """A basis. Cached: changes often share a basis."""
    message = values_pb2.Basis.FromString(serialized)
    return values.Basis(**read_fields(values.Basis, message))


def event_from_bytes(body: bytes, record_time: datetime) -> domain.Event:
    """The event of a serialized VisitEvent that was recorded at ``record_time``.

    :raises ValueError: the bytes are not a VisitEvent that this version knows; NotCanonical if
        that can be told without the domain.
    """
    message = read_canonical(body)
    try:
        return _read_event(message, record_time)
    except (InvalidValue, KeyError) as error:
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
    found = read_fields(event_type, getattr(message, topic))
    fields = FIELDS[event_type]
    return event_type(
        originator_id=message.visit.removeprefix(VISITS),
        originator_version=message.version,
        timestamp=record_time,
        actor=message.actor,
        request_id=message.request_id,
        reason=message.reason,
        effective=_read_moment(message, "effective"),
        known=_read_moment(message, "known"),
        basis=read_basis(message),
        sources=read_basis(message, "sources"),
        note=message.note,
        **{fields[name].attribute or name: value for name, value in found.items()},
    )


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


# Visits


def visit_to_bytes(visit_id: str, version: int, state: State) -> bytes:
    """The serialized Visit without the fields that ``wire.visit_tail`` adds.

    Requires that its changes have their record times.
    """
    message = visit_pb2.Visit(
        name=visit_name(visit_id), merged_into=visit_name(state.merged_into), version=version
    )
    change = state.status_change
    if state.status is not None and change is not None and state.last_heard is not None:
        message.status = NUMBERS[Status][state.status]
        message.standing = NUMBERS[Standing][standing(state)]
        message.status_version = change.originator_version
        message.reason = change.reason
        message.under_way = is_under_way(state)
        _write_moment(message, "effective", change.effective_moment)
        _write_moment(message, "known", change.known_moment)
        _write_moment(message, "last_heard", state.last_heard)
        _DETAILS.write(message, "details", state.details)
        _WINDOW.write(message, "window", state.window)
        _WINDOW.write(message, "held_window", state.held_window)
        _write_what_was_said(message, state)
    return message.SerializeToString(deterministic=True)


def _write_what_was_said(message: visit_pb2.Visit, state: State) -> None:
    """The previous windows, the conditions, the words and the windows claimed."""
    for previous in state.previous_windows:
        added = message.previous_windows.add(version=previous.version)
        added.ending = NUMBERS[Ending][previous.ending]
        _WINDOW.write(added, "window", previous.window)
    for current in conditions(state):
        condition = message.conditions.add(version=current.event.originator_version)
        _CONDITION.write(condition, "condition", current.condition)
        _write_moment(condition, "known", current.event.known_moment)
    for word in words(state):
        _write_word(message.words.add(), word)
    for voice, said in claimed_windows(state):
        claimed = message.claimed_windows.add()
        _write_voice(claimed, voice, said)
        assert said.statement is not None
        _WINDOW.write(claimed, "window", said.statement.claimed_window)


def _write_word(message: visit_pb2.Word, word: Word) -> None:
    said = word.said
    _write_voice(message, word.voice, said)
    message.speaker = said.spoken.speaker
    if said.attribution is not None:
        message.attribution = NUMBERS[Attribution][said.attribution]
    if word.stance is not None:
        message.counts = True
        message.stance = NUMBERS[Stance][word.stance]
    _STATEMENT.write(message, "statement", said.statement)


def _write_voice(message: Any, voice: Voice, said: Said) -> None:
    """Who speaks, and in which change."""
    message.side = NUMBERS[Side][voice.side]
    message.country = voice.country or said.spoken.country
    message.organisation = voice.organisation or said.spoken.organisation
    message.outlet = said.outlet
    message.version = said.event.originator_version
    _write_moment(message, "known", said.event.known_moment)


def statement_weight(state: State, version: int) -> bytes:
    """The fields of a RecordStatementResponse that say for which status a statement counts."""
    status, firm = weight(state, version)
    answer = desk_service_pb2.RecordStatementResponse(firm=firm)
    if status is not None:
        answer.counts_for = NUMBERS[Status][status]
    return answer.SerializeToString(deterministic=True)


@lru_cache(16)
def allowed_changes(status: str) -> bytes:
    """The field of a serialized Visit that says which changes its status allows."""
    allowed = TABLE[Status(status)]
    types = [CHANGE_TYPES[e.TOPIC] for e in domain.EVENT_TYPES if e.STATUS_CHANGE in allowed]
    return visit_pb2.Visit(allowed_changes=types).SerializeToString()


def principal_name(state: bytes) -> str:
    """The name of the principal, from the serialized state of a visit."""
    return visit_pb2.Visit.FromString(state).details.principal.name


def merged_into(state: bytes) -> str:
    """The id of the visit that a withdrawn one was merged into, from its serialized state."""
    return visit_pb2.Visit.FromString(state).merged_into.removeprefix(VISITS)
