"""One round: lock the log, decide what was asked on what it holds, and save all of it at once.

Nothing is decided on stale state, since nobody else appends meanwhile. The time of each change
is its record time. A retry finds the first answer, in the log or in the round itself.
"""

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import NamedTuple

from domain.copies import changed
from domain.errors import Refusal
from domain.events import StatementRecorded
from domain.visit import Visit
from service import codec
from service.codec import wire
from service.codec.clock import EPOCH, from_microseconds
from service.commands.application import VisitApplication
from service.commands.change import Change, Outcome
from service.commands.decide import Decided, Sizes, check_name, check_names, decide, named
from service.commands.names import Names
from service.commands.visits import Visits, load, versions
from service.errors import RequestIdReused, ServiceRefusal, TooLarge
from service.limits import ANSWER_BYTES, IMPORT_SHARE, LOADED_IN_ROUND
from service.live.log_view import Committed
from service.live.ring import Recent
from service.projections.state_rows import allowed_changes, visit_row, visit_tail
from service.store.log.entry import Entry, keyed_digest
from service.store.log.reader import requests
from service.store.log.rows import RequestRow
from service.store.log.writer import LockedLog
from service.store.tables import request_key

Key = tuple[str, str]
# Bytes that an answer has around a visit and an event, at most.
_AROUND = 200
Result = Outcome | Refusal | ServiceRefusal


class Kind(Enum):
    """What is asked: to record changes all or none, to record each for itself, or to validate."""

    RECORD = auto()
    IMPORT = auto()
    VALIDATE = auto()


@dataclass(eq=False)
class Task:
    """Changes that one call asks for, and what became of them.

    ``done`` is called once the task is done and what it recorded is committed. ``results`` has
    the outcome of each change that is done; with IMPORT, that may be its refusal. ``error`` is
    what the whole task failed with. ``rest`` is work that is left when its round is over,
    ``sharer`` is who shares with others in such work, and it ends once the task is not wanted any
    more. A task without changes only asks where the log ends: ``size`` is its last position, and
    no later change will have a record time before ``record_time``.
    """

    changes: Sequence[Change]
    kind: Kind = Kind.RECORD
    done: "Callable[[Task], None]" = lambda _: None
    results: list[Result] = field(default_factory=list)
    error: Exception | None = None
    rest: Iterator[None] | None = None
    size: int = 0
    record_time: int = 0
    # The visits with long histories that were loaded for it, and how many changes a round takes.
    loaded: dict[str, Visit] = field(default_factory=dict)
    share: int = IMPORT_SHARE
    sharer: str = ""
    is_wanted: bool = True

    @property
    def next_changes(self) -> Sequence[Change]:
        """The changes that the next round is to decide."""
        if self.kind is not Kind.IMPORT:
            return self.changes
        return self.changes[len(self.results) : len(self.results) + self.share]

    @property
    def can_be_split(self) -> bool:
        """Whether a round could take fewer of its changes."""
        return self.kind is Kind.IMPORT and len(self.next_changes) > 1

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to decide."""
        return self.error is not None or len(self.results) == len(self.changes)


class Taken(NamedTuple):
    """What becomes of a task once the round is saved."""

    task: Task
    results: Sequence[Result] = ()
    error: Exception | None = None
    rest: Iterator[None] | None = None


class Round:
    """What is decided while the log is locked. Nothing of it counts before ``save``."""

    def __init__(self, application: VisitApplication, visits: Visits, log: LockedLog) -> None:
        self._application = application
        self._visits = visits
        self._log = log
        self._now = from_microseconds(log.record_time)
        self._names = Names(lambda: nullcontext(log.connection))
        # The visits that the round is about, as they were before it, and as its changes leave them.
        self._before: dict[str, Visit] = {}
        self._at_hand: dict[str, Visit] = {}
        self._first: dict[Key, RequestRow] = {}
        self._recorded: dict[Key, tuple[Decided, Outcome]] = {}
        self._taken: list[Taken] = []

    def prepare(self, tasks: Sequence[Task]) -> tuple[list[Task], list[tuple[Task, list[str]]]]:
        """Look up request ids, and load visits.

        Returns the tasks that can be decided, and those for which visits must be loaded first,
        with these visits, since their histories are too long for this round.
        """
        self._visits.catch_up(self._log)
        keys = {change.key for task in tasks for change in task.next_changes}
        self._first = requests(self._log.connection, list(keys))
        wanted = {id(task): self._visits_of(task) for task in tasks}
        unknown = {v for ids in wanted.values() for v in ids if v not in self._visits}
        lengths = versions(self._log, unknown) if unknown else {}
        self._names.look_up_new(unknown - lengths.keys())  # which become ids
        room, ready, waiting = LOADED_IN_ROUND, [], []
        known: dict[str, Visit | None] = {}
        for task in tasks:
            missing = {v for v in wanted[id(task)] if v in lengths and v not in known}
            read = {v: lengths[v] - _version(task.loaded.get(v)) for v in missing}
            if sum(read.values()) <= room or missing <= task.loaded.keys():
                room -= sum(read.values())
                known |= {v: task.loaded.get(v) for v in missing}
                ready.append(task)
            else:
                waiting.append((task, [v for v in missing if v not in task.loaded]))
        for task in ready:
            for visit_id in wanted[id(task)]:
                if (at_hand := self._visits.use(visit_id)) is not None:
                    self._at_hand[visit_id] = at_hand
        for visit in load(self._log, known):  # which may push others out of the cache
            self._at_hand[visit.id] = visit
            self._visits.keep(visit.id, visit)
        self._before = dict(self._at_hand)
        return ready, waiting

    def _visits_of(self, task: Task) -> set[str]:
        """The visits that a task concerns."""
        found = set()
        for change in task.next_changes:
            row = self._first.get(change.key)
            if row is None:
                found |= {change.visit_id, change.values.get("merged_into", "")}
            elif task.kind is not Kind.IMPORT:
                found.add(row.visit_id)
        return found - {""}

    def take(self, task: Task) -> None:
        """Decide what a task asks for next. If it is refused, the round goes on without it."""
        try:
            match task.kind:
                case Kind.IMPORT:
                    sizes = Sizes()
                    results = [self._record_alone(each, sizes) for each in task.next_changes]
                    taken = Taken(task, results)
                case Kind.VALIDATE:
                    check_names(task.changes)
                    taken = Taken(task, rest=self._validate(task, dict(self._at_hand)))
                case Kind.RECORD:
                    check_names(task.changes)
                    taken = self._record(task)
        except (Refusal, ServiceRefusal) as refusal:
            taken = Taken(task, error=refusal)
        self._taken.append(taken)

    def _record(self, task: Task) -> Taken:
        """Record all changes of a task, or none."""
        # One change that is refused leaves the visits as they are; several are tried on a copy.
        visits = self._at_hand if len(task.changes) == 1 else dict(self._at_hand)
        decided: list[Decided] = []
        sizes = Sizes()
        results: list[Outcome | RequestRow] = []
        size = self._log.size + len(self._recorded)
        new: list[Outcome] = []
        for change in task.changes:
            first = self._first_answer(change)
            if first is None:
                decided.append(self._decide(change, visits, sizes))
                first = self._outcome(decided[-1], size + len(decided), with_visit=True)
                new.append(first)
            results.append(first)
        if new and len(results) > 1:
            self._check_answer(results)
        self._accept(decided, new)
        self._at_hand = visits
        outcomes = [each for each in results if isinstance(each, Outcome)]
        if len(outcomes) == len(results):
            return Taken(task, outcomes)
        return Taken(task, rest=self._replay(task, results, dict(self._at_hand)))

    def _decide(
        self,
        change: Change,
        visits: MutableMapping[str, Visit],
        sizes: Sizes,
        names: Names | None = None,
    ) -> Decided:
        """Decide a change. ``names`` stand in for those of the round."""
        names = names or self._names
        return decide(self._application, named(change), visits, names, sizes, self._now)

    def _check_answer(self, results: Sequence[Outcome | RequestRow]) -> None:
        """Refuse what could not be answered, neither now nor to a retry.

        :raises TooLarge: the answer would be too large.
        """
        size = 0
        for each in results:
            if isinstance(each, Outcome):
                visit, event = each.visit, each.event
            else:
                of = self._at_hand[each.visit_id]
                visit, event = codec.visit_to_bytes(of.id, of.version, of.state), each.body
            size += len(visit) + len(event) + _AROUND
        if size > ANSWER_BYTES:
            raise TooLarge.by("changes", "the answer", size, ANSWER_BYTES)

    def _record_alone(self, change: Change, sizes: Sizes) -> Result:
        """Record a change of an import, whose outcome has no visit."""
        try:
            check_name(change)
            first = self._first_answer(change)
            if isinstance(first, RequestRow):
                event = wire.recorded_event(first.position, first.record_time, first.body)
                return Outcome(b"", event, first.position, replayed=True)
            if first is not None:
                return first
            decided = self._decide(change, self._at_hand, sizes)
        except (Refusal, ServiceRefusal) as refusal:
            return refusal
        outcome = self._outcome(decided, self._log.size + len(self._recorded) + 1, with_visit=False)
        self._accept([decided], [outcome])
        return outcome

    def _accept(self, decided: Sequence[Decided], outcomes: Sequence[Outcome]) -> None:
        for each, outcome in zip(decided, outcomes, strict=True):
            key = request_key(each.entry.actor, each.entry.request_id or "")
            self._recorded[key] = each, outcome

    def _first_answer(self, change: Change) -> Outcome | RequestRow | None:
        """What was answered to the same request before, or its entry of the log, if any.

        :raises RequestIdReused: the request had different content.
        """
        if again := self._recorded.get(change.key):
            decided, outcome = again
            entry = decided.entry
            if entry.request_digest != change.request_digest:
                raise RequestIdReused(change.context.request_id, entry.visit_id, entry.version)
            return replace(outcome, visit=decided.state_at(outcome.position), replayed=True)
        row = self._first.get(change.key)
        if row is not None and not _is_same(row, change):
            raise RequestIdReused(row.request_id, row.visit_id, row.version)
        return row

    def _outcome(self, decided: Decided, position: int, *, with_visit: bool) -> Outcome:
        """The outcome of a change that is recorded at this position."""
        event = wire.recorded_event(position, self._log.record_time, decided.entry.body)
        if not with_visit:
            return Outcome(b"", event, position)
        weight = statement_weight(decided.visit)
        return Outcome(decided.state_at(position), event, position, weight=weight)

    def _replay(
        self, task: Task, results: Sequence[Outcome | RequestRow], visits: dict[str, Visit]
    ) -> Iterator[None]:
        """Answer what was recorded before like the first time, one change after the other."""
        for each in results:
            yield
            if isinstance(each, RequestRow):
                each = first_outcome(each, visits[each.visit_id])
            task.results.append(each)

    def _validate(self, task: Task, at_hand: dict[str, Visit]) -> Iterator[None]:
        """Decide the changes of a task without recording them, one after the other."""
        names = Names(self._application.database.readers.connect)
        sizes = Sizes()
        for change in task.changes:
            yield
            first = self._first_answer(change)
            if isinstance(first, RequestRow):
                task.results.append(first_outcome(first, at_hand[first.visit_id]))
            elif first is not None:
                task.results.append(first)
            else:
                decided = self._decide(change, at_hand, sizes, names)
                event = wire.unrecorded_event(decided.entry.body)
                state = decided.state + allowed_changes(decided.visit)
                weight = statement_weight(decided.visit)
                task.results.append(Outcome(state, event, position=0, weight=weight))

    def save(self) -> list[Committed]:
        """Record what was decided in one commit, and note on each task what became of it.

        What was recorded before is answered again once it is as durable as what is recorded now.
        Returns what was recorded, for those who follow the log.
        """
        decided = [each for each, _ in self._recorded.values()]
        last = {each.visit.id: each for each in decided}
        if decided:
            entries = [
                self._with_row(each) if each is last[each.visit.id] else each.entry
                for each in decided
            ]
            self._application.save(*[e.visit for e in decided], entries=entries, log=self._log)
            for visit_id, each in last.items():
                self._visits.keep(visit_id, each.visit)
            self._visits.size = self._log.size + len(decided)
        elif self._first:
            self._application.writer.confirm(self._log)
        for task, results, error, rest in self._taken:
            task.results += results
            task.error, task.rest = error, rest
            task.size, task.record_time = self._log.size + len(decided), self._log.record_time
        return [
            self._committed(each, outcome, is_last=each is last[each.visit.id])
            for each, outcome in self._recorded.values()
        ]

    def _with_row(self, decided: Decided) -> Entry:
        """The entry of the last change of a visit, with the row that the round leaves."""
        visit = decided.visit
        before = self._before.get(visit.id) or Visit.blank(visit.id, self._now)
        return changed(decided.entry, row=visit_row(visit, before, decided.state))

    def _committed(self, decided: Decided, outcome: Outcome, *, is_last: bool) -> Committed:
        entry = decided.entry
        recent = Recent(entry.visit_id, entry.topic, wire.member(outcome.event))
        state = outcome.visit or (decided.state_at(outcome.position) if is_last else None)
        is_withdrawn = decided.visit.state.status is None
        return Committed(recent, self._log.record_time, None if is_withdrawn else state)


def first_outcome(row: RequestRow, visit: Visit) -> Outcome:
    """The first answer again, from the entry of a request and its visit."""
    visit = Visit.from_history(visit.id, EPOCH, visit.changes[: row.version])
    state = codec.visit_to_bytes(visit.id, visit.version, visit.state)
    event = wire.recorded_event(row.position, row.record_time, row.body)
    return Outcome(
        state + visit_tail(visit, row.position),
        event,
        row.position,
        replayed=True,
        weight=statement_weight(visit),
    )


def statement_weight(visit: Visit) -> bytes:
    """What the answer to a statement says of its weight; empty if the last change is another."""
    last = visit.changes[-1]
    return codec.statement_weight(visit.state, last) if isinstance(last, StatementRecorded) else b""


def _is_same(row: RequestRow, change: Change) -> bool:
    """Whether an entry was recorded by the same request."""
    given = keyed_digest(row.nonce, change.request_digest)
    return row.request_digest is not None and row.request_digest == given


def _version(visit: Visit | None) -> int:
    return visit.version if visit is not None else 0
