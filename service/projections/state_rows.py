"""The rows of the current-state table, made from visits."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

from domain.copies import changed
from domain.events import Event
from domain.standing import claimed_windows, is_under_way, overdue_at, standing
from domain.state import Ending, PreviousWindow, State
from domain.values import VisitDetails, Window
from domain.visit import Visit
from service import codec
from service.codec import wire
from service.codec.clock import to_microseconds
from service.codec.kept import kept
from service.projections import words
from service.store.states.rows import (
    NOWHERE,
    DayKind,
    Days,
    Facets,
    Label,
    Lookups,
    VisitRow,
)


def visit_row(visit: Visit, before: Visit | None = None, encoded: bytes | None = None) -> VisitRow:
    """The row to write for a visit: all of it, or only what may have changed since ``before``.

    ``encoded`` is the serialized state, if the caller has it. Requires that all changes of the
    visit have their record times.
    """
    state = visit.state
    if encoded is None:
        encoded = codec.visit_to_bytes(visit.id, visit.version, state)
    is_same = before is not None and before.version > 0 and has_aliases_of(visit, before)
    found = Facets() if state.status is None else facets(state)
    return VisitRow(
        visit_id=visit.id,
        version=visit.version,
        state=encoded,
        version_before=before.version if before is not None else visit.version - 1,
        facets=found,
        aliases=None if is_same else aliases_of(visit),
        lookups_before=NOWHERE if before is None else _lookups_before(before.state, state, found),
    )


def facets(state: State) -> Facets:
    """What filters need of a visit that has a status."""
    assert state.status is not None
    assert state.last_heard is not None
    overdue, of_details = overdue_at(state), _facets_of(state.details)
    return changed(
        of_details,
        status=state.status,
        standing=standing(state),
        window_start=_first_day(state.window),
        held_start=_first_day(state.held_window),
        last_heard_time=to_microseconds(state.last_heard.instant),
        overdue_at=to_microseconds(overdue) if overdue else None,
        lookups=_lookups(state, of_details.lookups),
    )


def _lookups(state: State, found: Lookups) -> Lookups:
    """What a visit that has a status is found by, beside what its details have."""
    labels = found.labels | {(Label.UNDER_WAY, "")} if is_under_way(state) else found.labels
    return Lookups(found.words, labels, _days(state))


def _lookups_before(before: State, after: State, found: Facets) -> Lookups:
    """What a visit was found by before, quickly where it is what it is found by now."""
    if before.status is None:
        return NOWHERE
    if _finds_alike(before, after):
        return found.lookups
    return _lookups(before, _facets_of(before.details).lookups)


def _finds_alike(before: State, after: State) -> bool:
    """Whether nothing has changed from which the look-ups of a visit follow."""
    return (
        before.status is after.status
        and before.details is after.details
        and before.window is after.window
        and before.held_window is after.held_window
        and before.previous_windows is after.previous_windows
        and before.claims is after.claims
        and before.under_way is after.under_way
    )


def _days(state: State) -> frozenset[Days]:
    """The days of all windows. A phrase alone has none."""
    windows = [(DayKind.PLANNED, state.window), (DayKind.HELD, state.held_window)]
    for _, said in claimed_windows(state):
        assert said.statement is not None
        windows.append((DayKind.CLAIMED, said.statement.claimed_window))
    days = [_days_of(kind, window) for kind, window in windows if window is not None]
    return _former_days(state.previous_windows).union(*days)


@kept
def _former_days(windows: tuple[PreviousWindow, ...]) -> frozenset[Days]:
    """The days of previous windows. What was made exact has none."""
    return frozenset[Days]().union(*map(_days_of_one, windows))


@kept
def _days_of_one(previous: PreviousWindow) -> Sequence[Days]:
    if previous.ending is Ending.MADE_EXACT:
        return ()
    return _days_of(DayKind.FORMER, previous.window)


def _days_of(kind: DayKind, window: Window) -> Sequence[Days]:
    """The days of a window, if any are known."""
    return [_days_between(kind, window.start, window.end)] if window.first_day else ()


@lru_cache(4096)
def _days_between(kind: DayKind, first: date | None, last: date | None) -> Days:
    """The days from the first to the last. Cached: most changes leave the windows alone."""
    return Days.of(kind, first, last)


def _first_day(window: Window | None) -> str | None:
    return window.start.isoformat() if window and window.start else None


def visit_tail(visit: Visit, position: int) -> bytes:
    """The end of the serialized Visit: the fields that follow from the record times.

    Requires that all changes of the visit have their record times, the last one at ``position``.
    """
    created, updated = visit.changes[0].timestamp, visit.changes[-1].timestamp
    tail = wire.visit_tail(position, to_microseconds(created), to_microseconds(updated))
    return tail + allowed_changes(visit)


def allowed_changes(visit: Visit) -> bytes:
    """The changes that a visit allows, as a part of its serialized form."""
    status = visit.state.status
    return codec.allowed_changes(status) if status is not None else b""


def times_of(change: Event) -> tuple[int, int]:
    """The effective and the known time of a change, in microseconds since 1970, UTC."""
    return (
        to_microseconds(change.effective_instant),
        to_microseconds(change.known_instant),
    )


@kept
def _facets_of(details: VisitDetails) -> Facets:
    """The facets that follow from the details."""
    principal, host = details.principal, details.host
    return Facets(
        principal=words.fold(principal.name) if principal else "",
        principal_country=principal.country if principal else "",
        host_country=host.country if host else "",
        trip=words.fold(details.trip),
        lookups=Lookups(words.of_visit(details), frozenset(_labels_of(details))),
    )


def _labels_of(details: VisitDetails) -> Iterator[tuple[Label, str]]:
    if details.principal is not None:
        for name in (details.principal.name, *details.principal.other_names):
            yield Label.PRINCIPAL, words.fold(name)
    for place in details.destinations:
        if place.country:
            yield Label.DESTINATION_COUNTRY, place.country
    for related in details.related:
        yield Label.NAMES, related.name


def has_aliases_of(visit: Visit, before: Visit) -> bool:
    """Whether a visit has the aliases that it had before, quickly where its details have them."""
    now, then = visit.state, before.state
    are_both_there = now.status is not None and then.status is not None
    if are_both_there and now.details.aliases == then.details.aliases:
        return True
    return aliases_of(visit) == aliases_of(before)


def aliases_of(visit: Visit) -> tuple[str, ...]:
    """The aliases of a visit, folded. A withdrawn one keeps those that it had."""
    return _folded(written_aliases(visit))


def written_aliases(visit: Visit) -> tuple[str, ...]:
    """The same as they are written."""
    details = visit.state.details if visit.state.status is not None else visit.details_withdrawn
    return details.aliases


@lru_cache(4096)
def _folded(aliases: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(words.fold(alias) for alias in aliases)
