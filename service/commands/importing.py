"""Imports: many changes, each on its own, in as few commits as possible.

The changes of a message are taken in order. Those that can be decided at once are passed to the
writer without waiting. A change that needs an earlier commit waits for the next turn, and so do
all later changes of its visit. A change that is refused, or is not a plain one, is then recorded
like a call of its own.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from eventsourcing.persistence import IntegrityError

from domain.errors import Refusal
from domain.validation import a_visit_id
from service.commands.change import Change, Outcome, outcome, recorded_event
from service.commands.drafts import Recorded
from service.commands.record import Commands, check_content
from service.errors import RequestIdReused, ServiceRefusal
from service.limits import IMPORT_SLICE
from service.store.errors import ReadOnly

ImportOutcome = Outcome | Refusal | ServiceRefusal
Submitted = dict[int, "asyncio.Future[list[Recorded]]"]


async def record_each(commands: Commands, changes: Sequence[Change]) -> list[ImportOutcome]:
    """Record the changes, each on its own, and return an outcome or refusal for each.

    The outcome of a change that was recorded before has no visit.

    :raises ReadOnly: this server records no changes.
    :raises StoreError: the store cannot record them; some may be recorded.
    """
    if commands.visits.database.is_read_only:
        raise ReadOnly
    work = _Import(commands, changes)
    await work.replay()
    while work.waiting:
        await work.turn()
    return [work.results[index] for index in range(len(changes))]


@dataclass
class _Import:
    """Changes being imported. Those in ``alone`` are recorded like calls of their own."""

    commands: Commands
    changes: Sequence[Change]
    results: dict[int, ImportOutcome] = field(default_factory=dict)
    alone: set[int] = field(default_factory=set)

    @property
    def waiting(self) -> list[int]:
        """The indexes of changes without a result, in order."""
        return [index for index in range(len(self.changes)) if index not in self.results]

    async def replay(self) -> None:
        """Answer changes that were recorded before, and note those that are not plain."""
        asked: dict[str, int] = {}
        for index, change in enumerate(self.changes):
            is_first = asked.setdefault(change.context.request_id, index) == index
            if not (is_first and _is_plain(change)):
                self.alone.add(index)
        actor, reads = self.changes[0].context.actor, self.commands.reads
        rows = await reads.run(reads.reader.requests, actor, list(asked))
        for request_id, row in rows.items():
            index = asked[request_id]
            try:
                check_content(self.changes[index], row)
            except RequestIdReused as refusal:
                self.results[index] = refusal
            else:
                event = recorded_event(row.position, row.record_time, row.body)
                self.results[index] = Outcome(b"", event, row.position, replayed=True)

    async def turn(self) -> None:
        """Record the changes that do not depend on another change of this turn."""
        waiting = self.waiting
        visit_ids = {self.changes[index].visit_id for index in waiting if index not in self.alone}
        visits = self.commands.visits
        opened: dict[str, bool] = {}
        for index in waiting:
            opened.setdefault(self.changes[index].visit_id, self.changes[index].is_opening)
        new = visits.unknown(v for v in visit_ids if opened[v])
        with visits.hold(visit_ids):
            await visits.load(visit_ids - new)
            submitted, alone = await self._submit(waiting, new)
        await self._settle(submitted)
        await asyncio.gather(*(self._record(index) for index in alone))
        if not (submitted or alone) and (others := visits.unsettled(visit_ids)):
            await asyncio.wait(others)

    async def _submit(self, waiting: Iterable[int], new: set[str]) -> tuple[Submitted, list[int]]:
        """Submit the changes that can be decided now. Also returns those to record alone now."""
        submitted: Submitted = {}
        latest: dict[str, asyncio.Future[list[Recorded]]] = {}
        alone: list[int] = []
        blocked: set[str] = set()
        for number, index in enumerate(waiting, start=1):
            if number % IMPORT_SLICE == 0:
                await asyncio.sleep(0)
            change = self.changes[index]
            visit_id = change.visit_id
            if visit_id in blocked:
                continue
            before = latest.get(visit_id)
            if index not in self.alone and not self._must_wait(change, before, new):
                future = self._try(change, new & {visit_id})
                if future is not None:
                    submitted[index] = latest[visit_id] = future
                    continue
                if before is None:
                    self.alone.add(index)
            blocked.add(visit_id)
            if index in self.alone and before is None:
                alone.append(index)
        return submitted, alone

    def _must_wait(
        self, change: Change, before: "asyncio.Future[list[Recorded]] | None", new: set[str]
    ) -> bool:
        """Whether a change cannot be decided yet. ``before`` is the previous one of its visit."""
        visits = self.commands.visits
        has_failed = before is not None and before.done() and before.exception() is not None
        is_there = change.visit_id in new or change.visit_id in visits
        if has_failed or not is_there:
            return True
        return change.names_its_times and bool(visits.unsettled([change.visit_id]))

    def _try(self, change: Change, new: set[str]) -> "asyncio.Future[list[Recorded]] | None":
        """Decide a change and pass it to the writer. Returns None if it is refused at present."""
        try:
            drafts = self.commands.decide([change], new)
        except Refusal:
            return None
        return self.commands.visits.submit(drafts)

    async def _settle(self, submitted: Submitted) -> None:
        """Wait for the commits. A change that failed because of another is recorded alone."""
        if submitted:
            await asyncio.wait(submitted.values())
        for index, future in submitted.items():
            error = future.exception()
            if isinstance(error, IntegrityError):
                self.alone.add(index)
            elif error is not None:
                raise error
            else:
                (recorded,) = future.result()
                self.results[index] = outcome(recorded)

    async def _record(self, index: int) -> None:
        try:
            (self.results[index],) = await self.commands.record([self.changes[index]])
        except (Refusal, ServiceRefusal) as refusal:
            self.results[index] = refusal


def _is_plain(change: Change) -> bool:
    """Whether a change concerns a single visit and names its id."""
    try:
        a_visit_id(change.visit_id)
    except ValueError:
        return False
    return not change.values.get("merged_into")
