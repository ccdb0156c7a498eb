"""Pages of visits, read in any way, with any number of visits."""

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from service.store.engines.opening import open_database
from service.store.log.entry import Entry
from service.store.log.reader import Reader
from service.store.log.writer import Writer
from service.store.states import pages
from service.store.states.filters import VisitQuery, matches
from service.store.states.rows import LONG_WINDOW, Facets
from tests.store.builders import entry
from tests.support.place import Place, SqliteFile

STATUSES = ["scheduled", "rescheduled", "postponed", "completed", ""]
DAYS = ["0001-01-01", "2023-01-01", "2023-02-01", "2023-02-02", "2023-06-01", "9999-12-31"]
WORDS = ["paris", "parish", "pa", "xi'an", "\u00e9", "\U0001f54a", "talks_on"]
TIMES = [1_000, 1_001, 2_000]


def some_facets(chance: random.Random) -> Facets:
    """The facets of some visit; a withdrawn one has none."""
    status = chance.choice(STATUSES)
    if not status:
        return Facets()
    start, end, is_long = None, None, None
    if chance.random() < 0.8:
        start, end = sorted(chance.choices(DAYS, k=2))
        is_long = date.fromisoformat(end) - date.fromisoformat(start) > LONG_WINDOW
    return Facets(
        status=status,
        standing=chance.choice(["official", "disputed"]),
        principal=chance.choice(["janet", "antony"]),
        principal_country=chance.choice(["US", "GB"]),
        host_country=chance.choice(["CN", "FR", ""]),
        trip=chance.choice(["", "summer"]),
        window_start=start,
        window_end=end,
        words="".join(f" {word}" for word in chance.sample(WORDS, 3)),
        planned_until=end if status in ("scheduled", "rescheduled") else None,
        long_until=end if is_long else None,
    )


def some_query(chance: random.Random) -> VisitQuery:
    """A query for one thing or several."""
    each: list[tuple[str, Any]] = [
        ("statuses", chance.sample(STATUSES[:-1], chance.choice([1, 2]))),
        ("standings", chance.sample(["official", "disputed"], chance.choice([1, 2]))),
        ("principal", chance.choice(["janet", "antony", "nobody"])),
        ("principal_country", chance.choice(["US", "GB"])),
        ("host_country", chance.choice(["CN", "FR"])),
        ("trip", "summer"),
        ("window_from", chance.choice(DAYS)),
        ("window_until", chance.choice(DAYS)),
        ("updated_since", chance.choice(TIMES)),
        ("quiet_since", chance.choice(TIMES)),
        ("overdue_on", chance.choice(DAYS)),
        ("words", chance.choices(["par", "p", "paris", "xi", "\u00e9", "talks", "no"], k=2)),
    ]
    asked = dict(chance.sample(each, chance.choice([0, 1, 1, 2, 3])))
    order = chance.choice(["visit_id", "update_time", "window_start"])
    return VisitQuery(**asked, order=order, descending=chance.random() < 0.5)


def opened(visit_id: str, facets: Facets) -> Entry:
    """A visit with these facets, as its first change leaves it."""
    first = entry(visit_id, 1)
    assert first.row is not None
    return replace(first, row=replace(first.row, facets=facets))


def expected(query: VisitQuery, visits: Sequence[tuple[str, Facets, int]]) -> list[str]:
    """The ids of the visits that match, in the order asked for."""
    listed = [v for v in visits if v[1].status and matches(query, v[1], v[2])]
    listed.sort(key=lambda visit: visit[0], reverse=query.descending and query.order == "visit_id")
    if query.order == "update_time":
        listed.sort(key=lambda visit: visit[2], reverse=query.descending)
    if query.order == "window_start":
        listed.sort(key=lambda visit: visit[1].window_start or "", reverse=query.descending)
        listed.sort(key=lambda visit: visit[1].window_start is None)
    return [visit_id for visit_id, _, _ in listed]


def page_by_page(reader: Reader, query: VisitQuery, size: int) -> Iterator[str]:
    """The ids on all pages."""
    while True:
        _, rows = reader.list_visits(query, size)
        yield from (row.visit_id for row in rows)
        if len(rows) < size:
            return
        query = replace(query, after=(getattr(rows[-1], query.order), rows[-1].visit_id))


@pytest.mark.parametrize("few", [0, 3, 1000])
def test_pages_have_what_matches_in_its_order(
    place: Place, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Also if more visits match than count as few."""
    monkeypatch.setattr(pages, "FEW", few)
    chance, times = random.Random(few), iter(sorted(TIMES * 20))
    database = open_database(place.url)
    writer = Writer(database, lambda: next(times))
    visits = []
    try:
        for number in range(60):
            facets = some_facets(chance)
            visit_id = f"v{chance.randrange(1000):03}-{number}"
            writer.append([opened(visit_id, facets)])
            visits.append((visit_id, facets, sorted(TIMES * 20)[number]))
        reader, found = Reader(database), 0
        for _ in range(200):
            query = some_query(chance)
            listed = list(page_by_page(reader, query, chance.choice([1, 4, 100])))
            assert listed == expected(query, visits), query
            found += len(listed)
    finally:
        writer.close()
        database.close()
    assert found > 1000


# In a long log

ASKED = {
    "statuses": VisitQuery(statuses=["postponed"]),
    "several statuses": VisitQuery(statuses=["postponed", "cancelled"]),
    "standings": VisitQuery(standings=["disputed"]),
    "principal": VisitQuery(principal="rare"),
    "principal country": VisitQuery(principal_country="IS"),
    "host country": VisitQuery(host_country="FJ"),
    "trip": VisitQuery(trip="rare"),
    "window": VisitQuery(window_from="1999-05-01", window_until="1999-05-31"),
    "from a day on": VisitQuery(window_from="2050-01-01"),
    "until a day": VisitQuery(window_until="1999-12-31"),
    "overdue": VisitQuery(overdue_on="2000-01-01"),
    "words": VisitQuery(words=["rar"]),
    "rare among many": VisitQuery(words=["paris", "rar"]),
}
MANY = {
    "all": VisitQuery(),
    "many": VisitQuery(host_country="CN"),
    "many of several": VisitQuery(statuses=["completed", "postponed"]),
    "a window of many": VisitQuery(window_from="2023-01-01", window_until="2023-12-31"),
    "a word of many": VisitQuery(words=["paris"]),
}
COMMON = Facets(
    "completed",
    "official",
    "common",
    "US",
    "CN",
    "common",
    "2023-05-03",
    "2023-05-06",
    " paris common",
)
RARE = Facets(
    "postponed",
    "disputed",
    "rare",
    "IS",
    "FJ",
    "rare",
    "1999-05-03",
    "1999-05-06",
    " paris rare",
    planned_until="1999-05-06",
)
LATE = replace(COMMON, window_start="2051-01-01", window_end="2051-01-02")
SIZES = (3000, 12_000)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> list[SqliteFile]:
    """Logs of as many visits as ``SIZES`` says, ten of them rare."""
    made = []
    for size in SIZES:
        place = SqliteFile(tmp_path_factory.mktemp("long") / f"{size}.db")
        database = open_database(place.url)
        with closing(database), closing(Writer(database)) as writer:
            facets = {size // 10 * i + 7: RARE for i in range(10)} | {5: LATE, size - 5: LATE}
            for first in range(0, size, 1000):
                writer.append(
                    [opened(f"v{i:06}", facets.get(i, COMMON)) for i in range(first, first + 1000)]
                )
        made.append(place)
    return made


def steps(place: SqliteFile, query: VisitQuery) -> int:
    """How much SQLite does to read a page, in hundreds of its virtual machine's steps."""
    database = open_database(place.url)
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    def listen(connection: Any, _record: object) -> None:
        connection.set_progress_handler(count, 100)

    with closing(database):
        event.listen(database.readers, "connect", listen)
        reader = Reader(database)
        reader.list_visits(query, 10)
        counted = 0
        assert reader.list_visits(query, 10)[1]
    return counted


@pytest.mark.parametrize("order", ["visit_id", "update_time", "window_start"])
@pytest.mark.parametrize("name", [*ASKED, *MANY])
def test_a_page_of_a_log_four_times_as_long_takes_no_more_steps(
    logs: list[SqliteFile], name: str, order: str
) -> None:
    """Each filter, matching few visits or many, in each order, both ways."""
    for descending in (False, True):
        query = replace((ASKED | MANY)[name], order=order, descending=descending)
        short, long = (steps(place, query) for place in logs)
        assert long <= 1.3 * short + 10, descending
