"""What follows from the changes of a visit: which a visit reflects, which are retracted."""

from collections.abc import Iterable, Sequence

from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.event_pb2 import RecordedEvent, VisitEvent
from chancery.v1.visit_pb2 import AsOf, Visit

STATUS_CHANGES = {
    "scheduled",
    "disclosed",
    "postponed",
    "deferred",
    "rescheduled",
    "completed",
    "cancelled",
}


def reflected(events: Iterable[RecordedEvent], visit: Visit, as_of: AsOf) -> list[RecordedEvent]:
    """The changes that a visit reflects, given as of a moment.

    They were recorded by its position, and known and in force by then. A retraction
    counts as soon as it is known, whenever it took effect.
    """
    return [e for e in events if e.position <= visit.position and _counts(e, as_of)]


def _counts(event: RecordedEvent, as_of: AsOf) -> bool:
    change = event.event
    told = change.HasField("known_time")
    known = change.known_time if told else event.record_time
    effective = change.effective_time if told else event.record_time
    if as_of.HasField("known_at") and not _by(known, as_of.known_at):
        return False
    if as_of.HasField("valid_at") and not change.HasField("retracted"):
        return _by(effective, as_of.valid_at)
    return True


def _by(time: Timestamp, limit: Timestamp) -> bool:
    return time.ToNanoseconds() <= limit.ToNanoseconds()


def retractions(events: Iterable[RecordedEvent]) -> dict[int, int]:
    """By the version of each change of a visit that was retracted, that of its retraction.

    An amendment or a statement is retracted alone, a status change together with all
    status changes after it.
    """
    standing: dict[int, bool] = {}
    retracted: dict[int, int] = {}
    for event in (recorded.event for recorded in events):
        kind = event.WhichOneof("change")
        if kind != "retracted":
            standing[event.version] = kind in STATUS_CHANGES
            continue
        target = event.retracted.retracted_version
        if standing.get(target):
            hit = [v for v, is_status in standing.items() if v >= target and is_status]
        else:
            hit = [target]
        for version in hit:
            standing.pop(version, None)
            retracted[version] = event.version
    return retracted


def last_status_change(events: Sequence[RecordedEvent]) -> VisitEvent | None:
    """The change that made the status: the last one that stands."""
    retracted_by = retractions(events)
    changes = [
        event.event
        for event in events
        if event.event.WhichOneof("change") in STATUS_CHANGES
        and event.event.version not in retracted_by
    ]
    return changes[-1] if changes else None
