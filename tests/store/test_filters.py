"""What a filter means in SQL is what it means for one visit, whatever visits there are."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.store.engines.database import Database
from service.store.engines.opening import open_database
from service.store.log.reader import Reader
from service.store.states import pages
from service.store.states.filters import VisitQuery, WantedDays, WantedWord, matches
from service.store.states.rows import (
    AT_MOST,
    NOWHERE,
    DayKind,
    Days,
    Facets,
    Label,
    Lookups,
    VisitRow,
)
from service.store.states.write import write_states
from tests.support.examples import examples
from tests.support.place import Places

IDS = ("a", "b", "c", "d", "e", "f")
STATUSES = ("scheduled", "postponed", "completed")
TIMES = st.integers(-2, 2)
NAMES = st.sampled_from(("janet", "yellen", "antony"))
COUNTRIES = st.sampled_from(("CN", "FR", "US"))
NOON = date(2023, 6, 1)
# Around the lengths at which days are looked up in another way, and the ends of the calendar.
LENGTHS = [0, 1, *(days + more for days in AT_MOST.values() for more in (0, 1))]
EDGES = [date.min, date.min + timedelta(1), NOON, *(NOON - timedelta(each) for each in LENGTHS)]
DAYS = st.sampled_from([*EDGES, date.max - timedelta(1), date.max]) | st.dates(
    NOON - timedelta(40), NOON + timedelta(40)
)


@st.composite
def all_days(draw: Any) -> Days:
    """Days of any kind and length, perhaps open at one end."""
    kind, first = draw(st.sampled_from(DayKind)), draw(DAYS)
    last = first + min(timedelta(draw(st.sampled_from(LENGTHS))), date.max - first)
    ends = st.sampled_from([(first, last), (first, last), (first, None), (None, last)])
    return Days.of(kind, *draw(ends))


LABELS = st.frozensets(
    st.tuples(st.just(Label.PRINCIPAL), NAMES)
    | st.tuples(st.just(Label.DESTINATION_COUNTRY), COUNTRIES)
    | st.tuples(st.just(Label.NAMES), st.sampled_from(IDS))
    | st.just((Label.UNDER_WAY, "")),
    max_size=4,
)
FACETS = st.builds(
    Facets,
    status=st.sampled_from(STATUSES),
    standing=st.sampled_from(("official", "disputed")),
    principal_country=COUNTRIES,
    host_country=COUNTRIES,
    trip=st.sampled_from(("", "asia")),
    last_heard_time=TIMES,
    overdue_at=st.none() | TIMES,
    lookups=st.builds(
        Lookups,
        st.sampled_from(("", " paris", " paris talks", " parish xi an")),
        LABELS,
        st.frozensets(all_days(), max_size=4),
    ),
) | st.just(Facets())


@st.composite
def wanted_days(draw: Any) -> WantedDays:
    """A range of days, perhaps open at one end, of some kinds."""
    first, last = sorted((draw(DAYS), draw(DAYS)))
    kinds = draw(st.lists(st.sampled_from(DayKind), min_size=1, unique=True))
    wanted = WantedDays(kinds, first.isoformat(), last.isoformat())
    end = draw(st.sampled_from(["first", "last", ""]))
    return wanted._replace(**{end: WantedDays._field_defaults[end]}) if end else wanted


WORDS = [WantedWord("par"), WantedWord("talks"), WantedWord("xian", ("xi", "an"))]
CRITERIA: dict[str, st.SearchStrategy[Any]] = {
    "statuses": st.lists(st.sampled_from(STATUSES), min_size=1, unique=True),
    "standings": st.just(["official"]),
    "principal": NAMES,
    "principal_country": COUNTRIES,
    "host_country": COUNTRIES,
    "destination_country": COUNTRIES,
    "trip": st.just("asia"),
    "days": wanted_days(),
    "under_way": st.just(True),
    "overdue_at": TIMES,
    "related_to": st.sampled_from(IDS),
    "updated_since": TIMES,
    "heard_since": TIMES,
    "quiet_since": TIMES,
    "words": st.lists(st.sampled_from(WORDS), min_size=1, max_size=2),
}
ONE = st.sampled_from(sorted(CRITERIA)).flatmap(
    lambda name: st.tuples(st.just(name), CRITERIA[name])
)
QUERIES = st.lists(ONE, max_size=3).map(lambda asked: VisitQuery(**dict(asked)))


class Visits:
    """The visits of a database and, beside it, their facets and when they were updated."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._versions = dict.fromkeys(IDS, 0)
        self.known: dict[str, tuple[Facets, int]] = {}

    def become(self, facets: dict[str, Facets], time: int) -> None:
        """Give visits other facets. Only what differs is written."""
        changes = []
        for visit_id, after in facets.items():
            before, _ = self.known.get(visit_id, (Facets(), 0))
            version = self._versions[visit_id] = self._versions[visit_id] + 1
            lookups = before.lookups if version > 1 else NOWHERE
            row = VisitRow(visit_id, version, b"", version - 1, after, None, lookups)
            changes.append((version, row))
            self.known[visit_id] = after, time
        with self._database.writer.begin() as connection:
            write_states(connection, changes, time)

    def expected(self, query: VisitQuery) -> list[str]:
        """The visits that match, one by one."""
        asked_about, _ = self.known.get(query.related_to, (Facets(), 0))
        labels = asked_about.lookups.labels
        query = replace(query, named=frozenset(v for kind, v in labels if kind is Label.NAMES))
        return [
            visit_id
            for visit_id, (facets, time) in sorted(self.known.items())
            if facets.status and matches(query, visit_id, facets, time)
        ]


@pytest.fixture(scope="module")
def database(places: Places) -> Iterator[Database]:
    with places.new() as place, closing(open_database(place.url)) as database:
        yield database


@pytest.fixture(scope="module")
def visits(database: Database) -> Visits:
    return Visits(database)


@pytest.mark.parametrize("few", [-1, 1000])
@settings(
    max_examples=examples(25),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(
        st.dictionaries(st.sampled_from(IDS), FACETS, min_size=1), min_size=1, max_size=3
    ),
    queries=st.lists(QUERIES, min_size=6, max_size=6),
)
def test_sql_finds_the_visits_that_match(
    database: Database,
    visits: Visits,
    monkeypatch: pytest.MonkeyPatch,
    few: int,
    steps: list[dict[str, Facets]],
    queries: list[VisitQuery],
) -> None:
    """By an index of a criterion, or visit by visit; after any changes of the visits."""
    monkeypatch.setattr(pages, "FEW", few)
    visits.become(dict.fromkeys(IDS, Facets()), 0)
    for time, step in enumerate(steps):
        visits.become(step, time)
    reader = Reader(database)
    for query in queries:
        _, rows = reader.list_visits(query, 100)
        assert [row.visit_id for row in rows] == visits.expected(query), query
