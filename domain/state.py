"""A visit's state, and how each type of event changes it.

Nothing is checked here, so old history always loads, even after a rule was tightened.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from domain.copies import changed
from domain.events import (
    Amended,
    Cancelled,
    Completed,
    Deferred,
    Disclosed,
    Event,
    Postponed,
    Rescheduled,
    Retracted,
    Scheduled,
    StatementRecorded,
)
from domain.status import Status
from domain.terms import Side, StatementKind
from domain.values import DETAIL_FIELDS, Condition, Statement, VisitDetails, Window

# The kinds of statement that agree with the status or contradict it.
COUNTING = frozenset(
    {
        StatementKind.ANNOUNCE,
        StatementKind.CONFIRM,
        StatementKind.REAFFIRM,
        StatementKind.DENY,
        StatementKind.ARRIVED,
        StatementKind.DEPARTED,
    }
)


# The fields of the details, by their paths in a mask.
_FIELDS_OF_PATHS = {f"details.{field}": field for field in DETAIL_FIELDS}


@dataclass
class State:
    """A visit at some moment: what its events add up to, in the order of the fold.

    ``status`` is None before the first status change: there is no visit then. ``statements``
    holds the last statement of each side and country, ``firm_statements`` the last one of each
    side that counts for the standing. ``latest`` is the last event applied.
    """

    status: Status | None = None
    details: VisitDetails = field(default_factory=VisitDetails)
    window: Window | None = None
    previous_windows: tuple[Window, ...] = ()
    held_window: Window | None = None
    conditions: dict[Side, Condition] = field(default_factory=dict)
    statements: dict[tuple[Side, str], Statement] = field(default_factory=dict)
    firm_statements: dict[Side, StatementRecorded] = field(default_factory=dict)
    opening: Event | None = None
    status_change: Event | None = None
    latest: Event | None = None
    merged_into: str = ""

    def copy(self) -> "State":
        """A state that changes independently of this one."""
        return changed(
            self,
            conditions=dict(self.conditions),
            statements=dict(self.statements),
            firm_statements=dict(self.firm_statements),
        )


def evolve(state: State, event: Event) -> None:
    """Apply an event to ``state``, in place. Requires that it is last in the order of the fold."""
    _EVOLVE[type(event)](state, event)
    state.latest = event


# One function for each type of event


def _scheduled(state: State, event: Scheduled) -> None:
    _open(state, event, Status.SCHEDULED, event.details)
    _plan(state, event.window)


def _disclosed(state: State, event: Disclosed) -> None:
    _open(state, event, Status.COMPLETED, event.details)
    state.held_window = event.held_window


def _postponed(state: State, event: Postponed) -> None:
    _change_status(state, event, Status.POSTPONED)
    _give_up_window(state)
    _add_condition(state, event.condition)


def _deferred(state: State, event: Deferred) -> None:
    _change_status(state, event, Status.WHEN_CONDITIONS_ALLOW)
    _give_up_window(state)
    _add_condition(state, event.condition)


def _rescheduled(state: State, event: Rescheduled) -> None:
    _change_status(state, event, Status.RESCHEDULED)
    state.conditions.clear()
    _plan(state, event.window)


def _completed(state: State, event: Completed) -> None:
    _change_status(state, event, Status.COMPLETED)
    state.conditions.clear()
    state.held_window = event.held_window or state.window


def _cancelled(state: State, event: Cancelled) -> None:
    """Keep the window, and drop all conditions but the one named now."""
    _change_status(state, event, Status.CANCELLED)
    state.conditions.clear()
    _add_condition(state, event.condition)


def _amended(state: State, event: Amended) -> None:
    given, fields = vars(event.details), _FIELDS_OF_PATHS
    named = {fields[path]: given[fields[path]] for path in event.update_mask if path in fields}
    state.details = changed(state.details, **named)
    if "window" in event.update_mask:
        state.window = event.window


def _statement_recorded(state: State, event: StatementRecorded) -> None:
    statement = event.statement
    if statement.side is None:
        return
    _set_last(state.statements, (statement.side, statement.country), statement)
    _add_condition(state, statement.condition)
    is_firm = any(basis.is_firm_word_of(statement.side) for basis in event.basis)
    if is_firm and statement.kind in COUNTING:
        state.firm_statements[statement.side] = event


def _retracted(_state: State, _event: Retracted) -> None:
    """Change nothing: the fold leaves out what is retracted."""


_EVOLVE: dict[type[Event], Callable[[State, Any], None]] = {
    Scheduled: _scheduled,
    Disclosed: _disclosed,
    Postponed: _postponed,
    Deferred: _deferred,
    Rescheduled: _rescheduled,
    Completed: _completed,
    Cancelled: _cancelled,
    Amended: _amended,
    StatementRecorded: _statement_recorded,
    Retracted: _retracted,
}


# What they have in common


def _open(state: State, event: Event, status: Status, details: VisitDetails) -> None:
    """Open the visit, or open it again after it was withdrawn."""
    _change_status(state, event, status)
    state.opening = event
    state.details = details
    state.merged_into = ""
    state.window = state.held_window = None
    state.previous_windows = ()
    state.conditions.clear()


def _change_status(state: State, event: Event, status: Status) -> None:
    state.status = status
    state.status_change = event


def _plan(state: State, window: Window) -> None:
    """Set the window, and add the one before to the previous windows."""
    _give_up_window(state)
    state.window = window


def _give_up_window(state: State) -> None:
    """Move the window to the previous windows."""
    if state.window is not None:
        state.previous_windows += (state.window,)
        state.window = None


def _add_condition(state: State, condition: Condition | None) -> None:
    """Replace the condition of its side, and list it last."""
    if condition is not None and condition.side is not None:
        _set_last(state.conditions, condition.side, condition)


def _set_last(values: dict[Any, Any], key: Any, value: Any) -> None:
    """Set the value of a key and list it last, since the order is shown."""
    values.pop(key, None)
    values[key] = value
