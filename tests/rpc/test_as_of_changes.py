"""ListEvents as of another moment, by the times of changes and of their records."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from chancery.v1.event_pb2 import (
    CHANGE_TYPE_POSTPONED,
    CHANGE_TYPE_RETRACTED,
    CHANGE_TYPE_SCHEDULED,
    RecordedEvent,
)
from chancery.v1.history_service_pb2 import ListEventsRequest
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import VisitFilter
from tests.rpc.asking import changes, counts, event_pages, listed, visit_pages
from tests.rpc.steps import type_of
from tests.rpc.story_of_lists import IDS, MOMENTS, STORY, batch, got
from tests.support.messages import (
    apply,
    as_of,
    bytes_of,
    change,
    postponed,
    retracted,
    scheduled,
    stated,
)
from tests.support.place import Places
from tests.support.server import Client, Server, refusal

# Changes


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize("visit_id", ["", "misled", "duplicate"])
@pytest.mark.parametrize(
    "types",
    [[], [CHANGE_TYPE_SCHEDULED, CHANGE_TYPE_POSTPONED], [CHANGE_TYPE_RETRACTED]],
    ids=str,
)
def test_changes_are_listed_that_count_as_of_the_moment(
    client: Client, story_of_lists: list[RecordedEvent], size: int, visit_id: str, types: list[Any]
) -> None:
    """Retracted ones included; all changes, those of a visit, those of some types; page by page."""
    visit = f"visits/{visit_id}" if visit_id else ""
    found = 0
    for times in MOMENTS[:: 2 if size > 3 else 7]:
        position = len(STORY) if times["position"] is None else times["position"]
        expected = [
            event
            for event in story_of_lists
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
    some_visits: Client, name: str
) -> None:
    """The mistake took effect in February; that it was one became known in April."""
    some_visits.record(name, scheduled(), effective="2023-01-17")
    some_visits.record(name, postponed(), effective="2023-02-01")
    some_visits.record(name, retracted(2), known="2023-04-02")

    def versions(**times: Any) -> list[int]:
        return [event.event.version for event in changes(some_visits, as_of(**times), visit=name)]

    assert versions(valid_at="2023-02-02") == [1, 2, 3]
    assert versions(valid_at="2023-02-02", known_at="2023-04-01") == [1, 2]
    assert versions(valid_at="2023-01-20", known_at="2023-04-03") == [1, 3]
    assert versions(known_at="2023-01-18") == [1]


def test_the_changes_of_a_visit_are_found_by_its_alias(some_visits: Client, name: str) -> None:
    some_visits.record(name, scheduled(aliases=[f"Alias of {name}"]), effective="2023-01-17")
    some_visits.record(name, postponed(), effective="2023-02-01")

    events = changes(some_visits, as_of(known_at="2023-01-20"), visit=f"visits/alias of {name}")

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
    client: Client, story_of_lists: list[RecordedEvent]
) -> None:
    """From the change's microsecond on."""
    for event in story_of_lists[::3]:
        by_time = AsOf(recorded_at=event.record_time)
        by_position = AsOf(position=event.position)

        assert bytes_of(listed(client, by_time)) == bytes_of(listed(client, by_position))
        assert batch(client, by_time, *IDS) == batch(client, by_position, *IDS)
        assert changes(client, by_time) == story_of_lists[: event.position]


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
