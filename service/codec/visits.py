"""Visits as serialized messages."""

from functools import lru_cache
from typing import Any

from chancery.v1 import desk_service_pb2, visit_pb2
from domain import events as domain
from domain import values
from domain.standing import (
    Stance,
    Standing,
    claimed_windows,
    conditions,
    is_under_way,
    standing,
    weight,
    words,
)
from domain.state import Ending, PreviousWindow, State
from domain.status import TABLE, Status
from domain.terms import Attribution, Side
from domain.voices import Said, Voice
from service.codec import wire
from service.codec.fields import one
from service.codec.kept import kept
from service.codec.names import CHANGE_TYPES, NUMBERS, VISITS, visit_name
from service.codec.times import write_moment

_DETAILS = one(values.VisitDetails)
_WINDOW = one(values.Window)
_CONDITION = one(values.Condition)
_STATEMENT = one(values.Statement)


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
        write_moment(message, "effective", change.effective, otherwise=change.timestamp)
        write_moment(message, "known", change.known, otherwise=change.timestamp)
        write_moment(message, "last_heard", state.last_heard)
        _DETAILS.write(message, "details", state.details)
        _WINDOW.write(message, "window", state.window)
        _WINDOW.write(message, "held_window", state.held_window)
        if state.previous_windows:
            message.MergeFromString(_previous_windows(state.previous_windows))
        _write_what_was_said(message, state)
    return message.SerializeToString(deterministic=True)


@kept
def _previous_windows(windows: tuple[PreviousWindow, ...]) -> bytes:
    """The field of a serialized Visit with these windows."""
    return b"".join(map(_previous_window, windows))


@kept
def _previous_window(previous: PreviousWindow) -> bytes:
    message = visit_pb2.PreviousWindow(
        ending=NUMBERS[Ending][previous.ending], version=previous.version
    )
    _WINDOW.write(message, "window", previous.window)
    return wire.bytes_field(
        visit_pb2.Visit.PREVIOUS_WINDOWS_FIELD_NUMBER, message.SerializeToString(deterministic=True)
    )


def _write_what_was_said(message: visit_pb2.Visit, state: State) -> None:
    """The conditions, the words and the windows claimed."""
    for current in conditions(state):
        condition = message.conditions.add(version=current.event.originator_version)
        _CONDITION.write(condition, "condition", current.condition)
        _write_known(condition, current.event)
    for word in words(state):
        said, stance = word.said, word.stance
        added = message.words.add(
            **_voice(word.voice, said),
            speaker=said.spoken.speaker,
            attribution=said.attribution and NUMBERS[Attribution][said.attribution],
            counts=word.counts,
            stance=stance and NUMBERS[Stance][stance],
        )
        _write_known(added, said.event)
        _STATEMENT.write(added, "statement", said.statement)
    for voice, said in claimed_windows(state):
        claimed = message.claimed_windows.add(**_voice(voice, said))
        _write_known(claimed, said.event)
        assert said.statement is not None
        _WINDOW.write(claimed, "window", said.statement.claimed_window)


def _voice(voice: Voice, said: Said) -> dict[str, Any]:
    """Who speaks, and in which change."""
    return {
        "side": NUMBERS[Side][voice.side],
        "country": voice.country or said.spoken.country,
        "organisation": voice.organisation or said.spoken.organisation,
        "outlet": said.outlet,
        "version": said.event.originator_version,
    }


def _write_known(message: Any, event: domain.Event) -> None:
    write_moment(message, "known", event.known, otherwise=event.timestamp)


def statement_weight(state: State, event: domain.StatementRecorded) -> bytes:
    """The fields of a RecordStatementResponse that say for which status a statement counts."""
    status, firm = weight(state, event)
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
