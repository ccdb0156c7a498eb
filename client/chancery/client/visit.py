"""A visit as it stands."""

from dataclasses import dataclass, field
from datetime import datetime

from chancery.client.details import Condition, Statement, VisitDetails, Window
from chancery.client.value import Value
from chancery.client.words import (
    AttributionWord,
    ChangeWord,
    EndingWord,
    SideWord,
    StanceWord,
    StandingWord,
    StatusWord,
)
from chancery.v1 import visit_pb2


@dataclass(frozen=True, repr=False)
class PreviousWindow(Value):
    """A window that was planned before."""

    window: Window
    """The window."""
    ending: EndingWord | None = None
    """How it ended."""
    version: int = 0
    """The version of the change that ended it."""


@dataclass(frozen=True, repr=False)
class CurrentCondition(Value):
    """A condition that holds."""

    condition: Condition
    """The condition."""
    version: int
    """The version of the change that gave it."""
    known_time: datetime | None = None
    """When that change became known."""
    known_period: str = ""
    """The same as it was told: "2023", "2023-06" or "2023-06-18"; empty for an instant."""


@dataclass(frozen=True, repr=False)
class Word(Value):
    """A word of one voice: a statement, or the basis of the change that made the status."""

    side: SideWord
    """Who speaks."""
    version: int
    """The version of the change that holds it."""
    attribution: AttributionWord | None = None
    """In what form it was said."""
    speaker: str = ""
    """The person or office that spoke."""
    country: str = ""
    """The voice's country: ISO 3166-1 alpha-2."""
    organisation: str = ""
    """The voice's organisation, if it is not a state."""
    outlet: str = ""
    """Where it was published."""
    known_time: datetime | None = None
    """When that change became known."""
    known_period: str = ""
    """The same as it was told; empty for an instant."""
    statement: Statement | None = None
    """The statement, if it is one."""
    counts: bool = False
    """Whether it counts for the standing."""
    stance: StanceWord | None = None
    """How it stands to the visit as it is. Only if it counts."""


@dataclass(frozen=True, repr=False)
class ClaimedWindow(Value):
    """The latest window that one voice claims, and that is not the plan."""

    side: SideWord
    """Who claims it."""
    window: Window
    """The window."""
    version: int
    """The version of the statement."""
    country: str = ""
    """The voice's country: ISO 3166-1 alpha-2."""
    organisation: str = ""
    """The voice's organisation, if it is not a state."""
    outlet: str = ""
    """Where it was published."""
    known_time: datetime | None = None
    """When the statement became known."""
    known_period: str = ""
    """The same as it was told; empty for an instant."""


@dataclass(frozen=True, repr=False)
class Visit(Value):
    """A visit as it stands, now or as of another moment."""

    name: str
    """``visits/{id}``."""
    details: VisitDetails
    """The facts of the visit."""
    status: StatusWord | None = None
    """How the visit stands. None: it was withdrawn."""
    standing: StandingWord | None = None
    """How firm the status is. None: it was withdrawn."""
    window: Window | None = None
    """When it is planned. None while there is no date."""
    previous_windows: tuple[PreviousWindow, ...] = ()
    """The windows planned before: the last 20, the oldest first."""
    held_window: Window | None = None
    """When it took place."""
    conditions: tuple[CurrentCondition, ...] = ()
    """The conditions under which it is left open: the latest of each voice."""
    reason: str = ""
    """Why the status became what it is."""
    words: tuple[Word, ...] = ()
    """The last word of each voice, the oldest first."""
    claimed_windows: tuple[ClaimedWindow, ...] = ()
    """The latest window that each voice claims, where it is not the plan."""
    under_way: bool = False
    """Whether the principal has arrived and not yet left, while the visit is planned."""
    merged_into: str = ""
    """If the visit was withdrawn as a duplicate: the visit that stays."""
    version: int = 0
    """The number of changes recorded, whatever moment is asked about."""
    status_version: int = 0
    """The version of the change that made the status."""
    effective_time: datetime | None = None
    """When the status took effect in the world."""
    effective_period: str = ""
    """The same as it was told; empty for an instant."""
    known_time: datetime | None = None
    """When the status became known."""
    known_period: str = ""
    """The same as it was told; empty for an instant."""
    last_heard_time: datetime | None = None
    """When anything about the visit was last heard."""
    last_heard_period: str = ""
    """The same as it was told; empty for an instant."""
    position: int = 0
    """The log position of the visit's last change."""
    create_time: datetime | None = None
    """When its first change was recorded."""
    update_time: datetime | None = None
    """When its last change was recorded."""
    allowed_changes: tuple[ChangeWord, ...] = ()
    """The changes that the status allows. Empty in lists, and as of another moment."""
    view_position: int = 0
    """The log position that the answer reflects."""
    message: visit_pb2.Visit = field(repr=False, compare=False, kw_only=True)
    """The message that this was read from."""

    @property
    def id(self) -> str:
        """The id, which is the name without ``visits/``."""
        return self.name.removeprefix("visits/")

    @property
    def title(self) -> str:
        """The title, from the details."""
        return self.details.title

    def __repr__(self) -> str:
        return f"<Visit {self.name}: {self.summary}>"

    @property
    def summary(self) -> str:
        """The visit on one line: "rescheduled, official, 2023-09-20: Charles III to France"."""
        days = str(self.held_window or self.window or "")
        stands = ", ".join(word for word in (self.status, self.standing, days) if word)
        return f"{stands or 'withdrawn'}: {self.title}"

    def row(self) -> dict[str, object]:
        """The visit as a row of a table: plain values, the same columns for every visit."""
        details, host = self.details, self.details.host
        principal, window, held = details.principal, self.window, self.held_window
        return {
            "name": self.name,
            "title": details.title,
            "status": self.status,
            "standing": self.standing,
            "principal": principal.name if principal else "",
            "principal_country": principal.country if principal else "",
            "host_country": host.country if host else "",
            "host_organisation": host.organisation if host else "",
            "destinations": "; ".join(each.city or each.country for each in details.destinations),
            "kind": details.kind,
            "window_start": window.start if window else None,
            "window_end": window.end if window else None,
            "window_as_stated": window.as_stated if window else "",
            "held_start": held.start if held else None,
            "held_end": held.end if held else None,
            "reason": self.reason,
            "effective_time": self.effective_time,
            "known_time": self.known_time,
            "last_heard_time": self.last_heard_time,
            "version": self.version,
            "position": self.position,
        }

    def rows(self) -> list[dict[str, object]]:
        """A table of one row."""
        return [self.row()]
