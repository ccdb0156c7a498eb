"""All of the secretaries' travels, to the unit, where CHANCERY_DATA has them."""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from service.exchange.records import stays, visits
from service.exchange.records.visits import Told
from tests.exchange.records.record import whole
from tests.model.stories import data


@pytest.fixture(scope="module")
def told() -> list[Told]:
    """The visits of the record."""
    read = whole()
    found, left_out = stays.stays(read.legs)
    result, merged = visits.told(found)
    assert not read.left_out
    assert not left_out
    assert (len(read.legs), len(result), len(merged)) == (3439, 3421, 18)
    return result


def test_each_secretary_has_the_totals_that_are_expected(told: list[Told]) -> None:
    people: dict[str, list[Told]] = {}
    for each in told:
        people.setdefault(each.id.partition("-")[0], []).append(each)
    with data("historyatstate/expected.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            own = people.pop(row["key"])
            ordered = sorted(own, key=lambda each: (each.first, each.id))
            assert row == {
                "key": row["key"],
                "records": str(sum(len(each.legs) for each in own)),
                "visits": str(len(own)),
                "trips": str(len({each.trip for each in own})),
                "hosts": str(len({each.host.country for each in own})),
                "days": str(len({day for each in own for day in days(each)})),
                "first_visit": ordered[0].id,
                "last_visit": ordered[-1].id,
            }
    assert not people


def days(visit: Told) -> Iterator[date]:
    """The days of a visit."""
    for number in range((visit.last - visit.first).days + 1):
        yield visit.first + timedelta(number)


def test_the_record_has_the_totals_that_are_expected(told: list[Told]) -> None:
    assert len({each.trip for each in told}) == 1072
    hosts = Counter(each.host.country for each in told)
    assert len(hosts) == 172
    most = {"GB": 214, "FR": 193, "IL": 170, "BE": 143, "DE": 129, "EG": 126}
    assert hosts.items() >= {**most, "CN": 53, "RU": 44, "SU": 34}.items()
    assert Counter(each.kind for each in told) == {
        None: 3266, "summit": 54, "transit": 47, "official": 31, "private": 21, "working": 2
    }  # fmt: skip
    assert [sum(each.last.year <= year for each in told) for year in (1900, 1950, 2000)] == [
        4,
        127,
        1893,
    ]


@pytest.mark.parametrize(
    ("name", "number"), [("Kyiv", 24), ("Kiev", 13), ("Beijing", 49), ("Moscow", 63)]
)
def test_a_city_is_found_by_each_of_its_names(told: list[Told], name: str, number: int) -> None:
    found = [
        each
        for each in told
        if any(name in (place.city, *place.other_names) for place in each.destinations)
    ]
    assert len(found) == number


def test_a_name_that_is_counted_in_public_is_reached(told: list[Told]) -> None:
    """Christopher 34 times in Israel, Rice 25 times, six secretaries 90 times."""
    own = Counter(each.id.partition("-")[0] for each in told if each.host.country == "IL")
    assert (own["christopher"], own["rice"]) == (34, 25)
