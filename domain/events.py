"""What can happen to a visit: plain facts, one frozen class for each type of change.

``domain.state`` says how each event changes a visit, ``domain.visit`` what may be decided.
A topic is the name of an event type in the log, so it never changes.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from eventsourcing.domain import CanMutateAggregate

from domain.status import StatusChange
from domain.times import Moment
from domain.values import Basis, Condition, Statement, VisitDetails, Window


@dataclass(frozen=True, kw_only=True)
class Event(CanMutateAggregate[str]):
    """A change of one visit.

    ``timestamp`` is the record time; before the event is recorded, it is the time of the
    command. ``effective`` and ``known`` are either both set or both unset. Unset means the
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
        """When the change took effect in the world."""
        return self.effective or Moment(self.timestamp)

    @property
    def known_moment(self) -> Moment:
        """When the change became known."""
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
    def has_own_times(self) -> bool:
        """Whether effective and known time are set; otherwise both are the record time."""
        return self.effective is not None

    @property
    def order(self) -> tuple[datetime, int]:
        """Effective time, then version: the order in which changes are folded."""
        return self.effective_instant, self.originator_version

    def precedes(self, other: "Event") -> bool:
        """Whether this event is folded before the other."""
        return self.order < other.order

    def apply(self, aggregate: Any) -> None:
        """Hand the event to its visit. Called by ``mutate`` of eventsourcing."""
        aggregate.take(self)


@dataclass(frozen=True, kw_only=True)
class Scheduled(Event):
    """A visit was planned."""

    TOPIC = "scheduled"
    STATUS_CHANGE = StatusChange.SCHEDULE

    details: VisitDetails
    window: Window


@dataclass(frozen=True, kw_only=True)
class Disclosed(Event):
    """A visit became known after it took place."""

    TOPIC = "disclosed"
    STATUS_CHANGE = StatusChange.DISCLOSE

    details: VisitDetails
    held_window: Window


@dataclass(frozen=True, kw_only=True)
class Postponed(Event):
    """The visit was put off, with no new date."""

    TOPIC = "postponed"
    STATUS_CHANGE = StatusChange.POSTPONE

    condition: Condition | None = None


@dataclass(frozen=True, kw_only=True)
class Deferred(Event):
    """The visit was left open until a named condition is met."""

    TOPIC = "deferred"
    STATUS_CHANGE = StatusChange.DEFER

    condition: Condition


@dataclass(frozen=True, kw_only=True)
class Rescheduled(Event):
    """The visit was given a new window."""

    TOPIC = "rescheduled"
    STATUS_CHANGE = StatusChange.RESCHEDULE

    window: Window


@dataclass(frozen=True, kw_only=True)
class Completed(Event):
    """The visit took place, in the held window if there is one, or else in the planned one."""

    TOPIC = "completed"
    STATUS_CHANGE = StatusChange.COMPLETE

    held_window: Window | None = None


@dataclass(frozen=True, kw_only=True)
class Cancelled(Event):
    """The visit was called off."""

    TOPIC = "cancelled"
    STATUS_CHANGE = StatusChange.CANCEL

    condition: Condition | None = None


@dataclass(frozen=True, kw_only=True)
class Amended(Event):
    """Facts other than the status were changed.

    ``update_mask`` names them: "window", and fields of the details such as "details.title".
    """

    TOPIC = "amended"

    details: VisitDetails
    window: Window | None
    update_mask: tuple[str, ...]
    correction: bool = False


@dataclass(frozen=True, kw_only=True)
class StatementRecorded(Event):
    """Somebody said something about the visit."""

    TOPIC = "statement_recorded"

    statement: Statement


@dataclass(frozen=True, kw_only=True)
class Retracted(Event):
    """An earlier change was named as entered in error."""

    TOPIC = "retracted"

    retracted_version: int
    merged_into: str = ""


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
