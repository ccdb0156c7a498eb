"""The as-of rule and the standing again, written naively.

Each step follows the rule as the design states it, without regard to speed. It knows the
events and the values, and shares no code with the fold that it is compared with.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from domain import events as happened
from domain.terms import Attribution, Side
from domain.values import Condition, Statement, VisitDetails, Window

OPENINGS = (happened.Scheduled, happened.Disclosed)
STATUS_CHANGES = (
    *OPENINGS,
    happened.Postponed,
    happened.Deferred,
    happened.Rescheduled,
    happened.Completed,
    happened.Cancelled,
)


@dataclass
class Answer:
    """A visit as of three times. Without a status there is no visit."""

    status: str | None = None
    details: VisitDetails = field(default_factory=VisitDetails)
    window: Window | None = None
    previous_windows: list[Window] = field(default_factory=list)
    held_window: Window | None = None
    conditions: list[Condition] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    standing: str | None = None
    merged_into: str = ""


def effective_time(event: happened.Event) -> datetime:
    return event.timestamp if event.effective is None else event.effective.instant


def known_time(event: happened.Event) -> datetime:
    return event.timestamp if event.known is None else event.known.instant


def as_of(
    events: Sequence[Any], known_at: datetime, valid_at: datetime, recorded_at: datetime
) -> Answer:
    """The answer of the seven rules."""
    # 1. Keep the changes recorded by then.
    recorded = [event for event in events if event.timestamp <= recorded_at]

    # 2. A retraction applies if its known time is not after known_at, whatever valid_at
    #    is. If its target is filtered out, it does nothing.
    known = [event for event in recorded if known_time(event) <= known_at]
    retracted = []
    merged_into = ""
    for retraction in known:
        if not isinstance(retraction, happened.Retracted):
            continue
        for target in known:
            if target.originator_version != retraction.retracted_version:
                continue
            retracted.append(target.originator_version)
            if isinstance(target, OPENINGS):
                merged_into = retraction.merged_into
            if isinstance(target, STATUS_CHANGES):
                for later in known:
                    is_after = later.originator_version > target.originator_version
                    was_there = later.originator_version < retraction.originator_version
                    if isinstance(later, STATUS_CHANGES) and is_after and was_there:
                        retracted.append(later.originator_version)

    # 3. Drop retracted changes; keep those known by known_at and in force by valid_at.
    kept = []
    for event in known:
        if event.originator_version in retracted:
            continue
        if effective_time(event) <= valid_at:
            kept.append(event)

    # 4. Order by effective time, then version.
    kept.sort(key=lambda event: event.originator_version)
    kept.sort(key=effective_time)

    # 5 and 6. The last status change is the status; all else is folded in the same order.
    answer = Answer()
    for event in kept:
        apply(answer, event)
    answer.standing = standing(kept, answer.status)
    if answer.status is None:
        answer.merged_into = merged_into
    return answer


def apply(answer: Answer, event: Any) -> None:
    """One step of the fold."""
    if isinstance(event, happened.Scheduled):
        begin(answer, event.details)
        answer.status = "scheduled"
        answer.window = event.window
    elif isinstance(event, happened.Disclosed):
        begin(answer, event.details)
        answer.status = "completed"
        answer.held_window = event.held_window
    elif isinstance(event, happened.Postponed):
        answer.status = "postponed"
        move_window(answer)
        add_condition(answer, event.condition)
    elif isinstance(event, happened.Deferred):
        answer.status = "when conditions allow"
        move_window(answer)
        add_condition(answer, event.condition)
    elif isinstance(event, happened.Rescheduled):
        answer.status = "rescheduled"
        move_window(answer)
        answer.window = event.window
        answer.conditions = []
    elif isinstance(event, happened.Completed):
        answer.status = "completed"
        answer.held_window = answer.window if event.held_window is None else event.held_window
        answer.conditions = []
    elif isinstance(event, happened.Cancelled):
        answer.status = "cancelled"
        answer.conditions = []
        add_condition(answer, event.condition)
    elif isinstance(event, happened.Amended):
        for path in event.update_mask:
            if path == "window":
                answer.window = event.window
            else:
                name = path.removeprefix("details.")
                answer.details = replace(answer.details, **{name: getattr(event.details, name)})
    elif isinstance(event, happened.StatementRecorded):
        add_statement(answer, event.statement)
        add_condition(answer, event.statement.condition)


def begin(answer: Answer, details: VisitDetails) -> None:
    """A visit that opens has its details, and nothing that was planned before."""
    answer.details = details
    answer.window = None
    answer.previous_windows = []
    answer.held_window = None
    answer.conditions = []


def move_window(answer: Answer) -> None:
    if answer.window is not None:
        answer.previous_windows = [*answer.previous_windows, answer.window]
        answer.window = None


def add_condition(answer: Answer, condition: Condition | None) -> None:
    """The latest condition of each side, in the order in which they came."""
    if condition is not None:
        others = [c for c in answer.conditions if c.side != condition.side]
        answer.conditions = [*others, condition]


def add_statement(answer: Answer, statement: Statement) -> None:
    """The last statement of each side and country, in the order in which they came."""
    others = [
        s for s in answer.statements if s.side != statement.side or s.country != statement.country
    ]
    answer.statements = [*others, statement]


GROUPS = {
    "scheduled": "planned",
    "rescheduled": "planned",
    "postponed": "open",
    "when conditions allow": "open",
    "cancelled": "cancelled",
    "completed": "completed",
}
FIRM = [
    Attribution.ON_THE_RECORD,
    Attribution.DOCUMENT,
    Attribution.READOUT,
    Attribution.OFFICIAL_RECORD,
]


def standing(kept: Sequence[Any], status: str | None) -> str | None:
    """How firm the status is, by what guest and host said."""
    if status is None:
        return None
    change = [event for event in kept if isinstance(event, STATUS_CHANGES)][-1]
    last_words = [last_word(kept, change, status, side) for side in (Side.GUEST, Side.HOST)]
    if "disagrees" in last_words:
        return "disputed"
    if "agrees" in last_words:
        return "official"
    return "reported"


def last_word(kept: Sequence[Any], change: Any, status: str, side: Side) -> str:
    words = []
    for event in kept:
        if not any(b.side == side and b.attribution in FIRM for b in event.basis):
            continue
        when = (effective_time(event), event.originator_version)
        if event is change:
            words.append((when, "agrees"))
        elif isinstance(event, happened.StatementRecorded) and event.statement.side == side:
            if effective_time(event) < effective_time(change):
                continue
            kind = event.statement.kind
            if kind in ("decline", "report"):
                continue
            if event.statement.claimed_status is not None:
                same = GROUPS[event.statement.claimed_status] == GROUPS[status]
                words.append((when, "agrees" if same else "disagrees"))
            else:
                words.append((when, "disagrees" if kind == "deny" else "agrees"))
    return max(words)[1] if words else "says nothing"
