"""A visit as it stands at some moment: what its events build up."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from domain.copies import changed
from domain.status import Status
from domain.values import Condition, Side, Statement, VisitDetails, Window

if TYPE_CHECKING:
    from domain.events import Event, StatementRecorded


@dataclass
class View:
    """The state that events evolve, in the order of effective time, then version.

    ``status`` is None before the first status change: there is no visit then.
    """

    status: Status | None = None
    details: VisitDetails = field(default_factory=VisitDetails)
    window: Window | None = None
    previous_windows: tuple[Window, ...] = ()
    held_window: Window | None = None
    conditions: dict[Side, Condition] = field(default_factory=dict)
    statements: dict[tuple[Side, str], Statement] = field(default_factory=dict)
    firm_statements: "dict[Side, StatementRecorded]" = field(default_factory=dict)
    opening: "Event | None" = None
    status_change: "Event | None" = None
    latest: "Event | None" = None
    merged_into: str = ""

    def copy(self) -> "View":
        """A view that evolves on its own."""
        return changed(
            self,
            conditions=dict(self.conditions),
            statements=dict(self.statements),
            firm_statements=dict(self.firm_statements),
        )

    def take(self, event: "Event") -> None:
        """Evolve by an event that comes behind all those before."""
        event.evolve(self)
        self.latest = event

    def open(self, event: "Event", status: Status, details: VisitDetails) -> None:
        """Begin the visit."""
        self.opening = event
        self.details = details
        self.merged_into = ""
        self.window = self.held_window = None
        self.previous_windows = ()
        self.move(event, status)

    def move(self, event: "Event", status: Status) -> None:
        """Take another status."""
        self.status = status
        self.status_change = event

    def plan(self, window: Window) -> None:
        """Set the window; the one before joins the previous windows."""
        self.unplan()
        self.window = window

    def unplan(self) -> None:
        """Move the window to the previous windows."""
        if self.window is not None:
            self.previous_windows += (self.window,)
            self.window = None

    def leave_open(self, condition: Condition | None) -> None:
        """Take the latest condition of a side."""
        if condition is not None and condition.side is not None:
            self.conditions.pop(condition.side, None)
            self.conditions[condition.side] = condition

    def hear(self, event: "StatementRecorded") -> None:
        """Take the last word of a speaker's side and country."""
        statement = event.statement
        if statement.side is None:
            return
        key = (statement.side, statement.country)
        self.statements.pop(key, None)
        self.statements[key] = statement
        self.leave_open(statement.condition)
        if event.counts_for_standing:
            self.firm_statements[statement.side] = event
