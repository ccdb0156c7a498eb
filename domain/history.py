"""What was in force, according to what was known: one plain fold over a visit's events.

The caller takes the first step, ``fold`` the others:

1. Keep the changes recorded by then.
2. Apply a retraction if its known time is not after ``known_at``, whatever ``valid_at`` is.
   If its target is filtered out, it does nothing.
3. Drop retracted changes. Keep those whose known time is not after ``known_at`` and whose
   effective time is not after ``valid_at``.
4. Order them by effective time, then by version.
5. The last status change gives the status.
6. Fold windows, conditions, amendments and statements in the same order.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.errors import Invisible, NotVisibleThen, Refusal, VisitWithdrawn
from domain.events import Event, Retracted
from domain.state import State, evolve
from domain.status import TABLE
from domain.times import LAST_INSTANT


def counts(event: Event, known_at: datetime, valid_at: datetime) -> bool:
    """Whether a change was known and in force. A retraction counts as soon as it is known."""
    in_force = isinstance(event, Retracted) or event.effective_instant <= valid_at
    return in_force and event.known_instant <= known_at


def visible(
    events: Iterable[Event], known_at: datetime = LAST_INSTANT, valid_at: datetime = LAST_INSTANT
) -> list[Event]:
    """The changes that were known, in force and not retracted, in the order of the fold."""
    known = _known(events, known_at)
    gone = _retracted(known)
    kept = [
        event
        for version, event in known.items()
        if version not in gone and event.effective_instant <= valid_at
    ]
    kept.sort(key=lambda event: event.order)
    return kept


def is_retracted(events: Iterable[Event], version: int) -> bool:
    """Whether that change is retracted, as far as is known now."""
    return version in _retracted(_known(events, LAST_INSTANT))


def fold(
    events: Sequence[Event],
    known_at: datetime = LAST_INSTANT,
    valid_at: datetime = LAST_INSTANT,
) -> State:
    """The visit at these times, from the events recorded by then.

    Its status is None if it had none.
    """
    state = State()
    for event in visible(events, known_at, valid_at):
        evolve(state, event)
    if state.status is None:
        state.merged_into = _merged_into(events, known_at)
    return state


def after(state: State, events: Sequence[Event]) -> State:
    """Apply the last of these events to ``state``, in place where that is possible."""
    event = events[-1]
    if isinstance(event, Retracted) or (state.latest is not None and event.precedes(state.latest)):
        return fold(events)
    evolve(state, event)
    return state


def why_invisible(
    visit_id: str, events: Sequence[Event], known_at: datetime = LAST_INSTANT
) -> Refusal:
    """Why a visit had no status when asked, from the events recorded by then."""
    if not events:
        return NotVisibleThen(visit_id, Invisible.NOT_RECORDED)
    if not any(e.STATUS_CHANGE and e.known_instant <= known_at for e in events):
        return NotVisibleThen(visit_id, Invisible.NOT_KNOWN)
    known = fold(events, known_at)
    if known.status is None:
        return VisitWithdrawn(visit_id, known.merged_into)
    return NotVisibleThen(visit_id, Invisible.NOT_IN_FORCE)


def _merged_into(events: Iterable[Event], known_at: datetime) -> str:
    """The visit that the last retraction of an opening says this one duplicates."""
    known = _known(events, known_at)
    merged_into = ""
    for retraction in known.values():
        if isinstance(retraction, Retracted):
            target = known.get(retraction.retracted_version)
            if target is not None and target.STATUS_CHANGE in TABLE[None]:
                merged_into = retraction.merged_into
    return merged_into


def _known(events: Iterable[Event], known_at: datetime) -> dict[int, Event]:
    """The changes known by then, by version."""
    return {e.originator_version: e for e in events if e.known_instant <= known_at}


def _retracted(known: dict[int, Event]) -> set[int]:
    """The versions that are retracted by the changes known."""
    return {
        version
        for retraction in known.values()
        if isinstance(retraction, Retracted)
        for version in _retracted_by(retraction, known)
    }


def _retracted_by(retraction: Retracted, known: dict[int, Event]) -> Iterable[int]:
    """The versions that a retraction drops: with a status change, all later ones as well."""
    target = known.get(retraction.retracted_version)
    if target is None:
        return
    yield retraction.retracted_version
    if target.STATUS_CHANGE:
        for version in range(target.originator_version + 1, retraction.originator_version):
            if version in known and known[version].STATUS_CHANGE:
                yield version
