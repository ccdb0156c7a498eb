"""Changes on their way into the log: decided, and then recorded."""

from dataclasses import dataclass

from domain.events import Event
from domain.visit import Visit
from service import codec
from service.projections.state_rows import visit_row
from service.store.log.appends import Entry


@dataclass(frozen=True)
class Draft:
    """A change that is decided and not yet recorded, and the visit that it leaves."""

    visit: Visit
    event: Event
    entry: Entry


@dataclass(frozen=True)
class Recorded:
    """A change that is in the log, and the serialized Visit that it left."""

    visit: bytes
    position: int
    record_time: int
    body: bytes


def draft(before: Visit, visit: Visit, request_digest: bytes | None = None) -> Draft:
    """The change that led from ``before`` to ``visit``, ready to be recorded."""
    event = visit.changes[-1]
    entry = Entry(
        visit_id=visit.id,
        version=visit.version,
        topic=event.TOPIC,
        body=codec.event_to_bytes(event),
        actor=event.actor,
        request_id=event.request_id,
        request_digest=request_digest,
        row=visit_row(visit, before),
    )
    return Draft(visit, event, entry)
