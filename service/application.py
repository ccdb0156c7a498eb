"""Visits, saved and loaded: an eventsourcing Application on the store.

Beside the blocking ``save`` stands ``submit``, which hands a decided change to the
writer without waiting: the next change of that visit is decided on the state that this
one leaves, committed or not. If a change fails, so do those decided on top of it.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

import structlog
from eventsourcing.application import Application
from eventsourcing.persistence import Recording
from eventsourcing.utils import Environment
from sqlalchemy.exc import SQLAlchemyError

from domain.visit import Visit
from service.cache import Bounded
from service.clock import from_microseconds
from service.drafts import Draft, Recorded, draft, visit_tail
from service.live.ring import Recent
from service.live.view import Committed, View
from service.mapping import VisitEventStore, VisitMapper, visit_of
from service.store.database import READERS, Database
from service.store.entries import Append
from service.store.errors import StoreUnavailable
from service.store.reader import LAST, EventQuery, Reader
from service.store.recorder import Factory, LogApplicationRecorder
from service.store.writer import Writer

# Visits that are read from the log together.
LOADED_TOGETHER = 50

logger = structlog.get_logger()

Item = TypeVar("Item")


@dataclass(eq=False)
class PendingAppend(Append):
    """An append that somebody on the event loop waits for."""

    drafts: Sequence[Draft] = ()
    settled: "asyncio.Future[list[Recorded]]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def __post_init__(self) -> None:
        # The visits that it changes.
        self.visit_ids = frozenset(draft.visit.id for draft in self.drafts)


class VisitApplication(Application[str]):
    """Loads and saves visits.

    ``clock`` gives microseconds since 1970; without one, record times are those of the
    database's clock. ``view`` is what this process knows of the log.

    All but the blocking methods of eventsourcing is for one event loop.
    """

    name = "Chancery"

    def __init__(
        self,
        database: Database,
        cached_visits: int = 10_000,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self.database = database
        self.writer = Writer(database, clock)
        self.reader = Reader(database)
        super().__init__()
        self.view = View(self.reader.head(), cached_visits, self._read_entries, self._forget)
        self._clock = clock or (lambda: time.time_ns() // 1000)
        self._now = 0
        self._failures = 0
        self._visits: Bounded[str, Visit] = Bounded(max(1, cached_visits // 10))
        self._unsettled: dict[str, PendingAppend] = {}
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
        """Record the pending events of visits, and wait for the commit.

        For tools and projections, not beside the asynchronous side of the same object,
        which does not see what is saved here.
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

    # The asynchronous side

    def listen(self) -> None:
        """Settle what is submitted from now on, on the running event loop."""
        loop = asyncio.get_running_loop()
        self.writer.on_batch = lambda appends: _call_on(loop, self._settle, appends)
        if self.database.is_shared:
            self.database.listeners.add(lambda size: _call_on(loop, self.view.notice, size))
            self.database.listen()

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
        """The time of a command: the later of the clock and the last record time.

        It never goes back, since changes are decided on others that are not recorded yet.
        """
        self._now = max(self._clock(), self.view.head.record_time, self._now)
        return from_microseconds(self._now)

    async def load(self, visit_ids: Iterable[str]) -> None:
        """Have these visits at hand. Requires that they are held."""
        wanted = list(visit_ids)
        while missing := [v for v in wanted if self._visits.use(v) is None]:
            failures = self._failures
            loaded = await self.read(self._loaded, missing[:LOADED_TOGETHER])
            # What was read may be older than an append that stood and was then forgotten,
            # because another on top of it failed: read again.
            if failures == self._failures:
                for visit in loaded:
                    if visit.id not in self._visits:
                        self._visits.keep(visit.id, visit)

    def _loaded(self, visit_ids: Sequence[str]) -> list[Visit]:
        rows = self.reader.histories(visit_ids, LAST)
        return [visit_of(visit_id, rows.get(visit_id, ())) for visit_id in visit_ids]

    def refresh(self, visit_ids: Iterable[str]) -> bool:
        """Have these visits read again when they are loaded: others may have changed them."""
        for visit_id in visit_ids:
            if visit_id not in self._unsettled:
                self._visits.pop(visit_id, None)
        return True

    def unknown(self, visit_ids: Iterable[str]) -> set[str]:
        """Those of the visits of which this process knows nothing."""
        return {v for v in visit_ids if v not in self._visits and v not in self.view.current}

    def begin(self, visit_id: str) -> None:
        """Have a visit at hand as one of which nothing is recorded, unless it is at hand.

        Where it stands in the log, what is submitted of it ends with VersionConflict.
        """
        if visit_id not in self._visits:
            self._visits.keep(visit_id, visit_of(visit_id, ()))

    def hold(self, visit_ids: Iterable[str]) -> AbstractContextManager[None]:
        """Keep these visits at hand, once they are loaded, as long as the context lasts."""
        return self._visits.hold(visit_ids)

    def is_at_hand(self, visit_id: str) -> bool:
        """Whether a visit is loaded."""
        return visit_id in self._visits

    def at_hand(self, visit_id: str) -> Visit:
        """A loaded visit as its last change leaves it, committed or not."""
        return self._visits[visit_id]

    def unsettled(self, visit_ids: Iterable[str]) -> "list[asyncio.Future[list[Recorded]]]":
        """What is submitted of these visits and not committed yet."""
        return [self._unsettled[v].settled for v in visit_ids if v in self._unsettled]

    def submit(
        self, drafts: Sequence[Draft], others: Iterable[str] = ()
    ) -> "asyncio.Future[list[Recorded]]":
        """Hand changes to the writer, to be recorded together or not at all.

        They rest on ``others`` as these are at hand, visits that they do not change.
        What is given ends with what was recorded, or with VersionConflict,
        RequestIdTaken or a StoreError.
        """
        append = PendingAppend(
            [draft.entry for draft in drafts],
            not_before=self._now,
            rest_on={each: self._visits[each].version for each in others},
            drafts=drafts,
        )
        before = (self._unsettled.get(v) for v in (*append.visit_ids, *append.rest_on))
        append.on_top_of = {each for each in before if each is not None}
        self.writer.submit(append)
        self._visits.acquire(append.visit_ids)
        for each in drafts:
            self._visits.keep(each.visit.id, each.visit)
            self._unsettled[each.visit.id] = append
        return append.settled

    async def barrier(self) -> None:
        """Wait until everything is committed that can have a record time up to now.

        A server that only reads cannot wait for that: it answers as of what it knows.
        """
        if self.database.is_read_only:
            return
        append = PendingAppend([], not_before=self._now)
        self.writer.submit(append)
        await append.settled
        if append.record_time < append.not_before:  # the clock of the database is behind
            await asyncio.sleep((append.not_before - append.record_time) / 1e6)

    def _settle(self, appends: Sequence[Append]) -> None:
        """Tell those who wait what became of their appends, and the view what is committed."""
        first = next((a.first_position for a in appends if a.first_position and not a.error), 0)
        committed: list[Committed] = []
        for append in appends:
            assert isinstance(append, PendingAppend)
            self._visits.release(append.visit_ids)
            for each in append.drafts:
                if self._unsettled.get(each.visit.id) is append:
                    del self._unsettled[each.visit.id]
            if append.error is not None:
                self._failures += 1
                for visit_id in append.visit_ids | append.rest_on.keys():
                    self._visits.pop(visit_id, None)
                for visit_id in append.visit_ids:
                    # What waits was decided on top of it and fails as well; what comes now is not.
                    self._unsettled.pop(visit_id, None)
                _end(append.settled, append.error)
            else:
                recorded = _recorded(append)
                _end(append.settled, recorded)
                committed += _committed(append, recorded)
        self.view.take(first, committed)

    async def _read_entries(self, query: EventQuery, limit: int, size: int) -> Sequence[Any]:
        return (await self.read(self.reader.entries, query, limit, size)).rows

    def _forget(self, visit_id: str, version: int) -> None:
        """Forget a visit that others have changed, as it was before."""
        visit = self._visits.get(visit_id)
        if visit is not None and visit.version < version:
            del self._visits[visit_id]

    def close(self) -> None:
        """Commit what was submitted, and close the database."""
        self._threads.shutdown()
        super().close()


def _recorded(append: PendingAppend) -> list[Recorded]:
    record_time = from_microseconds(append.record_time)
    recorded = []
    for position, each in enumerate(append.drafts, start=append.first_position):
        each.event.stamp(record_time)
        assert each.entry.row is not None
        state = each.entry.row.state + visit_tail(each.visit, position)
        recorded.append(Recorded(state, position, append.record_time, each.entry.body))
    return recorded


def _committed(append: PendingAppend, recorded: Sequence[Recorded]) -> Iterator[Committed]:
    for each, prefix, there in zip(append.drafts, append.frame_prefixes, recorded, strict=True):
        recent = Recent(each.visit.id, each.entry.topic, prefix + each.entry.body)
        is_withdrawn = each.visit.view.status is None
        state = None if is_withdrawn else there.visit
        yield Committed(recent, each.entry.version, there.record_time, state)


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
