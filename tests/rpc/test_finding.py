"""Finding visits by their days, names, countries and relations, now and as of the past."""

from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest

from chancery.v1.values_pb2 import (
    RELATION_RETURN_VISIT,
    RELATION_SUPERSEDES,
    SIDE_HOST,
    SIDE_PRESS,
    STATEMENT_KIND_ARRIVED,
    STATEMENT_KIND_DENY,
    STATEMENT_KIND_DEPARTED,
    STATEMENT_KIND_REPORT,
    Host,
    Place,
    Principal,
    RelatedVisit,
    Window,
)
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import (
    DAY_KIND_CLAIMED,
    DAY_KIND_FORMER,
    DAY_KIND_HELD,
    DAY_KIND_PLANNED,
    CountVisitsRequest,
    VisitFilter,
)
from tests.rpc.asking import listed
from tests.support.cases import each
from tests.support.messages import (
    amended,
    as_of,
    completed,
    date,
    days_in,
    postponed,
    retracted,
    scheduled,
    stated,
    window,
)
from tests.support.place import Places
from tests.support.server import Client, Server

ALL_KINDS = [DAY_KIND_PLANNED, DAY_KIND_HELD, DAY_KIND_FORMER, DAY_KIND_CLAIMED]
XI: dict[str, Any] = {
    "principal": Principal(
        name="Xi Jinping", country="CN", other_names=["习近平", "Si Ťin-pching"]
    ),
    "host": Host(country="FR"),
    "destinations": [Place(city="Paris", country="FR"), Place(city="Geneva", country="CH")],
    "trip": "Spring tour",
    "purpose": "Sixty years of relations",
}
JUNE, AUTUMN = window("2023-06-01", "2023-06-02"), window("2023-09-01", "2023-11-30")

STORIES: dict[str, list[Any]] = {
    "moved": [scheduled(JUNE), completed(window("2023-06-10", "2023-06-11"))],
    "put-off": [
        scheduled(
            window("2023-03-01"),
            related=[RelatedVisit(name="visits/tour", relation=RELATION_SUPERSEDES)],
        ),
        postponed(),
        stated(STATEMENT_KIND_REPORT, SIDE_PRESS, claimed_window=AUTUMN),
    ],
    "made-exact": [
        scheduled(window("2023-08-01", "2023-08-31", approximate=True)),
        amended(planned=window("2023-08-20")),
    ],
    "tour": [scheduled(window("2023-05-05", "2023-05-10"), aliases=["The Tour"], **XI)],
    "no-end": [scheduled(Window(start=date("2024-06-01"), as_stated="in June or later"))],
    "no-start": [scheduled(Window(end=date("2022-12-31"), as_stated="by the end of the year"))],
    "phrase": [scheduled(Window(as_stated="after the election"))],
    "there": [
        scheduled(window("2023-07-01", "2023-07-03")),
        stated(STATEMENT_KIND_ARRIVED, SIDE_PRESS),
    ],
    "back": [
        scheduled(window("2023-07-01", "2023-07-03")),
        stated(STATEMENT_KIND_ARRIVED, SIDE_HOST),
        stated(STATEMENT_KIND_DEPARTED, SIDE_PRESS),
    ],
    "erased": [scheduled(JUNE), retracted(1)],
}


@pytest.fixture(scope="module")
def visits(places: Places) -> Iterator[Client]:
    """A server that has the visits of these tests."""
    with places.new() as place, Server(place) as server:
        client = server.client()
        for visit_id, story in STORIES.items():
            for step in story:
                client.record(f"visits/{visit_id}", step)
        yield client


def found(client: Client, moment: AsOf | None = None, **request: Any) -> list[str]:
    return [visit.name.removeprefix("visits/") for visit in listed(client, moment, **request)]


@pytest.fixture(params=["now", "as of now", "counted"])
def find(visits: Client, request: pytest.FixtureRequest) -> Callable[..., list[str]]:
    """Finds visits as they are, by folding them as of now, or counts them as well."""

    def find(**filter: Any) -> list[str]:
        asked = VisitFilter(**filter)
        names = found(visits, AsOf() if request.param == "as of now" else None, filter=asked)
        if request.param == "counted":
            for moment in (None, AsOf()):
                counted = visits.visits.CountVisits(CountVisitsRequest(as_of=moment, filter=asked))
                assert counted.visit_count == len(names)
        return names

    return find


# Days


@each(
    ("first", "last", "kinds", "expected"),
    [
        ("2023-06-10", "2023-06-11", [], {"moved"}),
        ("2023-06-01", "2023-06-01", [], {"moved"}),
        ("2023-06-01", "2023-06-01", [DAY_KIND_HELD], set()),
        ("2023-06-01", "2023-06-09", [DAY_KIND_HELD], set()),
        ("2023-06-10", "2023-06-11", [DAY_KIND_PLANNED], set()),
        ("2023-06-11", "2023-06-30", [DAY_KIND_HELD], {"moved"}),
        ("2023-03-01", "2023-03-01", [], set()),
        ("2023-03-01", "2023-03-01", [DAY_KIND_FORMER], {"put-off"}),
        ("2023-10-10", "2023-10-10", [], set()),
        ("2023-10-10", "2023-10-10", [DAY_KIND_CLAIMED], {"put-off"}),
        ("2023-03-01", "2023-06-30", ALL_KINDS, {"put-off", "moved", "tour"}),
        ("2023-08-10", "2023-08-10", ALL_KINDS, set()),
        ("2023-08-20", "2023-08-20", ALL_KINDS, {"made-exact"}),
        ("2099-01-01", "2099-01-31", [], {"no-end"}),
        ("2024-05-31", "2024-05-31", [], set()),
        ("1950-01-01", "1950-12-31", [], {"no-start"}),
        ("2023-01-01", "2023-01-01", [], set()),
        ("2023-08-20", "", [], {"made-exact", "no-end"}),
        ("", "2023-05-05", [], {"no-start", "tour"}),
        ("0001-01-01", "9999-12-31", ALL_KINDS, set(STORIES) - {"phrase", "erased"}),
    ],
)
def test_a_question_about_days_names_what_it_asks_of(
    find: Callable[..., list[str]], first: str, last: str, kinds: list[int], expected: set[str]
) -> None:
    """By default of what is planned and what was held. A phrase alone has no days."""
    assert find(days=days_in(first, last, *kinds)) == sorted(expected)


# Names and countries


@pytest.mark.parametrize("name", ["XI JINPING", "xi jin-ping", "习近平", "Si Tin-pching"])
def test_a_principal_is_found_by_each_name_in_full(
    find: Callable[..., list[str]], name: str
) -> None:
    assert find(principal=name) == ["tour"]
    assert find(principal=name[:2]) == []


@pytest.mark.parametrize(("country", "expected"), [("FR", ["tour"]), ("CH", ["tour"]), ("US", [])])
def test_a_visit_is_found_by_the_country_of_any_destination(
    find: Callable[..., list[str]], country: str, expected: list[str]
) -> None:
    assert find(destination_country=country) == expected


def test_a_trip_is_found_however_it_is_typed(find: Callable[..., list[str]]) -> None:
    assert find(trip="spring TOUR") == ["tour"]
    assert find(trip="spring") == []


@pytest.mark.parametrize("query", ["sixty years", "si tin", "习近平", "近平 relations"])
def test_words_of_the_purpose_and_of_other_names_are_found(visits: Client, query: str) -> None:
    for moment in (None, AsOf()):
        assert found(visits, moment, query=query) == ["tour"]


# Relations


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("visits/tour", ["put-off"]),
        ("visits/the tour", ["put-off"]),
        ("visits/put-off", ["tour"]),
        ("visits/moved", []),
    ],
)
def test_a_relation_is_found_from_both_ends(
    find: Callable[..., list[str]], name: str, expected: list[str]
) -> None:
    """By the visit that names it and by the one that is named, or an alias."""
    assert find(related_to=name) == expected


@pytest.mark.parametrize("moment", [None, AsOf()], ids=["now", "as of now"])
def test_relations_of_an_unknown_visit_are_not_found(visits: Client, moment: AsOf | None) -> None:
    """The answer names what was asked for."""
    with pytest.raises(grpc.RpcError) as told:
        listed(visits, moment, filter=VisitFilter(related_to="visits/nobody"))
    assert told.value.code() == grpc.StatusCode.NOT_FOUND


def test_a_relation_is_that_of_then(own_server: Server) -> None:
    """Added later, it was not there before; taken away, it is there no more."""
    client = own_server.client()
    for name in ("here", "there", "elsewhere"):
        client.record(f"visits/{name}", scheduled())
    for other in ("there", "elsewhere"):
        related = RelatedVisit(name=f"visits/{other}", relation=RELATION_RETURN_VISIT)
        client.record("visits/here", amended(related=[related]))
    for name, by_position in {
        "here": {3: [], 4: ["there"], 5: ["elsewhere"]},
        "there": {3: [], 4: ["here"], 5: []},
        "elsewhere": {3: [], 4: [], 5: ["here"]},
    }.items():
        filter = VisitFilter(related_to=f"visits/{name}")
        for position, expected in by_position.items():
            assert found(client, as_of(position=position), filter=filter) == expected
        assert found(client, filter=filter) == by_position[5]


# What is going on


def test_a_visit_is_under_way_from_the_arrival_to_the_departure(
    find: Callable[..., list[str]],
) -> None:
    assert find(under_way=True) == ["there"]


def test_several_criteria_all_count(find: Callable[..., list[str]]) -> None:
    days = days_in("2023-05-01", "2023-05-31")
    assert find(days=days, destination_country="CH", principal="习近平") == ["tour"]
    assert find(days=days, destination_country="CH", under_way=True) == []


# Last heard of


def test_a_late_word_about_the_past_is_not_heard_today(own_server: Server) -> None:
    """What was entered today and known in March was heard in March; of entries the record tells."""
    client = own_server.client()
    client.record("visits/quiet", scheduled(), effective="2023-01-05")
    client.record("visits/quiet", amended(purpose="Talks"), effective="2023-02-01 12:00")
    client.record("visits/loud", scheduled(), effective="2023-01-05")
    client.record("visits/loud", stated(STATEMENT_KIND_DENY), effective="2023-03-01 12:00")
    client.record("visits/early", scheduled(), effective="1961-06-03 12:00")
    since = as_of(known_at="2023-02-15").known_at
    assert found(client, filter=VisitFilter(quiet_since=since)) == ["early", "quiet"]
    assert found(client, filter=VisitFilter(heard_since=since)) == ["loud"]
    assert found(client, filter=VisitFilter(updated_since=since)) == ["early", "loud", "quiet"]
    for size in (1, 2, 50):
        heard = found(client, order_by="last_heard_time", page_size=size)
        assert heard == ["early", "quiet", "loud"]
        heard = found(client, order_by="last_heard_time desc", page_size=size)
        assert heard == ["loud", "quiet", "early"]


def test_visits_are_ordered_by_the_days_on_which_they_were_held(own_server: Server) -> None:
    """Those that were not come last, in either direction."""
    client = own_server.client()
    for name, first in {"a": "2023-02-03", "b": "2023-02-01", "c": "2023-02-02"}.items():
        client.record(f"visits/{name}", scheduled())
        client.record(f"visits/{name}", completed(window(first, "2023-02-04")))
    client.record("visits/d", scheduled())
    for size in (1, 3, 4):
        held = found(client, order_by="held_window.start", page_size=size)
        assert held == ["b", "c", "a", "d"]
        held = found(client, order_by="held_window.start desc", page_size=size)
        assert held == ["a", "c", "b", "d"]
