"""Reading one page of visits, hardly slower from a long log than from a short one.

If few visits match one of the criteria, an index finds those, and they are checked and sorted.
Otherwise visits are checked in the order asked for until the page is full. Each criterion alone
is then met by many, so that is soon, unless hardly any visit meets all of them together.
"""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from service.store.states.filters import Criterion, VisitQuery, criteria
from service.store.states.rows import StoredVisit
from service.store.tables import unindexed, visit

# Up to how many visits are few.
FEW = 1000
columns = visit.c


def read_page(connection: Connection, query: VisitQuery, limit: int) -> Sequence[StoredVisit]:
    """Up to ``limit`` visits, without the withdrawn ones."""
    asked = criteria(query)
    few = _fewest(connection, asked)
    conditions = [columns.status != "", *_conditions(asked, query, few)]
    rows: list[StoredVisit] = []
    for part in _parts(query, is_sorted=few is not None):
        if len(rows) < limit:
            statement = part.where(*conditions).limit(limit - len(rows))
            rows += cast("Sequence[StoredVisit]", connection.execute(statement).all())
    return rows


def by_id(statement: Select[Any], query: VisitQuery) -> Select[Any]:
    """The visits after the page before, in the order of their ids."""
    visit_id = columns.visit_id
    if query.after is not None:
        last = query.after[1]
        statement = statement.where(visit_id < last if query.descending else visit_id > last)
    return statement.order_by(visit_id.desc() if query.descending else visit_id)


def _fewest(connection: Connection, asked: Sequence[Criterion]) -> Any:
    """The ids of the visits that meet one criterion, if they are few; otherwise None."""
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
    """What a visit has to meet. At most one of the conditions uses an index."""
    is_free = few is None and query.order == "visit_id"
    if few is not None:
        yield columns.visit_id.in_(few)
    for condition, _, equal in asked:
        # Within one value of its column, an index has the visits in the order of their ids.
        if is_free and equal is not None:
            is_free = False
            yield equal
        else:
            yield condition


def _parts(query: VisitQuery, *, is_sorted: bool) -> Iterator[Select[Any]]:
    """The visits in their order: all, or those that have a value and then those without.

    ``is_sorted``: they are few, and are sorted without an index.
    """
    if query.order == "visit_id":
        yield by_id(select(visit), query)
        return
    column = columns[query.order]
    ordered = unindexed(column) if is_sorted else column
    value, last_id = query.after or (None, "")
    if query.after is None or value is not None:
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
