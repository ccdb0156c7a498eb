"""BatchGetVisits, ListVisits and ListEvents as of another moment.

They answer the same bytes for a visit as GetVisit as of the same moment. ``test_as_of`` and
``test_any_story_as_of`` test GetVisit itself.
"""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest

from chancery.v1.event_pb2 import (
    CHANGE_TYPE_POSTPONED,
    CHANGE_TYPE_RETRACTED,
    CHANGE_TYPE_SCHEDULED,
    RecordedEvent,
)
from chancery.v1.history_service_pb2 import ListEventsRequest, ListEventsResponse
from chancery.v1.visit_pb2 import (
    SIDE_GUEST,
    SIDE_HOST,
    STANDING_DISPUTED,
    STANDING_OFFICIAL,
    STANDING_REPORTED,
    STATEMENT_KIND_DENY,
    STATUS_CANCELLED,
    STATUS_COMPLETED,
    STATUS_POSTPONED,
    STATUS_RESCHEDULED,
    STATUS_SCHEDULED,
    STATUS_WHEN_CONDITIONS_ALLOW,
    AsOf,
    Principal,
    Visit,
)
from chancery.v1.visit_service_pb2 import (
    BatchGetVisitsRequest,
    DateRange,
    GetVisitRequest,
    ListVisitsRequest,
    VisitFilter,
)
from tests.rpc.asking import changes, counts, event_pages, listed, visit_pages
from tests.rpc.forged import FORGED
from tests.rpc.some_visits import FILTERS, VISITS
from tests.rpc.steps import type_of
from tests.rpc.watching import log
from tests.support.messages import (
    amended,
    apply,
    as_of,
    at,
    basis,
    bytes_of,
    cancelled,
    change,
    completed,
    date,
    deferred,
    disclosed,
    instant,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
    window,
)
from tests.support.place import Places
from tests.support.server import Client, Failure, Server, refusal

GUEST, HOST = [basis(SIDE_GUEST)], [basis(SIDE_HOST)]
YELLEN: dict[str, Any] = {
    "principal": Principal(name="Janet Yellen", country="US"),
    "trip": "summer",
}

Step = tuple[str, Any, dict[str, Any]]

# In the order of recording: the visit, the change, and its times.
STORY: list[Step] = [
    ("beijing", scheduled(window("2023-02-05", "2023-02-06")), {"effective": "2023-01-17"}),
    ("secret", disclosed(window("2023-05-10")), {"effective": "2023-05", "known": "2023-06-02"}),
    ("duplicate", scheduled(), {"effective": "2023-01-20"}),
    ("beijing", deferred(), {"effective": "2023-02-03", "basis": GUEST}),
    (
        "beijing",
        stated(STATEMENT_KIND_DENY, SIDE_HOST),
        {"effective": "2023-02-04", "basis": HOST},
    ),
    ("misled", scheduled(window("2023-03-01"), **YELLEN), {"effective": "2023-01-10"}),
    ("misled", postponed(), {"effective": "2023-02-01"}),
    ("duplicate", retracted(1, "visits/beijing"), {"known": "2023-02-15"}),
    ("misled", retracted(2), {"known": "2023-04-01", "reason": "It was never so"}),
    ("typo", scheduled(title="Tpyo", trip="summer"), {"effective": "2023-03-01"}),
    ("typo", amended(title="Typo", correction=True), {}),
    ("beijing", rescheduled(window("2023-06-18", "2023-06-19")), {"effective": "2023-06-14"}),
    ("late", scheduled(**YELLEN), {"effective": "2023-01-05", "known": "2023-06-01"}),
    ("late", postponed(), {"effective": "2023-02-20", "known": "2023-02-20"}),
    ("beijing", completed(), {"effective": "2023-06-19", "basis": GUEST + HOST}),
    ("called-off", scheduled(window("2023-04-01", "2023-04-30")), {"effective": "2023-02"}),
    ("called-off", cancelled(), {"effective": "2023-03-20", "known": "2023-03-22"}),
    ("today", scheduled(window("2023-12-01")), {}),
    ("misled", amended(purpose="To talk"), {"effective": "2023-02-10", "known": "2023-05-01"}),
]
IDS = sorted({visit_id for visit_id, _, _ in STORY})

DAYS = ["2023-01-18", "2023-02-10", "2023-03-25", "2023-05-15", "2023-06-20", ""]


@pytest.fixture(scope="module")
def recorded(client: Client) -> list[RecordedEvent]:
    """The log of the story; nothing else is recorded on the server."""
    return [
        client.record(f"visits/{visit_id}", step, **context).event
        for visit_id, step, context in STORY
    ]


@pytest.fixture(scope="module")
def other(places: Places) -> Iterator[Client]:
    """Another server, with the visits that ``test_list_visits`` filters; tests may add to it."""
    with places.new() as place, Server(place) as server:
        client = server.client()
        for visit_id, steps in VISITS.items():
            for step, context in steps:
                client.record(f"visits/{visit_id}", step, **context)
        yield client


MOMENTS: list[dict[str, Any]] = [
    {"known_at": known, "valid_at": valid, "position": position}
    for known in DAYS
    for valid in DAYS[1::2]
    for position in (None, 8, 13)
]


def got(client: Client, moment: AsOf, ids: Sequence[str] = IDS) -> dict[str, Visit]:
    """The visits that GetVisit finds as of a moment, by id."""
    found = {}
    for visit_id in ids:
        try:
            request = GetVisitRequest(name=f"visits/{visit_id}", as_of=moment)
            found[visit_id] = client.visits.GetVisit(request).visit
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.NOT_FOUND:
                raise
    return found


@pytest.fixture(scope="module")
def expected_at(client: Client, recorded: list[RecordedEvent]) -> Callable[..., dict[str, Visit]]:
    """The visits of the story that GetVisit finds as of these times; each is asked for once."""
    found: dict[str, dict[str, Visit]] = {}

    def at_these(times: dict[str, Any]) -> dict[str, Visit]:
        if str(times) not in found:
            found[str(times)] = got(client, as_of(**times))
        return found[str(times)]

    return at_these


def batch(client: Client, moment: AsOf, *ids: str) -> Any:
    names = [f"visits/{visit_id}" for visit_id in ids]
    return client.visits.BatchGetVisits(BatchGetVisitsRequest(names=names, as_of=moment))


# Several visits


@pytest.mark.parametrize("times", MOMENTS[::2], ids=str)
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
    client: Client, recorded: list[RecordedEvent]
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
    client: Client, recorded: list[RecordedEvent], visit_id: str, then: dict[str, Any]
) -> None:
    answer = batch(client, as_of(**then), visit_id)

    assert not answer.visits
    assert list(answer.missing) == [f"visits/{visit_id}"]


def test_several_visits_are_found_by_their_aliases(other: Client) -> None:
    """Each is named by its id; an alias of several visits counts as missing."""
    first = other.record("visits/a", scheduled(aliases=["The One", "both"]))
    other.record("visits/b", scheduled(aliases=["both"]))
    other.record("visits/a", postponed())

    answer = batch(other, as_of(position=first.event.position), "the one", "both", "a", "b")

    assert bytes_of(answer.visits) == bytes_of([first.visit] * 2)
    assert list(answer.missing) == ["visits/both", "visits/b"]


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
        {"window_overlap": DateRange(start=date("2023-02-06"), end=date("2023-03-01"))},
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
        ("yellen janet", {"valid_at": "2023-01-11"}, ["late", "misled"]),
        ("yellen", {"known_at": "2023-03-01"}, ["misled"]),
        ("ellen", {}, []),
    ],
    ids=str,
)
def test_a_query_looks_for_the_words_of_then(
    client: Client,
    recorded: list[RecordedEvent],
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
        ({"valid_at": "2023-03-02", "known_at": "2023-03-05"}, ["typo"]),
        ({"valid_at": "2023-03-02"}, ["misled", "typo"]),
        ({"valid_at": "2023-06-18 12:00"}, ["misled", "typo"]),
        ({"valid_at": "2023-06-19 12:00", "position": 12}, ["misled", "typo"]),
        ({"valid_at": "2023-06-20", "position": 12}, ["beijing", "misled", "typo"]),
        ({"position": 12}, ["beijing", "misled", "typo"]),
        ({}, ["misled", "today", "typo"]),
    ],
    ids=str,
)
def test_a_visit_was_overdue_by_the_time_asked_about(
    client: Client, recorded: list[RecordedEvent], then: dict[str, Any], expected: list[str]
) -> None:
    """On the day of valid_at it was still planned, and its last day had passed."""
    visits = listed(client, as_of(**then), filter=VisitFilter(overdue=True))

    assert [visit.name for visit in visits] == [f"visits/{v}" for v in expected]


def test_updated_and_quiet_since_part_the_visits_by_what_was_recorded_by_then(
    client: Client, recorded: list[RecordedEvent]
) -> None:
    """A change that was recorded later does not count."""
    for position in (4, 9, 14, len(STORY)):
        then = as_of(position=position)
        whole = {visit.name: visit for visit in listed(client, then)}
        for event in recorded[:position]:
            since = event.record_time
            updated = listed(client, then, filter=VisitFilter(updated_since=since))
            quiet = listed(client, then, filter=VisitFilter(quiet_since=since))

            assert {visit.name for visit in updated} == {
                name
                for name, visit in whole.items()
                if visit.update_time.ToNanoseconds() >= since.ToNanoseconds()
            }
            assert {v.name for v in quiet} == whole.keys() - {v.name for v in updated}


@pytest.mark.parametrize(
    "order_by", ["update_time", "update_time desc", "window.start", "window.start desc", "Name"]
)
def test_there_is_no_other_order_than_by_name(
    client: Client, recorded: list[RecordedEvent], order_by: str
) -> None:
    request = ListVisitsRequest(as_of=as_of(known_at="2023-03-01"), order_by=order_by)

    told = refusal(client.visits.ListVisits, request)

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.fields == ["order_by"]


# As of now


RANGES = [
    DateRange(start=date("2023-06-24"), end=date("2023-07-06")),
    DateRange(start=date("2023-07-09")),
    DateRange(end=date("2023-06-21")),
    DateRange(start=date("9999-12-31"), end=date("9999-12-31")),
]
QUERIES = ["talks", "TREAS talk", "inacio", "jill bid", "white house", "10_", "antonio united nat"]
NOW_REQUESTS: list[dict[str, Any]] = [
    {},
    *({"filter": filter} for filter, _ in FILTERS),
    *({"filter": VisitFilter(window_overlap=days)} for days in RANGES),
    *({"query": query} for query in QUERIES),
    {"query": "talks", "filter": VisitFilter(trip="summer of talks")},
    {"query": "talks", "filter": VisitFilter(overdue=True)},
]


@pytest.mark.parametrize("i", range(len(NOW_REQUESTS)))
def test_a_filter_means_the_same_as_of_now_as_without_a_moment(other: Client, i: int) -> None:
    """The same as of times just past, and as of the head's position."""
    request = NOW_REQUESTS[i]
    now = datetime.now(UTC)
    expected = bytes_of(listed(other, None, **request))
    reverse = bytes_of(listed(other, None, order_by="name desc", **request))

    for then in (
        AsOf(),
        AsOf(position=other.head),
        AsOf(known_at=instant(now), valid_at=instant(now)),
    ):
        assert bytes_of(listed(other, then, **request)) == expected
    assert bytes_of(listed(other, AsOf(), page_size=1, **request)) == expected
    assert bytes_of(listed(other, AsOf(), order_by="name desc", **request)) == reverse


# Pages while others write


@pytest.mark.parametrize(
    "times", [{}, {"known_at": "2023-03-01", "valid_at": "2023-03-01"}], ids=str
)
def test_all_pages_are_of_the_moment_of_the_first(
    own_server: Server, times: dict[str, Any]
) -> None:
    """Whatever is recorded in between, even about the time that is asked about."""
    client = own_server.client()
    for letter in "bdfhj":
        client.record(f"visits/{letter}", scheduled(), effective="2023-01-17")
        client.record(f"visits/{letter}", amended(title=letter), effective="2023-01-18")
    then = as_of(**times)
    expected, expected_changes = listed(client, then), log(client)
    visits: list[Visit] = []
    events: list[RecordedEvent] = []

    two_by_two = event_pages(client, then, page_size=2)
    for i, page in enumerate(visit_pages(client, then, page_size=1)):
        changed = next(two_by_two, ListEventsResponse(view_position=10))
        visits += page.visits
        events += changed.events
        assert page.view_position == changed.view_position == 10
        for letter in "bdhj":
            client.record(f"visits/{letter}", amended(title=f"Page {i}"), effective="2023-01-19")
        client.record(f"visits/{'acegik'[i]}", scheduled(), effective="2023-01-17")
        if i == 1:
            client.record("visits/f", retracted(1))

    assert bytes_of(visits) == bytes_of(expected)
    assert bytes_of(events) == bytes_of(expected_changes)
    assert [visit.name[7:] for visit in listed(client, then)] == [*"abcdeghijk"]


def test_the_pages_go_on_after_a_restart(own_server: Server) -> None:
    """As of the first page's moment, although the log has grown since."""
    client = own_server.client()
    for letter in "abcd":
        client.record(f"visits/{letter}", scheduled(), effective="2023-01-17")
    then = as_of(known_at="2023-03-01")
    expected, expected_changes = listed(client, then), log(client)
    page = client.visits.ListVisits(ListVisitsRequest(as_of=then, page_size=2))
    changed = client.history.ListEvents(ListEventsRequest(as_of=then, page_size=2))
    client.record("visits/c", cancelled(), effective="2023-01-18")
    client.record("visits/e", scheduled(), effective="2023-01-18")
    own_server.stop()
    client = own_server.start().client()

    rest = client.visits.ListVisits(ListVisitsRequest(as_of=then, page_token=page.next_page_token))
    rest_changed = client.history.ListEvents(
        ListEventsRequest(as_of=then, page_token=changed.next_page_token)
    )

    assert bytes_of([*page.visits, *rest.visits]) == bytes_of(expected)
    assert bytes_of([*changed.events, *rest_changed.events]) == bytes_of(expected_changes)


# Changes


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize("visit_id", ["", "misled", "duplicate"])
@pytest.mark.parametrize(
    "types",
    [[], [CHANGE_TYPE_SCHEDULED, CHANGE_TYPE_POSTPONED], [CHANGE_TYPE_RETRACTED]],
    ids=str,
)
def test_changes_are_listed_that_count_as_of_the_moment(
    client: Client, recorded: list[RecordedEvent], size: int, visit_id: str, types: list[Any]
) -> None:
    """Retracted ones included; all changes, those of a visit, those of some types; page by page."""
    visit = f"visits/{visit_id}" if visit_id else ""
    found = 0
    for times in MOMENTS[:: 2 if size > 3 else 7]:
        position = len(STORY) if times["position"] is None else times["position"]
        expected = [
            event
            for event in recorded
            if counts(event, position, times["known_at"], times["valid_at"])
            and visit in ("", event.event.visit)
            and (not types or type_of(event) in types)
        ]

        by_pages = list(
            event_pages(client, as_of(**times), visit=visit, change_types=types, page_size=size)
        )

        events = [event for page in by_pages for event in page.events]
        assert bytes_of(events) == bytes_of(expected)
        assert {page.view_position for page in by_pages} == {position}
        found += len(expected)
    assert found


def test_a_retraction_is_listed_as_soon_as_it_is_known_whenever_it_took_effect(
    other: Client, name: str
) -> None:
    """The mistake took effect in February, and its retraction in April."""
    other.record(name, scheduled(), effective="2023-01-17")
    other.record(name, postponed(), effective="2023-02-01")
    other.record(name, retracted(2), effective="2023-04-01", known="2023-04-02")

    def versions(**times: Any) -> list[int]:
        return [event.event.version for event in changes(other, as_of(**times), visit=name)]

    assert versions(valid_at="2023-02-02") == [1, 2, 3]
    assert versions(valid_at="2023-02-02", known_at="2023-04-01") == [1, 2]
    assert versions(valid_at="2023-01-20", known_at="2023-04-03") == [1, 3]
    assert versions(known_at="2023-01-18") == [1]


def test_the_changes_of_a_visit_are_found_by_its_alias(other: Client, name: str) -> None:
    other.record(name, scheduled(aliases=[f"Alias of {name}"]), effective="2023-01-17")
    other.record(name, postponed(), effective="2023-02-01")

    events = changes(other, as_of(known_at="2023-01-20"), visit=f"visits/alias of {name}")

    assert [event.event.version for event in events] == [1]
    assert {event.event.visit for event in events} == {name}


@pytest.mark.parametrize("times", [{}, {"position": 0}, {"known_at": "2023-03-01"}], ids=str)
def test_the_changes_of_an_unknown_visit_are_not_found(
    client: Client, times: dict[str, Any]
) -> None:
    request = ListEventsRequest(visit="visits/nobody", as_of=as_of(**times))

    told = refusal(client.history.ListEvents, request)

    assert told.code == grpc.StatusCode.NOT_FOUND
    assert told.reason == "VISIT_NOT_FOUND"


# Record times


def test_what_was_recorded_by_a_time_is_what_was_recorded_by_its_position(
    client: Client, recorded: list[RecordedEvent]
) -> None:
    """From the change's microsecond on."""
    for event in recorded[::3]:
        by_time = AsOf(recorded_at=event.record_time)
        by_position = AsOf(position=event.position)

        assert bytes_of(listed(client, by_time)) == bytes_of(listed(client, by_position))
        assert batch(client, by_time, *IDS) == batch(client, by_position, *IDS)
        assert changes(client, by_time) == recorded[: event.position]


# Moments that cannot be

LISTS: dict[str, Any] = {
    "BatchGetVisits": lambda client, moment, **request: client.visits.BatchGetVisits(
        BatchGetVisitsRequest(names=["visits/beijing"], as_of=moment)
    ),
    "ListVisits": lambda client, moment, **request: client.visits.ListVisits(
        ListVisitsRequest(as_of=moment, **request)
    ),
    "ListEvents": lambda client, moment, **request: client.history.ListEvents(
        ListEventsRequest(as_of=moment, **request)
    ),
}
PAGED = {name: call for name, call in LISTS.items() if name != "BatchGetVisits"}


@pytest.mark.parametrize("method", LISTS)
@pytest.mark.parametrize(
    ("field", "times"),
    [
        ("recorded_at", {"recorded_at": at("2999")}),
        ("known_at", {"known_at": "2999"}),
        ("known_at", {"known_at": "9999-12-31 23:59:59.999999"}),
        ("valid_at", {"valid_at": "2999"}),
        ("valid_at", {"valid_at": "2999", "known_at": "2023", "position": 1}),
        ("position", {"position": -1}),
        ("position", {"position": -(2**63)}),
    ],
    ids=str,
)
def test_a_list_as_of_a_moment_that_has_not_come_is_refused_by_name(
    client: Client, recorded: list[RecordedEvent], method: str, field: str, times: dict[str, Any]
) -> None:
    told = refusal(LISTS[method], client, as_of(**times))

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.reason == "INVALID_FIELD"
    assert told.fields == [f"as_of.{field}"]


@pytest.mark.parametrize("method", LISTS)
@pytest.mark.parametrize("beyond", [1, 2**62])
def test_a_list_as_of_a_position_beyond_the_head_is_out_of_range(
    client: Client, recorded: list[RecordedEvent], method: str, beyond: int
) -> None:
    told = refusal(LISTS[method], client, as_of(position=len(STORY) + beyond))

    assert told.code == grpc.StatusCode.OUT_OF_RANGE
    assert told.reason == "POSITION_BEYOND_HEAD"
    assert told.metadata == {"head_position": str(len(STORY))}


# Tokens

THEN = as_of(known_at="2023-06-20", position=14)


def token_of(client: Client, method: str) -> str:
    """A token for the second of several pages."""
    token = PAGED[method](client, THEN, page_size=1).next_page_token
    assert token
    return str(token)


def refused(client: Client, method: str, token: str, moment: AsOf | None = THEN) -> Failure:
    told = refusal(PAGED[method], client, moment, page_token=token)
    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.fields == ["page_token"]
    return told


@pytest.mark.parametrize("method", PAGED)
@pytest.mark.parametrize(
    "other",
    [
        None,
        AsOf(),
        as_of(known_at="2023-06-20"),
        as_of(known_at="2023-06-20", position=15),
        as_of(known_at="2023-06-20 00:00:00.000001", position=14),
        as_of(known_at="2023-06-20", valid_at="2023-06-20", position=14),
    ],
    ids=range(6),
)
def test_a_token_goes_with_its_moment(
    client: Client, recorded: list[RecordedEvent], method: str, other: AsOf | None
) -> None:
    """A token made without a moment is taken only without one."""
    assert refused(client, method, token_of(client, method), other).reason == "INVALID_PAGE_TOKEN"
    without = PAGED[method](client, None, page_size=1).next_page_token
    assert refused(client, method, without).reason == "INVALID_PAGE_TOKEN"


@pytest.mark.parametrize("method", PAGED)
def test_a_token_that_was_tampered_with_is_refused(
    client: Client, recorded: list[RecordedEvent], method: str
) -> None:
    """Cut, lengthened, made for the other list, or with one character changed."""
    token = token_of(client, method)
    (other,) = PAGED.keys() - {method}
    changed = [f"{token[:i]}{'A' if token[i] != 'A' else 'B'}{token[i + 1 :]}" for i in range(20)]

    for bad in (token[:-1], token[1:], f"{token}A", token * 2, token_of(client, other), *changed):
        assert refused(client, method, bad).reason == "INVALID_PAGE_TOKEN"


WRONG_KEYS: list[Any] = [True, 1.5, [], {}, ["beijing", "beijing"], 10**30, -1]
WRONG_POSITIONS: list[Any] = [None, True, "14", 14.0, -1, 15, 10**30, []]
WRONG_TOKENS: list[Any] = [
    *(forged for forged in FORGED if forged is not None),  # None is the beginning
    *([14, key] for key in WRONG_KEYS),
    *([position, "beijing"] for position in WRONG_POSITIONS),
    *([position, 3] for position in WRONG_POSITIONS),
    [14],
    [14, "beijing", 3],
]


@pytest.mark.parametrize("method", PAGED)
def test_a_token_that_was_taken_apart_and_forged_is_refused(
    client: Client, recorded: list[RecordedEvent], method: str
) -> None:
    """A position after the moment, another key, another shape."""
    digest, good = json.loads(base64.urlsafe_b64decode(token_of(client, method)))
    own_type = type(good[1])

    for forged in WRONG_TOKENS:
        token = base64.urlsafe_b64encode(json.dumps([digest, forged]).encode()).decode()
        is_right = isinstance(forged, list) and len(forged) == 2 and type(forged[0]) is int
        if is_right and 0 <= forged[0] <= 14 and type(forged[1]) is own_type:
            continue  # this server may have given such a token
        assert refused(client, method, token).reason == "INVALID_PAGE_TOKEN", forged


@pytest.mark.parametrize("method", PAGED)
def test_the_size_of_the_page_may_change_on_the_way(
    client: Client, recorded: list[RecordedEvent], method: str
) -> None:
    whole = PAGED[method](client, THEN)
    first = PAGED[method](client, THEN, page_size=1)

    rest = PAGED[method](
        client,
        THEN,
        page_size=1000,
        page_token=first.next_page_token,
        min_position=len(STORY),
    )

    assert not rest.next_page_token
    field = "visits" if method == "ListVisits" else "events"
    assert [*getattr(first, field), *getattr(rest, field)] == list(getattr(whole, field))


# Much to fold


@pytest.fixture(scope="module")
def long_server(places: Places) -> Iterator[Client]:
    """A log of 51 visits with 100 changes each, all of 2024, and of one visit of 2023, zero."""
    with places.new() as place, Server(place) as server:
        client = server.client()
        for i in range(51):
            visit = f"visits/v{i:02}"
            steps = [change(visit, scheduled(trip="long"), effective="2024-01-17")]
            steps += [change(visit, stated(), effective="2024-02-01") for _ in range(99)]
            client.desk.ApplyChanges(apply(*steps))
        client.record("visits/zero", scheduled(trip="short"), effective="2023-01-17")
        yield client


def test_a_page_that_would_cost_too_much_is_short_or_empty_and_has_a_token(
    long_server: Client,
) -> None:
    """The one that matches comes after many that do not; it is found in the end."""
    then = as_of(known_at="2023-03-01")
    for by_pages, field in (
        (list(visit_pages(long_server, then, page_size=1000)), "visits"),
        (list(event_pages(long_server, then, page_size=1000)), "events"),
    ):
        assert len(by_pages) > 1
        assert all(page.next_page_token for page in by_pages[:-1])
        assert [len(getattr(page, field)) for page in by_pages][-2:] in ([0, 1], [1, 0])
        assert sum(len(getattr(page, field)) for page in by_pages) == 1


def test_paging_through_long_histories_gives_each_visit_once(long_server: Client) -> None:
    then = as_of(known_at="2024-03-01")
    ids = [f"v{i:02}" for i in range(51)]

    assert bytes_of(listed(long_server, then, filter=VisitFilter(trip="long"))) == bytes_of(
        list(got(long_server, then, ids).values())
    )
