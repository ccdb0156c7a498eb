"""The core: it takes what is asked in rounds, and does slow work in slices between them."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy.exc import SQLAlchemyError

from service.commands.application import VisitApplication
from service.commands.round import Kind, Round, Task
from service.commands.visits import Visits, loading
from service.errors import CallerGone
from service.limits import ALONE_SECONDS, IMPORT_SHARE, ROUND_CHANGES, ROUND_SHARE, SLICE_SECONDS
from service.live.log_view import Committed
from service.observe.counting import counts
from service.store.engines.trouble import named
from service.store.errors import ConnectionLost, DiskFull, NotConnected, StoreUnavailable


class Core:
    """Records changes, in one thread.

    ``committed`` is called with the first position and the changes of each round, before the
    tasks that it did are done. If others appended to the log meanwhile, it is called even if
    there are none: an answer may rest on what they appended.
    """

    def __init__(
        self,
        application: VisitApplication,
        committed: Callable[[int, Sequence[Committed]], None],
        cached_visits: int = 1000,
    ) -> None:
        self._application = application
        self._visits = Visits(cached_visits)
        self._committed = committed
        # The position up to which others know what was committed.
        self._told = 0
        self._waiting: deque[Task] = deque()
        # Slow work, and the task that it is for, if it is there already: by who shares in it.
        self._slow: dict[str, deque[tuple[Task | None, Iterator[None]]]] = {}

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to do."""
        return not self._waiting and not self._slow

    def ask(self, task: Task) -> None:
        """Take a task, for the next rounds."""
        self._waiting.append(task)

    def work(self, sharer: str, steps: Iterator[None]) -> None:
        """Do slow work, such as reading a large request, in slices. Sharers take turns."""
        self._add_slow(sharer, None, steps)

    def round(self) -> None:
        """Do one round, if anything is asked for."""
        if tasks := self._next_tasks():
            self._round(tasks)
        self._application.visit_mapper.forget()  # what was decided and not recorded

    def slice(self) -> None:
        """Do one slice of slow work."""
        until = time.monotonic() + SLICE_SECONDS
        while self._slow and time.monotonic() < until:
            self._step()
        self._application.visit_mapper.forget()

    def _next_tasks(self) -> list[Task]:
        """The tasks of the next round.

        Imports take turns: together they have a share of it. So has each sharer, if several wait.
        """
        several = len({task.sharer for task in self._waiting}) > 1
        most = ROUND_SHARE if several else ROUND_CHANGES
        tasks, changes, imported = list[Task](), 0, 0
        of: Counter[str] = Counter()
        later: list[Task] = []
        while self._waiting and changes < ROUND_CHANGES:
            task = self._waiting.popleft()
            is_import, number = task.kind is Kind.IMPORT, len(task.next_changes)
            if of[task.sharer] >= most or (is_import and imported >= IMPORT_SHARE):
                later.append(task)
                continue
            tasks.append(task)
            of[task.sharer] += number
            changes += number
            imported += number * is_import
        self._waiting.extendleft(reversed(later))
        return tasks

    def _round(self, tasks: Sequence[Task], is_again: bool = False) -> None:
        """Take these tasks together. If that fails, take each on its own.

        A lost connection is made again for all of them, once; if it cannot be made, all fail.
        """
        began = time.perf_counter()
        try:
            first, ready, recorded = self._save(tasks)
            counts.round(len(recorded), time.perf_counter() - began)
        except ConnectionLost as error:
            counts.failed_round()
            if is_again:
                self._fail(tasks, error)
            else:
                self._round(tasks, is_again=True)
        except NotConnected as error:
            counts.failed_round()
            self._fail(tasks, error)
        except Exception as error:
            counts.failed_round()
            if len(tasks) == 1 and not tasks[0].can_be_split:
                self._fail(tasks, error)
            else:
                self._each_alone(tasks)
        else:
            if recorded or first != self._told + 1:
                self._committed(first, recorded)
            self._told = first - 1 + len(recorded)
            for task in ready:
                self._go_on(task)

    def _save(self, tasks: Sequence[Task]) -> tuple[int, Sequence[Task], Sequence[Committed]]:
        """Decide and save what can be decided now: the first position, the tasks, the changes."""
        with self._application.writer.lock() as log:
            round_ = Round(self._application, self._visits, log)
            ready, waiting = round_.prepare(tasks)
            for task in ready:
                round_.take(task)
            recorded = round_.save()
        for task, visit_ids in waiting:
            self._add_slow(task.sharer, task, self._load(task, visit_ids))
        return log.size + 1, ready, recorded

    def _each_alone(self, tasks: Sequence[Task]) -> None:
        """Take each task in a round of its own, and one change of an import.

        When a second is over and the store is at fault, the others fail like the last that did.
        """
        failed: Exception | None = None
        until = time.monotonic() + ALONE_SECONDS
        for task in tasks:
            if failed is not None and time.monotonic() > until:
                self._fail([task], failed)
                continue
            task.share = 1
            self._round([task])
            task.share = IMPORT_SHARE
            if isinstance(task.error, StoreUnavailable | DiskFull):
                failed = task.error

    def _fail(self, tasks: Sequence[Task], error: Exception) -> None:
        for task in tasks:
            task.error = error
            task.done(task)

    def _go_on(self, task: Task) -> None:
        """Answer a task that is done, or leave it for a slice or for the next round."""
        if task.rest is not None:
            self._add_slow(task.sharer, task, task.rest)
        elif task.is_done:
            task.done(task)
        else:
            self._waiting.append(task)

    def _load(self, task: Task, visit_ids: Sequence[str]) -> Iterator[None]:
        """Load visits for a task, and then let it have another round."""
        try:
            for visit_id in visit_ids:
                for visit in loading(self._application.reader, visit_id):
                    if visit is not None:
                        task.loaded[visit_id] = visit
                    yield
        except SQLAlchemyError as error:
            self._application.database.trouble.log("read failed", named(error))
            raise StoreUnavailable("the database cannot be read") from error
        self._waiting.appendleft(task)

    def _add_slow(self, sharer: str, task: Task | None, work: Iterator[None]) -> None:
        self._slow.setdefault(sharer, deque()).append((task, work))

    def _step(self) -> None:
        """Do a step of slow work, and take turns."""
        sharer = next(iter(self._slow))
        waiting = self._slow.pop(sharer)
        task, work = waiting.popleft()
        if waiting:
            self._slow[sharer] = waiting
        if task is not None and not task.is_wanted:
            self._fail([task], CallerGone())
            return
        try:
            next(work)
            self._add_slow(sharer, task, work)
        except StopIteration:
            if task is not None and task.rest is work:
                task.done(task)
        except Exception as error:
            if task is None:
                raise
            self._fail([task], error)
