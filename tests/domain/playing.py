"""Play the commands of the model through visits, and ask these what the model is asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from inspect import Parameter, signature
from typing import get_type_hints

from domain.checks import Context
from domain.errors import (
    InvalidValue,
    Refusal,
    VersionMismatch,
    VisitExists,
    VisitNotFound,
)
from domain.events import Event, Retracted
from domain.history import fold
from domain.standing import (
    Word,
    claimed_windows,
    conditions,
    is_under_way,
    standing,
    words,
)
from domain.state import State
from domain.status import TABLE
from domain.times import LAST_INSTANT, Moment
from domain.visit import Visit
from domain.voices import Said, Voice
from tests.domain.dicts import Json, to_dict, to_value
from tests.model.refusal import Refused
from tests.model.times import instant, stamp

COMMANDS: dict[str, Callable[..., None]] = {
    "scheduled": Visit.schedule,
    "disclosed": Visit.disclose,
    "postponed": Visit.postpone,
    "deferred": Visit.defer,
    "rescheduled": Visit.reschedule,
    "completed": Visit.complete,
    "cancelled": Visit.cancel,
    "amended": Visit.amend,
    "corrected": Visit.correct,
    "statement_recorded": Visit.record_statement,
    "retracted": Visit.retract,
}
CHANGES = {
    "schedule": "scheduled",
    "disclose": "disclosed",
    "postpone": "postponed",
    "defer": "deferred",
    "reschedule": "rescheduled",
    "complete": "completed",
    "cancel": "cancelled",
}
CODES: dict[type[Refusal], str] = {
    InvalidValue: "INVALID_ARGUMENT",
    VisitNotFound: "NOT_FOUND",
    VisitExists: "ALREADY_EXISTS",
    VersionMismatch: "ABORTED",
}


def code_of(refusal: Refusal) -> str:
    """The status code that a client gets for a refusal."""
    codes = (code for kind, code in CODES.items() if isinstance(refusal, kind))
    return next(codes, "FAILED_PRECONDITION")


def give(visit: Visit, command: Json, now: datetime) -> Refusal | None:
    """Give a visit a command. Returns the refusal, or None if the visit accepts it."""
    if visit.changes:
        now = max(now, visit.changes[-1].timestamp)
    method = COMMANDS[command["change"]]
    try:
        method(visit, _context(command["context"], now), **_arguments(method, command))
    except Refusal as refusal:
        return refusal
    return None


@dataclass
class Player:
    """Visits that take the commands of the model. Each event has a position in their log."""

    visits: dict[str, Visit] = field(default_factory=dict)
    positions: dict[int, int] = field(default_factory=dict)

    def visit(self, visit_id: str, now: datetime) -> Visit:
        return self.visits.setdefault(visit_id, Visit.blank(visit_id, now))

    def enter(self, command: Json, now: datetime) -> Event | Refusal:
        """Give a visit a command. Returns what was recorded, or the refusal."""
        visit = self.visit(command["visit"], now)
        if refusal := give(visit, command, now):
            return refusal
        event = visit.changes[-1]
        self.positions[id(event)] = len(self.positions) + 1
        return event

    def recorded(self, visit_id: str, position: int) -> list[Event]:
        """The changes of a visit that were recorded by a position."""
        visit = self.visits.get(visit_id)
        changes = visit.changes if visit else ()
        return [event for event in changes if self.positions[id(event)] <= position]


def outcome(result: Event | Refusal) -> Json | Refused:
    """What a command led to, as the model tells it."""
    if isinstance(result, Refusal):
        return Refused(code_of(result), str(result))
    told: Json = {"version": result.originator_version}
    if isinstance(result, Retracted):
        told["retracted"] = {"retracted_versions": list(result.retracted_versions)}
    return told


def _context(given: Json, now: datetime) -> Context:
    """The context of a command, of somebody who asks once."""
    values: Json = {"actor": "a desk", "request_id": "r"}
    hints = get_type_hints(Context)
    for name, value in given.items():
        if name.endswith("_time"):
            values[name.removesuffix("_time")] = Moment(instant(value))
        elif name.endswith("_period"):
            values[name.removesuffix("_period")] = Moment.of_period(value)
        else:
            values[name] = to_value(hints[name], value)
    return Context(now=now, **values)


def _arguments(method: Callable[..., None], command: Json) -> Json:
    """The arguments of a command, with None for each required one that it leaves out."""
    hints = get_type_hints(method)
    left_out = {
        name: None
        for name, parameter in signature(method).parameters.items()
        if name not in ("self", "context") and parameter.default is Parameter.empty
    }
    given = {name: to_value(hints[name], value) for name, value in command["message"].items()}
    if "merged_into" in given:
        given["merged_into"] = given["merged_into"].removeprefix("visits/")
    return left_out | given


# Answers


def answer(
    events: list[Event], known_at: str | None = None, valid_at: str | None = None
) -> Json | None:
    """The visit as of these moments, as the model tells it; None where it does not exist."""
    known, valid = (instant(time) if time else LAST_INSTANT for time in (known_at, valid_at))
    state = fold(events, known, valid)
    return told(state, len(events)) if state.status is not None else None


def told(state: State, version: int) -> Json:
    """A visit that exists, in the words of the model."""
    details, change = to_dict(state.details), state.status_change
    assert state.status is not None
    assert state.last_heard is not None
    assert change is not None
    by_word = [_word(word) for word in words(state)]
    return {
        "details": details,
        **{key: details.get(key) for key in ("title", "principal", "host")},
        "aliases": details.get("aliases", []),
        "purpose": details.get("purpose", ""),
        "status": to_dict(state.status),
        "standing": to_dict(standing(state)),
        "window": to_dict(state.window),
        "held_window": to_dict(state.held_window),
        "previous_windows": [
            {"window": to_dict(p.window), "ended": p.ending.value, "version": p.version}
            for p in state.previous_windows
        ],
        "conditions": [
            {**to_dict(current.condition), "version": current.event.originator_version}
            for current in conditions(state)
        ],
        "all_words": by_word,
        "words": [word for word in by_word if word["counts"]],
        "claimed_windows": [_claimed(voice, said) for voice, said in claimed_windows(state)],
        "under_way": is_under_way(state),
        "reason": change.reason,
        **_moment("effective", change.effective_moment),
        **_moment("known", change.known_moment),
        "last_heard_time": stamp(state.last_heard.instant),
        "status_version": change.originator_version,
        "version": version,
        "allowed_changes": sorted(CHANGES[allowed] for allowed in TABLE[state.status]),
    }


def _moment(which: str, moment: Moment) -> Json:
    return {f"{which}_time": stamp(moment.instant), f"{which}_period": moment.period}


def _voice(voice: Voice) -> Json:
    return {
        "side": to_dict(voice.side),
        "country": voice.country,
        "organisation": voice.organisation,
    }


def _word(word: Word) -> Json:
    stance = {"stance": word.stance.value} if word.stance else {}
    said = word.said
    return {
        **_voice(word.voice),
        "speaker": said.spoken.speaker,
        "outlet": said.outlet,
        "attribution": to_dict(said.attribution) or "",
        "version": said.event.originator_version,
        "counts": word.counts,
        **stance,
    }


def _claimed(voice: Voice, said: Said) -> Json:
    assert said.statement is not None
    window = to_dict(said.statement.claimed_window)
    return {**_voice(voice), "version": said.event.originator_version, "window": window}
