"""What a change of the status must meet, beside the table of changes."""

from typing import Any

from domain.checks import (
    Context,
    check_held,
    checked_times,
    held_until,
    problems_under,
    why_not_held,
)
from domain.errors import InvalidValue, NothingChanged, NoWindow, OutOfOrder
from domain.events import Completed, Deferred, Disclosed, Rescheduled, StatusEvent
from domain.history import Past
from domain.state import State
from domain.status import GROUPS, Group, Status
from domain.times import Moment, last_day_at
from domain.values import Condition, Window
from domain.voices import Voice, by_voice

Times = tuple[Moment | None, Moment | None]


def times(
    past: Past, event_class: type[StatusEvent], context: Context, held: Window | None
) -> Times:
    """The effective and the known time of a change of the status.

    :raises InvalidValue: one is in the future, or the effective time is after the known one.
    :raises OutOfOrder: the change lies wholly before one that stands.
    """
    if event_class is Disclosed and context.effective is None and held and held.end:
        effective, known = _after_last_held_day(context, Moment.of_period(held.end.isoformat()))
    else:
        effective, known = checked_times(context)
    time, latest = effective.instant if effective else context.now, past.timeline.latest_begun
    if latest is not None and time < latest.effective_moment.begin:
        raise OutOfOrder(past.visit_id, latest.originator_version, latest.effective_instant)
    return effective, known


def complete_values(
    past: Past,
    event_class: type[StatusEvent],
    values: dict[str, Any],
    effective: Moment,
) -> None:
    """Check what the values say of the visit as it is, and fill in the window it was held in.

    :raises InvalidValue: a held window begins after the change took effect.
    :raises NoWindow: the visit has no exact planned window to complete with, or it does so.
    :raises NothingChanged: it is planned for these days, or left open under this condition.
    """
    version = past.version + 1
    before = past.state_before(past.timeline.place_at(effective, version, is_status_change=True))
    if event_class is Completed and values["held_window"] is None:
        values["held_window"] = _planned(past, before, effective)
    elif held := values.get("held_window"):
        check_held(event_class, held, effective)
    if event_class is Rescheduled and values["details"] is None:
        _check_other_plan(past, before, values["window"])
    if event_class is Deferred and values["details"] is None:
        _check_other_condition(past, before, values["condition"])


def _after_last_held_day(context: Context, last_held: Moment) -> Times:
    """The times of a visit that is disclosed: it took effect on its last held day."""
    if last_held.last_day > last_day_at(context.now):
        text = f"ends on {last_held.period}, and must not end in the future"
        raise InvalidValue.of("disclosed.held_window", text)
    if context.known is not None:
        with problems_under("context"):
            known = context.known.resolved("known", context.now)
        if known.instant < last_held.begin:
            text = f"must not be before the last held day, {last_held.period}"
            raise InvalidValue.of(f"context.{known.field('known')}", text)
    effective, known_or_none = checked_times(context, last_held)
    return effective, known_or_none if context.known is not None else Moment(context.now)


def _planned(past: Past, before: State, effective: Moment) -> Window:
    """The planned window, as that in which the visit was held."""
    assert before.status is not None
    if before.window is None or not before.window.is_exact:
        raise NoWindow(
            past.visit_id, before.status, "has no exact planned window: say when it was held"
        )
    if why := why_not_held(before.window, effective):
        start, until = before.window.start, held_until(effective)
        raise NoWindow(past.visit_id, before.status, f"its planned window {why}", start, until)
    return before.window


def _check_other_plan(past: Past, before: State, window: Window) -> None:
    """Refuse to plan a planned visit for the same days again."""
    assert before.status is not None
    is_planned = GROUPS[before.status] is Group.PLANNED
    if is_planned and before.window is not None and before.window.plan == window.plan:
        raise NothingChanged(
            past.visit_id, "it is planned for this already; record a statement that reaffirms it"
        )


def _check_other_condition(past: Past, before: State, condition: Condition) -> None:
    """Refuse to leave a visit open under a condition that the same voice named already."""
    if before.status is not Status.WHEN_CONDITIONS_ALLOW:
        return
    voice = Voice.of(condition).in_full(before.details)
    current = by_voice(before.conditions, before.details).get(voice)
    if current and current.condition.text.casefold() == condition.text.casefold():
        raise NothingChanged(
            past.visit_id,
            "it is left open under this condition already; record a statement that reaffirms it",
        )
