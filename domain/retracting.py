"""What a retraction must meet, and all that it takes out."""

from domain.errors import InvalidValue, RetractionRefused
from domain.events import Retracted, StatusEvent
from domain.history import Past


def versions(past: Past, version: int, merged_into: str) -> tuple[int, ...]:
    """The versions that the retraction of a change takes out, in order.

    A change of the status goes together with all that stand after it, any other change alone.

    :raises InvalidValue: the visit has no such version, or ``merged_into`` is not allowed.
    :raises RetractionRefused: the change is retracted already, or is a retraction that cannot be
        undone any more.
    """
    if version > past.version:
        text = f"must be a version of the visit, which has {past.version}"
        raise InvalidValue.of("retracted.retracted_version", text)
    event = past.events[version - 1]
    if merged_into and not event.opens:
        text = "may be given only if the change that opened the visit is retracted"
        raise InvalidValue.of("retracted.merged_into", text)
    if merged_into == past.visit_id:
        raise InvalidValue.of("retracted.merged_into", "must be another visit")
    if version in past.timeline.out:
        raise RetractionRefused(past.visit_id, version, "it is retracted already")
    if isinstance(event, Retracted):
        if not is_undo(past, version):
            why = "only the latest retraction can be undone, while no change of the status follows"
            raise RetractionRefused(past.visit_id, version, why)
        return (version,)
    if not isinstance(event, StatusEvent):
        return (version,)
    place = past.timeline.place(event)
    after = (e for e in past.timeline.standing if past.timeline.place(e) >= place)
    return tuple(sorted(e.originator_version for e in after))


def is_undo(past: Past, version: int) -> bool:
    """Whether this is the latest retraction, and no change of the status was recorded since."""
    retractions = past.timeline.retractions
    if not retractions or retractions[-1].originator_version != version:
        return False
    return not any(isinstance(event, StatusEvent) for event in past.events[version:])
