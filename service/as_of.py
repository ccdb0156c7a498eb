"""Asking as of another moment: what was recorded, known and in force then.

Each answer folds the changes of its visits up to a position, in a thread of the readers.
The rule is that of ``domain.history``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from domain.errors import InvalidValue, Refusal
from domain.history import counts, fold, why_invisible
from domain.times import LAST_INSTANT
from domain.view import View
from service import codec, wire
from service.clock import to_microseconds
from service.drafts import facets, times_of
from service.mapping import events_of, history_of
from service.queries import PAGE_BYTES, Queries
from service.store.listing import VisitQuery, matches
from service.store.reader import EventQuery

# For one page so many changes are read at the most, or those of one visit.
CHANGES = 5_000
# Visits whose changes are read together at the least, and changes that are.
AT_A_TIME = 20


@dataclass(frozen=True)
class AsOf:
    """The moment as of which a question is asked; what is None is now."""

    position: int | None = None
    recorded_at: datetime | None = None
    known_at: datetime | None = None
    valid_at: datetime | None = None


@dataclass(frozen=True)
class Moment:
    """A moment of which the position is known up to which it was recorded."""

    position: int
    known_at: datetime = LAST_INSTANT
    valid_at: datetime = LAST_INSTANT

    @property
    def counts_all(self) -> bool:
        """Whether all changes count that were recorded by then."""
        return self.known_at == self.valid_at == LAST_INSTANT


@dataclass(frozen=True)
class Comparison:
    """A visit as of two moments: serialized, or why it was not there.

    ``changes`` are the rows of those that count for one of the moments alone.
    """

    before: bytes | Refusal
    after: bytes | Refusal
    changes: Sequence[Any]


@dataclass(frozen=True)
class AsOfQueries:
    """Answers as serialized messages."""

    queries: Queries

    async def moment(self, as_of: AsOf, field: str = "as_of") -> Moment:
        """The moment that is asked for; ``field`` is where it stands in the request.

        :raises InvalidValue: it lies in the future.
        :raises PositionBeyondHead: its position lies beyond the head.
        """
        now = self.queries.application.now()
        for name in ("recorded_at", "known_at", "valid_at"):
            time = getattr(as_of, name)
            if time is not None and time > now:
                raise InvalidValue.of(f"{field}.{name}", "must not lie in the future")
        return Moment(
            position=await self._recorded_position(as_of, field),
            known_at=as_of.known_at or LAST_INSTANT,
            valid_at=as_of.valid_at or LAST_INSTANT,
        )

    async def _recorded_position(self, as_of: AsOf, field: str) -> int:
        """The last position that was recorded by then."""
        application = self.queries.application
        if as_of.position is not None:
            await self.queries.check_position(f"{field}.position", as_of.position)
            return as_of.position
        if as_of.recorded_at is None:
            return application.view.head.position
        recorded_at = to_microseconds(as_of.recorded_at)
        if recorded_at >= application.view.head.record_time:
            await application.barrier()
        return await application.read(application.reader.position_at, recorded_at)

    async def visit(self, name: str, moment: Moment) -> bytes:
        """A visit by its id or alias.

        :raises VisitNotFound: there is none, or it was withdrawn.
        :raises AliasAmbiguous: several visits have this alias.
        :raises NotVisibleThen: it was not recorded, known or in force by then.
        """
        visit_id = await self.queries.resolve(name)
        state = (await self._states([visit_id], moment))[visit_id]
        if isinstance(state, Refusal):
            raise state
        return state

    async def visits(self, names: Sequence[str], moment: Moment) -> tuple[list[bytes], list[str]]:
        """Those visits that were there, and the names of the others, in order."""
        ids = await self.queries.ids(names)
        states = await self._states(sorted(set(ids.values())), moment)
        found = {
            name: state
            for name, visit_id in ids.items()
            if not isinstance(state := states[visit_id], Refusal)
        }
        missing = [name for name in names if name not in found]
        return [found[name] for name in names if name in found], missing

    async def _states(self, visit_ids: Sequence[str], moment: Moment) -> dict[str, bytes | Refusal]:
        """Each visit as it stood, or why it was not there."""
        read = self.queries.application.reader.histories

        def states() -> dict[str, bytes | Refusal]:
            rows = read(visit_ids, moment.position)
            return {v: _state(v, rows.get(v, []), moment) for v in visit_ids}

        return await self.queries.application.read(states)

    async def list_visits(
        self, query: VisitQuery, size: int, moment: Moment
    ) -> tuple[list[bytes], str | None]:
        """Up to ``size`` visits by name, and the id to go on behind; None at the end.

        How many changes are folded for a page is bounded: it may be short, or empty.
        """
        return await self.queries.application.read(self._list_visits, query, size, moment)

    def _list_visits(
        self, query: VisitQuery, size: int, moment: Moment
    ) -> tuple[list[bytes], str | None]:
        reader = self.queries.application.reader
        found: list[bytes] = []
        length, changes = 0, CHANGES
        while changes > 0:
            candidates = _up_to(changes, reader.sizes(query, max(AT_A_TIME, size - len(found))))
            if not candidates:
                return found, None
            histories = reader.histories(list(candidates), moment.position)
            for visit_id, version in candidates.items():
                query = replace(query, behind=(visit_id, visit_id))
                state = _listed(visit_id, histories.get(visit_id, []), query, moment)
                if state is not None:
                    found.append(state)
                    length += len(state)
                    if len(found) == size or length > PAGE_BYTES:
                        return found, visit_id
                changes -= version
        return found, visit_id

    async def events(
        self, query: EventQuery, size: int, moment: Moment
    ) -> tuple[Sequence[Any], int | None]:
        """Up to ``size`` rows of changes that count, and the position to go on behind.

        That is None at the end. How many changes are looked at for a page is bounded: it
        may be short, or empty.
        """
        return await self.queries.application.read(self._events, query, size, moment)

    def _events(
        self, query: EventQuery, size: int, moment: Moment
    ) -> tuple[Sequence[Any], int | None]:
        read = self.queries.application.reader.entries
        found: list[Any] = []
        looked_at, limit, room = 0, max(AT_A_TIME, size), PAGE_BYTES
        while looked_at < CHANGES and room > 0:
            page = read(query, min(limit, CHANGES - looked_at), room)
            for row in page.rows if moment.counts_all else _counted(page.rows, moment):
                found.append(row)
                room -= len(row.frame_prefix) + len(row.body)
                if len(found) == size:
                    is_last = not page.has_more and row is page.rows[-1]
                    return found, None if is_last else row.position
            if not page.has_more:
                return found, None
            query = replace(query, after=page.rows[-1].position)
            looked_at += len(page.rows)
            limit *= 2
        return found, query.after

    async def compare(self, name: str, before: Moment, after: Moment) -> Comparison:
        """A visit as of two moments.

        :raises VisitNotFound: there is none, or it was not there in either.
        :raises AliasAmbiguous: several visits have this alias.
        """
        visit_id = await self.queries.resolve(name)
        application = self.queries.application
        rows = await application.read(
            application.reader.history,
            visit_id,
            position=max(before.position, after.position),
        )
        return await application.read(_compared, visit_id, rows, before, after)


def _up_to(changes: int, sizes: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The first of these visits, at least one, that have so many changes together."""
    taken: dict[str, int] = {}
    for visit_id, version in sizes:
        changes -= version
        if changes < 0 and taken:
            break
        taken[visit_id] = version
    return taken


def _state(visit_id: str, rows: Sequence[Any], moment: Moment) -> bytes | Refusal:
    """A visit, of the changes recorded by then, as it stood; or why it was not there."""
    events = history_of(rows)
    view = fold(events, moment.known_at, moment.valid_at)
    if view.status is None:
        return why_invisible(visit_id, events, moment.known_at)
    return serialized(visit_id, rows, view)


def _listed(visit_id: str, rows: Sequence[Any], query: VisitQuery, moment: Moment) -> bytes | None:
    """A visit as it stood, where it was there and is one of those that are asked for."""
    view = fold(history_of(rows), moment.known_at, moment.valid_at)
    if view.status is None or not matches(query, facets(view), rows[-1].record_time):
        return None
    return serialized(visit_id, rows, view)


def serialized(visit_id: str, rows: Sequence[Any], view: View) -> bytes:
    """The whole serialized Visit of a view that has a status, from the rows that led to it."""
    assert view.status_change is not None
    first, last = rows[0], rows[-1]
    times = times_of(view.status_change)
    tail = wire.visit_tail(*times, last.position, first.record_time, last.record_time)
    return codec.visit_to_bytes(visit_id, last.version, view) + tail


def _counted(rows: Sequence[Any], moment: Moment) -> list[Any]:
    """Those of the rows whose changes count."""
    return [
        row
        for row, event in zip(rows, events_of(rows), strict=True)
        if counts(event, moment.known_at, moment.valid_at)
    ]


def _compared(visit_id: str, rows: Sequence[Any], before: Moment, after: Moment) -> Comparison:
    states: list[bytes | Refusal] = []
    counted: list[set[int]] = []
    for moment in (before, after):
        recorded = [row for row in rows if row.position <= moment.position]
        states.append(_state(visit_id, recorded, moment))
        counted.append({row.position for row in _counted(recorded, moment)})
    if isinstance(states[0], Refusal) and isinstance(states[1], Refusal):
        raise states[1]
    of_one = counted[0] ^ counted[1]
    return Comparison(states[0], states[1], [row for row in rows if row.position in of_one])
