"""Reading the log and the current-state table.

Each method makes one statement, or several in one transaction, so that what it gives
is of one moment; ``head`` in an answer is the log position of that moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy import bindparam as param

from service.store.database import Database
from service.store.errors import LogDamaged
from service.store.tables import alias, head, log, visit

LAST = (1 << 63) - 1


@dataclass(frozen=True)
class Head:
    """The last position of the log, its record time (microseconds), and the log's name."""

    position: int
    record_time: int
    origin: str


@dataclass(frozen=True)
class EventQuery:
    """Which changes to read, of those after ``after`` and up to ``until``.

    Backwards, the newest come first, strictly below ``after``.
    """

    after: int
    until: int
    visit_id: str | None = None
    topics: Sequence[str] = ()
    backwards: bool = False


@dataclass(frozen=True)
class VisitQuery:
    """Which visits to list; what is empty or None does not count.

    ``order`` is a column, after which the id counts; ``behind`` holds the values of
    both for the last visit of the page before. Times are microseconds, days are
    YYYY-MM-DD, texts and words are folded.
    """

    statuses: Sequence[str] = ()
    standings: Sequence[str] = ()
    principal: str = ""
    principal_country: str = ""
    host_country: str = ""
    trip: str = ""
    window_from: str | None = None
    window_until: str | None = None
    updated_since: int | None = None
    quiet_since: int | None = None
    overdue_on: str | None = None
    words: Sequence[str] = ()
    order: str = "visit_id"
    descending: bool = False
    behind: tuple[Any, str] | None = None


class Reader:
    """Reads from any thread; each call holds a connection only while it runs."""

    def __init__(self, database: Database) -> None:
        self._engine = database.readers

    def head(self) -> Head:
        """Where the log ends."""
        with self._engine.connect() as connection:
            row = connection.execute(select(head)).one()
        return Head(row.size, row.record_time, row.origin)

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

    def history(self, visit_id: str, *, position: int = LAST, version: int = LAST) -> Sequence[Any]:
        """The visit's changes up to a position and a version, the oldest first."""
        bounds = {"of": visit_id, "position": position, "version": version}
        with self._engine.connect() as connection:
            return connection.execute(_HISTORY, bounds).all()

    def position_at(self, record_time: int) -> int:
        """The last position that was recorded at or before that time, by bisection.

        :raises LogDamaged: a position is missing.
        """
        with self._engine.connect() as connection:
            low, high = 0, connection.execute(select(head.c.size)).scalar_one()
            while low < high:
                middle = (low + high + 1) // 2
                statement = select(log.c.record_time).where(log.c.position == middle)
                found = connection.execute(statement).scalar_one_or_none()
                if found is None:
                    raise LogDamaged(middle)
                if found <= record_time:
                    low = middle
                else:
                    high = middle - 1
        return int(low)

    def requests(self, actor: str, request_ids: Sequence[str]) -> dict[str, Any]:
        """The changes that an actor recorded under these request ids."""
        statement = select(log).where(log.c.actor == actor, log.c.request_id.in_(request_ids))
        with self._engine.connect() as connection:
            return {row.request_id: row for row in connection.execute(statement)}

    def events(self, query: EventQuery, limit: int) -> Sequence[Any]:
        """Up to ``limit`` changes: position, frame prefix and body."""
        position = log.c.position
        statement = select(position, log.c.frame_prefix, log.c.body).limit(limit)
        if query.visit_id is not None:
            statement = statement.where(log.c.visit_id == query.visit_id)
        if query.topics:
            statement = statement.where(log.c.topic.in_(query.topics))
        if query.backwards:
            statement = statement.where(position < query.after).order_by(position.desc())
        else:
            statement = statement.where(position > query.after, position <= query.until)
            statement = statement.order_by(position)
        with self._engine.connect() as connection:
            return connection.execute(statement).all()

    def list_visits(self, query: VisitQuery, limit: int) -> tuple[int, Sequence[Any]]:
        """The head, and up to ``limit`` visits, without the withdrawn ones."""
        statement = _ordered(select(visit).where(*_conditions(query)), query).limit(limit)
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")  # head and visits are of one moment
            position = connection.execute(select(head.c.size)).scalar_one()
            return position, connection.execute(statement).all()


_HISTORY = (
    select(log.c.position, log.c.record_time, log.c.version, log.c.topic, log.c.body)
    .where(
        log.c.visit_id == param("of"),
        log.c.position <= param("position"),
        log.c.version <= param("version"),
    )
    .order_by(log.c.version)
)
_VISITS = select(head.c.size, visit).select_from(
    head.outerjoin(visit, visit.c.visit_id.in_(param("of", expanding=True)))
)


def _conditions(query: VisitQuery) -> list[ColumnElement[bool]]:
    columns = visit.c
    conditions = [columns.status.in_(query.statuses) if query.statuses else columns.status != ""]
    if query.standings:
        conditions.append(columns.standing.in_(query.standings))
    for name in ("principal", "principal_country", "host_country", "trip"):
        if wanted := getattr(query, name):
            conditions.append(columns[name] == wanted)
    if query.window_until is not None:
        conditions.append(columns.window_start <= query.window_until)
    if query.window_from is not None:
        conditions.append(columns.window_end >= query.window_from)
    if query.updated_since is not None:
        conditions.append(columns.update_time >= query.updated_since)
    if query.quiet_since is not None:
        conditions.append(columns.update_time < query.quiet_since)
    if query.overdue_on is not None:
        conditions.append(columns.window_end < query.overdue_on)
        conditions.append(columns.status.in_(("scheduled", "rescheduled")))
    for word in query.words:
        conditions.append(columns.words.contains(f" {word}", autoescape=True))
    return conditions


def _ordered(statement: Select[Any], query: VisitQuery) -> Select[Any]:
    """Order by the column, then the id; what has no value comes last."""
    columns = visit.c
    if query.order == "visit_id":
        return _ordered_by_id(statement, query)
    column = columns[query.order]
    if query.behind is not None:
        value, visit_id = query.behind
        further = columns.visit_id > visit_id
        if value is None:
            statement = statement.where(column.is_(None), further)
        else:
            beyond = column < value if query.descending else column > value
            statement = statement.where(
                or_(beyond, and_(column == value, further), column.is_(None))
            )
    return statement.order_by(
        column.is_(None), column.desc() if query.descending else column, columns.visit_id
    )


def _ordered_by_id(statement: Select[Any], query: VisitQuery) -> Select[Any]:
    column = visit.c.visit_id
    if query.behind is not None:
        last = query.behind[1]
        statement = statement.where(column < last if query.descending else column > last)
    return statement.order_by(column.desc() if query.descending else column)
