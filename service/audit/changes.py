"""Every change as it was recorded, and what it changed in its visit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.events import Event
from domain.state import State
from domain.visit import Visit
from service import codec
from service.codec.clock import EPOCH, to_microseconds
from service.limits import PAGE_BYTES, PAGE_CHANGES, PAGE_POSITIONS
from service.live.reads import Reads
from service.projections.loading import Steps, events_of, history_in_steps
from service.projections.state_rows import times_of
from service.queries.annotations import Annotation, annotations
from service.queries.folding import serialized
from service.queries.freshness import Freshness
from service.queries.visits import VisitQueries
from service.store.log.reader import EventQuery
from service.store.log.rows import LogRow

# All changes of some visits, by their ids.
Recorded = Mapping[str, Sequence[tuple[LogRow, Event]]]


@dataclass(frozen=True)
class ChangeQuery:
    """Which changes to list: those that match all that is set. Ranges include both ends.

    ``visit`` is an id or alias; 0 as the last position means the head. If ``backwards``, the
    newest come first.
    """

    visit: str = ""
    actor: str = ""
    topics: Sequence[str] = ()
    recorded_from: datetime | None = None
    recorded_until: datetime | None = None
    known_from: datetime | None = None
    known_until: datetime | None = None
    first_position: int = 0
    last_position: int = 0
    backwards: bool = False

    @property
    def asks_what_was_known(self) -> bool:
        """Whether it can be answered only from the changes themselves."""
        return self.known_from is not None or self.known_until is not None

    def is_met_by(self, event: Event) -> bool:
        """Whether the change became known within the range asked for."""
        known = event.known_instant
        return (self.known_from is None or known >= self.known_from) and (
            self.known_until is None or known <= self.known_until
        )


@dataclass(frozen=True)
class RecordedChange:
    """A recorded change, and what it changed in its visit.

    Times are in microseconds. ``differences`` are serialized FieldChanges, and ``annotation`` says
    what later changes did to it.
    """

    row: LogRow
    effective_time: int
    known_time: int
    differences: Sequence[bytes]
    annotation: Annotation | None = None

    @property
    def size(self) -> int:
        """The approximate number of bytes that it takes in an answer."""
        return len(self.row.frame_prefix) + len(self.row.body) + sum(map(len, self.differences))


@dataclass(frozen=True)
class ChangeQueries:
    """Lists changes. Each page folds the histories of its visits, step by step."""

    reads: Reads
    visit_queries: VisitQueries
    freshness: Freshness

    async def changes(
        self, query: ChangeQuery, size: int, position: int, after: int | None = None
    ) -> tuple[list[RecordedChange], int | None]:
        """Up to ``size`` changes up to a position, and the last position looked at.

        ``after`` is where the page before ended. The position returned is None at the end. A page
        may be short or even empty, since the changes looked at and folded for it are bounded.

        :raises PositionBeyondHead: the log does not reach the last position.
        :raises VisitNotFound: there is no such visit.
        :raises LogDamaged: an entry is not what was recorded.
        """
        await self.freshness.check_position("filter.last_position", query.last_position)
        read, reader = self.reads.run, self.reads.reader
        before, until = query.first_position - 1, min(position, query.last_position or position)
        if query.recorded_from is not None:
            earlier = to_microseconds(query.recorded_from) - 1
            before = max(before, await read(reader.position_at, earlier))
        if query.recorded_until is not None:
            last = to_microseconds(query.recorded_until)
            until = min(until, await read(reader.position_at, last))
        visit_id = await self.visit_queries.resolve(query.visit) if query.visit else None
        if query.backwards:
            begin = until + 1 if after is None else min(after, until + 1)
        else:
            begin = max(before, after or 0)
        wanted = EventQuery(
            begin, until, visit_id, query.topics, query.actor, query.backwards, before + 1
        )
        found, ended = await self.reads.fold(self._changes(query, wanted, size))
        positions = [change.row.position for change in found]
        noted = await self.reads.fold(annotations(reader, positions, position))
        return [replace(each, annotation=noted.get(each.row.position)) for each in found], ended

    def _changes(
        self, query: ChangeQuery, wanted: EventQuery, size: int
    ) -> Steps[tuple[list[RecordedChange], int | None]]:
        wanted, end = _within_reach(wanted)
        limit = PAGE_CHANGES if query.asks_what_was_known else size
        page = self.reads.reader.entries(wanted, limit, PAGE_BYTES)
        rows = page.rows
        if query.asks_what_was_known:
            events = events_of(rows)
            rows = [row for row, e in zip(rows, events, strict=True) if query.is_met_by(e)]
        folded = _foldable(rows[:size])
        recorded = yield from self._recorded(folded)
        found: list[RecordedChange] = []
        for change in _inspected(folded, recorded, backwards=wanted.backwards):
            found.append(change)
            yield
        if len(found) < len(rows):
            return found, found[-1].row.position
        return found, page.rows[-1].position if page.has_more else end

    def _recorded(self, rows: Sequence[LogRow]) -> Steps[Recorded]:
        """The histories of the visits of these rows."""
        if not rows:
            return {}
        visit_ids = list({row.visit_id for row in rows})
        histories = self.reads.reader.histories(visit_ids, max(row.position for row in rows))
        recorded: dict[str, Sequence[tuple[LogRow, Event]]] = {}
        for visit_id, of_it in histories.items():
            events = yield from history_in_steps(of_it)
            recorded[visit_id] = list(zip(of_it, events, strict=True))
        return recorded


def _inspected(
    rows: Sequence[LogRow], recorded: Recorded, *, backwards: bool
) -> Iterator[RecordedChange]:
    """The changes of these rows, as many as fit into a page.

    A visit is folded forwards. So backwards, a few rows are inspected, then twice as many: what
    does not fit any more costs no more than what does.
    """
    room = PAGE_BYTES
    for some in _doubling(rows) if backwards else [rows]:
        positions = {row.position for row in some}
        of_visit = {v: _of_visit(v, of_it, positions) for v, of_it in recorded.items()}
        if backwards:
            of_visit = {v: reversed(list(changes)) for v, changes in of_visit.items()}
        for row in some:
            change = next(of_visit[row.visit_id])
            room -= change.size
            if room < 0 and row is not rows[0]:
                return
            yield change


def _doubling(rows: Sequence[LogRow]) -> Iterator[Sequence[LogRow]]:
    """A few of the rows, then twice as many, and so on."""
    begin, number = 0, 4
    while begin < len(rows):
        yield rows[begin : begin + number]
        begin, number = begin + number, 2 * number


def _within_reach(wanted: EventQuery) -> tuple[EventQuery, int | None]:
    """What one page looks at, and the position at which it ends if more follows.

    A visit has an index of its own; other changes may lie far apart.
    """
    if wanted.visit_id is not None:
        return wanted, None
    if wanted.backwards:
        first = max(wanted.first, wanted.after - PAGE_POSITIONS)
        return replace(wanted, first=first), first if first > max(wanted.first, 1) else None
    until = min(wanted.until, wanted.after + PAGE_POSITIONS)
    return replace(wanted, until=until), until if until < wanted.until else None


def _foldable(rows: Sequence[LogRow]) -> Sequence[LogRow]:
    """As many of these rows as can be folded for one page; all, if they are of one visit.

    :raises LogDamaged: a row is not what was recorded.
    """
    events_of(rows)
    versions: dict[str, int] = {}
    changes = 0
    for i, row in enumerate(rows):
        before = versions.get(row.visit_id, 0)
        versions[row.visit_id] = max(row.version, before)
        changes += versions[row.visit_id] - before
        if changes > PAGE_CHANGES and len(versions) > 1:
            return rows[:i]
    return rows


def _of_visit(
    visit_id: str, recorded: Sequence[tuple[LogRow, Event]], positions: set[int]
) -> Iterator[RecordedChange]:
    """The changes at these positions. ``recorded`` are all those of the visit."""
    rows, events = zip(*recorded, strict=True)
    visit = Visit.blank(visit_id, EPOCH)
    for number, (row, event) in enumerate(recorded):
        if row.position not in positions:
            continue
        if visit.version < number:
            visit = Visit.from_history(visit_id, EPOCH, events[:number])
        before = _state(visit_id, rows[:number], visit.state)
        event.mutate(visit)
        after = _state(visit_id, rows[: number + 1], visit.state)
        differences = codec.differences(before, after)
        yield RecordedChange(
            row, *times_of(event), [each.SerializeToString() for each in differences]
        )


def _state(visit_id: str, rows: Sequence[LogRow], state: State) -> bytes:
    """The serialized Visit; empty if it does not exist or is withdrawn."""
    return serialized(visit_id, rows, state) if state.status is not None else b""
