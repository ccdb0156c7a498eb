"""ListVisits: filters, words, orders and pages."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from chancery.v1.values_pb2 import STATUS_SCHEDULED, STATUS_UNSPECIFIED, Place, Window
from chancery.v1.visit_pb2 import STANDING_UNSPECIFIED, Visit
from chancery.v1.visit_service_pb2 import (
    DAY_KIND_HELD,
    DAY_KIND_UNSPECIFIED,
    DaysFilter,
    ListVisitsRequest,
    VisitFilter,
)
from tests.rpc.some_visits import (
    ALL,
    FILTERS,
    VISITS,
)
from tests.support.cases import each
from tests.support.messages import (
    apply,
    change,
    date,
    days_in,
    planned_in,
    postponed,
    scheduled,
    window,
)
from tests.support.place import Places
from tests.support.server import Client, Server, refusal


@pytest.fixture(scope="module")
def visits(client: Client) -> dict[str, Visit]:
    """The visits by their id, as their last change left them."""
    return {
        visit_id: [client.record(f"visits/{visit_id}", c, **context).visit for c, context in story][
            -1
        ]
        for visit_id, story in VISITS.items()
    }


def pages(client: Client, **request: Any) -> Iterator[Any]:
    """All pages, one after the other."""
    token = ""
    for _ in range(1000):
        page = client.visits.ListVisits(ListVisitsRequest(page_token=token, **request))
        yield page
        token = page.next_page_token
        if not token:
            return
    raise AssertionError("the pages have no end")


def names(client: Client, **request: Any) -> list[str]:
    """The ids of all visits listed, in order."""
    return [
        v.name.removeprefix("visits/") for page in pages(client, **request) for v in page.visits
    ]


def test_without_a_filter_all_visits_that_stand_are_listed(
    client: Client, visits: dict[str, Visit]
) -> None:
    """By name, each as GetVisit answers it, but for what it allows; without withdrawn ones."""
    (page,) = pages(client)

    assert [v.name for v in page.visits] == [f"visits/{v}" for v in sorted(ALL)]
    for listed in page.visits:
        visit = client.visit(listed.name)
        visit.ClearField("allowed_changes")
        assert listed == visit
    assert page.view_position == client.head


def test_an_empty_log_has_an_empty_page(own_server: Server) -> None:
    (page,) = pages(own_server.client())

    assert not page.visits
    assert page.view_position == 0


@each("i", range(len(FILTERS)))
def test_a_filter_lets_through_what_meets_all_of_it(
    client: Client, visits: dict[str, Visit], i: int
) -> None:
    """Page by page as well, with one visit on each."""
    wanted, expected = FILTERS[i]

    assert names(client, filter=wanted) == sorted(expected)
    assert names(client, filter=wanted, page_size=1) == sorted(expected)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2023-06-24", "2023-07-06", {"modi", "yellen"}),
        ("2023-06-25", "2023-07-05", set()),
        ("2023-06-22", "2023-06-22", {"modi"}),
        ("2023-07-09", "", {"yellen", "kerry", "raimondo", "guterres"}),
        ("", "2023-06-21", {"modi"}),
        ("", "2023-06-20", set()),
        ("9999-12-31", "9999-12-31", {"guterres"}),
        ("0001-01-01", "9999-12-31", {"modi", "yellen", "kerry", "raimondo", "guterres"}),
    ],
)
def test_a_planned_dayss_a_range_that_has_one_of_its_days(
    client: Client, visits: dict[str, Visit], start: str, end: str, expected: set[str]
) -> None:
    """Visits that are left open have no window; either end of the range may be open."""
    days = planned_in(start, end)

    assert set(names(client, filter=VisitFilter(days=days))) == expected


def test_heard_and_quiet_since_a_time_part_the_visits(
    client: Client, visits: dict[str, Visit]
) -> None:
    """A visit last heard of in exactly that microsecond counts as heard since, not as quiet."""
    for visit_id in ALL:
        since = visits[visit_id].last_heard_time
        heard = set(names(client, filter=VisitFilter(heard_since=since)))
        quiet = set(names(client, filter=VisitFilter(quiet_since=since)))

        assert visit_id in heard
        assert heard | quiet == ALL
        assert not heard & quiet
        assert quiet == {
            v for v in ALL if visits[v].last_heard_time.ToNanoseconds() < since.ToNanoseconds()
        }


def test_updated_since_counts_from_the_microsecond_of_the_last_change(
    client: Client, visits: dict[str, Visit]
) -> None:
    for visit_id in ALL:
        since = visits[visit_id].update_time
        assert set(names(client, filter=VisitFilter(updated_since=since))) == {
            v for v in ALL if visits[v].update_time.ToNanoseconds() >= since.ToNanoseconds()
        }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("treasury", {"yellen"}),
        ("TREAS talk", {"yellen"}),
        ("reasury", set()),
        ("talks", {"yellen", "kerry", "raimondo"}),
        ("narendra", {"modi"}),
        ("jill bid", {"modi"}),
        ("white house", {"modi"}),
        ("washington state", {"modi"}),
        ("washington beijing", set()),
        ("inacio", {"lula"}),
        ("INÁCIO", {"lula"}),
        ("shang", {"lula"}),
        ("african", {"guterres"}),
        ("antonio united nat", {"guterres"}),
        ("100", {"kerry"}),
        ("_00", set()),
        ("1%0", set()),
        ("10_", {"kerry"}),
        ("talks_on", {"raimondo"}),
        ("talksXon", set()),
        ("  secret,\ntrip!  ", {"burns"}),
    ],
)
def test_a_query_finds_what_has_each_of_its_words_at_the_beginning_of_one(
    client: Client, visits: dict[str, Visit], query: str, expected: set[str]
) -> None:
    """In capitals or not, with or without accents; _ and % stand for no other characters."""
    assert set(names(client, query=query)) == expected


def test_a_query_has_at_most_ten_words(client: Client, visits: dict[str, Visit]) -> None:
    assert names(client, query=" ".join(["trip"] * 10)) == ["burns"]

    refused = refusal(
        client.visits.ListVisits, ListVisitsRequest(query=" ".join(f"w{i}" for i in range(11)))
    )

    assert refused.fields == ["query"]


def test_a_query_and_a_filter_both_count(client: Client, visits: dict[str, Visit]) -> None:
    assert names(client, query="talks", filter=VisitFilter(trip="summer of talks")) == [
        "kerry",
        "yellen",
    ]
    assert names(client, query="talks", filter=VisitFilter(overdue=True)) == ["yellen"]


# Order


def first_day(window: Window) -> tuple[int, int, int] | None:
    start = window.start
    return (start.year, start.month, start.day) if window.HasField("start") else None


ORDERS: dict[str, Callable[[Visit], Any]] = {
    "name": lambda visit: visit.name,
    "update_time": lambda visit: visit.update_time.ToNanoseconds(),
    "last_heard_time": lambda visit: visit.last_heard_time.ToNanoseconds(),
    "window.start": lambda visit: first_day(visit.window),
    "held_window.start": lambda visit: first_day(visit.held_window),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("descending", [False, True])
def test_visits_are_listed_in_the_order_asked_for(
    client: Client, visits: dict[str, Visit], order: str, descending: bool
) -> None:
    """In both directions; visits without such a day always come last."""
    order_by = f"{order} desc" if descending else order
    (page,) = pages(client, order_by=order_by)
    listed = list(page.visits)

    assert {v.name.removeprefix("visits/") for v in listed} == ALL
    keys = [ORDERS[order](v) for v in listed]
    known = [key for key in keys if key is not None]
    assert keys[: len(known)] == known == sorted(known, reverse=descending)
    assert len(known) > 1


@pytest.mark.parametrize(
    "order_by", ["Name", "name asc", "name  desc", "name desc ", " name", "version", "name,version"]
)
def test_another_order_is_refused(client: Client, order_by: str) -> None:
    refused = refusal(client.visits.ListVisits, ListVisitsRequest(order_by=order_by))

    assert refused.fields == ["order_by"]


# Pages


@pytest.fixture(scope="module")
def many(places: Places) -> Iterator[Client]:
    """A server with 60 visits; many share a record time or a first day, or have no window."""
    with places.new() as place, Server(place) as server:
        client = server.client()
        for ten in range(6):
            client.desk.ApplyChanges(
                apply(
                    *(
                        change(
                            f"visits/v{i * 7 % 60:02}", scheduled(window(f"2023-06-{1 + i % 4:02}"))
                        )
                        for i in range(ten * 10, ten * 10 + 10)
                    )
                )
            )
        client.desk.ApplyChanges(
            apply(*(change(f"visits/v{i:02}", postponed()) for i in range(0, 60, 5)))
        )
        yield client


@pytest.mark.parametrize("order_by", [*ORDERS, *(f"{order} desc" for order in ORDERS)])
@each("size", [1, 7, 20, 59, 60, 61, 5000])
def test_paging_to_the_end_misses_nothing_and_repeats_nothing(
    many: Client, size: int, order_by: str
) -> None:
    """The visits come in the same order whatever the page size."""
    whole = names(many, order_by=order_by, page_size=1000)
    by_pages = list(pages(many, order_by=order_by, page_size=size))

    assert len(set(whole)) == len(whole) == 60
    assert [v.name for p in by_pages for v in p.visits] == [f"visits/{v}" for v in whole]
    assert all(len(p.visits) == size for p in by_pages[:-1])
    assert len(by_pages) == -(-60 // size)


def test_a_page_has_fifty_visits_if_nothing_is_said(many: Client) -> None:
    assert [len(page.visits) for page in pages(many)] == [50, 10]


def test_the_size_of_the_page_may_change_on_the_way(many: Client) -> None:
    first = many.visits.ListVisits(ListVisitsRequest(page_size=10))
    rest = many.visits.ListVisits(
        ListVisitsRequest(page_size=1000, page_token=first.next_page_token)
    )

    assert len(first.visits) + len(rest.visits) == 60
    assert not rest.next_page_token


def test_a_page_that_was_passed_is_not_read_again(own_server: Server) -> None:
    """Visits recorded meanwhile come where their names belong, and nothing is repeated."""
    client = own_server.client()
    for letter in "bdfh":
        client.record(f"visits/{letter}", scheduled())
    first = client.visits.ListVisits(ListVisitsRequest(page_size=2))
    for letter in "aceg":
        client.record(f"visits/{letter}", scheduled())

    second = client.visits.ListVisits(
        ListVisitsRequest(page_size=10, page_token=first.next_page_token)
    )

    assert [v.name[7:] for v in first.visits] == ["b", "d"]
    assert [v.name[7:] for v in second.visits] == ["e", "f", "g", "h"]
    assert first.view_position == 4
    assert second.view_position == 8


def test_a_token_survives_a_restart(own_server: Server) -> None:
    client = own_server.client()
    for letter in "abcd":
        client.record(f"visits/{letter}", scheduled())
    request: dict[str, Any] = {"order_by": "update_time desc", "query": "beijing", "page_size": 3}
    first = client.visits.ListVisits(ListVisitsRequest(**request))
    own_server.stop()
    client = own_server.start().client()

    rest = client.visits.ListVisits(ListVisitsRequest(page_token=first.next_page_token, **request))

    assert [v.name[7:] for v in (*first.visits, *rest.visits)] == ["d", "c", "b", "a"]


def test_large_visits_make_short_pages(own_server: Server) -> None:
    """A page stays small enough for a client of any language to receive."""
    client = own_server.client()
    facts: dict[str, Any] = {
        "purpose": "\U0001f54a" * 4000,
        "destinations": [Place(city="\U0001f54a" * 200)] * 50,
    }
    for i in range(30):
        aliases = [f"{i}-{j} " + "\U0001f54a" * 190 for j in range(50)]
        client.record(f"visits/v{i:02}", scheduled(aliases=aliases, **facts))

    by_pages = list(pages(client, page_size=1000))

    assert [v.name for p in by_pages for v in p.visits] == [f"visits/v{i:02}" for i in range(30)]
    assert len(by_pages) > 1
    assert all(page.visits for page in by_pages)
    assert all(page.ByteSize() < 4 << 20 for page in by_pages)


@pytest.mark.parametrize(
    ("field", "filter"),
    [
        ("filter.statuses[1]", VisitFilter(statuses=[STATUS_SCHEDULED, STATUS_UNSPECIFIED])),
        ("filter.standings[0]", VisitFilter(standings=[STANDING_UNSPECIFIED])),
        ("filter.principal_country", VisitFilter(principal_country="us")),
        ("filter.host_country", VisitFilter(host_country="USA")),
        ("filter.destination_country", VisitFilter(destination_country="UK")),
        ("filter.related_to", VisitFilter(related_to="blinken")),
        ("filter.related_to", VisitFilter(related_to="visits/")),
        ("filter.days.start", VisitFilter(days=DaysFilter(kinds=[DAY_KIND_HELD]))),
        ("filter.days.kinds[0]", VisitFilter(days=days_in("2023-01-01", "", DAY_KIND_UNSPECIFIED))),
        ("filter.days.kinds[1]", VisitFilter(days=days_in("2023-01-01", "", DAY_KIND_HELD, 9))),
        ("filter.days.kinds", VisitFilter(days=days_in("2023-01-01", "", *[DAY_KIND_HELD] * 2))),
        (
            "filter.days.end",
            VisitFilter(days=planned_in("2023-02-02", "2023-02-01")),
        ),
    ],
    ids=lambda value: str(value).strip(),
)
def test_a_bad_filter_is_refused_by_name(client: Client, field: str, filter: VisitFilter) -> None:
    refused = refusal(client.visits.ListVisits, ListVisitsRequest(filter=filter))

    assert refused.fields == [field]


def test_a_visit_is_overdue_when_its_last_day_is_over_everywhere(own_server: Server) -> None:
    """12 hours after its end in UTC; without an end it never is."""
    client = own_server.client()
    began = datetime.now(UTC)
    for days in range(-3, 2):
        end = (began.date() + timedelta(days=days)).isoformat()
        client.record(f"visits/day{days + 3}", scheduled(window("2023-01-01", end)))
    later = Window(start=date("2023-01-01"), as_stated="in January or later")
    client.record("visits/later", scheduled(later))

    overdue = names(client, filter=VisitFilter(overdue=True))

    over = {
        f"day{days + 3}"
        for now in (began, datetime.now(UTC))
        for days in range(-3, 2)
        if now - timedelta(hours=12) >= midnight(began + timedelta(days=days + 1))
    }
    assert set(overdue) == over
    assert {"day0", "day1"} <= over <= {"day0", "day1", "day2"}


def midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def test_the_positions_of_pages_never_go_back(many: Client) -> None:
    positions = [page.view_position for page in pages(many, page_size=7)]

    assert all(before <= after for before, after in pairwise(positions))
    assert positions[0] == many.head


@pytest.mark.parametrize("query", ["*", "%", "?!"])
def test_a_query_without_a_word_is_refused(client: Client, query: str) -> None:
    assert refusal(client.visits.ListVisits, ListVisitsRequest(query=query)).fields == ["query"]
