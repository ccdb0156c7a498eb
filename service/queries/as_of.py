"""Questions as of another moment: what was recorded, known and in force then.

Each answer folds the changes of its visits up to a position by the rule of ``domain.history``,
step by step in a reader's thread.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from domain.errors import InvalidValue, Refusal, VisitWithdrawn
from domain.times import LAST_INSTANT
from service.codec.clock import to_microseconds
from service.limits import (
    CLOCK_SECONDS,
    COUNTED_TOGETHER,
    FOLDED_TOGETHER,
    PAGE_BYTES,
    PAGE_CHANGES,
    STEP_CHANGES,
)
from service.live.log_view import LogView
from service.live.reads import Reads
from service.projections.loading import Steps
from service.projections.state_rows import facets
from service.queries.counts import Counts, Tally
from service.queries.folding import Comparison, compared, counted, folded, listed, state_then
from service.queries.freshness import Freshness
from service.queries.moments import AsOf, Cutoff
from service.queries.visits import VisitQueries
from service.store.log.reader import EventQuery
from service.store.log.rows import LogRow
from service.store.states.filters import VisitQuery, matches

_TIMES = ("recorded_at", "known_at", "valid_at")


@dataclass(frozen=True)
class AsOfQueries:
    """Gives serialized Visits.

    ``barrier`` waits until every change that can have a record time up to now is committed.
    """

    reads: Reads
    log_view: LogView
    visit_queries: VisitQueries
    freshness: Freshness
    barrier: Callable[[], Awaitable[None]]

    async def cutoff(self, as_of: AsOf, field: str = "as_of") -> Cutoff:
        """The changes that count for a question. ``field`` names its moment in the request.

        A time up to 5 s in the future is now: the clock of whoever asks may be ahead.

        :raises InvalidValue: a time is further in the future.
        :raises PositionBeyondHead: the log does not reach the position.
        """
        now = self.log_view.now()
        for name in _TIMES:
            time = getattr(as_of, name)
            if time is not None and time > now + timedelta(seconds=CLOCK_SECONDS):
                raise InvalidValue.of(f"{field}.{name}", "must not be in the future")
        as_of = as_of.meant(now)
        return Cutoff(
            position=await self._recorded_position(as_of, field),
            known_at=as_of.known_at or LAST_INSTANT,
            valid_at=as_of.valid_at or LAST_INSTANT,
        )

    async def _recorded_position(self, as_of: AsOf, field: str) -> int:
        """The last position that was recorded by that moment."""
        if as_of.position is not None:
            await self.freshness.check_position(f"{field}.position", as_of.position)
            return as_of.position
        if as_of.recorded_at is None:
            return self.log_view.head.position
        recorded_at = to_microseconds(as_of.recorded_at)
        if recorded_at >= self.log_view.head.record_time:
            await self.barrier()
        return await self.reads.run(self.reads.reader.position_at, recorded_at)

    async def visit(self, name: str, cutoff: Cutoff) -> bytes:
        """A visit by its id or alias.

        :raises VisitNotFound: there is no such visit.
        :raises VisitWithdrawn: the visit was withdrawn by then.
        :raises NotVisibleThen: the visit was not recorded, known or in force by then.
        """
        visit_id = await self.visit_queries.resolve(name)
        state = (await self._states([visit_id], cutoff))[visit_id]
        if isinstance(state, VisitWithdrawn):
            raise VisitWithdrawn(visit_id, await self._stays(state, cutoff))
        if isinstance(state, Refusal):
            raise state
        return state

    async def _stays(self, withdrawn: VisitWithdrawn, cutoff: Cutoff) -> str:
        """The id of the visit that stayed for a withdrawn one, after all mergers by then."""
        passed, other = {""}, withdrawn.merged_into
        while other not in passed:  # a merger and its undoing may become known in any order
            state = (await self._states([other], cutoff))[other]
            if not isinstance(state, VisitWithdrawn):
                return other
            passed.add(other)
            other = state.merged_into
        return ""

    async def visits(self, names: Sequence[str], cutoff: Cutoff) -> tuple[list[bytes], list[str]]:
        """The visits that existed then, and the names of the others."""
        ids = await self.visit_queries.ids(names)
        states = await self._states(sorted(set(ids.values())), cutoff)
        found = {
            name: state
            for name, visit_id in ids.items()
            if not isinstance(state := states[visit_id], Refusal)
        }
        missing = [name for name in names if name not in found]
        return [found[name] for name in names if name in found], missing

    async def _states(self, visit_ids: Sequence[str], cutoff: Cutoff) -> dict[str, bytes | Refusal]:
        """Each visit as it was, or the reason why it did not exist then."""
        read = self.reads.reader.histories

        def states() -> Steps[dict[str, bytes | Refusal]]:
            found: dict[str, bytes | Refusal] = {}
            for first in range(0, len(visit_ids), FOLDED_TOGETHER):
                some = visit_ids[first : first + FOLDED_TOGETHER]
                rows = read(some, cutoff.position)
                for visit_id in some:
                    found[visit_id] = yield from state_then(
                        visit_id, rows.get(visit_id, []), cutoff
                    )
                yield
            return found

        return await self.reads.fold(states())

    async def list_visits(
        self, query: VisitQuery, size: int, cutoff: Cutoff
    ) -> tuple[list[bytes], str | None]:
        """Up to ``size`` visits by name, and the last id looked at; None at the end.

        A page may be short or even empty, since the changes folded for it are bounded.

        :raises VisitNotFound: there is no such visit as the query asks for related ones of.
        """
        query = await self.visit_queries.with_ids(query)
        return await self.reads.fold(self._list_visits(query, size, cutoff))

    def _list_visits(
        self, query: VisitQuery, size: int, cutoff: Cutoff
    ) -> Steps[tuple[list[bytes], str | None]]:
        reader = self.reads.reader
        query = yield from self._with_named(query, cutoff)
        found: list[bytes] = []
        length, changes = 0, PAGE_CHANGES
        while changes > 0:
            candidates = _up_to(
                changes, reader.sizes(query, max(FOLDED_TOGETHER, size - len(found)))
            )
            if not candidates:
                return found, None
            histories = reader.histories(list(candidates), cutoff.position)
            for visit_id, version in candidates.items():
                rows = histories.get(visit_id, [])
                state = yield from listed(visit_id, rows, query, cutoff)
                if state is not None:
                    length += len(state)
                    if found and length > PAGE_BYTES:
                        return found, query.after and query.after[1]
                    found.append(state)
                query = replace(query, after=(visit_id, visit_id))
                if len(found) == size:
                    return found, visit_id
                changes -= version
            yield
        return found, visit_id

    def _with_named(self, query: VisitQuery, cutoff: Cutoff) -> Steps[VisitQuery]:
        """The query with the visits that the one which it asks for related ones of named then."""
        if not query.related_to:
            return query
        rows = self.reads.reader.history(query.related_to, position=cutoff.position)
        state = yield from folded(rows, cutoff)
        related = state.details.related if state.status is not None else ()
        return replace(query, named=frozenset(each.name for each in related))

    async def count(self, query: VisitQuery, by: Sequence[str], cutoff: Cutoff) -> Counts:
        """How many visits existed then and match, in all and by these facets.

        :raises VisitNotFound: there is no such visit as the query asks for related ones of.
        """
        query = await self.visit_queries.with_ids(query)
        return await self.reads.fold(self._count(query, by, cutoff))

    def _count(self, query: VisitQuery, by: Sequence[str], cutoff: Cutoff) -> Steps[Counts]:
        reader = self.reads.reader
        query = yield from self._with_named(query, cutoff)
        tally = Tally(by)
        while candidates := _up_to(STEP_CHANGES, reader.sizes(query, COUNTED_TOGETHER)):
            histories = reader.histories(list(candidates), cutoff.position)
            for visit_id, rows in histories.items():
                state = yield from folded(rows, cutoff)
                principal = state.details.principal
                if state.status is not None and principal is not None:
                    found = facets(state)
                    if matches(query, visit_id, found, rows[-1].record_time):
                        tally.add(found, principal.name)
            yield
            last = max(candidates)
            query = replace(query, after=(last, last))
        return tally.counts()

    async def events(
        self, query: EventQuery, size: int, cutoff: Cutoff
    ) -> tuple[Sequence[LogRow], int | None]:
        """Up to ``size`` rows of changes that count, and the last position looked at.

        The position is None at the end. A page may be short or even empty, since the changes
        looked at for it are bounded.
        """
        return await self.reads.fold(self._events(query, size, cutoff))

    def _events(
        self, query: EventQuery, size: int, cutoff: Cutoff
    ) -> Steps[tuple[Sequence[LogRow], int | None]]:
        read = self.reads.reader.entries
        found: list[LogRow] = []

        def row_of(visit_id: str, version: int) -> LogRow:
            (row,) = self.reads.reader.history_page(visit_id, version - 1, 1)
            return row

        looked_at, limit, room = 0, max(FOLDED_TOGETHER, size), PAGE_BYTES
        while looked_at < PAGE_CHANGES and room > 0:
            page = read(query, min(limit, PAGE_CHANGES - looked_at), room)
            for row in page.rows if cutoff.counts_all else counted(page.rows, cutoff, row_of):
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
            yield
        return found, query.after

    async def compare(self, name: str, before: Cutoff, after: Cutoff) -> Comparison:
        """A visit as of two moments.

        :raises VisitNotFound: there is no such visit.
        :raises Refusal: the visit existed at neither moment.
        """
        visit_id = await self.visit_queries.resolve(name)
        position = max(before.position, after.position)

        def comparison() -> Steps[Comparison]:
            rows = self.reads.reader.history(visit_id, position=position)
            return (yield from compared(visit_id, rows, before, after))

        return await self.reads.fold(comparison())


def _up_to(changes: int, sizes: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The first of these visits, up to that many changes in all, but at least one visit."""
    taken: dict[str, int] = {}
    for visit_id, version in sizes:
        changes -= version
        if changes < 0 and taken:
            break
        taken[visit_id] = version
    return taken
