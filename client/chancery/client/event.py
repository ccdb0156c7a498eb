"""A change as it stands in the log."""

from dataclasses import dataclass, field
from datetime import datetime

from chancery.client.details import (
    Basis,
    Condition,
    RelatedVisit,
    Statement,
    VisitDetails,
    Window,
)
from chancery.client.value import Value
from chancery.client.words import ChangeWord
from chancery.v1 import event_pb2


@dataclass(frozen=True, repr=False)
class Scheduled(Value):
    """A visit was planned."""

    details: VisitDetails
    """The facts of the visit."""
    window: Window | None = None
    """When it is planned; None if that was not said."""


@dataclass(frozen=True, repr=False)
class Disclosed(Value):
    """A visit became known after it took place."""

    details: VisitDetails
    """The facts of the visit."""
    held_window: Window
    """When it took place."""


@dataclass(frozen=True, repr=False)
class _PutOff(Value):
    condition: Condition | None = None
    """The words under which it is left open, if any."""
    details: VisitDetails | None = None
    """The facts of the visit, if this is its first change."""
    window_given_up: Window | None = None
    """The window that was given up, if this is its first change."""


@dataclass(frozen=True, repr=False)
class Postponed(_PutOff):
    """The visit was put off, with no new date."""


@dataclass(frozen=True, repr=False)
class Deferred(_PutOff):
    """The visit was left open until a named state of affairs comes about."""


@dataclass(frozen=True, repr=False)
class Cancelled(_PutOff):
    """The visit was called off."""


@dataclass(frozen=True, repr=False)
class Rescheduled(Value):
    """A window was stated as the new plan, however rough."""

    window: Window
    """The new window."""
    details: VisitDetails | None = None
    """The facts of the visit, if this is its first change."""
    window_given_up: Window | None = None
    """The window that was given up, if this is its first change."""


@dataclass(frozen=True, repr=False)
class Completed(Value):
    """The visit took place."""

    held_window: Window | None = None
    """When it took place; None if as planned."""


@dataclass(frozen=True, repr=False)
class OtherNames(Value):
    """Other names of one counterpart or city."""

    name: str
    """The counterpart's name or the city, as it stands in the details."""
    other_names: tuple[str, ...]
    """The other names."""


@dataclass(frozen=True, repr=False)
class DetailItems(Value):
    """Single items of the lists in the details, added or removed one by one."""

    aliases: tuple[str, ...] = ()
    """Of the aliases."""
    related: tuple[RelatedVisit, ...] = ()
    """Of the related visits."""
    principal_other_names: tuple[str, ...] = ()
    """Of the other names of the principal."""
    counterpart_other_names: tuple[OtherNames, ...] = ()
    """Of the other names of counterparts."""
    city_other_names: tuple[OtherNames, ...] = ()
    """Of the other names of destinations."""


@dataclass(frozen=True, repr=False)
class Amended(Value):
    """Facts that are not the status changed: they were true before, and others are true now."""

    update_mask: tuple[str, ...] = ()
    """What was replaced: "window", "held_window", "details.purpose"."""
    details: VisitDetails | None = None
    """The new values of the details that the mask names."""
    window: Window | None = None
    """The new window, if the mask names it."""
    held_window: Window | None = None
    """The new held window, if the mask names it."""
    added: DetailItems | None = None
    """Single items that were added."""
    removed: DetailItems | None = None
    """Single items that were removed."""


@dataclass(frozen=True, repr=False)
class Corrected(Value):
    """An earlier change was entered with a wrong value; it counts as if it had said this."""

    corrected_version: int
    """The version of the change that was corrected."""
    update_mask: tuple[str, ...] = ()
    """What was wrong."""
    details: VisitDetails | None = None
    """The right values of the details that the mask names."""
    window: Window | None = None
    """The right window."""
    window_given_up: Window | None = None
    """The right window that was given up."""
    held_window: Window | None = None
    """The right held window."""
    condition: Condition | None = None
    """The right condition."""
    reason: str = ""
    """The right reason."""
    basis: tuple[Basis, ...] = ()
    """The right basis, all of it."""


@dataclass(frozen=True, repr=False)
class StatementRecorded(Value):
    """Somebody said something about the visit."""

    statement: Statement
    """What was said."""


@dataclass(frozen=True, repr=False)
class Retracted(Value):
    """Earlier changes were entered in error."""

    retracted_version: int
    """The version of the change that was entered in error."""
    retracted_versions: tuple[int, ...] = ()
    """All versions that this takes out, in order."""
    merged_into: str = ""
    """If the visit was a duplicate: the visit that stays."""


Content = (
    Scheduled
    | Disclosed
    | Postponed
    | Deferred
    | Cancelled
    | Rescheduled
    | Completed
    | Amended
    | Corrected
    | StatementRecorded
    | Retracted
)


@dataclass(frozen=True, repr=False)
class Event(Value):
    """A change of a visit, as it stands in the log."""

    position: int
    """The place in the log: 1, 2, 3 ... without gaps. 0 if it was only validated."""
    record_time: datetime | None
    """When it was recorded. None if it was only validated."""
    visit: str
    """The visit: ``visits/{id}``."""
    version: int
    """The number of the change within the visit: 1, 2, 3 ..."""
    change_type: ChangeWord
    """The type of the change."""
    change: Content | None
    """What changed; None if the content was destroyed, or is newer than this client."""
    effective_time: datetime | None = None
    """When it took effect. If neither this nor ``known_time`` is set, both are the record time."""
    effective_period: str = ""
    """The same as it was told: "2023", "2023-06" or "2023-06-18"; empty for an instant."""
    known_time: datetime | None = None
    """When it became known."""
    known_period: str = ""
    """The same as it was told; empty for an instant."""
    reason: str = ""
    """Why."""
    basis: tuple[Basis, ...] = ()
    """On whose word."""
    actor: str = ""
    """Who recorded it. Empty for a reader without the right to know."""
    request_id: str = ""
    """The key under which a retry of this change is recognised."""
    sources: tuple[Basis, ...] = ()
    """Confidential bases. They never count for the standing."""
    note: str = ""
    """An internal remark."""
    retracted_by: int = 0
    """The version of the retraction that took it out; 0 if it counts. Only in a history."""
    corrected_by: tuple[int, ...] = ()
    """The versions of the corrections of it that count. Only in a history."""
    message: event_pb2.RecordedEvent = field(repr=False, compare=False, kw_only=True)
    """The message that this was read from."""

    def __repr__(self) -> str:
        return f"<Event {self.summary}>"

    @property
    def summary(self) -> str:
        """The change on one line: "2: visits/charles-france postponed, known 2023-03-24"."""
        where = f"{self.position}: " if self.position else ""
        known = self.known_time or self.record_time
        day = self.known_period or (f"{known:%Y-%m-%d}" if known else "now")
        return f"{where}{self.visit} {self.change_type}, known {day}"

    def row(self) -> dict[str, object]:
        """The change as a row of a table: plain values, the same columns for every change."""
        return {
            "position": self.position,
            "record_time": self.record_time,
            "visit": self.visit,
            "version": self.version,
            "change_type": self.change_type,
            "effective_time": self.effective_time,
            "effective_period": self.effective_period,
            "known_time": self.known_time,
            "known_period": self.known_period,
            "reason": self.reason,
            "basis": "; ".join(map(_briefly, self.basis)),
            "actor": self.actor,
            "retracted_by": self.retracted_by,
            "corrected_by": ", ".join(map(str, self.corrected_by)),
        }

    def rows(self) -> list[dict[str, object]]:
        """A table of one row."""
        return [self.row()]


def _briefly(basis: Basis) -> str:
    said = (basis.side, basis.attribution or "", basis.speaker, basis.outlet)
    return ", ".join(part for part in said if part)
