"""The visits in memory, each as of its last change, whether that is committed or not.

``submit`` passes decided changes to the writer without waiting: the next change of a visit is
decided on the state after this one. If a change fails, so do those decided on top of it.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from domain.visit import Visit
from service.codec.clock import from_microseconds
from service.commands.application import VisitApplication
from service.commands.drafts import Draft, Recorded
from service.limits import LOADED_TOGETHER
from service.live.cache import Bounded
from service.live.log_view import Committed, LogView
from service.live.reads import Reads
from service.live.ring import Recent
from service.projections.loading import visit_of
from service.projections.state_rows import visit_tail
from service.store.log.appends import Append
from service.store.log.reader import HIGHEST


@dataclass(eq=False)
class PendingAppend(Append):
    """An append that a call on the event loop waits for."""

    drafts: Sequence[Draft] = ()
    settled: "asyncio.Future[list[Recorded]]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def __post_init__(self) -> None:
        # The visits that it changes.
        self.visit_ids = frozenset(draft.visit.id for draft in self.drafts)


class Visits:
    """Up to ``size`` visits, on one event loop."""

    def __init__(
        self, application: VisitApplication, reads: Reads, log_view: LogView, size: int = 1000
    ) -> None:
        self.database = application.database
        self._writer = application.writer
        self._reads = reads
        self._log_view = log_view
        self._failures = 0
        self._visits: Bounded[str, Visit] = Bounded(size)
        self._unsettled: dict[str, PendingAppend] = {}
        log_view.on_foreign_change = self._forget

    def listen(self) -> None:
        """Settle future appends on the running event loop."""
        loop = asyncio.get_running_loop()
        self._writer.on_batch = lambda appends: _call_on(loop, self._settle, appends)
        if self.database.is_shared:
            self.database.listeners.add(lambda size: _call_on(loop, self._log_view.notice, size))
            self.database.listen()

    async def load(self, visit_ids: Iterable[str]) -> None:
        """Load these visits into memory. Call ``hold`` first, so that they stay there."""
        wanted = list(visit_ids)
        while missing := [v for v in wanted if self._visits.use(v) is None]:
            failures = self._failures
            loaded = await self._reads.run(self._loaded, missing[:LOADED_TOGETHER])
            # The rows may be older than an append that was committed and then dropped from
            # memory, because another on top of it failed: read again.
            if failures == self._failures:
                for visit in loaded:
                    if visit.id not in self._visits:
                        self._visits.keep(visit.id, visit)

    def _loaded(self, visit_ids: Sequence[str]) -> list[Visit]:
        rows = self._reads.reader.histories(visit_ids, HIGHEST)
        return [visit_of(visit_id, rows.get(visit_id, ())) for visit_id in visit_ids]

    def refresh(self, visit_ids: Iterable[str]) -> None:
        """Drop these visits, so that the next load reads what others may have changed."""
        for visit_id in visit_ids:
            if visit_id not in self._unsettled:
                self._visits.pop(visit_id, None)

    def unknown(self, visit_ids: Iterable[str]) -> set[str]:
        """Those of the visits that this process does not know."""
        current = self._log_view.current
        return {v for v in visit_ids if v not in self._visits and v not in current}

    def begin(self, visit_id: str) -> None:
        """Put a blank visit into memory, unless the visit is there already.

        If the log has changes of it, appends of it fail with VersionConflict.
        """
        if visit_id not in self._visits:
            self._visits.keep(visit_id, visit_of(visit_id, ()))

    def hold(self, visit_ids: Iterable[str]) -> AbstractContextManager[None]:
        """Keep these visits in memory within the context, once they are loaded."""
        return self._visits.hold(visit_ids)

    def __contains__(self, visit_id: str) -> bool:
        return visit_id in self._visits

    def __getitem__(self, visit_id: str) -> Visit:
        return self._visits[visit_id]

    def unsettled(self, visit_ids: Iterable[str]) -> "list[asyncio.Future[list[Recorded]]]":
        """The appends of these visits that are not committed yet."""
        return [self._unsettled[v].settled for v in visit_ids if v in self._unsettled]

    def submit(
        self, drafts: Sequence[Draft], others: Iterable[str] = ()
    ) -> "asyncio.Future[list[Recorded]]":
        """Pass changes to the writer, to be recorded together or not at all.

        They also depend on ``others``, visits that they do not change, as these are in memory.
        The future gives what was recorded, or raises VersionConflict, RequestIdTaken or a
        StoreError.
        """
        append = PendingAppend(
            [draft.entry for draft in drafts],
            not_before=self._log_view.latest_now,
            rest_on={each: self._visits[each].version for each in others},
            drafts=drafts,
        )
        before = (self._unsettled.get(v) for v in (*append.visit_ids, *append.rest_on))
        append.on_top_of = {each for each in before if each is not None}
        self._writer.submit(append)
        self._visits.acquire(append.visit_ids)
        for each in drafts:
            self._visits.keep(each.visit.id, each.visit)
            self._unsettled[each.visit.id] = append
        return append.settled

    async def barrier(self) -> None:
        """Wait until every change that can have a record time up to now is committed.

        A read-only server cannot wait for that. It answers from what it knows.
        """
        if self.database.is_read_only:
            return
        append = PendingAppend([], not_before=self._log_view.latest_now)
        self._writer.submit(append)
        await append.settled
        if append.record_time < append.not_before:  # the clock of the database is slow
            await asyncio.sleep((append.not_before - append.record_time) / 1e6)

    def _settle(self, appends: Sequence[Append]) -> None:
        """Report the results of appends to the waiting calls, and commits to the log view."""
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
                    # Those that wait were decided on top of it and fail too. Later ones are not.
                    self._unsettled.pop(visit_id, None)
                _end(append.settled, append.error)
            else:
                recorded = _recorded(append)
                _end(append.settled, recorded)
                committed += _committed(append, recorded)
        self._log_view.take(first, committed)

    def _forget(self, visit_id: str, version: int) -> None:
        """Drop a visit that another process changed."""
        visit = self._visits.get(visit_id)
        if visit is not None and visit.version < version:
            del self._visits[visit_id]


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
        is_withdrawn = each.visit.state.status is None
        state = None if is_withdrawn else there.visit
        yield Committed(recent, each.entry.version, there.record_time, state)


def _call_on(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *args: Any) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(call, *args)


def _end(future: "asyncio.Future[Any]", result: Any) -> None:
    """Settle a future, unless the waiting call is gone."""
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
        future.exception()  # mark it as retrieved: the waiting call may be gone
    else:
        future.set_result(result)
