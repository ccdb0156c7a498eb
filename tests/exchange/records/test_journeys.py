"""From legs to journeys and stays: what is one visit, and what is one trip."""

import pytest

from tests.exchange.records.record import ids, told, trip


def trips(*records: str) -> list[str]:
    return [each.trip for each in told(*records)]


def test_legs_that_go_on_from_each_other_are_one_trip() -> None:
    found = told(
        trip(1, "2023-06-17/2023-06-19", "China", "Beijing"),
        trip(2, "2023-06-20/2023-06-22", "United Kingdom", "London"),
    )
    assert ids(found) == ["blinken-cn-2023-06-17", "blinken-gb-2023-06-20"]
    assert {each.trip for each in found} == {"blinken-2023-06-17"}


def test_two_days_at_home_begin_another_trip() -> None:
    assert trips(trip(1, "2023-06-01", "Norway"), trip(2, "2023-06-03", "Sweden")) == [
        "blinken-2023-06-01",
        "blinken-2023-06-03",
    ]


def test_before_1948_one_went_by_sea() -> None:
    """Then twelve days from one place to the next are no return."""
    assert len(set(trips(trip(1, "1912-03-01", "Cuba"), trip(2, "1912-03-13", "Panama")))) == 1
    assert len(set(trips(trip(1, "1912-03-01", "Cuba"), trip(2, "1912-03-14", "Panama")))) == 2
    assert len(set(trips(trip(1, "1948-03-01", "Cuba"), trip(2, "1948-03-13", "Panama")))) == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "Left U.S. March 9."),
        ("Returned to U.S. March 5.", ""),
        ("A tour; returned March 5.", ""),
    ],
)
def test_where_days_lie_between_the_remarks_tell_of_a_return(before: str, after: str) -> None:
    assert (
        len(
            set(
                trips(
                    trip(1, "1912-03-01", "Cuba", "", before),
                    trip(2, "1912-03-13", "Panama", "", after),
                )
            )
        )
        == 2
    )


def test_a_place_after_another_in_the_same_country_is_the_same_visit() -> None:
    (visit,) = told(
        trip(1, "2023-06-17/2023-06-18", "China", "Shanghai", "Met with the mayor."),
        trip(2, "2023-06-19/2023-06-20", "China", "Beijing", "Met with the minister."),
    )
    assert [place.city for place in visit.destinations] == ["Shanghai", "Beijing"]
    assert visit.purpose == "Met with the mayor. Met with the minister."
    assert (str(visit.first), str(visit.last)) == ("2023-06-17", "2023-06-20")
    assert len(visit.basis) == 2


def test_a_return_after_another_country_is_another_visit_of_the_trip() -> None:
    found = told(
        trip(1, "2023-01-29/2023-01-30", "Egypt", "Cairo"),
        trip(2, "2023-01-30/2023-01-31", "Israel", "Jerusalem"),
        trip(3, "2023-02-01", "Egypt", "Cairo"),
    )
    assert ids(found) == [
        "blinken-eg-2023-01-29",
        "blinken-il-2023-01-30",
        "blinken-eg-2023-02-01",
    ]
    assert {each.trip for each in found} == {"blinken-2023-01-29"}


def test_days_within_a_stay_belong_to_it_whatever_lies_between() -> None:
    found = told(
        trip(1, "2023-01-29/2023-02-02", "Egypt", "Cairo"),
        trip(2, "2023-01-30", "Israel", "Jerusalem"),
        trip(3, "2023-02-01", "Egypt", "Alexandria"),
    )
    assert ids(found) == ["blinken-eg-2023-01-29", "blinken-il-2023-01-30"]


def test_a_record_that_stands_twice_is_one_visit_and_says_its_purpose_once() -> None:
    (visit,) = told(*(trip(n, "2023-06-17", "China", "Beijing", "Met.") for n in (1, 2)))
    assert visit.purpose == "Met."


def test_a_second_visit_that_day_has_a_number_behind_its_id() -> None:
    found = told(
        trip(1, "2023-01-29", "Israel"),
        trip(2, "2023-01-29", "Jordan"),
        trip(3, "2023-01-29", "Israel"),
    )
    assert ids(found) == [
        "blinken-il-2023-01-29",
        "blinken-jo-2023-01-29",
        "blinken-il-2023-01-29-2",
    ]
