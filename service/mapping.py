"""How eventsourcing maps our events: to the bytes of the contract, and back."""

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from eventsourcing.persistence import EventStore, JSONTranscoder, Mapper, StoredEvent

from domain.events import Event
from domain.visit import Visit
from service import codec, wire
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

    :raises LogDamaged: a row is not what was recorded.
    """
    return [_event_of(row) for row in rows]


def history_of(rows: Sequence[Any]) -> list[Event]:
    """The events of the rows of one visit, from its first change on.

    :raises LogDamaged: a row is not what was recorded, or does not follow on the one before.
    """
    events = events_of(rows)
    position = 0
    for version, row in enumerate(rows, start=1):
        if row.version != version or row.position <= position:
            raise LogDamaged(row.position, "does not follow on the change before it")
        position = row.position
    return events


def visit_of(visit_id: str, rows: Sequence[Any]) -> Visit:
    """The visit that its rows of the log, from the first on, leave; blank without any.

    :raises LogDamaged: see ``history_of``.
    """
    return Visit.told(visit_id, EPOCH, history_of(rows))


def _event_of(row: Any) -> Event:
    """The event of a row, whose other columns say the same as its body."""
    if type(row.body) is not bytes or type(row.record_time) is not int:
        raise LogDamaged(row.position)
    try:
        event = codec.event_from_bytes(row.body, from_microseconds(row.record_time))
    except (ValueError, OverflowError):
        raise LogDamaged(row.position) from None
    said = (
        event.originator_id,
        event.originator_version,
        event.TOPIC,
        event.actor,
        event.request_id,
        wire.frame_prefix(row.position, row.record_time, len(row.body)),
    )
    if _REPEATED(row) != said:
        columns = zip(REPEATED, _REPEATED(row), said, strict=True)
        differing = ", ".join(name for name, stored, meant in columns if stored != meant)
        raise LogDamaged(row.position, f"does not say in {differing} what its body says")
    return event


# The columns that say again what the body, the position and the record time say.
REPEATED = ("visit_id", "version", "topic", "actor", "request_id", "frame_prefix")
_REPEATED = attrgetter(*REPEATED)
