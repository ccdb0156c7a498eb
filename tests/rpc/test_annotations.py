"""What later changes did to a change: ListEvents and ListChanges tell it beside the change."""

from typing import Any

import pytest

from chancery.v1.audit_service_pb2 import ChangeFilter, ListChangesRequest
from chancery.v1.event_pb2 import EventAnnotation
from chancery.v1.history_service_pb2 import ListEventsRequest
from tests.support.messages import as_of, corrected, details, postponed, retracted, scheduled
from tests.support.server import Client

Told = dict[int, tuple[int, list[int]]]


def told_by_events(client: Client, name: str, **asked: Any) -> Told:
    """By version: the retraction that took it out, and the corrections of it."""
    page = client.history.ListEvents(ListEventsRequest(visit=name, **asked))
    versions = {event.position: event.event.version for event in page.events}
    return {versions[each.position]: _told(each) for each in page.annotations}


def told_by_changes(client: Client, name: str) -> Told:
    page = client.audit.ListChanges(ListChangesRequest(filter=ChangeFilter(visit=name)))
    noted = [each for each in page.changes if each.HasField("annotation")]
    return {each.event.event.version: _told(each.annotation) for each in noted}


def _told(annotation: EventAnnotation) -> tuple[int, list[int]]:
    return annotation.retracted_by_version, list(annotation.corrected_by_versions)


@pytest.fixture
def visit(client: Client, name: str) -> str:
    """A visit that was planned and put off, as was known in January and February."""
    client.record(name, scheduled(), known="2023-01-10")
    client.record(name, postponed(), known="2023-02-03")
    return name


def test_nothing_is_told_of_a_change_that_nothing_was_done_to(client: Client, visit: str) -> None:
    assert told_by_events(client, visit) == told_by_changes(client, visit) == {}


def test_a_change_is_told_with_its_retraction_and_its_corrections(
    client: Client, visit: str
) -> None:
    client.record(visit, corrected(1, "details.title", details=details(title="Oslo")))
    client.record(visit, corrected(1, "details.purpose", details=details(purpose="Talks")))
    client.record(visit, retracted(2))

    told = {1: (0, [3, 4]), 2: (5, [])}
    assert told_by_events(client, visit) == told_by_changes(client, visit) == told


def test_of_a_retraction_that_was_undone_only_the_undo_is_told(client: Client, visit: str) -> None:
    client.record(visit, retracted(2))
    client.record(visit, retracted(3))

    assert told_by_events(client, visit) == told_by_changes(client, visit) == {3: (4, [])}


def test_a_correction_that_was_retracted_is_told_no_more(client: Client, visit: str) -> None:
    client.record(visit, corrected(1, "details.title", details=details(title="Oslo")))
    client.record(visit, retracted(3))

    assert told_by_events(client, visit) == told_by_changes(client, visit) == {3: (4, [])}


def test_a_retraction_that_became_known_later_is_not_told_of_an_earlier_moment(
    client: Client, visit: str
) -> None:
    client.record(visit, retracted(2), known="2023-03-01")

    assert told_by_events(client, visit) == {2: (3, [])}
    assert told_by_events(client, visit, as_of=as_of(known_at="2023-02-20 12:00")) == {}
    assert told_by_events(client, visit, as_of=as_of(known_at="2023-03-02 12:00")) == {2: (3, [])}
