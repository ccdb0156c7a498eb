"""What a visit of the record says: who, to whom, where that is today, of which kind."""

from datetime import date

import pytest

from chancery.client import Basis, Host, Place, Principal, Window
from service.exchange.records import stays, visits
from tests.exchange.records.record import ids, told, travels, trip, visit, xml

DULLES = ("dulles-john-foster", "John Foster Dulles")


def test_a_visit_says_what_its_records_say() -> None:
    (found,) = told(
        trip(4102, "2023-06-17/2023-06-19", "China", "Beijing", "Met with the President.")
    )
    assert found.id == "blinken-cn-2023-06-17"
    assert found.title == "Antony Blinken to China, June 2023"
    assert found.principal == Principal(
        "Antony Blinken", "Secretary of State", "US", other_names=("Antony John Blinken",)
    )
    assert found.host == Host("CN")
    assert found.destinations == (Place("Beijing", "CN"),)
    assert (found.kind, found.purpose) == (None, "Met with the President.")
    assert found.held_window == Window(date(2023, 6, 17), date(2023, 6, 19))
    assert found.basis == (
        Basis(
            "guest",
            "official record",
            speaker="Office of the Historian, U.S. Department of State",
            url="https://history.state.gov/departmenthistory/travels/secretary/blinken-antony-j",
            published=date(2023, 7, 3),
            quote="4102: China, Beijing, 2023-06-17 to 2023-06-19",
        ),
    )


def test_a_change_is_known_on_the_last_day_and_has_an_id_of_itself() -> None:
    first, again, other = (
        visits.disclosed(told(trip(1, "2023-06-17/2023-06-19", "China", place))[0])
        for place in ("Beijing", "Beijing", "Shanghai")
    )
    assert first.context.known_period == first.context.effective_period == "2023-06-19"
    assert first.context.request_id.startswith("content:historyatstate/blinken-cn-2023-06-17/")
    assert first == again
    assert first.context.request_id != other.context.request_id


@pytest.mark.parametrize(
    ("day", "country", "id", "place", "host", "where"),
    [
        # Who received is the state of that time; the place lies where it lies today.
        ("1972-05-29", "U.S.S.R.", "russia", "Kiev", "su", Place("Kyiv", "UA", ("Kiev",))),
        ("1972-05-22", "U.S.S.R.", "russia", "Moscow", "su", Place("Moscow", "RU")),
        ("1992-01-27", "U.S.S.R.", "russia", "Moscow", "ru", Place("Moscow", "RU")),
        ("1955-11-06", "Yugoslavia", "yugoslavia", "Nis", "yu", Place("Nis", "RS")),
        ("1990-02-05", "Czechoslovakia", "czechoslovakia", "Brno", "cs", Place("Brno", "CZ")),
        ("1955-02-26", "Burma", "burma", "Rangoon", "mm", Place("Yangon", "MM", ("Rangoon",))),
        # A dependency counts apart.
        ("1987-02-28", "United Kingdom", "united-kingdom", "Hong Kong", "hk",
         Place("Hong Kong", "HK")),
        ("1997-07-01", "China", "china", "Hong Kong", "cn", Place("Hong Kong", "HK")),
        ("2021-05-20", "Denmark (Greenland)", "denmark", "Nuuk", "gl", Place("Nuuk", "GL")),
        # A name may have a comma, and a region behind it.
        ("1992-08-06", "Mexico", "mexico", "Mexico, D.F.", "mx",
         Place("Mexico City", "MX", ("Mexico, D.F.",))),
        ("1960-01-10", "Canada", "canada", "Banff (Alberta)", "ca", Place("Banff", "CA")),
        # No place is told.
        ("2000-05-01", "France", "france", "", "fr", Place("", "FR")),
        ("2021-06-28", "Vatican City", "holy-see", "", "va", Place("Vatican City", "VA")),
        # A country that the table does not have by that name.
        ("2000-05-01", "Kingdom of Saudi Arabia", "saudi-arabia", "Riyadh", "sa",
         Place("Riyadh", "SA")),
        ("2000-05-01", "St. Vincent & the Grenadines", "nowhere", "", "vc", Place("", "VC")),
        ("2000-05-01", "Bhutan (Kingdom)", "nowhere", "Thimphu", "bt", Place("Thimphu", "BT")),
    ],
)  # fmt: skip
def test_the_host_received_then_and_the_place_lies_where_it_does_today(
    day: str, country: str, id: str, place: str, host: str, where: Place
) -> None:
    (found,) = told(trip(1, day, country, place, id=id, who=DULLES))
    assert found.id == f"dulles-{host}-{day}"
    assert found.destinations == (where,)


def test_hong_kong_is_no_part_of_a_stay_in_london() -> None:
    found = told(
        trip(1, "1987-02-28", "United Kingdom", "London"),
        trip(2, "1987-03-01", "United Kingdom", "Hong Kong"),
    )
    assert ids(found) == ["blinken-gb-1987-02-28", "blinken-hk-1987-03-01"]
    assert [each.host for each in found] == [Host("GB"), Host("GB")]
    assert found[1].title == "Antony Blinken to Hong Kong, March 1987"


def test_the_palestinian_authority_received_in_ramallah() -> None:
    (found,) = told(trip(1, "2023-01-31", "West Bank", "Ramallah", id="west-bank"))
    assert found.host == Host("PS", "Palestinian Authority")


def test_a_country_that_nobody_knows_is_left_out_and_named() -> None:
    nowhere = trip(8, "2023-01-31", "", "Strelsau")
    read = travels(xml(trip(9, "2023-01-31", "Ruritania", "Strelsau"), nowhere))
    found, left_out = stays.stays(read.legs)
    assert not found
    assert left_out == [
        ("1.xml", "9", "country 'Ruritania' ('ruritania') is unknown"),
        ("1.xml", "8", "it names no country"),
    ]


@pytest.mark.parametrize(
    ("remarks", "kind"),
    [
        ("Official working visit.", "official working"),
        ("State visit with the President.", "state"),
        ("Working visit.", "working"),
        ("Vacation.", "private"),
        ("Personal and private visit.", "private"),
        ("Personal representative of the President at a wedding.", None),
        ("Met with old friends during a private visit.", "private"),
        ("Stopped en route to Geneva.", "transit"),
        ("Spoke with the press at a refueling stop.", "transit"),
        ("Attended the NATO Summit Meeting.", "summit"),
        ("Met with the Prime Minister before the summit.", None),
    ],
)
def test_the_kind_is_what_the_remarks_say(remarks: str, kind: str | None) -> None:
    assert told(trip(1, "2023-06-17", "Italy", "Rome", remarks))[0].kind == kind


def test_a_visit_is_a_transit_only_if_all_of_its_legs_are() -> None:
    stop = trip(1, "2023-06-17", "Italy", "Rome", "Stopped en route to Cairo.")
    more = trip(2, "2023-06-18", "Italy", "Naples", "Met with the admiral.")
    assert told(stop)[0].kind == "transit"
    assert told(stop, more)[0].kind is None


def test_a_president_travels_in_the_office_of_that_time() -> None:
    who = ("hoover-herbert-c", "Herbert C. Hoover")
    found = told(
        trip(1, "1928-11-26", "Honduras", "Amapala", "[Visit made as President-elect.]",
             who=who, role="president"),
        trip(2, "1931-01-02", "Mexico", "Nogales", who=who, role="president"),
    )  # fmt: skip
    assert ids(found) == ["hoover-hn-1928-11-26", "hoover-mx-1931-01-02"]
    offices = [(each.principal.name, each.principal.office) for each in found]
    assert offices == [
        ("Herbert C. Hoover", "President-elect"),
        ("Herbert C. Hoover", "President"),
    ]
    assert found[1].basis[0].url.endswith("/travels/president/hoover-herbert-c")


def test_a_leader_who_visits_the_united_states_is_the_principal() -> None:
    (found,) = told(
        visit(2991, "2020-01-07", "Prime Minister Kyriakos Mitsotakis", "Greece",
              "Official Working Visit.")
    )  # fmt: skip
    assert found.id == "gr-kyriakos-mitsotakis-us-2020-01-07"
    assert found.title == "Kyriakos Mitsotakis to the United States, January 2020"
    assert found.principal == Principal("Kyriakos Mitsotakis", "Prime Minister", "GR")
    assert (found.host, found.trip) == (Host("US"), "")
    assert (found.kind, found.basis[0].side) == ("official working", "host")
    assert found.basis[0].url == "https://history.state.gov/departmenthistory/visits/greece"


@pytest.mark.parametrize(
    ("visitor", "office", "name"),
    [
        ("King Kalakaua", "King", "Kalakaua"),
        ("President-elect Ana Lima", "President-elect", "Ana Lima"),
        ("Crown Prince and Prime Minister Salman", "Crown Prince and Prime Minister", "Salman"),
        ("Vice President Ana Lima", "Vice President", "Ana Lima"),
        ("Ana Prince", "", "Ana Prince"),
        ("Kingsley Amis", "", "Kingsley Amis"),
    ],
)
def test_a_title_that_leads_a_name_is_the_office(visitor: str, office: str, name: str) -> None:
    (found,) = told(visit(1, "2020-01-07", visitor, "Tonga"))
    assert (found.principal.office, found.principal.name) == (office, name)


def test_a_meeting_beside_the_general_assembly_is_a_summit_margin() -> None:
    (found,) = told(
        visit(1, "2020-09-20", "King Ana", "Tonga",
              "Met with President Doe during the United Nations General Assembly.")
    )  # fmt: skip
    assert found.kind == "summit margin"


def test_an_id_has_room_for_a_long_name() -> None:
    (found,) = told(visit(1, "2020-09-20", f"King {'Anastasia ' * 12}", "Tonga"))
    assert len(found.id) <= 60
    assert found.id.endswith("-us-2020-09-20")


def test_a_visitor_whose_name_has_no_letters_has_an_id_all_the_same() -> None:
    (found,) = told(visit(1, "2020-09-20", "!!!", "Tonga"))
    assert found.id == "to-us-2020-09-20"
