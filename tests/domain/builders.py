"""Visits in a named state, and short ways to write the values of a change."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from domain.checks import Context
from domain.events import Event
from domain.status import Status
from domain.terms import Attribution, Side, StatementKind, VisitKind
from domain.times import Moment
from domain.values import Basis, Condition, Host, Place, Principal, Statement, VisitDetails, Window
from domain.visit import Visit

NOW = "2023-10-18 12:00"

# Times


def at(text: str) -> datetime:
    """An instant in UTC: "2023-02-03 18:00"; a bare day is its midnight."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def end_of_day(text: str) -> datetime:
    """The latest instant of a day: "2023-02-03"."""
    return at(f"{text} 23:59:59.999")


def on(text: str) -> Moment:
    """An instant, "2023-05-19 18:00", or a period: "2023", "2023-05", "2023-05-19"."""
    return Moment(at(text)) if ":" in text else Moment.of_period(text)


# Values


def days(first: str, last: str = "", as_stated: str = "", *, approximate: bool = False) -> Window:
    """A window from the first to the last day; of a single day if only one is given."""
    return Window(
        date.fromisoformat(first), date.fromisoformat(last or first), approximate, as_stated
    )


FEBRUARY = days("2023-02-05", "2023-02-06")
JUNE = days("2023-06-18", "2023-06-19")
AUTUMN = days("2023-09-01", "2023-11-30", "in the autumn", approximate=True)

DETAILS = VisitDetails(
    title="The secretary of state to Beijing",
    principal=Principal("Antony Blinken", office="Secretary of State", country="US"),
    host=Host(country="CN"),
    destinations=(Place("Beijing", "CN"),),
    kind=VisitKind.WORKING,
    purpose="To keep lines of communication open",
    aliases=("blinken-china",),
)


def word(
    side: Side,
    speaker: str = "",
    attribution: Attribution = Attribution.ON_THE_RECORD,
    **more: Any,
) -> Basis:
    """The word of a side, on the record by default."""
    return Basis(side, speaker=speaker, attribution=attribution, **more)


def condition(
    text: str = "when conditions allow", side: Side = Side.GUEST, **more: Any
) -> Condition:
    """The words under which a side leaves a visit open."""
    return Condition(text, side, **more)


# Commands

LEAST: dict[str, dict[str, Any]] = {
    "schedule": {"details": DETAILS, "window": FEBRUARY},
    "disclose": {"details": DETAILS, "held_window": FEBRUARY},
    "postpone": {},
    "defer": {"condition": condition()},
    "reschedule": {"window": JUNE},
    "complete": {"held_window": FEBRUARY},
    "cancel": {},
    "amend": {"details": VisitDetails(title="Another title"), "window": None},
    "record_statement": {"statement": Statement(StatementKind.REPORT, Side.PRESS)},
    "correct": {"reason": "Another reason", "update_mask": ["reason"], "corrected_version": 1},
    "retract": {"retracted_version": 1},
}
LEAST["amend"]["update_mask"] = ["title"]


def context(
    recorded: str = NOW,
    *,
    effective: str = "",
    known: str = "",
    basis: Sequence[Basis] = (),
    reason: str = "",
    actor: str = "desk",
    request_id: str = "request",
    expected_version: int | None = None,
) -> Context:
    """The context of a command at a time of the clock."""
    return Context(
        now=at(recorded),
        actor=actor,
        request_id=request_id,
        expected_version=expected_version,
        effective=on(effective) if effective else None,
        known=on(known) if known else None,
        reason=reason,
        basis=tuple(basis),
    )


def enter(
    visit: Visit,
    command: str,
    recorded: str = NOW,
    *,
    effective: str = "",
    known: str = "",
    basis: Sequence[Basis] = (),
    reason: str = "",
    actor: str = "desk",
    request_id: str = "request",
    expected_version: int | None = None,
    **values: Any,
) -> Event:
    """Give a visit a command, with the fewest values that it accepts, and return the event."""
    asked = context(
        recorded,
        effective=effective,
        known=known,
        basis=basis,
        reason=reason,
        actor=actor,
        request_id=request_id,
        expected_version=expected_version,
    )
    getattr(visit, command)(asked, **LEAST[command] | values)
    return visit.changes[-1]


def say(
    visit: Visit,
    kind: StatementKind,
    side: Side,
    recorded: str = NOW,
    *,
    attribution: Attribution = Attribution.ON_THE_RECORD,
    outlet: str = "",
    effective: str = "",
    known: str = "",
    **said: Any,
) -> Event:
    """Let a side say something about a visit, on the record by default."""
    voice = {name: said[name] for name in ("country", "organisation") if name in said}
    return enter(
        visit,
        "record_statement",
        recorded,
        effective=effective,
        known=known,
        basis=[word(side, attribution=attribution, outlet=outlet, **voice)],
        statement=Statement(kind, side, **said),
    )


# States: opened on 1 January 2023 at noon, and changed at noon of the days after it; visits that
# took place were recorded at noon of their last day


def blank_visit(visit_id: str = "beijing-2023") -> Visit:
    """A visit with nothing recorded."""
    return Visit.blank(visit_id, at("2023-01-01"))


def scheduled_visit() -> Visit:
    """A visit planned for February."""
    visit = blank_visit()
    enter(visit, "schedule", "2023-01-01 12:00")
    return visit


def postponed_visit() -> Visit:
    """A visit that was planned for February and put off."""
    visit = scheduled_visit()
    enter(visit, "postpone", "2023-01-02 12:00")
    return visit


def visit_left_open() -> Visit:
    """A visit that was planned for February and left open."""
    visit = scheduled_visit()
    enter(visit, "defer", "2023-01-02 12:00")
    return visit


def rescheduled_visit() -> Visit:
    """A visit that was put off, and is now planned for June."""
    visit = postponed_visit()
    enter(visit, "reschedule", "2023-01-03 12:00", window=JUNE)
    return visit


def completed_visit() -> Visit:
    """A visit that took place as planned."""
    visit = scheduled_visit()
    enter(visit, "complete", "2023-02-06 12:00", held_window=None)
    return visit


def cancelled_visit() -> Visit:
    """A visit that was planned for February and called off."""
    visit = scheduled_visit()
    enter(visit, "cancel", "2023-01-02 12:00")
    return visit


def disclosed_visit() -> Visit:
    """A visit that became known after it took place."""
    visit = blank_visit()
    enter(visit, "disclose", "2023-02-06 12:00")
    return visit


def withdrawn_visit() -> Visit:
    """A visit whose first change was retracted."""
    visit = scheduled_visit()
    enter(visit, "retract", "2023-01-02 12:00")
    return visit


IN_STATUS: dict[Status | None, Callable[[], Visit]] = {
    None: blank_visit,
    Status.SCHEDULED: scheduled_visit,
    Status.POSTPONED: postponed_visit,
    Status.WHEN_CONDITIONS_ALLOW: visit_left_open,
    Status.RESCHEDULED: rescheduled_visit,
    Status.COMPLETED: completed_visit,
    Status.CANCELLED: cancelled_visit,
}


def time_field(which: str, told: str) -> str:
    """The path in a request of an "effective" or "known" time: an instant, or a period."""
    return f"context.{which}_{'time' if ':' in told else 'period'}"
