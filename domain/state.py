"""A visit's state, and how each type of event changes it.

Nothing is checked here, so old history always loads, even after a rule was tightened.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from domain.copies import changed
from domain.corrections import DETAILS
from domain.events import (
    Amended,
    Cancelled,
    Completed,
    Deferred,
    Disclosed,
    Event,
    Postponed,
    Rescheduled,
    Scheduled,
    StatementRecorded,
    StatusEvent,
)
from domain.items import fields_of, with_items
from domain.status import Status
from domain.timeline import Place, Timeline
from domain.times import Moment
from domain.values import Condition, VisitDetails, Window
from domain.voices import Said, Voice, with_last

PREVIOUS_WINDOWS = 20


class Ending(StrEnum):
    """How a planned window came to be a previous one."""

    MADE_EXACT = "made exact"
    MOVED = "moved"
    PUT_OFF = "put off"


class PreviousWindow(NamedTuple):
    """A window that was planned before, how it ended, and the version of the change."""

    window: Window
    ending: Ending
    version: int


class Facts(NamedTuple):
    """What an amendment may change of a visit."""

    details: VisitDetails
    window: Window | None
    held_window: Window | None


class CurrentCondition(NamedTuple):
    """A condition that holds, and the change that gave it."""

    condition: Condition
    event: Event


@dataclass
class State:
    """A visit at some moment: what its events add up to, in the order of the fold.

    ``status`` is None if there is no visit. ``opening`` and ``status_change`` are as they were
    corrected. ``conditions``, ``said`` and ``words`` hold the latest of each voice since the
    change that made the status, ``presence`` what may count for a completion too, ``claims`` the
    latest claims. ``given_by`` has the version that gave a field its value, by its path.
    ``left_out`` are the versions that do not count, and ``retracted`` has the status that each
    retracted change had made, by version. ``latest`` is the last place. What voices said is
    replaced and never altered, so that copies may share it.
    """

    status: Status | None = None
    opening: StatusEvent | None = None
    status_change: StatusEvent | None = None
    details: VisitDetails = field(default_factory=VisitDetails)
    window: Window | None = None
    previous_windows: tuple[PreviousWindow, ...] = ()
    held_window: Window | None = None
    conditions: Mapping[Voice, CurrentCondition] = field(default_factory=dict)
    said: Mapping[Voice, Said] = field(default_factory=dict)
    words: Mapping[Voice, Said] = field(default_factory=dict)
    presence: Mapping[Voice, Said] = field(default_factory=dict)
    claims: Mapping[Voice, Said] = field(default_factory=dict)
    under_way: bool = False
    given_by: dict[str, int] = field(default_factory=dict)
    left_out: Set[int] = frozenset()
    retracted: Mapping[int, Status] = field(default_factory=dict)
    last_heard: Moment | None = None
    latest: Place | None = None
    merged_into: str = ""

    def copy(self) -> "State":
        """A state that changes independently of this one."""
        return changed(self, given_by=self.given_by.copy())

    @property
    def facts(self) -> Facts:
        """What an amendment may change."""
        return Facts(self.details, self.window, self.held_window)

    def open(self, opening: StatusEvent) -> None:
        """Begin with the details of this opening."""
        assert opening.details is not None
        self.opening, self.details = opening, opening.details


def evolve(state: State, event: Event, timeline: Timeline) -> None:
    """Apply an event to the facts of ``state``, in place.

    Requires that it is last in the order of the fold, and that the timeline has its place. What
    it says of the status is for ``domain.hearing``; the fold sets ``last_heard``.
    """
    state.latest = timeline.place(event)
    if isinstance(event, StatusEvent):
        _change_status(state, event)
    if evolve_by_type := _EVOLVE.get(type(event)):
        evolve_by_type(state, event, timeline)


# One function for each type of event; what all changes of the status do comes first


def _change_status(state: State, event: StatusEvent) -> None:
    """Take the new status. It ends the held window, and all conditions unless it adds one."""
    if not isinstance(event, Deferred):
        state.conditions = {}
    state.status = status = event.status
    state.status_change = event
    if status is not Status.COMPLETED:
        state.held_window = None
        state.given_by["held_window"] = event.originator_version


def _scheduled(state: State, event: Scheduled, _: Timeline) -> None:
    _plan(state, event, event.window)


def _rescheduled(state: State, event: Rescheduled, _: Timeline) -> None:
    _give_up(state, event, event.window_given_up or state.window, Ending.MOVED, event.window)
    _plan(state, event, event.window)


def _put_off(state: State, event: Postponed | Deferred, _: Timeline) -> None:
    _give_up(state, event, event.window_given_up or state.window, Ending.PUT_OFF)
    _plan(state, event, None)
    _add_condition(state, event, event.condition)


def _cancelled(state: State, event: Cancelled, _: Timeline) -> None:
    if event.window_given_up is not None:
        _plan(state, event, event.window_given_up)
    _add_condition(state, event, event.condition)


def _held(state: State, event: Completed | Disclosed, _: Timeline) -> None:
    state.held_window = event.held_window
    state.given_by["held_window"] = event.originator_version


def _amended(state: State, event: Amended, timeline: Timeline) -> None:
    change, version = state.status_change, event.originator_version
    is_refining = change is not None and timeline.refined_by(event) == change.originator_version
    details, window, held_window = facts_after(state, event, is_refining=is_refining)
    has_details = details is not state.details
    for path in event.update_mask:
        if has_details if path in DETAILS else is_refining and path != "window":
            state.given_by[path] = version
    for path in fields_of(event.added) | fields_of(event.removed):
        if getattr(details, DETAILS[path]) != getattr(state.details, DETAILS[path]):
            state.given_by[path] = version
    if window is not state.window and window != state.window:
        _give_up(state, event, state.window, Ending.MADE_EXACT)
        state.given_by["window"] = version
    state.details, state.window, state.held_window = details, window, held_window


def _statement_recorded(state: State, event: StatementRecorded, _: Timeline) -> None:
    _add_condition(state, event, event.statement.condition)


_EVOLVE: dict[type[Event], Callable[[State, Any, Timeline], None]] = {
    Scheduled: _scheduled,
    Disclosed: _held,
    Postponed: _put_off,
    Deferred: _put_off,
    Rescheduled: _rescheduled,
    Completed: _held,
    Cancelled: _cancelled,
    Amended: _amended,
    StatementRecorded: _statement_recorded,
}


# What they have in common


def facts_after(state: State, event: Amended, *, is_refining: bool) -> Facts:
    """The facts after an amendment.

    It changes the details of the opening before it, and, if ``is_refining``, makes the windows of
    the status exact.
    """
    details, window, held_window = state.details, state.window, state.held_window
    if state.opening is None or event.originator_version > state.opening.originator_version:
        right = {f: getattr(event.details, f) for p in event.update_mask if (f := DETAILS.get(p))}
        details = with_items(changed(details, **right), event.added, event.removed)
    if is_refining and "window" in event.update_mask:
        window = event.window
    if is_refining and "held_window" in event.update_mask:
        held_window = event.held_window
    return Facts(details, window, held_window)


def _plan(state: State, event: Event, window: Window | None) -> None:
    state.window = window
    state.given_by["window"] = event.originator_version


def _give_up(
    state: State,
    event: Event,
    window: Window | None,
    ending: Ending,
    following: Window | None = None,
) -> None:
    """Add a window to the previous windows, if another one follows."""
    if window is not None and (following is None or following.plan != window.plan):
        previous = PreviousWindow(window, ending, event.originator_version)
        state.previous_windows = (*state.previous_windows, previous)[-PREVIOUS_WINDOWS:]


def _add_condition(state: State, event: Event, condition: Condition | None) -> None:
    """Replace the condition of its voice, and list it last."""
    if condition is not None:
        voice = Voice.of(condition).in_full(state.details)
        current = CurrentCondition(condition, event)
        state.conditions = with_last(state.conditions, voice, current)
