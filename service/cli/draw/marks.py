"""What later changes did to a change: which took it out, and which corrected it."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from chancery.v1.event_pb2 import EventAnnotation, RecordedEvent, VisitEvent
from chancery.v1.history_service_pb2 import ListEventsResponse

# By the visit and the version of the change.
Marks = Mapping[tuple[str, int], EventAnnotation]


def derived(events: Iterable[RecordedEvent]) -> Marks:
    """The marks that follow from the retractions and corrections among these changes.

    Retractions are settled from the newest to the oldest: one that is taken out itself does
    nothing.
    """
    marks: dict[tuple[str, int], EventAnnotation] = {}
    newest_first = sorted(
        (recorded.event for recorded in events), key=lambda event: (event.visit, -event.version)
    )
    for visit, changes in groupby(newest_first, key=lambda event: event.visit):
        counting = []
        for event in changes:
            if (visit, event.version) not in marks:
                counting.append(event)
                for version in taken_out(event):
                    mark = marks.setdefault((visit, version), EventAnnotation())
                    mark.retracted_by_version = mark.retracted_by_version or event.version
        for event in reversed(counting):
            if event.HasField("corrected"):
                key = visit, event.corrected.corrected_version
                marks.setdefault(key, EventAnnotation()).corrected_by_versions.append(event.version)
    return marks


def taken_out(event: VisitEvent) -> Sequence[int]:
    """The versions that a change takes out; none if it is no retraction."""
    if not event.HasField("retracted"):
        return ()
    return event.retracted.retracted_versions or (event.retracted.retracted_version,)


def told(answer: ListEventsResponse) -> Marks:
    """The marks that a server sent with these changes."""
    changes = {recorded.position: recorded.event for recorded in answer.events}
    return {
        (event.visit, event.version): annotation
        for annotation in answer.annotations
        if (event := changes.get(annotation.position))
    }
