"""What can happen to a visit: one class for each type of change.

An event only applies; what may happen is decided in ``domain.visit``. Each class has
a short topic that never changes, and says how it evolves a ``View``.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from eventsourcing.domain import CanMutateAggregate

from domain.status import Status, StatusChange
from domain.times import Moment
from domain.values import (
    DETAIL_FIELDS,
    Basis,
    Condition,
    Statement,
    StatementKind,
    VisitDetails,
    Window,
)
from domain.view import View

if TYPE_CHECKING:
    from domain.visit import Visit

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


@dataclass(frozen=True, kw_only=True)
class Event(CanMutateAggregate[str]):
    """A change of one visit.

    ``timestamp`` is the record time; until the event is recorded, the time of the
    command. ``effective`` and ``known`` are both set or both unset; unset means the
    record time.
    """

    TOPIC: ClassVar[str]
    STATUS_CHANGE: ClassVar[StatusChange | None] = None

    originator_id: str
    originator_version: int
    timestamp: datetime
    actor: str
    request_id: str
    reason: str = ""
    effective: Moment | None = None
    known: Moment | None = None
    basis: tuple[Basis, ...] = ()

    @property
    def effective_moment(self) -> Moment:
        """When it took effect in the world."""
        return self.effective or Moment(self.timestamp)

    @property
    def known_moment(self) -> Moment:
        """When it became known."""
        return self.known or Moment(self.timestamp)

    @property
    def effective_instant(self) -> datetime:
        """The instant of ``effective_moment``."""
        return self.timestamp if self.effective is None else self.effective.instant

    @property
    def known_instant(self) -> datetime:
        """The instant of ``known_moment``."""
        return self.timestamp if self.known is None else self.known.instant

    @property
    def has_times(self) -> bool:
        """Whether its times are its own, and not the record time."""
        return self.effective is not None

    @property
    def order(self) -> tuple[datetime, int]:
        """By effective time, then version: the order in which changes are folded."""
        return self.effective_instant, self.originator_version

    def precedes(self, other: "Event") -> bool:
        """Whether this is folded before the other."""
        return self.order < other.order

    def stamp(self, record_time: datetime) -> None:
        """Take the record time, which is given out only when the change is written.

        The one attribute of an event that is ever set: whoever holds the event from
        before it was written sees the record time as well. It requires that no change
        that names its own times was decided on top of this one while it had none.
        """
        object.__setattr__(self, "timestamp", record_time)

    def mutate(self, aggregate: Any) -> Any:
        """Apply this to the visit; a visit begins with its first event."""
        if aggregate is None:
            from domain.visit import Visit

            aggregate = Visit.blank(self.originator_id, self.timestamp)
        return super().mutate(aggregate)

    def apply(self, aggregate: "Visit") -> None:
        """Take this into the visit's history and view."""
        aggregate.take(self)

    def evolve(self, view: View) -> None:
        """Change the view as this event says."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Scheduled(Event):
    """A visit was planned."""

    TOPIC = "scheduled"
    STATUS_CHANGE = StatusChange.SCHEDULE

    details: VisitDetails
    window: Window

    def evolve(self, view: View) -> None:
        """Open the visit with a window."""
        view.open(self, Status.SCHEDULED, self.details)
        view.conditions.clear()
        view.plan(self.window)


@dataclass(frozen=True, kw_only=True)
class Disclosed(Event):
    """A visit became known after it took place."""

    TOPIC = "disclosed"
    STATUS_CHANGE = StatusChange.DISCLOSE

    details: VisitDetails
    held_window: Window

    def evolve(self, view: View) -> None:
        """Open the visit as completed."""
        view.open(self, Status.COMPLETED, self.details)
        view.conditions.clear()
        view.held_window = self.held_window


@dataclass(frozen=True, kw_only=True)
class Postponed(Event):
    """The visit was put off, with no new date."""

    TOPIC = "postponed"
    STATUS_CHANGE = StatusChange.POSTPONE

    condition: Condition | None = None

    def evolve(self, view: View) -> None:
        """Move the window to the previous ones."""
        view.move(self, Status.POSTPONED)
        view.unplan()
        view.leave_open(self.condition)


@dataclass(frozen=True, kw_only=True)
class Deferred(Event):
    """The visit was left open until a named state of affairs comes about."""

    TOPIC = "deferred"
    STATUS_CHANGE = StatusChange.DEFER

    condition: Condition

    def evolve(self, view: View) -> None:
        """Move the window to the previous ones, and take the condition."""
        view.move(self, Status.WHEN_CONDITIONS_ALLOW)
        view.unplan()
        view.leave_open(self.condition)


@dataclass(frozen=True, kw_only=True)
class Rescheduled(Event):
    """A window was stated as the new plan."""

    TOPIC = "rescheduled"
    STATUS_CHANGE = StatusChange.RESCHEDULE

    window: Window

    def evolve(self, view: View) -> None:
        """Plan the new window; the visit is no longer left open."""
        view.move(self, Status.RESCHEDULED)
        view.conditions.clear()
        view.plan(self.window)


@dataclass(frozen=True, kw_only=True)
class Completed(Event):
    """The visit took place."""

    TOPIC = "completed"
    STATUS_CHANGE = StatusChange.COMPLETE

    held_window: Window | None = None

    def evolve(self, view: View) -> None:
        """Set the held window: the planned one where none is given."""
        view.move(self, Status.COMPLETED)
        view.conditions.clear()
        view.held_window = self.held_window or view.window


@dataclass(frozen=True, kw_only=True)
class Cancelled(Event):
    """The visit was called off."""

    TOPIC = "cancelled"
    STATUS_CHANGE = StatusChange.CANCEL

    condition: Condition | None = None

    def evolve(self, view: View) -> None:
        """Keep the window; of the conditions only the one named now."""
        view.move(self, Status.CANCELLED)
        view.conditions.clear()
        view.leave_open(self.condition)


@dataclass(frozen=True, kw_only=True)
class Amended(Event):
    """Facts that are no status were changed.

    ``update_mask`` names "window" and fields of the details ("details.title").
    """

    TOPIC = "amended"

    details: VisitDetails
    window: Window | None
    update_mask: tuple[str, ...]
    correction: bool = False

    def evolve(self, view: View) -> None:
        """Take the new value of each field that the mask names."""
        view.details = self.amended_details(view.details)
        if "window" in self.update_mask:
            view.window = self.window

    def amended_details(self, details: VisitDetails) -> VisitDetails:
        """The details with the new value of each field that the mask names."""
        named = {f for f in DETAIL_FIELDS if f"details.{f}" in self.update_mask}
        return replace(details, **{f: getattr(self.details, f) for f in named})


@dataclass(frozen=True, kw_only=True)
class StatementRecorded(Event):
    """Somebody said something about the visit."""

    TOPIC = "statement_recorded"

    statement: Statement

    def evolve(self, view: View) -> None:
        """Take the last word of the speaker's side and country."""
        view.hear(self)

    @property
    def counts_for_standing(self) -> bool:
        """Whether it is a firm word of the side that speaks, for or against the status."""
        said = self.statement
        return (
            said.side is not None
            and said.kind in COUNTING
            and any(basis.is_firm_word_of(said.side) for basis in self.basis)
        )


@dataclass(frozen=True, kw_only=True)
class Retracted(Event):
    """An earlier change was named as entered in error."""

    TOPIC = "retracted"

    retracted_version: int
    merged_into: str = ""

    def evolve(self, view: View) -> None:
        """Nothing: the fold leaves out what is retracted."""


EVENT_TYPES: tuple[type[Event], ...] = (
    Scheduled,
    Disclosed,
    Postponed,
    Deferred,
    Rescheduled,
    Completed,
    Cancelled,
    Amended,
    StatementRecorded,
    Retracted,
)
