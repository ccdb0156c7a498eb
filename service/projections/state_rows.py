"""The rows of the current-state table, made from visits."""

from functools import lru_cache

from domain.copies import changed
from domain.events import Event
from domain.standing import standing
from domain.state import State
from domain.status import GROUPS, Group
from domain.values import VisitDetails
from domain.visit import Visit
from service import codec
from service.codec import wire
from service.codec.clock import to_microseconds
from service.projections import words
from service.store.states.rows import LONG_WINDOW, Facets, VisitRow


def visit_row(visit: Visit, before: Visit | None = None, encoded: bytes | None = None) -> VisitRow:
    """The row to write for a visit: all of it, or only what may have changed since ``before``.

    ``encoded`` is the serialized state, if the caller has it. Requires that all changes of the
    visit have their record times.
    """
    state = visit.state
    if encoded is None:
        encoded = codec.visit_to_bytes(visit.id, visit.version, state)
    change = state.status_change if state.status is not None else None
    aliases = _aliases(visit)
    is_same = before is not None and before.version > 0 and _aliases(before) == aliases
    return VisitRow(
        visit_id=visit.id,
        version=visit.version,
        state=encoded,
        effective_and_known=None if change is None else times_of(change),
        version_before=before.version if before is not None else visit.version - 1,
        facets=Facets() if change is None else facets(state),
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


def visit_tail(visit: Visit, position: int) -> bytes:
    """The end of the serialized Visit: the fields that follow from the record times.

    Requires that all changes of the visit have their record times, the last one at ``position``.
    """
    change = visit.state.status_change if visit.state.status is not None else None
    effective, known = times_of(change) if change is not None else (None, None)
    created, updated = visit.changes[0].timestamp, visit.changes[-1].timestamp
    return wire.visit_tail(
        effective, known, position, to_microseconds(created), to_microseconds(updated)
    )


def times_of(change: Event) -> tuple[int, int]:
    """The effective and the known time of a change, in microseconds since 1970, UTC."""
    return (
        to_microseconds(change.effective_instant),
        to_microseconds(change.known_instant),
    )


@lru_cache(1024)
def _facets_of(details: VisitDetails) -> Facets:
    """The facets that follow from the details. Cached: most changes leave the details alone."""
    principal, host = details.principal, details.host
    return Facets(
        principal=words.fold(principal.name) if principal else "",
        principal_country=principal.country if principal else "",
        host_country=host.country if host else "",
        trip=details.trip,
        words=words.of_visit(details),
    )


def _aliases(visit: Visit) -> tuple[str, ...]:
    """The aliases by which a visit is found; a withdrawn one has none."""
    return visit.state.details.aliases if visit.state.status is not None else ()


def _words(visit: Visit | None) -> str:
    """The words by which a visit is found; a withdrawn one has none."""
    if visit is None or visit.state.status is None:
        return ""
    return _facets_of(visit.state.details).words
