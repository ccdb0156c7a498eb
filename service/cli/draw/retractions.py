"""Which changes of a visit were retracted, and which one made its status."""

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
    """The version of the retraction for each retracted change of a visit, by that change's version.

    An amendment or a statement is retracted alone, a status change together with all
    status changes after it.
    """
    is_status_change: dict[int, bool] = {}  # by version, of the changes not retracted
    retracted: dict[int, int] = {}
    for event in (recorded.event for recorded in events):
        kind = event.WhichOneof("change")
        if kind != "retracted":
            is_status_change[event.version] = kind in STATUS_CHANGES
            continue
        target = event.retracted.retracted_version
        if is_status_change.get(target):
            hit = [v for v, is_status in is_status_change.items() if v >= target and is_status]
        else:
            hit = [target]
        for version in hit:
            is_status_change.pop(version, None)
            retracted[version] = event.version
    return retracted


def last_status_change(events: Sequence[RecordedEvent]) -> VisitEvent | None:
    """The change that made the status: the last status change that was not retracted."""
    retracted_by = retractions(events)
    changes = [
        event.event
        for event in events
        if event.event.WhichOneof("change") in STATUS_CHANGES
        and event.event.version not in retracted_by
    ]
    return changes[-1] if changes else None
