"""What later changes did to a change: which retracted it, and which corrected it."""

from typing import Any

from chancery.v1.event_pb2 import (
    Corrected,
    EventAnnotation,
    RecordedEvent,
    Retracted,
    VisitEvent,
)
from chancery.v1.history_service_pb2 import ListEventsResponse
from service.cli.draw import marks


def event(version: int, visit: str = "visits/x", **change: Any) -> RecordedEvent:
    return RecordedEvent(position=version, event=VisitEvent(visit=visit, version=version, **change))


def retraction(version: int, *versions: int) -> RecordedEvent:
    retracted = Retracted(retracted_version=versions[0], retracted_versions=versions)
    return event(version, retracted=retracted)


def correction(version: int, of: int) -> RecordedEvent:
    return event(version, corrected=Corrected(corrected_version=of))


def retracted(*events: RecordedEvent) -> dict[int, int]:
    """The version of the retraction, by that of the change that it takes out."""
    found = marks.derived(events)
    return {v: m.retracted_by_version for (_, v), m in found.items() if m.retracted_by_version}


def corrected(*events: RecordedEvent) -> dict[int, list[int]]:
    """The versions of the corrections, by that of the change that they correct."""
    found = marks.derived(events)
    return {v: [*m.corrected_by_versions] for (_, v), m in found.items() if m.corrected_by_versions}


def test_a_retraction_marks_all_changes_that_it_takes_out() -> None:
    assert retracted(retraction(6, 3, 5)) == {3: 6, 5: 6}


def test_a_retraction_that_was_undone_marks_nothing() -> None:
    assert retracted(retraction(6, 3, 5), retraction(7, 6)) == {6: 7}


def test_an_undo_that_was_undone_brings_the_marks_back() -> None:
    undone = [retraction(6, 3, 5), retraction(7, 6), retraction(8, 7)]
    assert retracted(*undone) == {3: 6, 5: 6, 7: 8}


def test_the_order_in_which_changes_are_read_does_not_matter() -> None:
    assert retracted(retraction(7, 6), retraction(6, 3)) == {6: 7}


def test_corrections_mark_the_change_that_they_correct() -> None:
    assert corrected(correction(3, 2), correction(5, 2)) == {2: [3, 5]}


def test_a_correction_that_was_retracted_marks_nothing() -> None:
    assert corrected(correction(3, 2), retraction(4, 3)) == {}


def test_the_changes_of_visits_are_told_apart() -> None:
    found = marks.derived([retraction(2, 1), event(1, "visits/y")])
    assert set(found) == {("visits/x", 1)}


def test_the_marks_of_a_server_are_those_of_the_changes_at_their_positions() -> None:
    annotation = EventAnnotation(position=2, retracted_by_version=9)
    elsewhere = EventAnnotation(position=77, retracted_by_version=9)
    page = ListEventsResponse(events=[event(1), event(2)], annotations=[annotation, elsewhere])
    assert marks.told(page) == {("visits/x", 2): annotation}
