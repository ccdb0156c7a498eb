"""The core on a log in this process, and with it what an edge reads of the log."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from chancery.v1.event_pb2 import RecordedEvent
from service.audit.changes import ChangeQueries
from service.audit.checkpoints import Checkpoints
from service.audit.proofs import Prover
from service.commands.application import VisitApplication
from service.commands.change import Change, Outcome
from service.commands.core import Core
from service.commands.round import Kind, Result, Task
from service.live.log_view import Committed, LogView
from service.live.reads import Reads
from service.queries.as_of import AsOfQueries
from service.queries.freshness import Freshness
from service.queries.history import HistoryQueries
from service.queries.visits import VisitQueries
from service.store.engines.opening import open_database
from service.store.log.tree_reader import TreeReader
from service.tlog.note import Checkpoint, SignerKey
from tests.store import logbook
from tests.store.builders import SECONDS, change
from tests.support.place import Place, place_of


class Desk:
    """The core on a log. It does nothing but when it is told to turn.

    ``told`` has what it said was committed, by position, and ``told_size`` where it said that
    the log ends.
    """

    def __init__(self, application: VisitApplication, cached_visits: int = 1000) -> None:
        self.application = application
        self.database = application.database
        self.core = Core(application, self.committed, cached_visits)
        self.told: dict[int, Committed] = {}
        self.told_size = 0

    def committed(self, first: int, changes: Sequence[Committed]) -> None:
        """Take note of what was committed."""
        self.told.update(enumerate(changes, start=first))
        self.told_size = first - 1 + len(changes)

    def ask(self, *changes: Change, kind: Kind = Kind.RECORD) -> Task:
        """Ask for these changes in one call, and do not wait."""
        task = Task(changes, kind)
        self.core.ask(task)
        return task

    def once(self) -> None:
        """Do one round, and one slice of slow work."""
        self.core.round()
        self.core.slice()

    def turn(self) -> None:
        """Turn until nothing is left to do."""
        until = time.monotonic() + SECONDS
        while not self.core.is_idle:
            assert time.monotonic() < until, "the core does not come to an end"
            self.once()

    def share(self, *asked: Change | Iterable[Change]) -> list[Task]:
        """Ask for all of these before the next turn, and turn until they are done.

        Each is a call with one change, or with several.
        """
        calls = [[each] if isinstance(each, Change) else each for each in asked]
        tasks = [self.ask(*changes) for changes in calls]
        self.turn()
        return tasks

    def record_all(
        self, changes: Iterable[Change], *, validate_only: bool = False
    ) -> list[Outcome]:
        """Record the changes of one call, or raise what it failed with."""
        task = self.ask(*changes, kind=Kind.VALIDATE if validate_only else Kind.RECORD)
        self.turn()
        return outcomes(task)

    def record(self, visit_id: str, topic: str, request_id: str = "", **asked: Any) -> Outcome:
        """Record one change."""
        (outcome,) = self.record_all([change(visit_id, topic, request_id, **asked)])
        return outcome

    def validate(self, visit_id: str, topic: str, request_id: str = "", **asked: Any) -> Outcome:
        """Validate one change."""
        asked_for = change(visit_id, topic, request_id, **asked)
        (outcome,) = self.record_all([asked_for], validate_only=True)
        return outcome

    def import_all(self, changes: Iterable[Change]) -> list[Result]:
        """Record each change for itself: its outcome, or its refusal."""
        task = self.ask(*changes, kind=Kind.IMPORT)
        self.turn()
        if task.error is not None:
            raise task.error
        return task.results


class Service(Desk):
    """The core on a log, and what an edge of the same process reads."""

    def __init__(self, application: VisitApplication) -> None:
        super().__init__(application)
        self.reads = Reads(self.application.reader)
        self.log_view = LogView(self.reads.reader.head(), self.reads)
        self.freshness = Freshness(self.log_view, self.database.is_shared)
        self.queries = VisitQueries(self.reads, self.log_view)
        self.history = HistoryQueries(self.reads, self.log_view)
        self.past = AsOfQueries(
            self.reads, self.log_view, self.queries, self.freshness, self.reach_end
        )
        self.changes = ChangeQueries(self.reads, self.queries, self.freshness)

    def committed(self, first: int, changes: Sequence[Committed]) -> None:
        """Take note of what was committed, as an edge does."""
        super().committed(first, changes)
        self.log_view.take(first, changes)

    async def reach_end(self) -> None:
        """Wait until every change is known."""
        end = self.ask()
        self.turn()
        await self.log_view.see(end.size)

    def prover(self, signer: SignerKey) -> Prover:
        """What makes proofs. Checkpoints are signed with a key, as the core would."""
        tree = TreeReader(self.database)

        async def sign(size: int) -> str:
            size = size or self.reads.reader.head().position
            return Checkpoint(signer.name, size, tree.root(size)).signed(signer)

        return Prover(self.reads, tree, self.freshness, Checkpoints(sign, self.log_view))

    def close(self) -> None:
        """Wait for the running reads, and close the database."""
        self.reads.close()
        self.application.close()


@contextmanager
def desk_on(
    where: Place | str, *, cached_visits: int = 1000, clock: Callable[[], int] | None = None
) -> Iterator[Desk]:
    """The core on a log, which may be given by its URL; closed at the end."""
    url = where if isinstance(where, str) else where.url
    with closing(VisitApplication(open_database(url), clock)) as application:
        yield Desk(application, cached_visits)


@contextmanager
def serving(where: Place | Path, *, clock: Callable[[], int] | None = None) -> Iterator[Service]:
    """The core on a log and what an edge reads, closed at the end."""
    service = Service(VisitApplication(open_database(place_of(where).url), clock))
    with closing(service):
        yield service


def beside(desk: Desk, task: Task) -> list[Task]:
    """Record a change with each turn until the task is done; each is done in its own turn."""
    recorded: list[Task] = []
    while not task.is_done:
        assert len(recorded) < 10_000, "the task does not come to an end"
        recorded.append(desk.ask(change("beijing", "amended")))
        desk.once()
        assert recorded[-1].is_done
    return recorded


def outcomes(task: Task) -> list[Outcome]:
    """The outcomes of a call; what it failed with is raised."""
    if task.error is not None:
        raise task.error
    found = [each for each in task.results if isinstance(each, Outcome)]
    assert len(found) == len(task.results) == len(task.changes)
    return found


def event_of(outcome: Outcome | Result) -> RecordedEvent:
    """The recorded event that was answered."""
    assert isinstance(outcome, Outcome), outcome
    return RecordedEvent.FromString(outcome.event)


def unsound(place: Place, acknowledged: Sequence[Outcome]) -> list[str]:
    """Changes that were acknowledged but are not in the log as such, and the reverse."""
    found = logbook.problems(place)
    log = {row.position: row.recorded for row in logbook.read(place)}
    told = {outcome.position: event_of(outcome) for outcome in acknowledged}
    if len(told) != len(acknowledged):
        found.append("a position was acknowledged twice")
    found += [f"{at} was acknowledged and is not there" for at in told if log.get(at) != told[at]]
    found += [f"{at} is there and was not acknowledged" for at in log if at not in told]
    return found
