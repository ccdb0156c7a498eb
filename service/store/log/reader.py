"""Reading the log and the current-state table.

Each method runs one statement, or several in one transaction, so that its answer is of one
moment. If an answer has a position, that is where the log ended at that moment.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar, cast

from sqlalchemy import Connection, Select, select
from sqlalchemy import bindparam as param

from service.store.engines.bulk import NUL, look_up
from service.store.engines.database import Database
from service.store.errors import LogDamaged
from service.store.log import segments
from service.store.log.rows import EventRow, HeadRow, LogRow, RequestRow
from service.store.states.counts import Count, count_by, count_visits
from service.store.states.filters import VisitQuery
from service.store.states.near import Near, near
from service.store.states.pages import by_id, read_page, selected
from service.store.states.rows import StoredVisit
from service.store.tables import (
    REQUESTER,
    alias,
    head,
    log,
    request_key,
    segment,
    undoes,
    unindexed,
    visit,
)

# The highest that a position or a version can be: the database has signed integers of 64 bits.
HIGHEST = (1 << 63) - 1

_HEAD = select(*(head.c[name] for name in HeadRow._fields))
_SEGMENT = select(segment.c.events).where(segment.c.number == param("number"))
_EVENTS = select(log.c.position, log.c.frame_prefix, log.c.body)
_LOG = select(*(log.c[name] for name in LogRow._fields))
_ENTRY = _LOG.where(log.c.position == param("position"))
_CHANGES = _LOG.where(log.c.position <= param("position"))
_HISTORY = _CHANGES.where(
    log.c.visit_id == param("of"), log.c.version <= param("version")
).order_by(log.c.version)
_HISTORIES = _CHANGES.where(log.c.visit_id.in_(param("of", expanding=True))).order_by(
    log.c.visit_id, log.c.version
)
_VERSIONS_AT = select(log.c.position, log.c.visit_id, log.c.version).where(
    log.c.position.in_(param("of", expanding=True))
)
_UNDOING = _CHANGES.where(log.c.visit_id.in_(param("of", expanding=True)), undoes).order_by(
    log.c.visit_id, log.c.version
)
_HISTORY_AFTER = (
    _LOG.where(log.c.visit_id == param("of"), log.c.version > param("version"))
    .order_by(log.c.version)
    .limit(param("limit"))
)
_AFTER = _LOG.where(log.c.position > param("position")).order_by(log.c.position)
_VISITS = select(head.c.size, visit).select_from(
    head.outerjoin(visit, visit.c.visit_id.in_(param("of", expanding=True)))
)
_WITH_ALIAS = select(alias.c.alias, alias.c.visit_id).where(
    alias.c.alias.in_(param("of", expanding=True))
)

AnyRow = TypeVar("AnyRow", EventRow, LogRow)


@dataclass(frozen=True)
class Head:
    """The last position of the log, its record time (microseconds), and its two origins.

    ``closed`` says why the log takes no more changes; None while it does.
    """

    position: int
    record_time: int
    origin: str
    first_origin: str
    closed: str | None = None


@dataclass(frozen=True)
class EventQuery:
    """Which changes to read: those after the position ``after`` and up to ``until``.

    If ``backwards``, the newest come first: those before ``after``, down to ``first``.
    """

    after: int
    until: int
    visit_id: str | None = None
    topics: Sequence[str] = ()
    actor: str = ""
    backwards: bool = False
    first: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether it asks for all changes of a stretch, in their order."""
        return not (self.visit_id is not None or self.topics or self.actor or self.backwards)


class EventPage(NamedTuple):
    """What replay needs of some entries, and whether more of them match."""

    rows: Sequence[EventRow]
    has_more: bool


class LogPage(NamedTuple):
    """Some entries of the log, and whether more of them match."""

    rows: Sequence[LogRow]
    has_more: bool


class EventFrame(NamedTuple):
    """Changes, joined as members of a frame's ``events``, their number, and the last position."""

    events: bytes
    number: int
    position: int
    has_more: bool


def rows_after(connection: Connection, position: int) -> list[LogRow]:
    """All entries after a position."""
    return list(map(LogRow._make, connection.execute(_AFTER, {"position": position})))


def histories(
    connection: Connection, visit_ids: Sequence[str], position: int = HIGHEST
) -> dict[str, list[LogRow]]:
    """The changes of each visit up to a position, the oldest first.

    A visit without any is left out.
    """
    found: dict[str, list[LogRow]] = {}
    if wanted := [v for v in visit_ids if NUL not in v]:
        bounds = {"of": wanted, "position": position}
        for row in map(LogRow._make, connection.execute(_HISTORIES, bounds)):
            found.setdefault(row.visit_id, []).append(row)
    return found


def history_after(
    connection: Connection, visit_id: str, version: int, limit: int = HIGHEST
) -> list[LogRow]:
    """Up to ``limit`` changes of a visit, from the one after ``version`` on."""
    bounds = {"of": visit_id, "version": version, "limit": limit}
    return list(map(LogRow._make, connection.execute(_HISTORY_AFTER, bounds)))


def requests(
    connection: Connection, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], RequestRow]:
    """The changes that were recorded under these keys; see ``request_key``."""
    rows = look_up(connection, log, (REQUESTER, "request_id"), keys, RequestRow._fields)
    return {request_key(row.actor, row.request_id): row for row in map(RequestRow._make, rows)}


class Reader:
    """Reads from any thread; each call holds a connection only while it runs."""

    def __init__(self, database: Database) -> None:
        self._engine = database.readers
        self._begin_snapshot = database.begin_snapshot

    def head(self) -> Head:
        """Where the log ends."""
        with self._engine.connect() as connection:
            row = HeadRow._make(connection.execute(_HEAD).one())
        return Head(row.size, row.record_time, row.origin, row.first_origin, row.closed)

    def visits(self, visit_ids: Sequence[str]) -> tuple[int, dict[str, StoredVisit]]:
        """The position, and the current state of those of the visits that exist, by their ids."""
        with self._engine.connect() as connection:
            rows = connection.execute(_VISITS, {"of": visit_ids}).all()
        stored = cast("Iterable[StoredVisit]", (row for row in rows if row.visit_id is not None))
        return rows[0].size, {row.visit_id: row for row in stored}

    def visits_with_alias(self, names: Sequence[str]) -> dict[str, str]:
        """The ids of the visits that have these aliases, by the aliases."""
        with self._engine.connect() as connection:
            rows = connection.execute(_WITH_ALIAS, {"of": names})
            return {row.alias: row.visit_id for row in rows}

    def near(self, name: str, folded: str, words: Collection[str]) -> list[Near]:
        """Some visits whose id, alias or words are near to a name; see ``states.near``."""
        with self._engine.connect() as connection:
            return near(connection, name, folded, words)

    def history(
        self, visit_id: str, *, position: int = HIGHEST, version: int = HIGHEST
    ) -> Sequence[LogRow]:
        """The visit's changes up to a position and a version, the oldest first."""
        if NUL in visit_id:
            return []
        bounds = {"of": visit_id, "position": position, "version": version}
        with self._engine.connect() as connection:
            return list(map(LogRow._make, connection.execute(_HISTORY, bounds)))

    def versions_at(self, positions: Collection[int]) -> dict[int, tuple[str, int]]:
        """The visit and the version of the changes at these positions."""
        with self._engine.connect() as connection:
            rows = connection.execute(_VERSIONS_AT, {"of": list(positions)})
            return {position: (visit_id, version) for position, visit_id, version in rows}

    def undoing(self, visit_ids: Collection[str], position: int) -> list[LogRow]:
        """The corrections and retractions of these visits up to a position, in order."""
        bounds = {"of": list(visit_ids), "position": position}
        with self._engine.connect() as connection:
            return list(map(LogRow._make, connection.execute(_UNDOING, bounds)))

    def histories(self, visit_ids: Sequence[str], position: int) -> dict[str, list[LogRow]]:
        """The changes of each visit up to a position, the oldest first.

        A visit without any is left out.
        """
        with self._engine.connect() as connection:
            return histories(connection, visit_ids, position)

    def history_page(self, visit_id: str, version: int, limit: int) -> list[LogRow]:
        """Up to ``limit`` changes of a visit, from the one after ``version`` on."""
        with self._engine.connect() as connection:
            return history_after(connection, visit_id, version, limit)

    def sizes(self, query: VisitQuery, limit: int) -> Sequence[tuple[str, int]]:
        """The ids of visits, also of withdrawn ones, and how many changes each has.

        They are in the order of their ids, and follow the query's page before. What else the
        query asks for does not count.
        """
        statement = by_id(select(visit.c.visit_id, visit.c.version), query).limit(limit)
        with self._engine.connect() as connection:
            return [(row.visit_id, row.version) for row in connection.execute(statement)]

    def position_at(self, record_time: int) -> int:
        """The last position that was recorded at or before that time, by bisection.

        :raises LogDamaged: a position is missing, or has no record time.
        """
        with self._engine.connect() as connection:
            low, high = 0, connection.execute(select(head.c.size)).scalar_one()
            while low < high:
                middle = (low + high + 1) // 2
                statement = select(log.c.record_time).where(log.c.position == middle)
                found = connection.execute(statement).scalar_one_or_none()
                if not isinstance(found, int):
                    raise LogDamaged(middle)
                if found <= record_time:
                    low = middle
                else:
                    high = middle - 1
        return int(low)

    def entry(self, position: int) -> LogRow | None:
        """The entry at a position; None if there is none."""
        with self._engine.connect() as connection:
            row = connection.execute(_ENTRY, {"position": position}).one_or_none()
        return None if row is None else LogRow._make(row)

    def events(self, query: EventQuery, limit: int, size: int) -> EventPage:
        """Up to ``limit`` changes, and up to ``size`` bytes if that is more than one change.

        :raises LogDamaged: an entry cannot be read.
        """
        rows: tuple[list[EventRow], bool] = self._page(_EVENTS, query, limit, size)
        return EventPage(*rows)

    def entries(self, query: EventQuery, limit: int, size: int) -> LogPage:
        """The changes that ``events`` reads, with more of their columns."""
        rows: list[LogRow]
        rows, has_more = self._page(_LOG, query, limit, size)
        return LogPage(list(map(LogRow._make, rows)), has_more)

    def frame(self, query: EventQuery, limit: int, size: int) -> EventFrame:
        """The changes that ``events`` reads, joined.

        Reads a whole segment if one begins here, which may have more than ``size`` bytes.
        Otherwise it stops before the next segment.

        :raises LogDamaged: an entry cannot be read.
        """
        to_segment = segments.EVENTS - query.after % segments.EVENTS
        is_whole = query.is_whole and query.until - query.after >= to_segment
        if is_whole and to_segment == segments.EVENTS <= limit:
            last = query.after + segments.EVENTS
            number = {"number": query.after // segments.EVENTS}
            with self._engine.connect() as connection:
                events = connection.execute(_SEGMENT, number).scalar()
            if isinstance(events, bytes):
                return EventFrame(events, segments.EVENTS, last, last < query.until)
        bound = min(limit, to_segment) if is_whole else limit
        rows, has_more = self.events(query, bound, size)
        events = b"".join([part for row in rows for part in (row.frame_prefix, row.body)])
        return EventFrame(events, len(rows), rows[-1].position if rows else query.after, has_more)

    def list_visits(self, query: VisitQuery, limit: int) -> tuple[int, Sequence[StoredVisit]]:
        """The position, and up to ``limit`` visits, without the withdrawn ones."""
        with self._engine.connect() as connection:
            self._begin_snapshot(connection)  # head and visits are of one moment
            position = connection.execute(select(head.c.size)).scalar_one()
            return position, read_page(connection, query, limit)

    def count_visits(
        self, query: VisitQuery, by: Sequence[str], limit: int
    ) -> tuple[int, int, list[Sequence[Count]]]:
        """The position, how many visits match, and the most frequent values of each column.

        The withdrawn ones are not counted.
        """
        with self._engine.connect() as connection:
            self._begin_snapshot(connection)
            position = connection.execute(select(head.c.size)).scalar_one()
            asked = selected(connection, query)
            counts = [count_by(connection, asked, column, limit) for column in by]
            return position, count_visits(connection, asked), counts

    def _page(
        self, columns: Select[Any], query: EventQuery, limit: int, size: int
    ) -> tuple[list[AnyRow], bool]:
        statement = _selected(columns, query).limit(limit + 1)
        rows: list[AnyRow] = []
        with self._engine.connect() as connection:
            for row in cast("Iterable[AnyRow]", connection.execute(statement)):
                if not (isinstance(row.frame_prefix, bytes) and isinstance(row.body, bytes)):
                    raise LogDamaged(row.position)
                size -= len(row.frame_prefix) + len(row.body)
                if len(rows) == limit or (size < 0 and rows):
                    return rows, True
                rows.append(row)
        return rows, False


def _selected(columns: Select[Any], query: EventQuery) -> Select[Any]:
    """Selects the rows that the query asks for, in their order."""
    log_order = log.c.position if query.visit_id is None else log.c.version
    statement = columns
    if query.visit_id is not None:
        statement = statement.where(log.c.visit_id == query.visit_id)
    if query.topics:
        statement = statement.where(log.c.topic.in_(query.topics))
    if query.actor:
        # Sorting all changes of an actor would take longer than skipping those of others.
        statement = statement.where(unindexed(log.c.actor) == query.actor)
    if query.backwards:
        statement = statement.where(log.c.position < query.after, log.c.position >= query.first)
        return statement.order_by(log_order.desc())
    return statement.where(log.c.position > query.after, log.c.position <= query.until).order_by(
        log_order
    )
