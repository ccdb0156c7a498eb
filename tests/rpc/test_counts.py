"""CountVisits: how many visits there are, in all and by what they have in common."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chancery.v1.values_pb2 import STATUS_SCHEDULED, Host, Principal, Status
from chancery.v1.visit_pb2 import AsOf, Standing
from chancery.v1.visit_service_pb2 import (
    COUNT_BY_HOST_COUNTRY,
    COUNT_BY_PRINCIPAL,
    COUNT_BY_STANDING,
    COUNT_BY_STATUS,
    CountVisitsRequest,
    CountVisitsResponse,
    VisitFilter,
)
from tests.rpc.asking import listed
from tests.rpc.some_visits import FILTERS, VISITS
from tests.support.cases import each
from tests.support.messages import apply, cancelled, change, retracted, scheduled
from tests.support.place import Places
from tests.support.server import Client, Server, refusal

EVERYTHING = [COUNT_BY_STATUS, COUNT_BY_STANDING, COUNT_BY_HOST_COUNTRY, COUNT_BY_PRINCIPAL]


@pytest.fixture(scope="module")
def client(places: Places) -> Iterator[Client]:
    """A client of a server of its own, which has the visits."""
    with places.new() as place, Server(place) as server:
        client = server.client()
        for name, steps in VISITS.items():
            for step, context in steps:
                client.record(f"visits/{name}", step, **context)
        yield client


def counts(client: Client, **fields: Any) -> CountVisitsResponse:
    answer: CountVisitsResponse = client.visits.CountVisits(CountVisitsRequest(**fields))
    return answer


def told(answer: CountVisitsResponse) -> list[dict[str, int]]:
    """The counts of each group; none of them is cut."""
    assert not answer.more
    for group in answer.groups:
        assert not group.more_values
        assert not any(each.more for each in group.counts)
    return [{each.value: each.visit_count for each in group.counts} for group in answer.groups]


VALUES: list[Callable[[Any], str]] = [
    lambda visit: Status.Name(visit.status),
    lambda visit: Standing.Name(visit.standing),
    lambda visit: str(visit.details.host.country),
    lambda visit: str(visit.details.principal.name),
]


@pytest.mark.parametrize("is_now", [True, False])
@pytest.mark.parametrize("query", ["", "talks"])
@each("which", [VisitFilter(), *(which for which, _ in FILTERS)])
def test_the_counts_are_those_of_the_list(
    client: Client, which: VisitFilter, query: str, is_now: bool
) -> None:
    """Whatever is asked for, now and as of another moment."""
    moment = None if is_now else AsOf(position=client.head)
    visits = listed(client, moment, filter=which, query=query)

    answer = counts(client, as_of=moment, filter=which, query=query, count_by=EVERYTHING)

    assert answer.visit_count == len(visits)
    assert told(answer) == [dict(Counter(map(value, visits))) for value in VALUES]
    assert answer.view_position == client.head


def test_the_largest_number_comes_first_and_the_groups_as_they_were_asked(client: Client) -> None:
    answer = counts(client, count_by=[COUNT_BY_HOST_COUNTRY, COUNT_BY_STATUS])

    assert [group.count_by for group in answer.groups] == [COUNT_BY_HOST_COUNTRY, COUNT_BY_STATUS]
    for group in answer.groups:
        numbers = [each.visit_count for each in group.counts]
        assert numbers == sorted(numbers, reverse=True)
    assert not counts(client).groups


@pytest.fixture(scope="module")
def crowd(places: Places) -> Iterator[Client]:
    """A client of a server with more visits than are counted, of 60 principals."""
    with places.new() as place, Server(place) as server:
        client = server.client()
        for begin in range(0, 1200, 100):
            client.desk.ApplyChanges(apply(*map(_of_crowd, range(begin, begin + 100))))
        yield client


def _of_crowd(number: int) -> Any:
    who = Principal(name=f"Person {number % 60}" if number >= 1100 else "Most of them")
    where = Host(organisation="NATO") if number % 2 else Host(country="CN")
    return change(f"visits/of-{number}", scheduled(principal=who, host=where))


@pytest.mark.parametrize("is_now", [True, False])
def test_a_number_is_exact_up_to_a_thousand(crowd: Client, is_now: bool) -> None:
    """Beyond that, it is said that there are more; of the values there are fifty."""
    moment = None if is_now else AsOf(position=crowd.head)
    answer = counts(crowd, as_of=moment, count_by=[COUNT_BY_PRINCIPAL, COUNT_BY_HOST_COUNTRY])

    assert (answer.visit_count, answer.more) == (1000, True)
    principals, hosts = answer.groups
    most, *others = principals.counts
    assert (most.value, most.visit_count, most.more) == ("Most of them", 1000, True)
    assert len(others) == 49
    assert principals.more_values
    assert {(each.value, each.visit_count, each.more) for each in hosts.counts} == {
        ("", 600, False),
        ("CN", 600, False),
    }


def test_a_withdrawn_visit_is_not_counted(client: Client) -> None:
    before = counts(client).visit_count
    client.record("visits/counted", scheduled())
    assert counts(client).visit_count == before + 1

    client.record("visits/counted", cancelled())
    scheduled_ones = VisitFilter(statuses=[STATUS_SCHEDULED])
    assert counts(client, filter=scheduled_ones).visit_count == len(
        listed(client, None, filter=scheduled_ones)
    )
    client.record("visits/counted", retracted(1))

    assert counts(client).visit_count == before


@pytest.mark.parametrize("by", [[0], [99], [-1], [1, 2, 1], [1] * 5])
def test_what_visits_are_not_counted_by_is_refused(client: Client, by: list[Any]) -> None:
    answer = refusal(client.visits.CountVisits, CountVisitsRequest(count_by=by))

    (field,) = answer.fields
    assert field.startswith("count_by")
