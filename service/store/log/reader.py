"""Reading the log and the current-state table.

Each method makes one statement, or several in one transaction, so that what it gives
is of one moment; ``head`` in an answer is the log position of that moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy import bindparam as param

from service.store.engines.database import Database
from service.store.errors import LogDamaged
from service.store.log import segments
from service.store.states.filters import VisitQuery
from service.store.states.pages import by_id, read_page
from service.store.tables import alias, head, log, segment, unindexed, visit

LAST = (1 << 63) - 1
# In no text that is recorded, and for PostgreSQL an error in one that is looked for.
NUL = "\x00"


@dataclass(frozen=True)
class Head:
    """The last position of the log, its record time (microseconds), and the log's name.

    ``closed`` says why it takes no more changes; None while it does.
    """

    position: int
    record_time: int
    origin: str
    closed: str | None = None


@dataclass(frozen=True)
class EventQuery:
    """Which changes to read, of those after ``after`` and up to ``until``.

    Backwards, the newest come first, strictly below ``after``.
    """

    after: int
    until: int
    visit_id: str | None = None
    topics: Sequence[str] = ()
    actor: str = ""
    backwards: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it asks for all changes of a stretch, in their order."""
        return not (self.visit_id is not None or self.topics or self.actor or self.backwards)


class LogRow(NamedTuple):
    """An entry of the log: all but the digest of its request."""

    position: int
    visit_id: str
    version: int
    topic: str
    record_time: int
    body: bytes
    nonce: bytes
    request_id: str | None
    actor: str
    frame_prefix: bytes


class EventPage(NamedTuple):
    """Rows of the log."""

    rows: Sequence[Any]
    has_more: bool


class EventFrame(NamedTuple):
    """Changes, joined as members of a frame's ``events``, their number, and the last position."""

    events: bytes
    number: int
    position: int
    has_more: bool


class Reader:
    """Reads from any thread; each call holds a connection only while it runs."""

    def __init__(self, database: Database) -> None:
        self._engine = database.readers
        self._begin_snapshot = database.begin_snapshot

    def head(self) -> Head:
        """Where the log ends."""
        with self._engine.connect() as connection:
            row = connection.execute(select(head)).one()
        return Head(row.size, row.record_time, row.origin, row.closed)

    def visits(self, visit_ids: Sequence[str]) -> tuple[int, dict[str, Any]]:
        """The head, and the current state of those visits that there are."""
        with self._engine.connect() as connection:
            rows = connection.execute(_VISITS, {"of": visit_ids}).all()
        return rows[0].size, {row.visit_id: row for row in rows if row.visit_id is not None}

    def visits_with_alias(self, names: Sequence[str]) -> dict[str, list[str]]:
        """The ids of the visits, but for withdrawn ones, that have each of these aliases."""
        statement = (
            select(alias.c.alias, alias.c.visit_id)
            .join(visit, visit.c.visit_id == alias.c.visit_id)
            .where(alias.c.alias.in_(names), visit.c.status != "")
            .order_by(alias.c.alias, alias.c.visit_id)
        )
        found: dict[str, list[str]] = {}
        with self._engine.connect() as connection:
            for name, visit_id in connection.execute(statement):
                found.setdefault(name, []).append(visit_id)
        return found

    def history(
        self, visit_id: str, *, position: int = LAST, version: int = LAST
    ) -> Sequence[LogRow]:
        """The visit's changes up to a position and a version, the oldest first."""
        if NUL in visit_id:
            return []
        bounds = {"of": visit_id, "position": position, "version": version}
        with self._engine.connect() as connection:
            return list(map(LogRow._make, connection.execute(_HISTORY, bounds)))

    def histories(self, visit_ids: Sequence[str], position: int) -> dict[str, list[LogRow]]:
        """The changes of each visit up to a position, the oldest first; none without any."""
        found: dict[str, list[LogRow]] = {}
        with self._engine.connect() as connection:
            bounds = {"of": [v for v in visit_ids if NUL not in v], "position": position}
            for row in map(LogRow._make, connection.execute(_HISTORIES, bounds)):
                found.setdefault(row.visit_id, []).append(row)
        return found

    def sizes(self, query: VisitQuery, limit: int) -> Sequence[tuple[str, int]]:
        """The ids of visits in the order of their ids, and how many changes each has.

        Withdrawn ones are among them: of the query only the order and what is behind it counts.
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

    def requests(self, actor: str, request_ids: Sequence[str]) -> dict[str, Any]:
        """The changes that an actor recorded under these request ids."""
        wanted = [request_id for request_id in request_ids if NUL not in request_id]
        statement = select(log).where(log.c.actor == actor, log.c.request_id.in_(wanted))
        with self._engine.connect() as connection:
            return {row.request_id: row for row in connection.execute(statement)}

    def entry(self, position: int) -> Any:
        """The whole row at a position; None if there is none."""
        with self._engine.connect() as connection:
            return connection.execute(_ENTRY, {"position": position}).one_or_none()

    def events(self, query: EventQuery, limit: int, size: int) -> EventPage:
        """Up to ``limit`` changes, and up to ``size`` bytes if that is more than one.

        Of each row only what replay needs: position, record time, frame prefix and body.
        """
        return self._page(_FRAMED, query, limit, size)

    def frame(self, query: EventQuery, limit: int, size: int) -> EventFrame:
        """The changes that ``events`` gives, joined; where they are a segment, all of it.

        It stops before the next segment. ``size`` is at least that of a segment.
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

    def entries(self, query: EventQuery, limit: int, size: int) -> EventPage:
        """As ``events`` gives them, but as ``LogRow``."""
        rows, has_more = self._page(_LOG, query, limit, size)
        return EventPage(list(map(LogRow._make, rows)), has_more)

    def _page(self, columns: Select[Any], query: EventQuery, limit: int, size: int) -> EventPage:
        statement = _selected(columns, query).limit(limit + 1)
        rows: list[Any] = []
        with self._engine.connect() as connection:
            for row in connection.execute(statement):
                try:
                    size -= len(row.frame_prefix) + len(row.body)
                except TypeError:
                    raise LogDamaged(row.position) from None
                if len(rows) == limit or (size < 0 and rows):
                    return EventPage(rows, has_more=True)
                rows.append(row)
        return EventPage(rows, has_more=False)

    def list_visits(self, query: VisitQuery, limit: int) -> tuple[int, Sequence[Any]]:
        """The head, and up to ``limit`` visits, without the withdrawn ones."""
        with self._engine.connect() as connection:
            self._begin_snapshot(connection)  # head and visits are of one moment
            position = connection.execute(select(head.c.size)).scalar_one()
            return position, read_page(connection, query, limit)


def _selected(columns: Select[Any], query: EventQuery) -> Select[Any]:
    """The rows that are asked for, in their order."""
    log_order = log.c.position if query.visit_id is None else log.c.version
    statement = columns
    if query.visit_id is not None:
        statement = statement.where(log.c.visit_id == query.visit_id)
    if query.topics:
        statement = statement.where(log.c.topic.in_(query.topics))
    if query.actor:
        # To sort all changes of an actor would take longer than to pass over those of others.
        statement = statement.where(unindexed(log.c.actor) == query.actor)
    if query.backwards:
        return statement.where(log.c.position < query.after).order_by(log_order.desc())
    return statement.where(log.c.position > query.after, log.c.position <= query.until).order_by(
        log_order
    )


_SEGMENT = select(segment.c.events).where(segment.c.number == param("number"))
_FRAMED = select(log.c.position, log.c.record_time, log.c.frame_prefix, log.c.body)
_LOG = select(*(log.c[name] for name in LogRow._fields))
_ENTRY = _LOG.where(log.c.position == param("position"))
_CHANGES = _LOG.where(log.c.position <= param("position"))
_HISTORY = _CHANGES.where(
    log.c.visit_id == param("of"), log.c.version <= param("version")
).order_by(log.c.version)
_HISTORIES = _CHANGES.where(log.c.visit_id.in_(param("of", expanding=True))).order_by(
    log.c.visit_id, log.c.version
)
_VISITS = select(head.c.size, visit).select_from(
    head.outerjoin(visit, visit.c.visit_id.in_(param("of", expanding=True)))
)
