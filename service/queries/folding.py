"""Visits as they were at a moment, from the rows of their changes."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import Refusal
from domain.events import Event
from domain.history import fold, was_told, why_invisible
from domain.state import State
from service import codec
from service.codec import wire
from service.projections.loading import applying, events_of, history_of
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


def state_then(visit_id: str, rows: Sequence[LogRow], cutoff: Cutoff) -> bytes | Refusal:
    """A visit as it was, from the rows recorded by then, or why it did not exist then."""
    return _state(visit_id, rows, history_of(rows), cutoff)


def listed(
    visit_id: str, rows: Sequence[LogRow], query: VisitQuery, cutoff: Cutoff
) -> bytes | None:
    """A visit as it was, if it existed then and matches the query."""
    state = folded(rows, cutoff)
    if state.status is None:
        return None
    if not matches(query, visit_id, facets(state), rows[-1].record_time):
        return None
    return serialized(visit_id, rows, state)


def folded(rows: Sequence[LogRow], cutoff: Cutoff) -> State:
    """A visit as it was. Its status is None if it did not exist then."""
    events = history_of(rows)
    with applying(rows):
        return fold(events, cutoff.known_at, cutoff.valid_at)


def serialized(visit_id: str, rows: Sequence[LogRow], state: State) -> bytes:
    """The whole serialized Visit. ``rows`` led to the state, which must have a status."""
    assert state.status_change is not None
    first, last = rows[0], rows[-1]
    tail = wire.visit_tail(last.position, first.record_time, last.record_time)
    return codec.visit_to_bytes(visit_id, last.version, state) + tail


def counted(rows: Sequence[LogRow], cutoff: Cutoff) -> list[LogRow]:
    """The rows whose changes count, looked at alone."""
    pairs = zip(rows, events_of(rows), strict=True)
    return [row for row, event in pairs if was_told(event, cutoff.known_at, cutoff.valid_at)]


def compared(visit_id: str, rows: Sequence[LogRow], before: Cutoff, after: Cutoff) -> Comparison:
    """A visit as of two moments, from the rows recorded by the later of them.

    :raises Refusal: the visit existed at neither moment.
    """
    events = history_of(rows)
    states: list[bytes | Refusal] = []
    counts: list[set[int]] = []
    for cutoff in (before, after):
        number = bisect_right(rows, cutoff.position, key=lambda row: row.position)
        told, times = events[:number], (cutoff.known_at, cutoff.valid_at)
        states.append(_state(visit_id, rows[:number], told, cutoff))
        counts.append({event.originator_version for event in told if was_told(event, *times)})
    if isinstance(states[0], Refusal) and isinstance(states[1], Refusal):
        raise states[1]
    of_one = counts[0] ^ counts[1]
    return Comparison(states[0], states[1], [row for row in rows if row.version in of_one])


def _state(
    visit_id: str, rows: Sequence[LogRow], events: Sequence[Event], cutoff: Cutoff
) -> bytes | Refusal:
    with applying(rows):
        state = fold(events, cutoff.known_at, cutoff.valid_at)
        if state.status is None:
            return why_invisible(visit_id, events, cutoff.known_at)
    return serialized(visit_id, rows, state)
