"""What follows from the changes of a visit: which are retracted, and which made the status."""

from collections.abc import Iterable, Sequence

from chancery.v1.event_pb2 import RecordedEvent, VisitEvent

STATUS_CHANGES = {
    "scheduled",
    "disclosed",
    "postponed",
    "deferred",
    "rescheduled",
    "completed",
    "cancelled",
}


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
