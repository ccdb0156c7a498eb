"""How eventsourcing maps our events: to the bytes of the contract, and back."""

from collections.abc import Iterable, Iterator
from typing import Any

from eventsourcing.persistence import EventStore, JSONTranscoder, Mapper, StoredEvent

from domain.events import Event
from domain.visit import Visit
from service import codec
from service.clock import EPOCH, from_microseconds
from service.store.errors import LogDamaged
from service.store.reader import LAST
from service.store.recorder import LogApplicationRecorder


class VisitMapper(Mapper[str]):
    """Maps events to the bytes that are stored, and back."""

    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """The event with its serialized VisitEvent."""
        return StoredEvent(
            domain_event.originator_id,
            domain_event.originator_version,
            domain_event.TOPIC,
            codec.event_to_bytes(domain_event),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Event:
        """The event. A stored event has no record time: its timestamp is 1970."""
        return codec.event_from_bytes(stored_event.state, EPOCH)


class VisitEventStore(EventStore[str]):
    """Retrieves events with their record times."""

    def __init__(self, mapper: VisitMapper, recorder: LogApplicationRecorder) -> None:
        super().__init__(mapper, recorder)
        self._reader = recorder.reader

    def get(
        self,
        originator_id: str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Iterator[Any]:
        """The changes of a visit with a version above ``gt`` and up to ``lte``."""
        rows = self._reader.history(originator_id, version=LAST if lte is None else lte)
        events = [e for e in events_of(rows) if e.originator_version > (gt or 0)]
        return iter((events[::-1] if desc else events)[:limit])


def events_of(rows: Iterable[Any]) -> list[Event]:
    """The events of rows of the log.

    :raises LogDamaged: a body is none that was recorded.
    """
    return [_event_of(row) for row in rows]


def visit_of(visit_id: str, rows: Iterable[Any]) -> Visit:
    """The visit that its rows of the log, from the first on, leave; blank without any.

    :raises LogDamaged: a body is none that was recorded.
    """
    visit = Visit.blank(visit_id, EPOCH)
    for event in events_of(rows):
        event.mutate(visit)
    return visit


def _event_of(row: Any) -> Event:
    try:
        return codec.event_from_bytes(row.body, from_microseconds(row.record_time))
    except ValueError:
        raise LogDamaged(row.position) from None
