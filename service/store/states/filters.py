"""Which visits to list: in SQL on the current-state table, and for one visit as of the past.

``criteria`` and ``matches`` mean the same; a test compares them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, select, union_all

from service.store.states.rows import LONG_WINDOW, Facets
from service.store.tables import unindexed, visit, word

# Beginning with the column whose values the fewest visits share: that one's index is used.
EQUAL = ("trip", "principal", "host_country", "principal_country")
# After a text, it sorts after everything that begins with that text.
LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True)
class VisitQuery:
    """Which visits to list. A field that is empty or None asks for nothing.

    ``order`` is a column; visits with the same value are in the order of their ids. ``after``
    has the value and the id of the last visit of the page before. Times are in microseconds,
    days are YYYY-MM-DD, texts and words are folded.
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
    after: tuple[Any, str] | None = None


class Criterion(NamedTuple):
    """What a visit has to meet, in up to three ways.

    ``condition`` uses no index. ``ids`` selects the ids of the visits that meet it, by an index.
    ``equal`` is the same condition on an index that has the visits in the order of their ids;
    None if there is no such index.
    """

    condition: ColumnElement[bool]
    ids: Any
    equal: ColumnElement[bool] | None = None


def criteria(query: VisitQuery) -> list[Criterion]:
    """What the visits have to meet: each of these."""
    found = [_equals(name, [value]) for name in EQUAL if (value := getattr(query, name))]
    if query.standings:
        found.append(_equals("standing", query.standings))
    if query.statuses:
        found.append(_equals("status", query.statuses))
    if query.window_from is not None or query.window_until is not None:
        found.append(_overlaps(query.window_from, query.window_until))
    if query.updated_since is not None:
        found.append(_compares("update_time", ">=", query.updated_since))
    if query.quiet_since is not None:
        found.append(_compares("update_time", "<", query.quiet_since))
    if query.overdue_on is not None:
        found.append(_compares("planned_until", "<", query.overdue_on))
    found += map(_has_word, query.words)
    return found


def matches(query: VisitQuery, facets: Facets, update_time: int) -> bool:
    """Whether to list a visit, which is not withdrawn."""
    start, end, planned_until = facets.window_start, facets.window_end, facets.planned_until
    overdue_on = query.overdue_on
    return (
        (not query.statuses or facets.status in query.statuses)
        and (not query.standings or facets.standing in query.standings)
        and all(getattr(query, name) in ("", getattr(facets, name)) for name in EQUAL)
        and (query.window_until is None or (start is not None and start <= query.window_until))
        and (query.window_from is None or (end is not None and end >= query.window_from))
        and (query.updated_since is None or update_time >= query.updated_since)
        and (query.quiet_since is None or update_time < query.quiet_since)
        and (overdue_on is None or (planned_until is not None and planned_until < overdue_on))
        and all(f" {word}" in facets.words for word in query.words)
    )


def _equals(name: str, values: Sequence[str]) -> Criterion:
    column = visit.c[name]
    equal = column == values[0] if len(values) == 1 else None
    indexed = column.in_(values) if equal is None else equal
    return Criterion(unindexed(column).in_(values), _ids(indexed), equal)


def _compares(name: str, operator: str, value: Any) -> Criterion:
    column = visit.c[name]
    return Criterion(
        unindexed(column).bool_op(operator)(value), _ids(column.bool_op(operator)(value))
    )


def _overlaps(first: str | None, last: str | None) -> Criterion:
    """The window overlaps these days. If one of them is None, the range is open at that end."""
    start, end = visit.c.window_start, visit.c.window_end
    if first is None:
        return _compares("window_start", "<=", last)
    if last is None:
        return _compares("window_end", ">=", first)
    long_ones = _ids(visit.c.long_until >= first, start <= last)
    others = _ids(start >= _before(first, LONG_WINDOW), start <= last, end >= first)
    ids = union_all(others, long_ones)
    return Criterion(and_(unindexed(start) <= last, unindexed(end) >= first), ids)


def _before(day: str, days: timedelta) -> str:
    return (max(date.fromisoformat(day), date.min + days) - days).isoformat()


def _has_word(beginning: str) -> Criterion:
    condition = visit.c.words.contains(f" {beginning}", autoescape=True)
    ids = select(word.c.visit_id).where(
        word.c.word >= beginning, word.c.word <= beginning + LAST_CHARACTER
    )
    return Criterion(condition, ids)


def _ids(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(visit.c.visit_id).where(*conditions)
