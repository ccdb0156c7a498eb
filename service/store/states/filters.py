"""Which visits to list: in SQL on the current-state table, and for one visit as of the past.

``criteria`` and ``matches`` mean the same; a test compares them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Exists, Select, Table, and_, or_, select, union_all

from service.store.states.rows import AT_MOST, FIRST_DAY, LAST_DAY, DayKind, Facets, Label, Span
from service.store.tables import days, label, unindexed, visit, word

# Beginning with the column whose values the fewest visits share: that one's index is used.
EQUAL = ("trip", "host_country", "principal_country")
# After a text, it sorts after everything that begins with that text.
LAST_CHARACTER = "\U0010ffff"


class WantedWord(NamedTuple):
    """A word that a visit has: it begins with ``beginning``.

    Or else the visit has words that begin with each of the ``parts``, if there are any: the word
    is written with hyphens or apostrophes.
    """

    beginning: str
    parts: tuple[str, ...] = ()


class WantedDays(NamedTuple):
    """Days of which a visit has one, in windows of any of these kinds: YYYY-MM-DD."""

    kinds: Sequence[DayKind]
    first: str = FIRST_DAY
    last: str = LAST_DAY


@dataclass(frozen=True)
class VisitQuery:
    """Which visits to list. A field that is empty or None asks for nothing.

    ``order`` is a column; visits with the same value are in the order of their ids. ``after``
    has the value and the id of the last visit of the page before. Times are in microseconds,
    texts and words are folded. ``overdue_at`` is the time by which the last planned day is over.
    ``named`` are the visits that ``related_to`` names: ``matches`` needs them, in SQL they are
    looked up.
    """

    statuses: Sequence[str] = ()
    standings: Sequence[str] = ()
    principal: str = ""
    principal_country: str = ""
    host_country: str = ""
    destination_country: str = ""
    trip: str = ""
    days: WantedDays | None = None
    under_way: bool = False
    overdue_at: int | None = None
    related_to: str = ""
    named: frozenset[str] = frozenset()
    updated_since: int | None = None
    heard_since: int | None = None
    quiet_since: int | None = None
    words: Sequence[WantedWord] = ()
    order: str = "visit_id"
    descending: bool = False
    after: tuple[Any, str] | None = None

    @property
    def labels(self) -> list[tuple[Label, str]]:
        """The labels that a visit has to have. The one that the fewest share comes first."""
        found: list[tuple[Label, str]] = []
        if self.under_way:
            found.append((Label.UNDER_WAY, ""))
        if self.principal:
            found.append((Label.PRINCIPAL, self.principal))
        if self.destination_country:
            found.append((Label.DESTINATION_COUNTRY, self.destination_country))
        return found


class Criterion(NamedTuple):
    """What a visit has to meet, in up to three ways.

    ``condition`` uses no index of ``visit``. ``ids`` selects the ids of the visits that meet it,
    and perhaps of others, by an index. ``equal`` is the same condition on an index of ``table``
    that has the visits in the order of their ids; None if there is no such index.
    """

    condition: ColumnElement[bool]
    ids: Any
    equal: ColumnElement[bool] | None = None
    table: Table = visit


def criteria(query: VisitQuery) -> list[Criterion]:
    """What the visits have to meet: each of these."""
    found = [_has_label(*each) for each in query.labels]
    found += [_equals(name, [value]) for name in EQUAL if (value := getattr(query, name))]
    if query.standings:
        found.append(_equals("standing", query.standings))
    if query.statuses:
        found.append(_equals("status", query.statuses))
    if query.related_to:
        found.append(_is_related(query.related_to))
    if query.days is not None:
        found.append(_has_days(query.days))
    if query.overdue_at is not None:
        found.append(_compares("overdue_at", "<=", query.overdue_at))
    if query.updated_since is not None:
        found.append(_compares("update_time", ">=", query.updated_since))
    if query.heard_since is not None:
        found.append(_compares("last_heard_time", ">=", query.heard_since))
    if query.quiet_since is not None:
        found.append(_compares("last_heard_time", "<", query.quiet_since))
    found += map(_has_word, query.words)
    return found


def matches(query: VisitQuery, visit_id: str, facets: Facets, update_time: int) -> bool:
    """Whether to list a visit, which is not withdrawn."""
    heard, overdue_at, lookups = facets.last_heard_time, facets.overdue_at, facets.lookups
    return (
        (not query.statuses or facets.status in query.statuses)
        and (not query.standings or facets.standing in query.standings)
        and all(getattr(query, name) in ("", getattr(facets, name)) for name in EQUAL)
        and lookups.labels.issuperset(query.labels)
        and (not query.related_to or _relates(query, visit_id, facets))
        and (query.days is None or _overlaps(query.days, facets))
        and (
            query.overdue_at is None or (overdue_at is not None and overdue_at <= query.overdue_at)
        )
        and (query.updated_since is None or update_time >= query.updated_since)
        and (query.heard_since is None or heard >= query.heard_since)
        and (query.quiet_since is None or heard < query.quiet_since)
        and all(_is_in(lookups.words, word) for word in query.words)
    )


def _relates(query: VisitQuery, visit_id: str, facets: Facets) -> bool:
    return visit_id in query.named or (Label.NAMES, query.related_to) in facets.lookups.labels


def _overlaps(wanted: WantedDays, facets: Facets) -> bool:
    return any(
        each.kind in wanted.kinds
        and each.first_day <= wanted.last
        and each.last_day >= wanted.first
        for each in facets.lookups.days
    )


def _is_in(words: str, wanted: WantedWord) -> bool:
    parts = wanted.parts
    return f" {wanted.beginning}" in words or (
        bool(parts) and all(f" {part}" in words for part in parts)
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


def _has_label(kind: Label, value: str) -> Criterion:
    equal = and_(label.c.kind == kind.value, label.c.value == value)
    ids = select(label.c.visit_id).where(equal)
    return Criterion(_exists(label, equal), ids, equal, label)


def _is_related(visit_id: str) -> Criterion:
    """The visit names this one, or is named by it."""
    is_related = and_(
        label.c.kind.in_((Label.NAMES.value, Label.NAMED_BY.value)), label.c.value == visit_id
    )
    return Criterion(_exists(label, is_related), select(label.c.visit_id).where(is_related))


def _has_days(wanted: WantedDays) -> Criterion:
    """A day of the visit is among these."""
    kinds = days.c.kind.in_([kind.value for kind in wanted.kinds])
    begins, ends = days.c.first_day <= wanted.last, days.c.last_day >= wanted.first
    bounds = {
        Span.LONGER: begins,
        Span.FROM_THE_FIRST: days.c.first_day == FIRST_DAY,
    }
    for span, at_most in AT_MOST.items():
        earliest = _before(wanted.first, timedelta(at_most))
        bounds[span] = and_(days.c.first_day >= earliest, begins)
    ids = [
        select(days.c.visit_id).where(kinds, days.c.span == span.value, bound, ends)
        for span, bound in bounds.items()
    ]
    return Criterion(_exists(days, and_(kinds, begins, ends)), union_all(*ids))


def _exists(table: Table, condition: ColumnElement[bool]) -> Exists:
    """The visit has such a row in a look-up table.

    It is looked for visit by visit: with an offset, neither engine makes a join of it.
    """
    is_its_own = table.c.visit_id == visit.c.visit_id
    return select(table.c.visit_id).where(is_its_own, condition).offset(0).correlate(visit).exists()


def _before(day: str, length: timedelta) -> str:
    return (max(date.fromisoformat(day), date.min + length) - length).isoformat()


def _has_word(wanted: WantedWord) -> Criterion:
    condition, ids = _contains(wanted.beginning), _with_word(wanted.beginning)
    if wanted.parts:
        longest = max(wanted.parts, key=len)
        condition = or_(condition, and_(*map(_contains, wanted.parts)))
        return Criterion(condition, union_all(ids, _with_word(longest)))
    return Criterion(condition, ids)


def _contains(beginning: str) -> ColumnElement[bool]:
    return visit.c.words.contains(f" {beginning}", autoescape=True)


def _with_word(beginning: str) -> Select[Any]:
    return select(word.c.visit_id).where(
        word.c.word >= beginning, word.c.word <= beginning + LAST_CHARACTER
    )


def _ids(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(visit.c.visit_id).where(*conditions)
