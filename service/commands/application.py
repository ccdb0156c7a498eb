"""The service as eventsourcing knows it: an Application, its mapper, store and repository.

It owns the database and the writer of its log. Every change is recorded by ``save``, those of a
round together. Whatever else speaks to an eventsourcing application works on the same log: a
projection, a notification log reader, a tool.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from eventsourcing.application import AggregateNotFoundError, Application, Repository
from eventsourcing.persistence import (
    EventStore,
    JSONTranscoder,
    Mapper,
    Recording,
    StoredEvent,
)
from eventsourcing.utils import Environment

from domain.events import Event
from domain.visit import Visit
from service import codec
from service.codec.clock import EPOCH, from_microseconds
from service.projections.loading import events_of
from service.projections.state_rows import visit_row
from service.store.engines.database import Database
from service.store.log.entry import Entry
from service.store.log.reader import HIGHEST, Reader
from service.store.log.recorder import Factory, LogApplicationRecorder
from service.store.log.writer import LockedLog, Writer


class VisitMapper(Mapper[str]):
    """Maps events to stored bytes, and back."""

    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

        # The events that were encoded since the last ones were recorded, by their ids.
        self._encoded: dict[int, tuple[Event, bytes]] = {}

    def encode(self, event: Event) -> bytes:
        """The serialized VisitEvent, which is kept until the event is recorded."""
        body = codec.event_to_bytes(event)
        self._encoded[id(event)] = event, body
        return body

    def forget(self) -> None:
        """Keep no serialized event."""
        self._encoded.clear()

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """The event with its serialized VisitEvent."""
        _, body = self._encoded.get(id(domain_event)) or (None, codec.event_to_bytes(domain_event))
        return StoredEvent(
            domain_event.originator_id, domain_event.originator_version, domain_event.TOPIC, body
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Event:
        """The event. Its timestamp is 1970, since a stored event has no record time."""
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
        rows = self._reader.history(originator_id, version=HIGHEST if lte is None else lte)
        events = [e for e in events_of(rows) if e.originator_version > (gt or 0)]
        return iter((events[::-1] if desc else events)[:limit])


class VisitRepository(Repository[str]):
    """Loads visits by folding their whole history."""

    def get(self, aggregate_id: str, *, version: int | None = None, **_: Any) -> Any:
        """The visit as it is now, or as it was at a version.

        :raises AggregateNotFoundError: there is no such visit.
        """
        events = cast(list[Event], list(self.event_store.get(aggregate_id, lte=version)))
        if not events:
            raise AggregateNotFoundError(aggregate_id)
        return Visit.from_history(aggregate_id, events[0].timestamp, events)


class VisitApplication(Application[str]):
    """The log of a database, with its only writer.

    ``clock`` returns microseconds since 1970. By default, record times come from the database's
    clock.
    """

    name = "Chancery"

    def __init__(self, database: Database, clock: Callable[[], int] | None = None) -> None:
        self.database = database
        self.writer = Writer(database, clock)
        self.reader = Reader(database)
        self.visit_mapper = VisitMapper()
        super().__init__()

    def construct_factory(self, env: Environment) -> Factory:
        """The factory that makes our recorders."""
        return Factory(env, self.database, self.writer)

    def construct_mapper(self) -> VisitMapper:
        """The mapper that stores the contract's messages."""
        return self.visit_mapper

    def construct_event_store(self) -> VisitEventStore:
        """The store that returns record times."""
        return VisitEventStore(self.visit_mapper, cast(LogApplicationRecorder, self.recorder))

    def construct_repository(self) -> VisitRepository:
        """The repository that folds whole histories and caches nothing."""
        return VisitRepository(self.events)

    def save(self, *objs: Any, log: LockedLog | None = None, **kwargs: Any) -> list[Recording[str]]:
        """Record the pending events of visits in one commit, and wait for it.

        Who has locked the ``log`` gives the ``entries`` of the events as well; their timestamps
        are its record time. Otherwise the visits get that time here. Whoever serves calls in the
        same process does not see what is saved without them.
        """
        try:
            if log is not None:
                together: Any = _Together(objs)
                return super().save(together, log=log, **kwargs)
            with self.writer.lock() as log:
                entries = [entry for visit in objs for entry in self._dated(visit, log)]
                return super().save(*objs, entries=entries, log=log, **kwargs)
        finally:
            self.visit_mapper.forget()

    def _dated(self, visit: Visit, log: LockedLog) -> list[Entry]:
        """Give the pending events of a visit their record time, and return their entries."""
        visit.date_pending(from_microseconds(log.record_time))
        first = visit.version - len(visit.pending_events)
        recorded, pending = visit.changes[:first], visit.changes[first:]
        if not pending:
            return []
        before = Visit.from_history(visit.id, visit.created_on, recorded)
        entries = [entry(event, codec.event_to_bytes(event)) for event in pending]
        entries[-1] = replace(entries[-1], row=visit_row(visit, before))
        return entries


class _Together:
    """The pending events of several visits as those of one object.

    The library looks for 10 microseconds at the type of each object that it is given.
    """

    id = "together"

    def __init__(self, visits: Sequence[Visit]) -> None:
        self._visits = visits

    def collect_events(self) -> list[Any]:
        """All pending events, in the order of the visits."""
        return [event for visit in self._visits for event in visit.collect_events()]


def entry(event: Event, body: bytes, request_digest: bytes | None = None) -> Entry:
    """What is recorded of an event, without the state that it leaves."""
    return Entry(
        visit_id=event.originator_id,
        version=event.originator_version,
        topic=event.TOPIC,
        body=body,
        actor=event.actor,
        request_id=event.request_id,
        request_digest=request_digest,
    )
