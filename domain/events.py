"""What can happen to a visit: plain facts, one frozen class for each type of change.

``domain.state`` says how each event changes a visit, ``domain.visit`` what may be decided.
A topic is the name of an event type in the log, so it never changes.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from eventsourcing.domain import CanMutateAggregate

from domain.status import LEADS_TO, Status, StatusChange
from domain.times import Moment
from domain.values import (
    NO_DETAILS,
    NO_ITEMS,
    Basis,
    Condition,
    DetailItems,
    Statement,
    VisitDetails,
    Window,
)


@dataclass(frozen=True, kw_only=True)
class Event(CanMutateAggregate[str]):
    """A change of one visit.

    ``timestamp`` is the record time; before the event is recorded, it is the time of the
    command. ``effective`` and ``known`` are either both set or both unset; unset means the
    record time. Corrections and retractions have no effective time, and their unset known time
    means that of the changes they are about. ``sources`` and ``note`` are not for every reader.
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
    sources: tuple[Basis, ...] = ()
    note: str = ""

    @property
    def effective_moment(self) -> Moment:
        """When the change took effect in the world."""
        return self.effective or Moment(self.timestamp)

    @property
    def begin(self) -> datetime:
        """The first instant at which the change may have taken effect, as it was told."""
        return self.timestamp if self.effective is None else self.effective.begin

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
    def opens(self) -> bool:
        """Whether the change opens its visit, or opens it again after it was withdrawn."""
        return False

    def apply(self, aggregate: Any) -> None:
        """Hand the event to its visit. Called by ``mutate`` of eventsourcing."""
        aggregate.take(self)


@dataclass(frozen=True, kw_only=True)
class StatusEvent(Event):
    """A change of the status. One that opens a visit has its details."""

    STATUS_CHANGE: ClassVar[StatusChange]

    details: VisitDetails | None = None

    @property
    def status(self) -> Status:
        """The status that the change leads to."""
        return LEADS_TO[self.STATUS_CHANGE]

    @property
    def opens(self) -> bool:
        """Whether the change opens its visit."""
        return self.details is not None


@dataclass(frozen=True, kw_only=True)
class Scheduled(StatusEvent):
    """A visit was planned, for a window if one was said."""

    TOPIC = "scheduled"
    STATUS_CHANGE = StatusChange.SCHEDULE

    window: Window | None = None


@dataclass(frozen=True, kw_only=True)
class Disclosed(StatusEvent):
    """A visit became known after it took place."""

    TOPIC = "disclosed"
    STATUS_CHANGE = StatusChange.DISCLOSE

    held_window: Window


@dataclass(frozen=True, kw_only=True)
class Postponed(StatusEvent):
    """The visit was put off, with no new date."""

    TOPIC = "postponed"
    STATUS_CHANGE = StatusChange.POSTPONE

    condition: Condition | None = None
    window_given_up: Window | None = None


@dataclass(frozen=True, kw_only=True)
class Deferred(StatusEvent):
    """The visit was left open until a named state of affairs comes about."""

    TOPIC = "deferred"
    STATUS_CHANGE = StatusChange.DEFER

    condition: Condition
    window_given_up: Window | None = None


@dataclass(frozen=True, kw_only=True)
class Rescheduled(StatusEvent):
    """The visit was given a new window."""

    TOPIC = "rescheduled"
    STATUS_CHANGE = StatusChange.RESCHEDULE

    window: Window
    window_given_up: Window | None = None


@dataclass(frozen=True, kw_only=True)
class Completed(StatusEvent):
    """The visit took place in this window."""

    TOPIC = "completed"
    STATUS_CHANGE = StatusChange.COMPLETE

    held_window: Window


@dataclass(frozen=True, kw_only=True)
class Cancelled(StatusEvent):
    """The visit was called off."""

    TOPIC = "cancelled"
    STATUS_CHANGE = StatusChange.CANCEL

    condition: Condition | None = None
    window_given_up: Window | None = None


@dataclass(frozen=True, kw_only=True)
class Amended(Event):
    """Facts other than the status changed.

    ``update_mask`` names those that are replaced: "window", "held_window", and fields of the
    details such as "details.title". Single items were added and removed.
    """

    TOPIC = "amended"

    details: VisitDetails = NO_DETAILS
    window: Window | None = None
    held_window: Window | None = None
    update_mask: tuple[str, ...] = ()
    added: DetailItems = NO_ITEMS
    removed: DetailItems = NO_ITEMS


@dataclass(frozen=True, kw_only=True)
class Corrected(Event):
    """An earlier change was entered with a wrong value, and should have said this.

    ``update_mask`` names the fields of that change, as ``Amended`` does, and also
    "window_given_up", "condition", "reason" and "basis". The event's own reason and basis say
    why it was corrected: the right ones are ``right_reason`` and ``right_basis``.
    """

    TOPIC = "corrected"

    corrected_version: int
    update_mask: tuple[str, ...]
    details: VisitDetails = NO_DETAILS
    window: Window | None = None
    window_given_up: Window | None = None
    held_window: Window | None = None
    condition: Condition | None = None
    right_reason: str = ""
    right_basis: tuple[Basis, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StatementRecorded(Event):
    """Somebody said something about the visit."""

    TOPIC = "statement_recorded"

    statement: Statement


@dataclass(frozen=True, kw_only=True)
class Retracted(Event):
    """Earlier changes were entered in error: all of ``retracted_versions``.

    ``retracted_version`` is the one that was named.
    """

    TOPIC = "retracted"

    retracted_version: int
    retracted_versions: tuple[int, ...]
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
    Corrected,
    StatementRecorded,
    Retracted,
)
