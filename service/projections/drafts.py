"""A decided change on its way into the log, and the state that it leaves."""

from dataclasses import dataclass
from functools import lru_cache

from domain.copies import changed
from domain.events import Event, Retracted
from domain.standing import standing
from domain.state import State
from domain.status import GROUPS, Group
from domain.values import VisitDetails
from domain.visit import Visit
from service import codec
from service.codec import wire
from service.codec.clock import to_microseconds
from service.projections import words
from service.store.log.entries import Entry
from service.store.states.rows import LONG_WINDOW, Facets, StatusTimes, VisitRow


@dataclass(frozen=True)
class Draft:
    """A change that is decided and not yet recorded, and the visit as it leaves it."""

    visit: Visit
    event: Event
    entry: Entry


@dataclass(frozen=True)
class Recorded:
    """A change that stands in the log, and the serialized Visit as it left it."""

    visit: bytes
    position: int
    record_time: int
    body: bytes


def draft(before: Visit, visit: Visit, request_digest: bytes | None = None) -> Draft:
    """The change that led from ``before`` to ``visit``, ready to be recorded."""
    event = visit.changes[-1]
    entry = Entry(
        visit_id=visit.id,
        version=visit.version,
        topic=event.TOPIC,
        body=codec.event_to_bytes(event),
        actor=event.actor,
        request_id=event.request_id,
        request_digest=request_digest,
        row=visit_row(visit, before),
    )
    return Draft(visit, event, entry)


def visit_row(visit: Visit, before: Visit | None = None) -> VisitRow:
    """Where a visit stands, as the current-state table has it.

    With ``before``, only what may have changed since then; else all of it.
    """
    state, last = visit.state, visit.changes[-1]
    encoded = codec.visit_to_bytes(visit.id, visit.version, state)
    if state.status is None or state.status_change is None:
        return VisitRow(
            visit.id, visit.version, encoded, None, aliases=(), words_before=_words(before)
        )
    times: tuple[int, int] | StatusTimes = StatusTimes.KEEP
    if before is None or isinstance(last, Retracted) or state.status_change.has_own_times:
        times = times_of(state.status_change)
    elif state.status_change is last:
        times = StatusTimes.RECORD
    aliases = state.details.aliases
    is_same = before is not None and _aliases(before) == aliases
    return VisitRow(
        visit_id=visit.id,
        version=visit.version,
        state=encoded,
        effective_and_known=times,
        facets=facets(state),
        aliases=None if is_same else tuple(alias.casefold() for alias in aliases),
        words_before=_words(before),
    )


def facets(state: State) -> Facets:
    """What filters need of a visit that has a status."""
    assert state.status is not None
    window = state.window
    start, end = (window.start, window.end) if window else (None, None)
    until = end.isoformat() if end else None
    is_long = start is not None and end is not None and end - start > LONG_WINDOW
    return changed(
        _facets_of(state.details),
        status=state.status,
        standing=standing(state),
        window_start=start.isoformat() if start else None,
        window_end=until,
        planned_until=until if GROUPS[state.status] is Group.PLANNED else None,
        long_until=until if is_long else None,
    )


@lru_cache(1024)
def _facets_of(details: VisitDetails) -> Facets:
    """Those that the details of a visit give, which most changes leave as they are."""
    principal, host = details.principal, details.host
    return Facets(
        principal=words.fold(principal.name) if principal else "",
        principal_country=principal.country if principal else "",
        host_country=host.country if host else "",
        trip=details.trip,
        words=words.of_visit(details),
    )


def _aliases(visit: Visit) -> tuple[str, ...]:
    """The aliases under which a visit is found; a withdrawn one has none."""
    return visit.state.details.aliases if visit.state.status is not None else ()


def _words(visit: Visit | None) -> str:
    """The words under which a visit is found; a withdrawn one has none."""
    if visit is None or visit.state.status is None:
        return ""
    return _facets_of(visit.state.details).words


def visit_tail(visit: Visit, position: int) -> bytes:
    """The fields of the serialized Visit that are known when its changes have record times."""
    change = visit.state.status_change if visit.state.status is not None else None
    effective, known = times_of(change) if change is not None else (None, None)
    created, updated = visit.changes[0].timestamp, visit.changes[-1].timestamp
    return wire.visit_tail(
        effective, known, position, to_microseconds(created), to_microseconds(updated)
    )


def times_of(change: Event) -> tuple[int, int]:
    """The effective and the known time, in microseconds."""
    return (
        to_microseconds(change.effective_instant),
        to_microseconds(change.known_instant),
    )
