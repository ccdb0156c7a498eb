"""Visits, saved and loaded: an eventsourcing Application on the store.

Beside the blocking ``save`` stands ``submit``, which hands a decided change to the
writer without waiting: the next change of that visit is decided on the state that this
one leaves, committed or not. If a change fails, so do those decided on top of it.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

import structlog
from eventsourcing.application import Application
from eventsourcing.persistence import (
    EventStore,
    JSONTranscoder,
    Mapper,
    Recording,
    StoredEvent,
)
from eventsourcing.utils import Environment
from sqlalchemy.exc import SQLAlchemyError

from domain.events import Event, Retracted
from domain.standing import standing
from domain.visit import Visit
from service import codec, wire, words
from service.clock import EPOCH, from_microseconds, to_microseconds
from service.store.database import READERS, Database
from service.store.entries import Append, Entry, StatusTimes, VisitRow
from service.store.errors import StoreUnavailable
from service.store.reader import Reader
from service.store.recorder import Factory, LogApplicationRecorder
from service.store.writer import Writer

logger = structlog.get_logger()

Key = TypeVar("Key")
Item = TypeVar("Item")


@dataclass(frozen=True)
class Draft:
    """A change that is decided and not yet recorded, and the visit as it leaves it."""

    visit: Visit
    event: Event
    entry: Entry


@dataclass(frozen=True)
class Recorded:
    """A change that stands in the log, and the serialized Visit as it left it."""

    visit: bytes
    position: int
    record_time: int
    body: bytes


@dataclass(eq=False)
class PendingAppend(Append):
    """An append that somebody on the event loop waits for."""

    drafts: Sequence[Draft] = ()
    settled: "asyncio.Future[list[Recorded]]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Bounded(OrderedDict[Key, Item]):
    """A dictionary of the items that were used last."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def use(self, key: Key) -> Item | None:
        """The item of a key, which is then the last to go; None if there is none."""
        item = self.get(key)
        if item is not None:
            self.move_to_end(key)
        return item

    def keep(self, key: Key, item: Item) -> None:
        """Set the item of a key, and drop the one that was not used for longest."""
        self[key] = item
        self.move_to_end(key)
        if len(self) > self._size:
            self.popitem(last=False)


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
        _, rows = self._reader.history(originator_id, version=lte)
        events = [e for e in events_of(rows) if e.originator_version > (gt or 0)]
        return iter((events[::-1] if desc else events)[:limit])


def events_of(rows: Iterable[Any]) -> list[Event]:
    """The events of rows of the log."""
    return [codec.event_from_bytes(row.body, from_microseconds(row.record_time)) for row in rows]


class VisitApplication(Application[str]):
    """Loads and saves visits. ``clock`` gives microseconds since 1970.

    All but the blocking methods of eventsourcing is for one event loop.
    """

    name = "Chancery"

    def __init__(
        self,
        database: Database,
        cached_visits: int = 10_000,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self.database = database
        self.writer = Writer(database, clock)
        self.reader = Reader(database)
        super().__init__()
        self.head = self.reader.head()
        self.current: Bounded[str, bytes] = Bounded(cached_visits)
        self._clock = clock
        self._visits: Bounded[str, Visit] = Bounded(max(1, cached_visits // 10))
        self._unsettled: dict[str, PendingAppend] = {}
        self._waiting_for_head: list[tuple[int, asyncio.Future[None]]] = []
        self._threads = ThreadPoolExecutor(READERS, "chancery-reader")

    # What eventsourcing asks for

    def construct_factory(self, env: Environment) -> Factory:
        """The factory of our recorders."""
        return Factory(env, self.database, self.writer)

    def construct_mapper(self) -> VisitMapper:
        """The mapper to the contract's messages."""
        return VisitMapper()

    def construct_event_store(self) -> VisitEventStore:
        """The store that knows record times."""
        return VisitEventStore(VisitMapper(), cast(LogApplicationRecorder, self.recorder))

    def save(self, *objs: Any, **kwargs: Any) -> list[Recording[str]]:
        """Record the pending events of visits, and wait for the commit."""
        drafts = []
        for visit in objs:
            past = Visit.blank(visit.id, visit.created_on)
            for event in visit.changes:
                before, past = past, event.mutate(past.fork())
                if event in visit.pending_events:
                    drafts.append(draft(before, past))
        return super().save(*objs, entries=[d.entry for d in drafts], **kwargs)

    # The asynchronous side

    def listen(self) -> None:
        """Settle what is submitted from now on, on the running event loop."""
        loop = asyncio.get_running_loop()
        self.writer.on_batch = lambda appends: _call_on(loop, self._settle, appends)

    async def read(self, call: Callable[..., Item], *args: Any, **kwargs: Any) -> Item:
        """What a blocking call of the reader gives.

        :raises StoreUnavailable: the database cannot be read.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, lambda: call(*args, **kwargs))
        except SQLAlchemyError as error:
            logger.error("read failed", exc_info=True)
            raise StoreUnavailable("the database cannot be read") from error

    def now(self) -> datetime:
        """The time of a command: the later of the clock and the last record time."""
        return from_microseconds(max(self._clock(), self.head.record_time))

    async def load(self, visit_ids: Iterable[str]) -> None:
        """Have these visits at hand."""
        for visit_id in visit_ids:
            if self._visits.use(visit_id) is None:
                _, rows = await self.read(self.reader.history, visit_id)
                if visit_id not in self._visits:
                    visit = Visit.blank(visit_id, EPOCH)
                    for event in events_of(rows):
                        event.mutate(visit)
                    self._visits.keep(visit_id, visit)

    def at_hand(self, visit_id: str) -> Visit | None:
        """The visit as its last change leaves it, committed or not; None if not loaded."""
        return self._visits.get(visit_id)

    def unsettled(self, visit_ids: Iterable[str]) -> "list[asyncio.Future[list[Recorded]]]":
        """What is submitted of these visits and not committed yet."""
        return [self._unsettled[v].settled for v in visit_ids if v in self._unsettled]

    def submit(self, drafts: Sequence[Draft]) -> "asyncio.Future[list[Recorded]]":
        """Hand changes to the writer, to be recorded together or not at all.

        What is given ends with what was recorded, or with VersionConflict,
        RequestIdTaken or a StoreError.
        """
        append = PendingAppend([draft.entry for draft in drafts], drafts=drafts)
        self.writer.submit(append)
        for each in drafts:
            self._visits.keep(each.visit.id, each.visit)
            self._unsettled[each.visit.id] = append
        return append.settled

    async def barrier(self) -> None:
        """Wait until everything is committed that can have a record time up to now."""
        append = PendingAppend([])
        self.writer.submit(append)
        await append.settled

    async def reach(self, position: int) -> None:
        """Wait until the view is at that position."""
        if position > self.head.position:
            reached = asyncio.get_running_loop().create_future()
            self._waiting_for_head.append((position, reached))
            await reached

    def _settle(self, appends: Sequence[Append]) -> None:
        """Tell those who wait what became of their appends."""
        for append in appends:
            assert isinstance(append, PendingAppend)
            for each in append.drafts:
                if self._unsettled.get(each.visit.id) is append:
                    del self._unsettled[each.visit.id]
            if append.error is not None:
                for each in append.drafts:
                    self._visits.pop(each.visit.id, None)
                _end(append.settled, append.error)
            else:
                recorded = self._recorded(append)
                _end(append.settled, recorded)
        waiting, self._waiting_for_head = self._waiting_for_head, []
        for position, reached in waiting:
            if position <= self.head.position:
                _end(reached, None)
            elif not reached.done():
                self._waiting_for_head.append((position, reached))

    def _recorded(self, append: PendingAppend) -> list[Recorded]:
        record_time = from_microseconds(append.record_time)
        recorded = []
        for position, each in enumerate(append.drafts, start=append.first_position):
            each.event.stamp(record_time)
            assert each.entry.row is not None
            state = each.entry.row.state + visit_tail(each.visit, position)
            recorded.append(Recorded(state, position, append.record_time, each.entry.body))
            if each.visit.view.status is None:
                self.current.pop(each.visit.id, None)
            else:
                self.current.keep(each.visit.id, state)
        last = append.first_position + len(append.entries) - 1
        self.head = type(self.head)(last, append.record_time, self.head.origin)
        return recorded

    def close(self) -> None:
        """Commit what was submitted, and close the database."""
        self._threads.shutdown()
        super().close()


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


def visit_row(visit: Visit, before: Visit | None = None) -> VisitRow:
    """Where a visit stands, as the current-state table has it.

    With ``before``, only what may have changed since then; else all of it.
    """
    view, last = visit.view, visit.changes[-1]
    state = codec.visit_to_bytes(visit.id, visit.version, view)
    if view.status is None or view.status_change is None:
        return VisitRow(visit.id, visit.version, state, None, aliases=())
    times: tuple[int, int] | StatusTimes = StatusTimes.KEEP
    if before is None or isinstance(last, Retracted) or view.status_change.has_times:
        times = _times(view.status_change)
    elif view.status_change is last:
        times = StatusTimes.RECORD
    details, window = view.details, view.window
    aliases = tuple(alias.casefold() for alias in details.aliases)
    is_same = before is not None and _aliases(before) == details.aliases
    principal, host = details.principal, details.host
    return VisitRow(
        visit_id=visit.id,
        version=visit.version,
        state=state,
        effective_and_known=times,
        status=view.status,
        standing=standing(view),
        principal=words.fold(principal.name) if principal else "",
        principal_country=principal.country if principal else "",
        host_country=host.country if host else "",
        trip=details.trip,
        window_start=window.start.isoformat() if window and window.start else None,
        window_end=window.end.isoformat() if window and window.end else None,
        words=words.of_visit(details),
        aliases=None if is_same else aliases,
    )


def _aliases(visit: Visit) -> tuple[str, ...]:
    """The aliases under which a visit is found; a withdrawn one has none."""
    return visit.view.details.aliases if visit.view.status is not None else ()


def visit_tail(visit: Visit, position: int) -> bytes:
    """The fields of the serialized Visit that are known when its changes have record times."""
    change = visit.view.status_change if visit.view.status is not None else None
    effective, known = _times(change) if change is not None else (None, None)
    created, updated = visit.changes[0].timestamp, visit.changes[-1].timestamp
    return wire.visit_tail(
        effective, known, position, to_microseconds(created), to_microseconds(updated)
    )


def _times(change: Event) -> tuple[int, int]:
    return (
        to_microseconds(change.effective_moment.instant),
        to_microseconds(change.known_moment.instant),
    )


def _call_on(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *args: Any) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(call, *args)


def _end(future: "asyncio.Future[Any]", result: Any) -> None:
    """End a future, unless whoever waited is gone."""
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
        future.exception()  # whoever waited may be gone: nobody is warned of it
    else:
        future.set_result(result)
