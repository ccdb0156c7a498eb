"""Reading one page of visits, so that a long log makes it hardly slower.

What few visits meet is looked up first, by an index, and those visits are looked at and sorted.
Else visits are looked at in the order asked for until the page is full: where each single thing
that is asked for is met by many, that is soon, unless hardly any meet all of them together.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from service.store.states.filters import Criterion, VisitQuery, criteria
from service.store.tables import unindexed, visit

# So many visits are few.
FEW = 1000
columns = visit.c


def read_page(connection: Connection, query: VisitQuery, limit: int) -> Sequence[Any]:
    """Up to ``limit`` visits, without the withdrawn ones."""
    asked = criteria(query)
    few = _fewest(connection, asked)
    conditions = [columns.status != "", *_conditions(asked, query, few)]
    rows: list[Any] = []
    for part in _parts(query, is_sorted=few is not None):
        if len(rows) < limit:
            statement = part.where(*conditions).limit(limit - len(rows))
            rows += connection.execute(statement).all()
    return rows


def _fewest(connection: Connection, asked: Sequence[Criterion]) -> Any:
    """The ids of those that meet one criterion, which are few; None where there is no such."""
    if not asked:
        return None
    counts = [
        select(func.count()).select_from(each.ids.limit(FEW + 1).subquery()).scalar_subquery()
        for each in asked
    ]
    found = list(connection.execute(select(*counts)).one())
    fewest = min(found)
    return asked[found.index(fewest)].ids if fewest <= FEW else None


def _conditions(
    asked: Sequence[Criterion], query: VisitQuery, few: Any
) -> Iterator[ColumnElement[bool]]:
    """What a visit has to meet; one condition at most is looked up by an index."""
    is_free = few is None and query.order == "visit_id"
    if few is not None:
        yield columns.visit_id.in_(few)
    for condition, _, equal in asked:
        # The index of a column that has one value has the visits in the order of their ids.
        if is_free and equal is not None:
            is_free = False
            yield equal
        else:
            yield condition


def _parts(query: VisitQuery, *, is_sorted: bool) -> Iterator[Select[Any]]:
    """The visits in their order: all, or those that have a value and then those without.

    ``is_sorted``: they are few, and no index gives the order.
    """
    if query.order == "visit_id":
        yield by_id(select(visit), query)
        return
    column = columns[query.order]
    ordered = unindexed(column) if is_sorted else column
    value, last_id = query.behind or (None, "")
    if query.behind is None or value is not None:
        part = select(visit).where(ordered.is_not(None))
        if value is not None:
            beyond = ordered < value if query.descending else ordered > value
            at_least = ordered <= value if query.descending else ordered >= value
            part = part.where(at_least, or_(beyond, columns.visit_id > last_id))
            last_id = ""
        yield part.order_by(ordered.desc() if query.descending else ordered, columns.visit_id)
    if column.nullable:
        without = select(visit).where(ordered.is_(None), columns.visit_id > last_id)
        yield without.order_by(columns.visit_id)


def by_id(statement: Select[Any], query: VisitQuery) -> Select[Any]:
    """The visits behind the page before, ordered by their ids."""
    visit_id = columns.visit_id
    if query.behind is not None:
        last = query.behind[1]
        statement = statement.where(visit_id < last if query.descending else visit_id > last)
    return statement.order_by(visit_id.desc() if query.descending else visit_id)
