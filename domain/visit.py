"""The Visit aggregate: what may be decided about a visit.

Only the commands check anything; ``domain.state`` just applies events. Time and actor come in
with the command, so replay is deterministic.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from eventsourcing.domain import BaseAggregate

from domain import amending, changing, correcting, retracting
from domain.checks import (
    AMENDABLE,
    CORRECTABLE,
    RULES,
    Context,
    checked,
    checked_known_time,
    checked_mask,
    checked_times,
    details_named_in,
)
from domain.copies import changed
from domain.errors import (
    ChangeRefused,
    InvalidValue,
    VersionMismatch,
    VisitExists,
    VisitNotFound,
    VisitWithdrawn,
)
from domain.events import (
    Amended,
    Cancelled,
    Completed,
    Corrected,
    Deferred,
    Disclosed,
    Event,
    Postponed,
    Rescheduled,
    Retracted,
    Scheduled,
    StatementRecorded,
    StatusEvent,
)
from domain.history import Past, after, fold
from domain.state import State
from domain.status import TABLE, Status, StatusChange
from domain.terms import Attribution, Side
from domain.timeline import Timeline
from domain.times import Moment
from domain.validation import own_rules, required
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


class Visit(BaseAggregate[str]):
    """One intended journey by one principal to one host.

    It begins as ``Visit.blank``, with nothing recorded. The first command is one that opens it,
    with its details. Each command checks, in this order: values (``InvalidValue``), existence
    (``VisitExists``, ``VisitNotFound``, ``VisitWithdrawn``), ``VersionMismatch``, what the
    status allows (``ChangeRefused``), times (``InvalidValue``, ``OutOfOrder``), and what else
    the visit does not allow. Then it triggers one event.
    """

    if TYPE_CHECKING:  # an annotation would make this a dataclass
        _changes: tuple[Event, ...]
        _state: State
        _timeline: Timeline

    @classmethod
    def blank(cls, visit_id: str, timestamp: datetime) -> "Visit":
        """A visit with nothing recorded yet."""
        visit = object.__new__(cls)
        visit.__base_init__(visit_id, 0, timestamp)
        visit._changes = ()
        visit._state = State()
        visit._timeline = Timeline()
        return visit

    @classmethod
    def from_history(
        cls,
        visit_id: str,
        timestamp: datetime,
        events: Sequence[Event],
        timeline: Timeline | None = None,
        state: State | None = None,
    ) -> "Visit":
        """The visit that results from all its events, from the first on.

        ``timeline`` and ``state`` are what they lead to, if the caller has that.
        """
        visit = cls.blank(visit_id, timestamp)
        if events:
            timeline = timeline or Timeline.of(events)
            visit._changes, visit._timeline = tuple(events), timeline
            visit._state = state or fold(events, timeline=timeline)
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

    @property
    def timeline(self) -> Timeline:
        """The order in which its changes are folded."""
        return self._timeline

    @property
    def details_withdrawn(self) -> VisitDetails:
        """The details that a withdrawn visit had when it was withdrawn."""
        for retraction in reversed(self._timeline.retractions):
            version = retraction.originator_version
            target = self._changes[retraction.retracted_version - 1]
            if version not in self._timeline.out and target.opens:
                return fold(self._changes[: version - 1]).details
        return self._state.details

    # Commands that change the status. With ``details`` they open the visit.

    def schedule(
        self, context: Context, *, details: VisitDetails | None, window: Window | None = None
    ) -> None:
        """Plan the visit, for a window if one was said."""
        self._change_status(Scheduled, context, details=details, window=window)

    def disclose(
        self, context: Context, *, details: VisitDetails | None, held_window: Window | None
    ) -> None:
        """Record a visit that became known after it took place.

        Without an effective time it takes the last held day, or else the known time.
        """
        self._change_status(Disclosed, context, details=details, held_window=held_window)

    def postpone(
        self,
        context: Context,
        *,
        condition: Condition | None = None,
        details: VisitDetails | None = None,
        window_given_up: Window | None = None,
    ) -> None:
        """Put the visit off, with no new date."""
        self._change_status(
            Postponed,
            context,
            condition=condition,
            details=details,
            window_given_up=window_given_up,
        )

    def defer(
        self,
        context: Context,
        *,
        condition: Condition | None,
        details: VisitDetails | None = None,
        window_given_up: Window | None = None,
    ) -> None:
        """Leave the visit open until a named state of affairs comes about."""
        self._change_status(
            Deferred, context, condition=condition, details=details, window_given_up=window_given_up
        )

    def reschedule(
        self,
        context: Context,
        *,
        window: Window | None,
        details: VisitDetails | None = None,
        window_given_up: Window | None = None,
    ) -> None:
        """Give the visit a new window."""
        self._change_status(
            Rescheduled, context, window=window, details=details, window_given_up=window_given_up
        )

    def complete(self, context: Context, *, held_window: Window | None = None) -> None:
        """Record that the visit took place: in the planned window, if no other is given."""
        self._change_status(Completed, context, held_window=held_window)

    def cancel(
        self,
        context: Context,
        *,
        condition: Condition | None = None,
        details: VisitDetails | None = None,
        window_given_up: Window | None = None,
    ) -> None:
        """Call the visit off."""
        self._change_status(
            Cancelled,
            context,
            condition=condition,
            details=details,
            window_given_up=window_given_up,
        )

    # Commands that do not change it

    def amend(
        self,
        context: Context,
        *,
        details: VisitDetails | None = None,
        window: Window | None = None,
        held_window: Window | None = None,
        update_mask: Sequence[str] = (),
        added: DetailItems | None = None,
        removed: DetailItems | None = None,
    ) -> None:
        """Replace the facts that ``update_mask`` names, and add and remove single items."""
        mask = checked_mask(Amended, update_mask, AMENDABLE)
        if not mask and (added or NO_ITEMS) == (removed or NO_ITEMS) == NO_ITEMS:
            raise InvalidValue.of(
                "amended.update_mask", "is required if nothing is added or removed"
            )
        rules = RULES[Amended] | {"details": details_named_in(mask)}
        rules |= {
            named: required(own_rules) for named in ("window", "held_window") if named in mask
        }
        context, values = checked(
            Amended,
            rules,
            context,
            details=details or NO_DETAILS,
            window=window if "window" in mask else None,
            held_window=held_window if "held_window" in mask else None,
            added=added or NO_ITEMS,
            removed=removed or NO_ITEMS,
        )
        self._existing_status(context)
        effective, known = checked_times(context)
        event = self._event(Amended, context, effective, known, update_mask=mask, **values)
        amending.check(self._past, event)
        self._trigger(event)

    def correct(
        self,
        context: Context,
        *,
        corrected_version: int = 0,
        update_mask: Sequence[str] = (),
        details: VisitDetails | None = None,
        window: Window | None = None,
        window_given_up: Window | None = None,
        held_window: Window | None = None,
        condition: Condition | None = None,
        reason: str = "",
        basis: Sequence[Basis] = (),
    ) -> None:
        """Say what an earlier change should have said in the fields that ``update_mask`` names.

        Version 0 is the change that gave these fields their present values.
        """
        mask = checked_mask(Corrected, update_mask, CORRECTABLE)
        if not mask:
            text = f"is required; choose from {', '.join(CORRECTABLE)}"
            raise InvalidValue.of("corrected.update_mask", text)
        context, values = checked(
            Corrected,
            RULES[Corrected] | {"details": details_named_in(mask)},
            context,
            corrected_version=corrected_version,
            details=details or NO_DETAILS,
            window=window,
            window_given_up=window_given_up,
            held_window=held_window,
            condition=condition,
            reason=reason,
            basis=tuple(basis),
        )
        self._existing_status(context)
        known = checked_known_time(context)
        values["right_reason"], values["right_basis"] = values.pop("reason"), values.pop("basis")
        values["corrected_version"] = correcting.target(self._past, corrected_version, mask)
        event = self._event(Corrected, context, None, known, update_mask=mask, **values)
        correcting.check(self._past, event)
        self._trigger(event)

    def record_statement(self, context: Context, *, statement: Statement | None) -> None:
        """Record what somebody said. Without a basis it gets one of its own voice."""
        context, values = checked(
            StatementRecorded, RULES[StatementRecorded], context, statement=statement
        )
        self._existing_status(context)
        said: Statement = values["statement"]
        if said.about_version > self.version:
            raise InvalidValue.of(
                "statement_recorded.statement.about_version",
                f"must be a version of the visit, which has {self.version}",
            )
        if not context.basis:
            form = Attribution.ON_THE_RECORD if said.speaker else Attribution.ANONYMOUS
            own = Basis(said.side, said.country, said.organisation, said.speaker, form)
            context = changed(context, basis=(own,))
        effective, known = checked_times(context)
        self._trigger(self._event(StatementRecorded, context, effective, known, **values))

    def retract(self, context: Context, *, retracted_version: int, merged_into: str = "") -> None:
        """Mark a change as entered in error, with all that goes with it.

        ``merged_into`` is the id of the visit that this one duplicates, if its opening is
        retracted.
        """
        context, values = checked(
            Retracted,
            RULES[Retracted],
            context,
            retracted_version=retracted_version,
            merged_into=merged_into,
        )
        if self._state.status is None and retracting.is_undo(self._past, retracted_version):
            self._check_version(context)
        else:
            self._existing_status(context)
        known = checked_known_time(context)
        versions = retracting.versions(self._past, retracted_version, merged_into)
        self._trigger(
            self._event(Retracted, context, None, known, retracted_versions=versions, **values)
        )

    # Guards

    def _change_status(
        self, event_class: type[StatusEvent], context: Context, **values: Any
    ) -> None:
        context, values = checked(event_class, RULES[event_class], context, **values)
        self._check_allowed(event_class, context, values)
        past = self._past
        effective, known = changing.times(past, event_class, context, values.get("held_window"))
        changing.complete_values(past, event_class, values, effective or Moment(context.now))
        self._trigger(self._event(event_class, context, effective, known, **values))

    def _check_allowed(
        self, event_class: type[StatusEvent], context: Context, values: dict[str, Any]
    ) -> None:
        """Check that the visit exists, or that the change opens it, and ask the table."""
        change, status = event_class.STATUS_CHANGE, self._state.status
        if change in (StatusChange.SCHEDULE, StatusChange.DISCLOSE) and status is not None:
            raise VisitExists(self.id, status)
        opens = values.get("details") is not None
        if status is None and opens and change in TABLE[None]:
            self._check_version(context)
            return
        status = self._existing_status(context)
        if change not in TABLE[status]:
            raise ChangeRefused(self.id, status, change)
        if opens:
            hint = "leave out the details, which only open a visit, or choose another id"
            raise ChangeRefused(self.id, status, change, hint)
        if values.get("window_given_up") is not None:
            raise InvalidValue.of(
                f"{event_class.TOPIC}.window_given_up",
                "may be given only with details, when the change opens the visit",
            )

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
    def _past(self) -> Past:
        return Past(self.id, self._changes, self._timeline, self._state)

    def _event(
        self,
        event_class: type[Any],
        context: Context,
        effective: Moment | None,
        known: Moment | None,
        **values: Any,
    ) -> Any:
        return event_class(
            originator_id=self.id,
            originator_version=self.version + 1,
            timestamp=context.now,
            actor=context.actor,
            request_id=context.request_id,
            reason=context.reason,
            basis=context.basis or (Basis(side=Side.DESK),),
            sources=context.sources,
            note=context.note,
            effective=effective,
            known=known,
            **values,
        )

    def _trigger(self, event: Event) -> None:
        event.mutate(self)
        self._pending_events.append(event)

    # Applying events

    def take(self, event: Event) -> None:
        """Add an event to the history, and apply it to the state."""
        self._changes += (event,)
        self._timeline.add(event)
        self._state = after(self._state, self._changes, self._timeline)

    def date_pending(self, record_time: datetime) -> None:
        """Give the changes that are not recorded yet the record time that they get now.

        For those who decide before that time is known.
        """
        if not self.pending_events:
            return
        undated = {id(event) for event in self.pending_events}
        changes = tuple(
            changed(event, timestamp=record_time) if id(event) in undated else event
            for event in self._changes
        )
        timeline = Timeline.of(changes)
        self._changes, self._timeline = changes, timeline
        self._state = fold(changes, timeline=timeline)
        self._pending_events = list(self._changes[len(self._changes) - len(undated) :])
        self.modified_on = record_time

    def fork(self) -> "Visit":
        """A copy that takes changes of its own, with nothing pending."""
        return changed(
            self,
            _pending_events=[],
            _state=self._state.copy(),
            _timeline=self._timeline.copy(),
        )
