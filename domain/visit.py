"""The Visit aggregate: what may be decided about a visit.

Only the commands check anything; ``domain.state`` just applies events. Time and actor come in
with the command, so replay is deterministic.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from eventsourcing.domain import BaseAggregate

from domain.checks import (
    RULES,
    Context,
    checked,
    checked_mask,
    checked_times,
    details_named_in,
    problems_under,
)
from domain.copies import changed
from domain.errors import (
    ChangeRefused,
    InvalidValue,
    NoWindowToAmend,
    RetractionRefused,
    VersionMismatch,
    VisitExists,
    VisitNotFound,
    VisitWithdrawn,
)
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
from domain.history import after, fold, is_retracted
from domain.state import State
from domain.status import TABLE, Status
from domain.terms import Side
from domain.times import Moment, raise_to
from domain.validation import own_rules, required
from domain.values import Basis, Condition, Statement, VisitDetails, Window


class Visit(BaseAggregate[str]):
    """One intended journey by one principal to one host.

    It begins as ``Visit.blank``, with nothing recorded. The first command is ``schedule`` or
    ``disclose``. Each command checks, in this order: values (``InvalidValue``), existence
    (``VisitExists``, ``VisitNotFound``, ``VisitWithdrawn``), ``VersionMismatch``, what the
    status allows (``ChangeRefused``, ``NoWindowToAmend``, ``RetractionRefused``), and times
    (``InvalidValue``). Then it triggers one event.
    """

    if TYPE_CHECKING:  # an annotation would make this a dataclass
        _changes: tuple[Event, ...]
        _state: State

    @classmethod
    def blank(cls, visit_id: str, timestamp: datetime) -> "Visit":
        """A visit with nothing recorded yet."""
        visit = object.__new__(cls)
        visit.__base_init__(visit_id, 0, timestamp)
        visit._changes = ()
        visit._state = State()
        return visit

    @classmethod
    def from_history(
        cls,
        visit_id: str,
        timestamp: datetime,
        events: Sequence[Event],
        state: State | None = None,
    ) -> "Visit":
        """The visit that results from all its events, from the first on.

        ``state`` is what they fold to, if the caller has folded them.
        """
        visit = cls.blank(visit_id, timestamp)
        if events:
            visit._changes, visit._state = tuple(events), state or fold(events)
            visit.version, visit.modified_on = len(events), events[-1].timestamp
        return visit

    @property
    def changes(self) -> tuple[Event, ...]:
        """All changes, the oldest first, including retracted ones."""
        return self._changes

    @property
    def state(self) -> State:
        """The current state of the visit."""
        return self._state

    # Commands

    def schedule(
        self, context: Context, *, details: VisitDetails | None, window: Window | None
    ) -> None:
        """Plan the visit."""
        self._change_status(Scheduled, context, details=details, window=window)

    def disclose(
        self, context: Context, *, details: VisitDetails | None, held_window: Window | None
    ) -> None:
        """Record a visit that became known after it took place."""
        self._change_status(Disclosed, context, details=details, held_window=held_window)

    def postpone(self, context: Context, *, condition: Condition | None = None) -> None:
        """Put the visit off, with no new date."""
        self._change_status(Postponed, context, condition=condition)

    def defer(self, context: Context, *, condition: Condition | None) -> None:
        """Leave the visit open until a named condition is met."""
        self._change_status(Deferred, context, condition=condition)

    def reschedule(self, context: Context, *, window: Window | None) -> None:
        """Give the visit a new window."""
        self._change_status(Rescheduled, context, window=window)

    def complete(self, context: Context, *, held_window: Window | None = None) -> None:
        """Record that the visit took place."""
        self._change_status(Completed, context, held_window=held_window)

    def cancel(self, context: Context, *, condition: Condition | None = None) -> None:
        """Call the visit off."""
        self._change_status(Cancelled, context, condition=condition)

    def amend(
        self,
        context: Context,
        *,
        details: VisitDetails | None,
        window: Window | None,
        update_mask: Sequence[str],
        correction: bool = False,
    ) -> None:
        """Change the facts that ``update_mask`` names; see ``Amended``.

        A correction without times takes those of the change that opened the visit.
        """
        mask = checked_mask(update_mask)
        rules = {"details": details_named_in(mask)}
        if "window" in mask:
            rules["window"] = required(own_rules)
        context, values = checked(
            Amended, rules, context, details=details or VisitDetails(), window=window
        )
        status = self._existing_status(context)
        if "window" not in mask:
            values["window"] = None
        elif self._state.window is None:
            raise NoWindowToAmend(self.id, status)
        effective, known = checked_times(context)
        if correction and effective is None:
            opening = self._opening
            effective, known = opening.effective_moment, opening.known_moment
        self._record(
            Amended, context, effective, known, update_mask=mask, correction=correction, **values
        )

    def record_statement(self, context: Context, *, statement: Statement | None) -> None:
        """Record what someone said; it does not change the status."""
        context, values = checked(
            StatementRecorded, RULES[StatementRecorded], context, statement=statement
        )
        self._existing_status(context)
        if values["statement"].about_version > self.version:
            raise InvalidValue.of(
                "statement_recorded.statement.about_version",
                f"must be a version of the visit, which has {self.version}",
            )
        self._record(StatementRecorded, context, *checked_times(context), **values)

    def retract(self, context: Context, *, retracted_version: int, merged_into: str = "") -> None:
        """Mark a change as entered in error.

        The known time defaults to that of the retracted change. ``merged_into`` is the id of
        the visit that this one duplicates, if its first change is retracted.
        """
        context, values = checked(
            Retracted,
            RULES[Retracted],
            context,
            retracted_version=retracted_version,
            merged_into=merged_into,
        )
        self._existing_status(context)
        target = self._retractable(retracted_version)
        if merged_into and target is not self._opening:
            raise InvalidValue.of(
                "retracted.merged_into",
                "may only be given if the change that opened the visit is retracted",
            )
        if merged_into == self.id:
            raise InvalidValue.of("retracted.merged_into", "must be another visit")
        times = checked_times(context, default_known=target.known_moment)
        self._record(Retracted, context, *times, **values)

    # Guards

    def _change_status(self, event_class: type[Event], context: Context, **values: Any) -> None:
        context, values = checked(event_class, RULES[event_class], context, **values)
        change, status = event_class.STATUS_CHANGE, self._state.status
        assert change is not None
        if change in TABLE[None] and status is not None:
            raise VisitExists(self.id, status)
        if change not in TABLE[None]:
            status = self._existing_status(context)
        self._check_version(context)
        if status is not None and change not in TABLE[status]:
            raise ChangeRefused(self.id, status, change)
        effective, known = checked_times(context)
        if effective is not None and self._state.status_change is not None:
            with problems_under("context"):
                effective = raise_to(self._state.status_change.effective_moment, effective)
        self._record(event_class, context, effective, known, **values)

    def _existing_status(self, context: Context) -> Status:
        """The status of the visit, which must exist and be at the expected version."""
        if self.version == 0:
            raise VisitNotFound(self.id)
        if self._state.status is None:
            raise VisitWithdrawn(self.id, self._state.merged_into)
        self._check_version(context)
        return self._state.status

    def _check_version(self, context: Context) -> None:
        if context.expected_version not in (None, self.version):
            raise VersionMismatch(self.id, context.expected_version, self.version)

    @property
    def _opening(self) -> Event:
        assert self._state.opening is not None
        return self._state.opening

    def _retractable(self, version: int) -> Event:
        """The change of that version, which must not be retracted or a retraction."""
        if version > self.version:
            raise InvalidValue.of(
                "retracted.retracted_version",
                f"must be a version of the visit, which has {self.version}",
            )
        target = self._changes[version - 1]
        if isinstance(target, Retracted):
            raise RetractionRefused(self.id, version, "it is itself a retraction")
        if is_retracted(self._changes, version):
            raise RetractionRefused(self.id, version, "it was already retracted")
        return target

    def _record(
        self,
        event_class: type[Event],
        context: Context,
        effective: Moment | None,
        known: Moment | None,
        **values: Any,
    ) -> None:
        self.trigger_event(
            event_class,
            timestamp=context.now,
            actor=context.actor,
            request_id=context.request_id,
            reason=context.reason,
            basis=context.basis or (Basis(side=Side.DESK, speaker=context.actor),),
            effective=effective,
            known=known,
            **values,
        )

    # Applying events

    def take(self, event: Event) -> None:
        """Add an event to the history, and apply it to the state."""
        self._changes += (event,)
        self._state = after(self._state, self._changes)

    def date_pending(self, record_time: datetime) -> None:
        """Give the changes that are not recorded yet the record time that they get now.

        For those who decide before that time is known.
        """
        if not self.pending_events:
            return
        undated = {id(event) for event in self.pending_events}
        self._changes = tuple(
            changed(event, timestamp=record_time) if id(event) in undated else event
            for event in self._changes
        )
        self._pending_events = list(self._changes[len(self._changes) - len(undated) :])
        self._state = fold(self._changes)
        self.modified_on = record_time

    def fork(self) -> "Visit":
        """A copy that takes changes of its own, with nothing pending."""
        return changed(self, _pending_events=[], _state=self._state.copy())
