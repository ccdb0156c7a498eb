"""Lists of changes with the newest first, and by when they became known."""

from typing import Any

import pytest

from chancery.v1.audit_service_pb2 import ChangeFilter, ListChangesRequest
from chancery.v1.history_service_pb2 import ListEventsRequest
from tests.support.messages import (
    amended,
    apply,
    as_of,
    at,
    bytes_of,
    change,
    postponed,
    rescheduled,
    scheduled,
    stated,
)
from tests.support.server import Client

NAMES = [f"visits/backwards-{number}" for number in range(3)]


@pytest.fixture(scope="module", autouse=True)
def _story(client: Client) -> None:
    """Changes of three visits in turn, known on days that are not in their order."""
    for day, name in enumerate(NAMES, start=1):
        client.record(name, scheduled(), known=f"2023-01-{day:02}")
    for day in range(20, 4, -1):
        name = NAMES[day % 3]
        client.desk.ApplyChanges(
            apply(
                change(name, stated(), known=f"2023-02-{day:02}"),
                change(name, amended(purpose=f"Purpose {day}"), known="2023-03-01 12:00"),
            )
        )
    client.record(NAMES[0], postponed(), known="2023-04-01")
    client.record(NAMES[0], rescheduled(), known="2023-05-01 09:30")


def events(client: Client, page_size: int = 1000, **fields: Any) -> list[Any]:
    """The changes on all pages of ListEvents."""
    request = ListEventsRequest(page_size=page_size, **fields)
    found: list[Any] = []
    while True:
        page = client.history.ListEvents(request)
        assert len(page.events) <= page_size
        found += page.events
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


def changes(client: Client, page_size: int = 1000, **fields: Any) -> list[Any]:
    """The changes on all pages of ListChanges."""
    backwards = fields.pop("backwards", False)
    which = ChangeFilter(**fields)
    request = ListChangesRequest(filter=which, backwards=backwards, page_size=page_size)
    found: list[Any] = []
    while True:
        page = client.audit.ListChanges(request)
        found += page.changes
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


@pytest.mark.parametrize("page_size", [1, 7, 1000])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"visit": NAMES[1]},
        {"change_types": [8, 10]},
        {"as_of": as_of(known_at="2023-02-10")},
        {"as_of": as_of(known_at="2023-02-10"), "visit": NAMES[2]},
        {"as_of": as_of(position=9)},
    ],
    ids=str,
)
def test_events_backwards_are_those_forwards_turned_round(
    client: Client, fields: dict[str, Any], page_size: int
) -> None:
    forwards = events(client, **fields)

    backwards = events(client, page_size, backwards=True, **fields)

    assert len(forwards) > 2
    assert bytes_of(backwards) == bytes_of(forwards[::-1])


@pytest.mark.parametrize("page_size", [1, 7, 1000])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"visit": NAMES[1]},
        {"actor": "unverified:unknown"},
        {"first_position": 4, "last_position": 9},
        {"first_position": 6},
        {"last_position": 6},
        {"known_from": at("2023-02-05"), "known_until": at("2023-02-15")},
        {"visit": NAMES[0], "known_from": at("2023-02-07")},
    ],
    ids=str,
)
def test_changes_backwards_are_those_forwards_turned_round(
    client: Client, fields: dict[str, Any], page_size: int
) -> None:
    """With the same fields changed by each."""
    forwards = changes(client, **fields)

    backwards = changes(client, page_size, backwards=True, **fields)

    assert len(forwards) > 2
    assert bytes_of(backwards) == bytes_of(forwards[::-1])


def test_a_page_backwards_stays_at_the_position_of_the_first(client: Client) -> None:
    """What is recorded meanwhile comes on no page."""
    request = ListChangesRequest(backwards=True, page_size=2)
    first = client.audit.ListChanges(request)
    client.record(NAMES[2], amended(purpose="Meanwhile"))
    request.page_token = first.next_page_token

    second = client.audit.ListChanges(request)

    positions = [each.event.position for each in (*first.changes, *second.changes)]
    assert positions == list(range(first.view_position, first.view_position - 4, -1))
    assert second.view_position == first.view_position


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2023-02-10 23:59:59.999999", "2023-02-12 23:59:59.999999"),
        ("2023-02-10 23:59:59.999999", "2023-02-10 23:59:59.999999"),
        (None, "2023-01-02"),
        ("2023-05-01 09:30", None),
        ("2023-05-01 09:30:00.000001", None),
    ],
)
def test_changes_are_found_by_when_they_became_known(
    client: Client, since: str | None, until: str | None
) -> None:
    """Both ends belong to the range; a day stands at its last instant."""
    everything = changes(client)
    first = at(since).ToMicroseconds() if since else 0
    last = at(until).ToMicroseconds() if until else 2**60
    expected = [each for each in everything if first <= each.known_time.ToMicroseconds() <= last]

    found = changes(
        client,
        3,
        known_from=at(since) if since else None,
        known_until=at(until) if until else None,
    )

    assert bytes_of(found) == bytes_of(expected)
