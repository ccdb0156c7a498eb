"""What follows from the changes of a visit."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

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
from chancery.v1.visit_pb2 import AsOf, Visit
from service.cli.history import last_status_change, reflected, retractions


def day(number: int) -> Timestamp:
    """A day of June 2023."""
    return Timestamp(seconds=int(datetime(2023, 6, number, tzinfo=UTC).timestamp()))


def event(
    version: int,
    effective: Timestamp | None = None,
    known: Timestamp | None = None,
    **change: object,
) -> RecordedEvent:
    """A change that is recorded on the day of its version."""
    change_made = VisitEvent(version=version, effective_time=effective, known_time=known, **change)
    return RecordedEvent(position=version, record_time=day(version), event=change_made)


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


def reflected_then(*events: RecordedEvent, position: int = 9, **as_of: Timestamp) -> list[int]:
    """The versions of the changes that count, of those recorded up to a position."""
    reflected_events = reflected(events, Visit(position=position), AsOf(**as_of))
    return [event.event.version for event in reflected_events]


def test_now_every_change_counts_that_the_visit_reflects() -> None:
    assert reflected_then(*STORY) == [1, 2, 3, 4, 5]
    assert reflected_then(*STORY, position=3) == [1, 2, 3]


def test_only_what_was_known_by_then_counts() -> None:
    secret = event(6, effective=day(1), known=day(20), amended=Amended())
    assert reflected_then(*STORY, secret, known_at=day(19)) == [1, 2, 3, 4, 5]
    assert reflected_then(*STORY, secret, known_at=day(20)) == [1, 2, 3, 4, 5, 6]


def test_only_what_was_in_force_then_counts_except_a_retraction() -> None:
    retraction = event(6, effective=day(6), known=day(6), retracted=Retracted(retracted_version=3))
    assert reflected_then(*STORY, retraction, valid_at=day(4)) == [1, 2, 3, 4, 6]
    assert reflected_then(*STORY, retraction, valid_at=day(4), known_at=day(5)) == [1, 2, 3, 4]
