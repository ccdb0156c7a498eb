"""The Visit aggregate: what may be decided about a visit.

Only the commands check anything; ``domain.state`` just applies events. Time and actor come in
with the command, so replay is deterministic.
"""

from collections.abc import Sequence
from typing import Any

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
from domain.errors import InvalidValue
from domain.events import (
    Amended,
    Cancelled,
    Completed,
    Corrected,
    Deferred,
    Disclosed,
    Postponed,
    Rescheduled,
    Retracted,
    Scheduled,
    StatementRecorded,
    StatusEvent,
)
from domain.guards import check_allowed, check_version, existing_status
from domain.recorded import RecordedVisit
from domain.times import Moment
from domain.validation import own_rules, required
from domain.values import (
    DESK,
    NO_DETAILS,
    NO_ITEMS,
    Basis,
    Condition,
    DetailItems,
    Statement,
    VisitDetails,
    Window,
)


class Visit(RecordedVisit):
    """One intended journey by one principal to one host.

    It begins as ``Visit.blank``, with nothing recorded. The first command is one that opens it,
    with its details. Each command checks, in this order: values (``InvalidValue``), existence
    (``VisitExists``, ``VisitNotFound``, ``VisitWithdrawn``), ``VersionMismatch``, what the
    status allows (``ChangeRefused``), times (``InvalidValue``, ``OutOfOrder``), and what else
    the visit does not allow. Then it triggers one event.
    """

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
        past = self.past
        existing_status(past, context)
        effective, known = checked_times(context)
        event = self._event(Amended, context, effective, known, update_mask=mask, **values)
        amending.check(past, event)
        self.trigger(event)

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
        past = self.past
        existing_status(past, context)
        known = checked_known_time(context)
        version = correcting.target(past, corrected_version, mask)
        values["corrected_version"] = version
        values["right_reason"], right_basis = values.pop("reason"), values.pop("basis")
        if "basis" in mask:
            right_basis = correcting.right_basis(past, version, right_basis)
        values["right_basis"] = right_basis
        event = self._event(Corrected, context, None, known, update_mask=mask, **values)
        correcting.check(past, event)
        self.trigger(event)

    def record_statement(self, context: Context, *, statement: Statement | None) -> None:
        """Record what somebody said. Without a basis it gets one of its own voice."""
        context, values = checked(
            StatementRecorded, RULES[StatementRecorded], context, statement=statement
        )
        existing_status(self.past, context)
        said: Statement = values["statement"]
        if said.about_version > self.version:
            raise InvalidValue.of(
                "statement_recorded.statement.about_version",
                f"must be a version of the visit, which has {self.version}",
            )
        if not context.basis:
            context = changed(context, basis=(said.own_basis,))
        effective, known = checked_times(context)
        self.trigger(self._event(StatementRecorded, context, effective, known, **values))

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
        past = self.past
        if past.state.status is None and retracting.is_undo(past, retracted_version):
            check_version(past, context)
        else:
            existing_status(past, context)
        known = checked_known_time(context)
        versions = retracting.versions(past, retracted_version, merged_into)
        self.trigger(
            self._event(Retracted, context, None, known, retracted_versions=versions, **values)
        )

    def _change_status(
        self, event_class: type[StatusEvent], context: Context, **values: Any
    ) -> None:
        context, values = checked(event_class, RULES[event_class], context, **values)
        past = self.past
        check_allowed(past, event_class, context, values)
        effective, known = changing.times(past, event_class, context, values.get("held_window"))
        changing.complete_values(past, event_class, values, effective or Moment(context.now))
        self.trigger(self._event(event_class, context, effective, known, **values))

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
            basis=context.basis or (DESK,),
            sources=context.sources,
            note=context.note,
            effective=effective,
            known=known,
            **values,
        )
