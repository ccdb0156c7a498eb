"""A visit as linked data, expanded by pyld with a context of schema.org's manner."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from chancery.client import Visit
from chancery.v1 import values_pb2 as values
from service.exchange import jsonld as ours
from service.exchange.names import NAMESPACE
from tests.exchange import some
from tests.exchange.readers import SCHEMA, by_pyld
from tests.support import messages
from tests.support.examples import examples
from tests.support.messages import window


def told(**fields: Any) -> dict[str, Any]:
    """A visit as JSON tells it."""
    found: dict[str, Any] = json.loads(ours.event(some.visit(**fields), some.ORIGIN, some.page))
    return found


def expanded(text: str) -> dict[str, Any]:
    """What a reader understands: no term is left out, and each is an address."""
    (node,) = by_pyld(json.loads(text))
    return dict(node)


def test_a_visit_is_an_event_of_schema_org() -> None:
    details = messages.details(
        purpose="Talks",
        trip="asia-2023",
        host=values.Host(
            country="CN", counterparts=[values.Counterpart(name="Qin Gang", office="Minister")]
        ),
    )
    event = told(details=details, window=window("2023-02-05", "2023-02-06"))
    assert event["@type"] == "Event"
    assert event["url"] == event["@id"] == "https://board.example/visits/blinken-beijing"
    assert event["identifier"] == f"blinken-beijing@{some.LOG}"
    assert (event["name"], event["description"]) == ("The secretary of state to Beijing", "Talks")
    assert (event["startDate"], event["endDate"]) == ("2023-02-05", "2023-02-06")
    assert event["location"]["address"]["addressCountry"] == "CN"
    assert (event["location"]["name"], event["attendee"]["name"]) == ("Beijing", "Antony Blinken")
    assert event["attendee"]["affiliation"]["name"] == "US"
    assert event["organizer"]["name"] == "CN"
    assert event["organizer"]["member"]["jobTitle"] == "Minister"
    assert event["superEvent"] == {"@type": "Event", "name": "asia-2023"}


@pytest.mark.parametrize(
    ("status", "mapped"),
    [
        ("SCHEDULED", "EventScheduled"),
        ("POSTPONED", "EventPostponed"),
        ("WHEN_CONDITIONS_ALLOW", "EventPostponed"),
        ("RESCHEDULED", "EventRescheduled"),
        ("COMPLETED", "EventScheduled"),
        ("CANCELLED", "EventCancelled"),
    ],
)
def test_our_status_stands_beside_the_mapped_one(status: str, mapped: str) -> None:
    event = told(status=values.Status.Value(f"STATUS_{status}"))
    assert event["eventStatus"] == f"https://schema.org/{mapped}"
    assert event["visitStatus"] == status.lower().replace("_", " ")


def test_a_rescheduled_visit_has_its_former_first_days_beside_the_new_one() -> None:
    event = told(
        status=values.STATUS_RESCHEDULED,
        window=window("2023-06-18", "2023-06-19"),
        previous_windows=[
            some.previous(window("2023-01-01"), "MADE_EXACT"),
            some.previous(window("2023-02-05"), "PUT_OFF"),
        ],
    )
    assert (event["startDate"], event["previousStartDate"]) == ("2023-06-18", "2023-02-05")


def test_a_postponed_visit_has_only_its_former_first_day() -> None:
    event = told(status=values.STATUS_POSTPONED, previous_windows=[some.previous(window())])
    assert event["previousStartDate"] == "2023-02-05"
    assert "startDate" not in event


def test_our_own_terms_are_told_apart_from_those_of_schema_org() -> None:
    text = ours.event(
        some.visit(conditions=[some.condition("when conditions allow")], known_period="2023-01"),
        some.ORIGIN,
        some.page,
    )
    event = expanded(text)
    assert event[f"{NAMESPACE}visitStatus"] == [{"@value": "scheduled"}]
    assert event[f"{NAMESPACE}condition"] == [{"@value": "when conditions allow"}]
    assert event[f"{NAMESPACE}knownTime"] == [{"@value": "2023-01"}]
    assert event[f"{SCHEMA}eventStatus"] == [{"@id": "https://schema.org/EventScheduled"}]


@given(some.visits())
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_visit_can_stand_in_a_page_and_is_read_as_it_was_written(visit: Visit) -> None:
    text = ours.event(visit, some.ORIGIN, some.page)
    assert "<" not in text
    assert json.loads(text) == ours.node(visit, some.ORIGIN, some.page)
    event = expanded(text)
    named = event.get(f"{SCHEMA}name", [{"@value": ""}])
    assert named == [{"@value": visit.title}]
    assert event[f"{NAMESPACE}visitStanding"] == [{"@value": visit.standing}]


def test_a_list_is_one_document_of_the_same_events() -> None:
    visits = [some.visit(), some.visit(name="visits/other")]
    nodes = [ours.listed(visit, some.ORIGIN, some.page) for visit in visits]
    listed = by_pyld(json.loads(ours.HEAD + ours.BETWEEN.join(nodes) + ours.TAIL))
    single = [expanded(ours.event(visit, some.ORIGIN, some.page)) for visit in visits]
    assert listed == single
