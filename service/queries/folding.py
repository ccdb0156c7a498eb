"""Visits as they were at a moment, from the rows of their changes.

What may take long is done in steps; see ``Reads.fold``.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.errors import Refusal
from domain.events import Event
from domain.history import View, was_told, why_invisible
from domain.state import State
from service import codec
from service.codec import wire
from service.limits import STEP_CHANGES
from service.projections.loading import Steps, applying, events_of, history_in_steps
from service.projections.state_rows import facets
from service.queries.moments import Cutoff
from service.store.log.rows import LogRow
from service.store.states.filters import VisitQuery, matches


@dataclass(frozen=True)
class Comparison:
    """A visit as of two moments: serialized, or the reason why it did not exist then.

    ``changes`` are the rows of changes that count at only one of the moments.
    """

    before: bytes | Refusal
    after: bytes | Refusal
    changes: Sequence[LogRow]


def state_then(visit_id: str, rows: Sequence[LogRow], cutoff: Cutoff) -> Steps[bytes | Refusal]:
    """A visit as it was, from the rows recorded by then, or why it did not exist then."""
    events = yield from history_in_steps(rows)
    return (yield from _state(visit_id, rows, events, cutoff))


def listed(
    visit_id: str, rows: Sequence[LogRow], query: VisitQuery, cutoff: Cutoff
) -> Steps[bytes | None]:
    """A visit as it was, if it existed then and matches the query."""
    state = yield from folded(rows, cutoff)
    if state.status is None:
        return None
    if not matches(query, visit_id, facets(state), rows[-1].record_time):
        return None
    return serialized(visit_id, rows, state)


def folded(rows: Sequence[LogRow], cutoff: Cutoff) -> Steps[State]:
    """A visit as it was. Its status is None if it did not exist then."""
    events = yield from history_in_steps(rows)
    return (yield from _folded(rows, events, cutoff))


def serialized(visit_id: str, rows: Sequence[LogRow], state: State) -> bytes:
    """The whole serialized Visit. ``rows`` led to the state, which must have a status."""
    assert state.status_change is not None
    first, last = rows[0], rows[-1]
    tail = wire.visit_tail(last.position, first.record_time, last.record_time)
    return codec.visit_to_bytes(visit_id, last.version, state) + tail


def counted(
    rows: Sequence[LogRow], cutoff: Cutoff, row_of: Callable[[str, int], LogRow]
) -> list[LogRow]:
    """The rows whose changes were told by then; ``row_of`` gives that of a visit and a version."""
    found = []
    for row, event in zip(rows, events_of(rows), strict=True):

        def change_of(version: int, visit_id: str = row.visit_id) -> Event:
            return events_of([row_of(visit_id, version)])[0]

        if was_told(event, change_of, cutoff.known_at, cutoff.valid_at):
            found.append(row)
    return found


def compared(
    visit_id: str, rows: Sequence[LogRow], before: Cutoff, after: Cutoff
) -> Steps[Comparison]:
    """A visit as of two moments, from the rows recorded by the later of them.

    :raises Refusal: the visit existed at neither moment.
    """
    events = yield from history_in_steps(rows)
    states: list[bytes | Refusal] = []
    counts: list[set[int]] = []

    def change_of(version: int) -> Event:
        return events[version - 1]

    for cutoff in (before, after):
        number = bisect_right(rows, cutoff.position, key=lambda row: row.position)
        told, times = events[:number], (change_of, cutoff.known_at, cutoff.valid_at)
        states.append((yield from _state(visit_id, rows[:number], told, cutoff)))
        counts.append({event.originator_version for event in told if was_told(event, *times)})
    if isinstance(states[0], Refusal) and isinstance(states[1], Refusal):
        raise states[1]
    of_one = counts[0] ^ counts[1]
    return Comparison(states[0], states[1], [row for row in rows if row.version in of_one])


def _state(
    visit_id: str, rows: Sequence[LogRow], events: Sequence[Event], cutoff: Cutoff
) -> Steps[bytes | Refusal]:
    state = yield from _folded(rows, events, cutoff)
    if state.status is None:
        with applying(rows):
            return why_invisible(visit_id, events, cutoff.known_at)
    return serialized(visit_id, rows, state)


def _folded(rows: Sequence[LogRow], events: Sequence[Event], cutoff: Cutoff) -> Steps[State]:
    with applying(rows):
        view = View(events, None, cutoff.known_at, cutoff.valid_at)
        for state in view.folding(STEP_CHANGES):  # noqa: B007
            yield
    return state
