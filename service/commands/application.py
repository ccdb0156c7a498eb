"""The service as eventsourcing knows it: an Application, its mapper, store and repository.

It owns the log's writer and the database. No gRPC call uses ``save`` or ``repository``: they are
for others that work with an eventsourcing application, such as a projection, a notification log
reader, or a tool. Calls pass their changes to the same writer through ``Visits``.
"""

from collections.abc import Callable, Iterator
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
from service.commands.drafts import draft
from service.projections.loading import events_of
from service.store.engines.database import Database
from service.store.log.reader import HIGHEST, Reader
from service.store.log.recorder import Factory, LogApplicationRecorder
from service.store.log.writer import Writer


class VisitMapper(Mapper[str]):
    """Maps events to stored bytes, and back."""

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
        super().__init__()

    def construct_factory(self, env: Environment) -> Factory:
        """The factory that makes our recorders."""
        return Factory(env, self.database, self.writer)

    def construct_mapper(self) -> VisitMapper:
        """The mapper that stores the contract's messages."""
        return VisitMapper()

    def construct_event_store(self) -> VisitEventStore:
        """The store that returns record times."""
        return VisitEventStore(VisitMapper(), cast(LogApplicationRecorder, self.recorder))

    def construct_repository(self) -> VisitRepository:
        """The repository that folds whole histories and caches nothing."""
        return VisitRepository(self.events)

    def save(self, *objs: Any, **kwargs: Any) -> list[Recording[str]]:
        """Record the pending events of visits, and wait for the commit.

        Do not use it in a process that serves calls: they would not see what it saves.
        """
        drafts = []
        for visit in objs:
            past = Visit.blank(visit.id, visit.created_on)
            for event in visit.changes:
                before, past = past, event.mutate(past.fork())
                if event in visit.pending_events:
                    drafts.append(draft(before, past))
        recordings = super().save(*objs, entries=[d.entry for d in drafts], **kwargs)
        for visit in objs:
            rows = self.reader.history(visit.id)
            for event, row in zip(visit.changes, rows, strict=False):
                event.stamp(from_microseconds(row.record_time))
        return recordings
