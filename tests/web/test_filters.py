"""The parameters of an address: what they ask for, and how bad ones are told."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.datastructures import QueryParams

from chancery.client import questions
from chancery.client.keywords import Which, WhichChanges
from service.web import filters
from service.web.filters import BadAddress


def problems_of(read: Callable[[QueryParams], Any], address: str) -> dict[str, str]:
    """What is wrong with an address, by the names of its parameters."""
    with pytest.raises(BadAddress) as caught:
        read(QueryParams(address))
    for name, text in caught.value.problems.items():
        assert f"{name}: {text}" in str(caught.value)
    return caught.value.problems


def test_an_address_asks_for_what_its_parameters_say() -> None:
    asked = filters.read(
        QueryParams(
            "q=charles+france&status=when-conditions-allow&status=postponed&standing=official"
            "&host=france&from=2023-02&to=2023&days=former&overdue=1&sort=-last_heard_time"
        )
    )
    assert (asked.query, asked.order_by) == ("charles france", "last_heard_time desc")
    assert asked.which == {
        "statuses": ["when conditions allow", "postponed"],
        "standings": ["official"],
        "host_country": "FR",
        "days": ("2023-02", "2023"),
        "day_kinds": ["former"],
        "overdue": True,
    }


def test_days_and_times_are_read_as_people_write_them() -> None:
    asked = filters.read(QueryParams("from=1+Dec+2026&to=31.12.2026&heard_since=7+June+2023+14:30"))
    assert asked.which == {
        "days": ("2026-12-01", "2026-12-31"),
        "heard_since": "2023-06-07T14:30:00Z",
    }


def test_an_address_of_changes_asks_for_what_its_parameters_say() -> None:
    asked = filters.read_changes(
        QueryParams("visit=x&type=statement-recorded&from=2023&known_to=2024-02&actor=anna")
    )
    assert asked == {
        "visit": "x",
        "change_types": ["statement recorded"],
        "recorded_from": "2023",
        "known_until": "2024-02",
        "actor": "anna",
    }


def test_what_is_empty_counts_as_not_given() -> None:
    assert filters.read(QueryParams("q=&status=&host=+&from=&to=")) == filters.VisitFilters()


def test_a_value_that_comes_twice_is_asked_for_once() -> None:
    asked = filters.read(QueryParams("status=postponed&status=POSTPONED"))
    assert asked.which == {"statuses": ["postponed"]}


@pytest.mark.parametrize(
    ("address", "name", "allowed"),
    [
        ("colour=red", "colour", "q, status, standing"),
        ("status=gone", "status", "scheduled, postponed, when conditions allow"),
        ("standing=firm", "standing", "reported, official, disputed"),
        ("host=Atlantis", "host", "two letters"),
        ("principal=a&principal=b", "principal", "only once"),
        ("from=soon", "from", "2023-06-07"),
        ("from=2023-02-30", "from", "does not exist"),
        ("from=2024&to=2023", "to", "before from"),
        ("days=planned", "days", "needs days"),
        ("days=all&from=2023", "days", "planned, held, former, claimed"),
        ("overdue=perhaps", "overdue", "1 or true"),
        ("heard_since=2023-06-07T25:30", "heard_since", "2023-06-07"),
        ("sort=colour", "sort", "name, update_time"),
    ],
)
def test_a_parameter_that_says_nothing_is_named_with_what_is_allowed(
    address: str, name: str, allowed: str
) -> None:
    assert allowed in problems_of(filters.read, address)[name]


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert list(problems_of(filters.read, "status=x&colour=red&host=1")) == [
        "status",
        "colour",
        "host",
    ]
    assert list(problems_of(filters.read_changes, "type=x&status=postponed")) == ["type", "status"]


def test_what_is_read_elsewhere_is_passed_over() -> None:
    asked = filters.read(QueryParams("known=2023&valid=2023&recorded=2023&page=2"), {"page"})
    assert asked == filters.VisitFilters()


def test_every_filter_of_the_contract_has_a_parameter() -> None:
    """But for positions, which nobody types, and what looks back."""
    moments = {"known_at", "valid_at", "recorded_at", "position", "min_position"}
    visits = {each.keyword for each in filters.VISITS.values()} - {"query", "order_by"}
    assert visits == {"start", "end"} | set(Which.__annotations__) - {"days"} - moments | {
        "day_kinds"
    } - {"days"}
    changes = {each.keyword for each in filters.CHANGES.values()}
    positions = {"first_position", "last_position", "min_position"}
    assert changes == set(WhichChanges.__annotations__) - positions


def test_what_an_address_asks_for_can_be_asked() -> None:
    every = (
        "q=a&status=postponed&standing=official&principal=p&principal_country=gb&host=fr"
        "&destination=de&trip=t&from=2023&to=2024&days=held&under_way=yes&overdue=1&related=v"
        "&updated_since=2023&heard_since=2023-02&quiet_since=2023-02-03T04:05:06Z&sort=name"
    )
    asked = filters.read(QueryParams(every))
    request = questions.list_visits(asked.query, asked.order_by, **asked.which)
    assert len(request.filter.ListFields()) == len(type(request.filter).DESCRIPTOR.fields)
