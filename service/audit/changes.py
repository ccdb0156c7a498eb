"""Every change as it was recorded, and what it changed in its visit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain import history
from domain.state import State
from service import codec
from service.codec.clock import to_microseconds
from service.limits import PAGE_BYTES, PAGE_CHANGES, PAGE_POSITIONS
from service.live.reads import Reads
from service.projections.loading import events_of, history_of
from service.projections.state_rows import times_of
from service.queries.as_of import serialized
from service.queries.freshness import Freshness
from service.queries.visits import VisitQueries
from service.store.log.reader import EventQuery
from service.store.log.rows import LogRow


@dataclass(frozen=True)
class ChangeQuery:
    """Which changes to list: those that match all that is set. Ranges include both ends.

    ``visit`` is an id or alias; 0 as the last position means the head.
    """

    visit: str = ""
    actor: str = ""
    topics: Sequence[str] = ()
    recorded_from: datetime | None = None
    recorded_until: datetime | None = None
    first_position: int = 0
    last_position: int = 0


@dataclass(frozen=True)
class RecordedChange:
    """A recorded change, and what it changed in its visit.

    Times are in microseconds. ``differences`` are serialized FieldChanges.
    """

    row: LogRow
    effective_time: int
    known_time: int
    differences: Sequence[bytes]

    @property
    def size(self) -> int:
        """The approximate number of bytes that it takes in an answer."""
        return len(self.row.frame_prefix) + len(self.row.body) + sum(map(len, self.differences))


@dataclass(frozen=True)
class ChangeQueries:
    """Lists changes. Each page folds the histories of its visits, in a reader's thread."""

    reads: Reads
    visit_queries: VisitQueries
    freshness: Freshness

    async def changes(
        self, query: ChangeQuery, size: int, position: int, after: int = 0
    ) -> tuple[list[RecordedChange], int | None]:
        """Up to ``size`` changes between two positions, and the last position looked at.

        ``after`` is excluded and ``position`` included. The position returned is None at the end.
        A page may be short or even empty, since the changes looked at and folded for it are
        bounded.

        :raises PositionBeyondHead: the log does not reach the last position.
        :raises VisitNotFound: there is no such visit.
        :raises LogDamaged: an entry is not what was recorded.
        """
        await self.freshness.check_position("filter.last_position", query.last_position)
        read, reader = self.reads.run, self.reads.reader
        begin = max(after, query.first_position - 1)
        until = min(position, query.last_position or position)
        if query.recorded_from is not None:
            before = to_microseconds(query.recorded_from) - 1
            begin = max(begin, await read(reader.position_at, before))
        if query.recorded_until is not None:
            last = to_microseconds(query.recorded_until)
            until = min(until, await read(reader.position_at, last))
        visit_id = await self.visit_queries.resolve(query.visit) if query.visit else None
        wanted = EventQuery(begin, until, visit_id, query.topics, query.actor)
        return await read(self._changes, wanted, size)

    def _changes(self, query: EventQuery, size: int) -> tuple[list[RecordedChange], int | None]:
        end = query.until
        if query.visit_id is None:
            query = replace(query, until=min(end, query.after + PAGE_POSITIONS))
        page = self.reads.reader.entries(query, size, PAGE_BYTES)
        found = list(self._inspected(_foldable(page.rows)))
        if page.has_more or len(found) < len(page.rows):
            return found, found[-1].row.position
        return found, query.until if query.until < end else None

    def _inspected(self, rows: Sequence[LogRow]) -> Iterator[RecordedChange]:
        """The changes of these rows, as many as fit into a page."""
        if not rows:
            return
        visit_ids = list({row.visit_id for row in rows})
        histories = self.reads.reader.histories(visit_ids, rows[-1].position)
        positions = {row.position for row in rows}
        of_visit = {v: _of_visit(v, of_it, positions) for v, of_it in histories.items()}
        room = PAGE_BYTES
        for row in rows:
            change = next(of_visit[row.visit_id])
            room -= change.size
            if room < 0 and row is not rows[0]:
                return
            yield change


def _foldable(rows: Sequence[LogRow]) -> Sequence[LogRow]:
    """As many of these rows as can be folded for one page; all, if they are of one visit.

    :raises LogDamaged: a row is not what was recorded.
    """
    events_of(rows)
    versions: dict[str, int] = {}
    changes = 0
    for i, row in enumerate(rows):
        changes += row.version - versions.get(row.visit_id, 0)
        versions[row.visit_id] = row.version
        if changes > PAGE_CHANGES and len(versions) > 1:
            return rows[:i]
    return rows


def _of_visit(
    visit_id: str, rows: Sequence[LogRow], positions: set[int]
) -> Iterator[RecordedChange]:
    """The changes at these positions. ``rows`` are all those of the visit."""
    events = history_of(rows)
    state, folded = State(), 0
    for number, (row, event) in enumerate(zip(rows, events, strict=True), start=1):
        if row.position not in positions:
            continue
        if folded < number - 1:
            state = history.fold(events[: number - 1])
        before = _state(visit_id, rows[: number - 1], state)
        state, folded = history.after(state, events[:number]), number
        differences = codec.differences(before, _state(visit_id, rows[:number], state))
        yield RecordedChange(
            row, *times_of(event), [each.SerializeToString() for each in differences]
        )


def _state(visit_id: str, rows: Sequence[LogRow], state: State) -> bytes:
    """The serialized Visit; empty if it does not exist or is withdrawn."""
    return serialized(visit_id, rows, state) if state.status is not None else b""
