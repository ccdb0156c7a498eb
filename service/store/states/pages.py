"""Reading one page of visits, hardly slower from a long log than from a short one.

If few visits match one of the criteria, an index finds those, and they are checked and sorted.
Otherwise visits are checked in the order asked for until the page is full. Each criterion alone
is then met by many, so that is soon, unless hardly any visit meets all of them together.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Connection, FromClause, Select, func, or_, select

from service.store.states.filters import Criterion, VisitQuery, criteria
from service.store.states.rows import StoredVisit
from service.store.tables import unindexed, visit

# Up to how many visits are few. More are if days are asked for: whether a visit has some of them is
# looked up each time, and by an order of days one may go through many before.
FEW = 1000
MORE_BY_DAYS = 20
columns = visit.c


class Selection(NamedTuple):
    """The visits that a query asks for: where they stand, and what they have to meet.

    ``visit_id`` is the column that has them in the order of their ids. ``is_few``: they are found
    by an index, and sorted without one.
    """

    source: FromClause
    visit_id: ColumnElement[str]
    conditions: Sequence[ColumnElement[bool]]
    is_few: bool


def read_page(connection: Connection, query: VisitQuery, limit: int) -> Sequence[StoredVisit]:
    """Up to ``limit`` visits, without the withdrawn ones."""
    selection = selected(connection, query)
    rows: list[StoredVisit] = []
    for part in _parts(query, selection):
        if len(rows) < limit:
            statement = part.where(*selection.conditions).limit(limit - len(rows))
            rows += cast("Sequence[StoredVisit]", connection.execute(statement).all())
    return rows


def selected(connection: Connection, query: VisitQuery) -> Selection:
    """The visits that a query asks for, without the withdrawn ones."""
    asked = criteria(query)
    few = _fewest(connection, asked, FEW if query.days is None else FEW * MORE_BY_DAYS)
    guide = _guide(asked) if few is None and query.order == "visit_id" else None
    conditions = [columns.status != "", *_conditions(asked, few, guide)]
    if guide is None or guide.table is visit:
        return Selection(visit, columns.visit_id, conditions, few is not None)
    visit_id = guide.table.c.visit_id
    source = guide.table.join(visit, visit_id == columns.visit_id)
    return Selection(source, visit_id, conditions, is_few=False)


def by_id(
    statement: Select[Any], query: VisitQuery, visit_id: ColumnElement[str] = columns.visit_id
) -> Select[Any]:
    """The visits after the page before, in the order of their ids."""
    if query.after is not None:
        last = query.after[1]
        statement = statement.where(visit_id < last if query.descending else visit_id > last)
    return statement.order_by(visit_id.desc() if query.descending else visit_id)


def _fewest(connection: Connection, asked: Sequence[Criterion], few: int) -> Any:
    """The ids of the visits that meet one criterion, if there are few; otherwise None."""
    if not asked:
        return None
    limit = max(0, few + 1)
    counts = [
        select(func.count()).select_from(each.ids.limit(limit).subquery()).scalar_subquery()
        for each in asked
    ]
    found = list(connection.execute(select(*counts)).one())
    fewest = min(found)
    return asked[found.index(fewest)].ids if fewest <= few else None


def _guide(asked: Sequence[Criterion]) -> Criterion | None:
    """The criterion whose index gives the visits in the order of their ids, if there is one."""
    return next((each for each in asked if each.equal is not None), None)


def _conditions(
    asked: Sequence[Criterion], few: Any, guide: Criterion | None
) -> Iterator[ColumnElement[bool]]:
    """What a visit has to meet. At most one of the conditions uses an index of visits."""
    if few is not None:
        yield columns.visit_id.in_(few)
    for each in asked:
        yield each.condition if each is not guide or each.equal is None else each.equal


def _parts(query: VisitQuery, selection: Selection) -> Iterator[Select[Any]]:
    """The visits in their order: all, or those that have a value and then those without."""
    every = select(visit).select_from(selection.source)
    if query.order == "visit_id":
        yield by_id(every, query, selection.visit_id)
        return
    column = columns[query.order]
    ordered = unindexed(column) if selection.is_few else column
    value, last_id = query.after or (None, "")
    if query.after is None or value is not None:
        part = every.where(ordered.is_not(None))
        if value is not None:
            beyond = ordered < value if query.descending else ordered > value
            at_least = ordered <= value if query.descending else ordered >= value
            part = part.where(at_least, or_(beyond, columns.visit_id > last_id))
            last_id = ""
        yield part.order_by(ordered.desc() if query.descending else ordered, columns.visit_id)
    if column.nullable:
        without = every.where(ordered.is_(None), columns.visit_id > last_id)
        yield without.order_by(columns.visit_id)
