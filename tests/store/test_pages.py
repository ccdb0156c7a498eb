"""Pages of visits, read in any way, with any number of visits."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from service.store.engines.database import Database
from service.store.engines.opening import open_database
from service.store.log.entry import Entry
from service.store.log.reader import Reader
from service.store.log.writer import Writer
from service.store.states import pages
from service.store.states.filters import VisitQuery, WantedDays, WantedWord, matches
from service.store.states.rows import AT_MOST, DayKind, Days, Facets, Label, Lookups
from tests.store.builders import entry
from tests.support.cases import each
from tests.support.examples import examples
from tests.support.place import Place, SqliteFile

STATUSES = ["scheduled", "rescheduled", "postponed", "completed", ""]
DAYS = [
    "0001-01-01",
    "0001-01-02",
    "2023-01-01",
    "2023-02-01",
    "2023-02-02",
    "2023-06-01",
    "9999-12-31",
]
WORDS = ["paris", "parish", "pa", "xi'an", "\u00e9", "\U0001f54a", "talkson"]
SOUGHT = [WantedWord(each) for each in ("par", "p", "paris", "xi", "\u00e9", "talks", "no", "_")]
SOUGHT += [WantedWord("xian", ("xi", "pa")), WantedWord("talkson", ("no", "talks"))]
LENGTHS = [0, 1, *(days + more for days in AT_MOST.values() for more in (0, 1))]
IDS = [f"v{(number * 37) % 1000:03}" for number in range(60)]
TIMES = [1_000, 1_001, 2_000]
HEARD = [-5, 0, 1_000, 1_001]
ORDERS = ("visit_id", "update_time", "last_heard_time", "window_start", "held_start")


def some_facets(chance: random.Random) -> Facets:
    """The facets of some visit; a withdrawn one has none."""
    status = chance.choice(STATUSES)
    if not status:
        return Facets()
    is_planned = status in ("scheduled", "rescheduled")
    windows = {kind: some_window(chance) for kind in DayKind if chance.random() < 0.6}
    labels = {
        (Label.PRINCIPAL, principal := chance.choice(["janet", "antony"])),
        (Label.PRINCIPAL, chance.choice(["janet", "tony"])),
        (Label.DESTINATION_COUNTRY, chance.choice(["CN", "FR"])),
        (Label.NAMES, chance.choice(IDS)),
    }
    if is_planned and chance.random() < 0.3:
        labels.add((Label.UNDER_WAY, ""))
    return Facets(
        status=status,
        standing=chance.choice(["official", "disputed"]),
        principal=principal,
        principal_country=chance.choice(["US", "GB"]),
        host_country=chance.choice(["CN", "FR", ""]),
        trip=chance.choice(["", "summer"]),
        window_start=_first_day(windows.get(DayKind.PLANNED)),
        held_start=_first_day(windows.get(DayKind.HELD)),
        last_heard_time=chance.choice(HEARD),
        overdue_at=chance.choice(HEARD) if is_planned else None,
        lookups=Lookups(
            words="".join(f" {word}" for word in chance.sample(WORDS, 3)),
            labels=frozenset(labels),
            days=frozenset(Days.of(kind, *window) for kind, window in windows.items()),
        ),
    )


def some_window(chance: random.Random) -> tuple[date | None, date | None]:
    """The first and the last day of a window, which may be open at one end."""
    first = date.fromisoformat(chance.choice(DAYS))
    last = first + timedelta(min(chance.choice(LENGTHS), (date.max - first).days))
    return chance.choice([(first, last), (first, last), (first, None), (None, last)])


def _first_day(window: tuple[date | None, date | None] | None) -> str | None:
    return window[0].isoformat() if window and window[0] else None


def some_days(chance: random.Random) -> WantedDays:
    """Days to ask for, of some kinds."""
    first, last = sorted(chance.choices(DAYS, k=2))
    kinds = chance.sample([*DayKind], chance.choice([1, 2, 4]))
    return chance.choice(
        [WantedDays(kinds, first, last), WantedDays(kinds, first), WantedDays(kinds, last=last)]
    )


def some_query(chance: random.Random) -> VisitQuery:
    """A query for one thing or several."""
    each: list[tuple[str, Any]] = [
        ("statuses", chance.sample(STATUSES[:-1], chance.choice([1, 2]))),
        ("standings", chance.sample(["official", "disputed"], chance.choice([1, 2]))),
        ("principal", chance.choice(["janet", "antony", "tony", "nobody"])),
        ("principal_country", chance.choice(["US", "GB"])),
        ("host_country", chance.choice(["CN", "FR"])),
        ("destination_country", chance.choice(["CN", "FR", "DE"])),
        ("trip", "summer"),
        ("days", some_days(chance)),
        ("days", some_days(chance)),
        ("under_way", True),
        ("related_to", chance.choice(IDS)),
        ("overdue_at", chance.choice(HEARD)),
        ("updated_since", chance.choice(TIMES)),
        ("heard_since", chance.choice(HEARD)),
        ("quiet_since", chance.choice(HEARD)),
        ("words", chance.choices(SOUGHT, k=2)),
    ]
    asked = dict(chance.sample(each, chance.choice([0, 1, 1, 2, 3])))
    order = chance.choice([*ORDERS])
    return VisitQuery(**asked, order=order, descending=chance.random() < 0.5)


def opened(visit_id: str, facets: Facets) -> Entry:
    """A visit with these facets, as its first change leaves it."""
    first = entry(visit_id, 1)
    assert first.row is not None
    return replace(first, row=replace(first.row, facets=facets))


def expected(query: VisitQuery, visits: dict[str, tuple[Facets, int]]) -> list[str]:
    """The ids of the visits that match, in the order asked for."""
    asked = with_named(query, {visit_id: facets for visit_id, (facets, _) in visits.items()})
    listed = [
        visit_id
        for visit_id, (facets, time) in sorted(visits.items())
        if facets.status and matches(asked, visit_id, facets, time)
    ]
    if query.order == "visit_id":
        return listed[::-1] if query.descending else listed

    def value(visit_id: str) -> Any:
        facets, time = visits[visit_id]
        return time if query.order == "update_time" else getattr(facets, query.order)

    without = [each for each in listed if value(each) is None]
    having = [each for each in listed if value(each) is not None]
    return sorted(having, key=value, reverse=query.descending) + without


def with_named(query: VisitQuery, visits: dict[str, Facets]) -> VisitQuery:
    """The query with the visits that the one which it asks for related ones of names."""
    asked_about = visits.get(query.related_to, Facets())
    named = {value for kind, value in asked_about.lookups.labels if kind is Label.NAMES}
    return replace(query, named=frozenset(named))


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
    chance, times = random.Random(few), sorted(TIMES * (len(IDS) // len(TIMES)))
    clock = iter(times)
    database = open_database(place.url)
    writer = Writer(database, lambda: next(clock))
    visits: dict[str, tuple[Facets, int]] = {}
    try:
        for visit_id, time in zip(IDS, times, strict=True):
            facets = some_facets(chance)
            writer.append([opened(visit_id, facets)])
            visits[visit_id] = facets, time
        reader, found = Reader(database), 0
        for _ in range(examples(100)):
            query = some_query(chance)
            (size,) = chance.choices([1, 4, 100], weights=[1, 3, 3])
            listed = list(page_by_page(reader, query, size))
            assert listed == expected(query, visits), query
            found += len(listed)
    finally:
        writer.close()
        database.close()
    assert found > examples(300)


# In a long log

AGENDA = (DayKind.PLANNED, DayKind.HELD)
ASKED = {
    "statuses": VisitQuery(statuses=["postponed"]),
    "several statuses": VisitQuery(statuses=["postponed", "cancelled"]),
    "standings": VisitQuery(standings=["disputed"]),
    "principal": VisitQuery(principal="rare"),
    "principal country": VisitQuery(principal_country="IS"),
    "host country": VisitQuery(host_country="FJ"),
    "destination country": VisitQuery(destination_country="FJ"),
    "trip": VisitQuery(trip="rare"),
    "days": VisitQuery(days=WantedDays(AGENDA, "1999-05-01", "1999-05-31")),
    "days before long windows": VisitQuery(days=WantedDays(AGENDA, "1999-05-04", "1999-05-04")),
    "former days": VisitQuery(days=WantedDays([DayKind.FORMER], "1998-05-04", "1998-05-04")),
    "claimed days": VisitQuery(days=WantedDays([DayKind.CLAIMED], "2040-01-01")),
    "from a day on": VisitQuery(days=WantedDays(AGENDA, "2050-01-01")),
    "until a day": VisitQuery(days=WantedDays(AGENDA, last="1999-12-31")),
    "under way": VisitQuery(under_way=True),
    "overdue": VisitQuery(overdue_at=1_000),
    "related": VisitQuery(related_to="rare"),
    "heard since": VisitQuery(heard_since=5_000),
    "quiet since": VisitQuery(quiet_since=2_000),
    "words": VisitQuery(words=[WantedWord("rar")]),
    "rare among many": VisitQuery(words=[WantedWord("paris"), WantedWord("rar")]),
}
MANY = {
    "all": VisitQuery(),
    "many": VisitQuery(host_country="CN"),
    "many of several": VisitQuery(statuses=["completed", "postponed"]),
    "days of many": VisitQuery(days=WantedDays(AGENDA, "2023-01-01", "2023-12-31")),
    "a principal of many": VisitQuery(principal="common"),
    "a destination of many": VisitQuery(destination_country="CN"),
    "heard since of many": VisitQuery(heard_since=2_500),
    "a word of many": VisitQuery(words=[WantedWord("paris")]),
}


def day(text: str) -> date:
    return date.fromisoformat(text)


COMMON = Facets(
    "completed",
    "official",
    "common",
    "US",
    "CN",
    "common",
    "2023-05-03",
    "2023-05-03",
    last_heard_time=3_000,
    lookups=Lookups(
        " paris common",
        frozenset({(Label.PRINCIPAL, "common"), (Label.DESTINATION_COUNTRY, "CN")}),
        frozenset(
            {
                Days.of(DayKind.PLANNED, day("2023-05-03"), day("2023-05-06")),
                Days.of(DayKind.HELD, day("2023-05-03"), day("2023-05-06")),
                Days.of(DayKind.FORMER, day("2023-01-03"), None),
                Days.of(DayKind.FORMER, day("2022-01-01"), day("2022-12-31")),
                Days.of(DayKind.FORMER, None, day("1997-12-31")),
            }
        ),
    ),
)
RARE = Facets(
    "postponed",
    "disputed",
    "rare",
    "IS",
    "FJ",
    "rare",
    "1999-05-03",
    last_heard_time=1_000,
    overdue_at=1_000,
    lookups=Lookups(
        " paris rare",
        frozenset(
            {
                (Label.PRINCIPAL, "rare"),
                (Label.DESTINATION_COUNTRY, "FJ"),
                (Label.NAMES, "rare"),
                (Label.UNDER_WAY, ""),
            }
        ),
        frozenset(
            {
                Days.of(DayKind.PLANNED, day("1999-05-03"), day("1999-05-06")),
                Days.of(DayKind.FORMER, day("1998-05-03"), day("1998-05-06")),
                Days.of(DayKind.CLAIMED, None, day("2040-05-06")),
            }
        ),
    ),
)
LATE = replace(
    COMMON,
    window_start="2051-01-01",
    last_heard_time=6_000,
    lookups=replace(
        COMMON.lookups,
        days=frozenset({Days.of(DayKind.PLANNED, day("2051-01-01"), day("2051-01-02"))}),
    ),
)
SIZES = (3000, 12_000)


class Steps:
    """How much SQLite does to read a page, in hundreds of its virtual machine's steps."""

    def __init__(self, database: Database) -> None:
        self._counted = 0
        self._reader = Reader(database)
        event.listen(database.readers, "checkout", self._count_on)

    def of(self, query: VisitQuery) -> int:
        """How much it does for a query that it has seen before."""
        self._reader.list_visits(query, 10)
        self._counted = 0
        assert self._reader.list_visits(query, 10)[1]
        assert self._counted
        return self._counted

    def _count_on(self, connection: Any, *_: object) -> None:
        connection.set_progress_handler(self._count, 100)

    def _count(self) -> int:
        self._counted += 1
        return 0


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Steps]]:
    """Readers of logs of as many visits as ``SIZES`` says, ten of them rare."""
    with ExitStack() as databases:
        yield [databases.enter_context(_long_log(tmp_path_factory, size)) for size in SIZES]


def common(number: int) -> Facets:
    """A common visit; a few of them have the same days and were last heard of together."""
    start = (day("2023-05-03") + timedelta(number % 600)).isoformat()
    return replace(
        COMMON, window_start=start, held_start=start, last_heard_time=3_000 + number % 600
    )


@contextmanager
def _long_log(tmp_path_factory: pytest.TempPathFactory, size: int) -> Iterator[Steps]:
    place = SqliteFile(tmp_path_factory.mktemp("long") / f"{size}.db")
    database = open_database(place.url)
    with closing(database), closing(Writer(database)) as writer:
        facets = {size // 10 * i + 7: RARE for i in range(10)} | {5: LATE, size - 5: LATE}
        for first in range(0, size, 1000):
            some = range(first, first + 1000)
            writer.append([opened(f"v{i:06}", facets.get(i, common(i))) for i in some])
    database = open_database(place.url)
    with closing(database):
        yield Steps(database)


@pytest.mark.parametrize("order", ORDERS)
@each("name", [*ASKED, *MANY])
def test_a_page_of_a_log_four_times_as_long_takes_no_more_steps(
    logs: list[Steps], monkeypatch: pytest.MonkeyPatch, name: str, order: str
) -> None:
    """Each filter, matching few visits or many, in each order, both ways.

    The logs are so short that all their visits would be few that have some days.
    """
    monkeypatch.setattr(pages, "MORE_BY_DAYS", 1)
    for descending in (False, True):
        query = replace((ASKED | MANY)[name], order=order, descending=descending)
        short, long = (log.of(query) for log in logs)
        assert long <= 1.3 * short + 10, descending
