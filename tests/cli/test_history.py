"""What follows from the changes of a visit."""

from typing import Any

from chancery.v1.event_pb2 import (
    Amended,
    Completed,
    Postponed,
    RecordedEvent,
    Rescheduled,
    Retracted,
    Scheduled,
    StatementRecorded,
    VisitEvent,
)
from service.cli.draw.retractions import last_status_change, retractions


def event(version: int, **change: Any) -> RecordedEvent:
    return RecordedEvent(event=VisitEvent(version=version, **change))


def retracted(*events: RecordedEvent) -> dict[int, int]:
    return retractions(events)


SCHEDULED = event(1, scheduled=Scheduled())
AMENDED = event(2, amended=Amended())
POSTPONED = event(3, postponed=Postponed())
STATED = event(4, statement_recorded=StatementRecorded())
RESCHEDULED = event(5, rescheduled=Rescheduled())
STORY = [SCHEDULED, AMENDED, POSTPONED, STATED, RESCHEDULED]


def test_an_amendment_or_a_statement_is_retracted_alone() -> None:
    assert retracted(*STORY, event(6, retracted=Retracted(retracted_version=2))) == {2: 6}
    assert retracted(*STORY, event(6, retracted=Retracted(retracted_version=4))) == {4: 6}


def test_a_status_change_is_retracted_with_all_status_changes_after_it() -> None:
    assert retracted(*STORY, event(6, retracted=Retracted(retracted_version=3))) == {3: 6, 5: 6}


def test_what_comes_after_a_retraction_is_not_retracted_by_it() -> None:
    back_to_postponed = event(6, retracted=Retracted(retracted_version=3))
    again = event(7, completed=Completed())
    assert retracted(*STORY, back_to_postponed, again) == {3: 6, 5: 6}
    assert last_status_change([*STORY, back_to_postponed, again]) == again.event


def test_the_status_is_of_the_last_status_change_that_stands() -> None:
    assert last_status_change(STORY) == RESCHEDULED.event
    retraction = event(6, retracted=Retracted(retracted_version=5))
    assert last_status_change([*STORY, retraction]) == POSTPONED.event
