"""Which visits to list: as SQL on the current-state table, and of a visit as it stood once.

``conditions`` and ``matches`` say the same; a test holds them against each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_

from service.store.entries import Facets
from service.store.tables import visit

PLANNED = ("scheduled", "rescheduled")
EQUAL = ("principal", "principal_country", "host_country", "trip")


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


def conditions(query: VisitQuery) -> list[ColumnElement[bool]]:
    """What a row has to meet. A withdrawn visit has no status, and is never listed."""
    columns = visit.c
    found = [columns.status.in_(query.statuses) if query.statuses else columns.status != ""]
    if query.standings:
        found.append(columns.standing.in_(query.standings))
    for name in EQUAL:
        if wanted := getattr(query, name):
            found.append(columns[name] == wanted)
    if query.window_until is not None:
        found.append(columns.window_start <= query.window_until)
    if query.window_from is not None:
        found.append(columns.window_end >= query.window_from)
    if query.updated_since is not None:
        found.append(columns.update_time >= query.updated_since)
    if query.quiet_since is not None:
        found.append(columns.update_time < query.quiet_since)
    if query.overdue_on is not None:
        found.append(columns.window_end < query.overdue_on)
        found.append(columns.status.in_(PLANNED))
    for word in query.words:
        found.append(columns.words.contains(f" {word}", autoescape=True))
    return found


def matches(query: VisitQuery, facets: Facets, update_time: int) -> bool:
    """Whether a visit that has a status is to be listed."""
    start, end = facets.window_start, facets.window_end
    return (
        (not query.statuses or facets.status in query.statuses)
        and (not query.standings or facets.standing in query.standings)
        and all(getattr(query, name) in ("", getattr(facets, name)) for name in EQUAL)
        and (query.window_until is None or (start is not None and start <= query.window_until))
        and (query.window_from is None or (end is not None and end >= query.window_from))
        and (query.updated_since is None or update_time >= query.updated_since)
        and (query.quiet_since is None or update_time < query.quiet_since)
        and (query.overdue_on is None or _is_overdue(facets, query.overdue_on))
        and all(f" {word}" in facets.words for word in query.words)
    )


def _is_overdue(facets: Facets, day: str) -> bool:
    end = facets.window_end
    return end is not None and end < day and facets.status in PLANNED


def ordered(statement: Select[Any], query: VisitQuery) -> Select[Any]:
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
