"""BatchGetVisits and ListVisits as of another moment.

They answer the same bytes for a visit as GetVisit as of the same moment. ``test_as_of`` and
``test_any_story_as_of`` test GetVisit itself.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.values_pb2 import (
    STATUS_CANCELLED,
    STATUS_COMPLETED,
    STATUS_POSTPONED,
    STATUS_RESCHEDULED,
    STATUS_SCHEDULED,
    STATUS_WHEN_CONDITIONS_ALLOW,
)
from chancery.v1.visit_pb2 import (
    STANDING_DISPUTED,
    STANDING_OFFICIAL,
    STANDING_REPORTED,
    AsOf,
    Visit,
)
from chancery.v1.visit_service_pb2 import ListVisitsRequest, VisitFilter
from tests.rpc.asking import listed, visit_pages
from tests.rpc.some_visits import FILTERS
from tests.rpc.story_of_lists import IDS, MOMENTS, STORY, batch
from tests.support.cases import each
from tests.support.messages import (
    as_of,
    at,
    bytes_of,
    instant,
    planned_in,
    postponed,
    scheduled,
)
from tests.support.server import Client, refusal

# Several visits


@each("times", MOMENTS[::2])
def test_several_visits_are_each_as_it_was_then(
    client: Client, expected_at: Callable[..., dict[str, Visit]], times: dict[str, Any]
) -> None:
    """In the order of the request; the missing ones are named, in the same order."""
    expected = expected_at(times)
    asked = [*reversed(IDS), "nobody", *IDS[:3]]

    answer = batch(client, as_of(**times), *asked)

    there = [visit_id for visit_id in asked if visit_id in expected]
    assert bytes_of(answer.visits) == bytes_of([expected[visit_id] for visit_id in there])
    missing = [visit_id for visit_id in asked if visit_id not in expected]
    assert list(answer.missing) == [f"visits/{visit_id}" for visit_id in missing]
    assert answer.view_position == (len(STORY) if times["position"] is None else times["position"])


def test_the_moments_of_these_tests_tell_the_visits_apart(
    client: Client, story_of_lists: list[RecordedEvent]
) -> None:
    """Some exist then and some do not, and their statuses differ."""
    answers = [batch(client, as_of(**moment), *IDS) for moment in MOMENTS]

    assert {len(answer.visits) for answer in answers} == {2, 3, 4, 5, 6, 7}
    statuses = {
        visit_id: {v.status for a in answers for v in a.visits if v.name == f"visits/{visit_id}"}
        for visit_id in IDS
    }
    assert statuses == {
        "beijing": {
            STATUS_SCHEDULED,
            STATUS_WHEN_CONDITIONS_ALLOW,
            STATUS_RESCHEDULED,
            STATUS_COMPLETED,
        },
        "called-off": {STATUS_CANCELLED},
        "duplicate": {STATUS_SCHEDULED},
        "late": {STATUS_SCHEDULED, STATUS_POSTPONED},
        "misled": {STATUS_SCHEDULED, STATUS_POSTPONED},
        "secret": {STATUS_COMPLETED},
        "today": {STATUS_SCHEDULED},
        "typo": {STATUS_SCHEDULED},
    }


@pytest.mark.parametrize(
    ("visit_id", "then"),
    [
        ("beijing", {"position": 0}),
        ("beijing", {"recorded_at": at("2023-03-01")}),
        ("secret", {"known_at": "2023-06-01"}),
        ("secret", {"valid_at": "2023-05-20"}),
        ("duplicate", {}),
        ("duplicate", {"known_at": "2023-02-16"}),
        ("nobody", {"known_at": "2023-02-16"}),
    ],
    ids=str,
)
def test_a_visit_that_was_not_there_then_is_missing_for_whatever_reason(
    client: Client, story_of_lists: list[RecordedEvent], visit_id: str, then: dict[str, Any]
) -> None:
    answer = batch(client, as_of(**then), visit_id)

    assert not answer.visits
    assert list(answer.missing) == [f"visits/{visit_id}"]


def test_several_visits_are_found_by_their_aliases(some_visits: Client) -> None:
    """Each is named by its id, and one that was not there then is missing."""
    first = some_visits.record("visits/a", scheduled(aliases=["The One"]))
    some_visits.record("visits/b", scheduled(aliases=["The Other"]))
    some_visits.record("visits/a", postponed())

    moment = as_of(position=first.event.position)
    answer = batch(some_visits, moment, "the one", "the other", "a", "b")

    first.visit.ClearField("allowed_changes")
    assert bytes_of(answer.visits) == bytes_of([first.visit] * 2)
    assert list(answer.missing) == ["visits/the other", "visits/b"]


# Visits page by page


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
def test_paging_to_the_end_gives_each_visit_that_was_there_once(
    client: Client,
    expected_at: Callable[..., dict[str, Visit]],
    size: int,
    descending: bool,
) -> None:
    """By name, either way; each page is of the same moment."""
    order_by = "name desc" if descending else "name"
    for times in MOMENTS[:: 2 if size > 3 else 4]:
        expected = expected_at(times)

        by_pages = list(visit_pages(client, as_of(**times), page_size=size, order_by=order_by))

        assert bytes_of([visit for page in by_pages for visit in page.visits]) == bytes_of(
            [expected[visit_id] for visit_id in sorted(expected, reverse=descending)]
        )
        assert all(len(page.visits) <= size for page in by_pages)
        position = len(STORY) if times["position"] is None else times["position"]
        assert {page.view_position for page in by_pages} == {position}


THEN_FILTERS: list[tuple[dict[str, Any], Any]] = [
    ({"statuses": [STATUS_SCHEDULED]}, lambda v: v.status == STATUS_SCHEDULED),
    (
        {"statuses": [STATUS_POSTPONED, STATUS_WHEN_CONDITIONS_ALLOW]},
        lambda v: v.status in (STATUS_POSTPONED, STATUS_WHEN_CONDITIONS_ALLOW),
    ),
    ({"standings": [STANDING_REPORTED]}, lambda v: v.standing == STANDING_REPORTED),
    (
        {"standings": [STANDING_DISPUTED, STANDING_OFFICIAL]},
        lambda v: v.standing in (STANDING_DISPUTED, STANDING_OFFICIAL),
    ),
    ({"principal": "janet YELLEN"}, lambda v: v.details.principal.name == "Janet Yellen"),
    ({"principal_country": "US"}, lambda v: v.details.principal.country == "US"),
    ({"host_country": "CN"}, lambda v: v.details.host.country == "CN"),
    ({"trip": "summer"}, lambda v: v.details.trip == "summer"),
    (
        {"days": planned_in("2023-02-06", "2023-03-01")},
        lambda v: (
            v.HasField("window")
            and day(v.window.start) <= (2023, 3, 1)
            and day(v.window.end) >= (2023, 2, 6)
        ),
    ),
    (
        {"trip": "summer", "statuses": [STATUS_SCHEDULED]},
        lambda v: v.details.trip == "summer" and v.status == STATUS_SCHEDULED,
    ),
]


def day(message: Any) -> tuple[int, int, int]:
    return message.year, message.month, message.day


@pytest.mark.parametrize("i", range(len(THEN_FILTERS)))
def test_a_filter_asks_what_the_visit_was_then(
    client: Client, expected_at: Callable[..., dict[str, Visit]], i: int
) -> None:
    """Not what it is now; with pages of any size."""
    filter, meets = THEN_FILTERS[i]
    found = 0
    for times in MOMENTS[::4]:
        expected = bytes_of([v for _, v in sorted(expected_at(times).items()) if meets(v)])
        for size in (1, 3, 1000):
            visits = listed(client, as_of(**times), filter=VisitFilter(**filter), page_size=size)
            assert bytes_of(visits) == expected
        found += len(expected)
    assert found


@pytest.mark.parametrize(
    ("query", "then", "expected"),
    [
        ("tpyo", {"position": 10}, ["typo"]),
        ("tpyo", {}, []),
        ("typo", {}, ["typo"]),
        ("TYP", {"known_at": "2023-03-02"}, ["typo"]),
        ("TPY", {"known_at": "2023-03-02"}, []),
        ("yellen janet", {"valid_at": "2023-01-11"}, ["late", "misled"]),
        ("yellen", {"known_at": "2023-03-01"}, ["late", "misled"]),
        ("ellen", {}, []),
    ],
    ids=str,
)
def test_a_query_looks_for_the_words_of_then(
    client: Client,
    story_of_lists: list[RecordedEvent],
    query: str,
    then: dict[str, Any],
    expected: list[str],
) -> None:
    for size in (1, 1000):
        visits = listed(client, as_of(**then), query=query, page_size=size)
        assert [visit.name for visit in visits] == [f"visits/{v}" for v in expected]


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ({"valid_at": "2023-02-01 12:00"}, []),
        ({"valid_at": "2023-03-01 12:00"}, []),
        ({"valid_at": "2023-03-02 11:59"}, ["typo"]),
        ({"valid_at": "2023-03-02 12:00", "known_at": "2023-03-05"}, ["typo"]),
        ({"valid_at": "2023-03-02 12:00"}, ["misled", "typo"]),
        ({"valid_at": "2023-06-18 12:00"}, ["misled", "typo"]),
        ({"valid_at": "2023-06-19 12:00", "position": 12}, ["misled", "typo"]),
        ({"valid_at": "2023-06-20 11:59", "position": 12}, ["misled", "typo"]),
        ({"valid_at": "2023-06-20 12:00", "position": 12}, ["beijing", "misled", "typo"]),
        ({"position": 12}, ["beijing", "misled", "typo"]),
        ({}, ["misled", "today", "typo"]),
    ],
    ids=str,
)
def test_a_visit_was_overdue_by_the_time_asked_about(
    client: Client, story_of_lists: list[RecordedEvent], then: dict[str, Any], expected: list[str]
) -> None:
    """At valid_at it was still planned, and its last day was over everywhere."""
    visits = listed(client, as_of(**then), filter=VisitFilter(overdue=True))

    assert [visit.name for visit in visits] == [f"visits/{v}" for v in expected]


def test_updated_since_asks_what_was_recorded_by_then(
    client: Client, story_of_lists: list[RecordedEvent]
) -> None:
    """A change that was recorded later does not count."""
    for position in (4, 9, 14, len(STORY)):
        then = as_of(position=position)
        whole = listed(client, then)
        for event in story_of_lists[:position]:
            since = event.record_time
            updated = listed(client, then, filter=VisitFilter(updated_since=since))
            assert [visit.name for visit in updated] == [
                visit.name
                for visit in whole
                if visit.update_time.ToNanoseconds() >= since.ToNanoseconds()
            ]


def test_heard_and_quiet_since_part_the_visits_by_what_was_known_by_then(
    client: Client, story_of_lists: list[RecordedEvent]
) -> None:
    """When it was last heard of each visit, as the world knew it."""
    for times in MOMENTS[::5]:
        then = as_of(**times)
        whole = {visit.name: visit for visit in listed(client, then)}
        for since in {visit.last_heard_time.ToNanoseconds() for visit in whole.values()}:
            stamp = Timestamp()
            stamp.FromNanoseconds(since)
            heard = listed(client, then, filter=VisitFilter(heard_since=stamp))
            quiet = listed(client, then, filter=VisitFilter(quiet_since=stamp))
            assert {visit.name for visit in heard} == {
                name
                for name, visit in whole.items()
                if visit.last_heard_time.ToNanoseconds() >= since
            }
            assert {v.name for v in quiet} == whole.keys() - {v.name for v in heard}


@pytest.mark.parametrize(
    "order_by", ["update_time", "update_time desc", "window.start", "window.start desc", "Name"]
)
def test_there_is_no_other_order_than_by_name(
    client: Client, story_of_lists: list[RecordedEvent], order_by: str
) -> None:
    request = ListVisitsRequest(as_of=as_of(known_at="2023-03-01"), order_by=order_by)

    told = refusal(client.visits.ListVisits, request)

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.fields == ["order_by"]


# As of now


RANGES = [
    planned_in("2023-06-24", "2023-07-06"),
    planned_in("2023-07-09"),
    planned_in(end="2023-06-21"),
    planned_in("9999-12-31", "9999-12-31"),
]


QUERIES = ["talks", "TREAS talk", "inacio", "jill bid", "white house", "10_", "antonio united nat"]


NOW_REQUESTS: list[dict[str, Any]] = [
    {},
    *({"filter": filter} for filter, _ in FILTERS),
    *({"filter": VisitFilter(days=days)} for days in RANGES),
    *({"query": query} for query in QUERIES),
    {"query": "talks", "filter": VisitFilter(trip="summer of talks")},
    {"query": "talks", "filter": VisitFilter(overdue=True)},
]


@each("i", range(len(NOW_REQUESTS)))
def test_a_filter_means_the_same_as_of_now_as_without_a_moment(some_visits: Client, i: int) -> None:
    """The same as of times just past, and as of the head's position."""
    request = NOW_REQUESTS[i]
    now = datetime.now(UTC)
    expected = bytes_of(listed(some_visits, None, **request))
    reverse = bytes_of(listed(some_visits, None, order_by="name desc", **request))

    for then in (
        AsOf(),
        AsOf(position=some_visits.head),
        AsOf(known_at=instant(now), valid_at=instant(now)),
    ):
        assert bytes_of(listed(some_visits, then, **request)) == expected
    assert bytes_of(listed(some_visits, AsOf(), page_size=1, **request)) == expected
    assert bytes_of(listed(some_visits, AsOf(), order_by="name desc", **request)) == reverse
