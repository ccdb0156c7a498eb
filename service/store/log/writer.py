"""The one thread and the one connection of this process that append to the log.

Appends that wait are gathered and committed together: one durable commit serves them all, and
nobody is answered before it. A conflict fails only its own append. If the connection is lost,
the writer checks whether the commit survived.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError

from service.store.engines.database import Database
from service.store.errors import LogClosed, ReadOnly, StoreUnavailable, VersionConflict
from service.store.log.appends import Append, Entry
from service.store.log.batch import survived, without_conflicts, write
from service.store.log.tail import LogTail

# After a batch of several appends, the seconds to wait for others to join the next one. They
# do not wake the writer: switching to its thread for each would cost more than writing it.
GATHER = 0.002
BATCH_ENTRIES = 2000

logger = structlog.get_logger()


class Writer:
    """Appends to the log, in the order of ``submit``.

    ``clock`` gives microseconds since 1970; without one, the clock of the database counts.
    ``on_batch``, if set, is called from the writer's thread after each batch, with the appends
    that have no ``done`` event of their own, in order.
    """

    def __init__(self, database: Database, clock: Callable[[], int] | None = None) -> None:
        self.on_batch: Callable[[Sequence[Append]], None] | None = None
        self._database = database
        self._clock = clock
        self._waiting: deque[Append] = deque()
        self._has_work = threading.Event()
        self._closing = False
        self._tail: LogTail | None = None
        self._thread = threading.Thread(target=self._run, name="chancery-writer", daemon=True)
        self._thread.start()

    def submit(self, append: Append) -> None:
        """Hand over an append, which will be written some time later.

        :raises ReadOnly: this server records no changes.
        :raises StoreUnavailable: the writer is closed.
        """
        if self._database.is_read_only:
            raise ReadOnly
        if self._closing:
            raise StoreUnavailable("the writer is closed")
        self._waiting.append(append)
        if not self._has_work.is_set():
            self._has_work.set()

    def append(self, entries: Sequence[Entry]) -> Sequence[int]:
        """Append, wait for the commit, and return the positions.

        :raises Exception: what the append failed with; see ``Append.error``.
        """
        append = Append(entries, done=threading.Event())
        self.submit(append)
        return append.wait()

    def close(self) -> None:
        """Commit what was submitted, and end the thread."""
        if not self._closing:
            self._closing = True
            self._has_work.set()
            self._thread.join()

    def _run(self) -> None:
        gather = 0.0
        while batch := self._next_batch(gather):
            self._commit(batch)
            gather = GATHER if len(batch) > 1 else 0.0
            self._deliver(batch)

    def _next_batch(self, gather: float) -> list[Append]:
        """The appends to write next; empty once the writer is closed."""
        while True:
            self._has_work.wait()
            if gather and not self._closing:
                time.sleep(gather)
            self._has_work.clear()
            batch, size = [], 0
            while self._waiting and size < BATCH_ENTRIES:
                batch.append(self._waiting.popleft())
                size += len(batch[-1].entries)
            if self._waiting or self._closing:
                self._has_work.set()
            if batch or self._closing:
                return batch

    def _deliver(self, batch: Sequence[Append]) -> None:
        for append in batch:
            append.on_top_of = ()  # do not keep the earlier ones in memory for ever
            if append.done is not None:
                append.done.set()
        if self.on_batch is not None:
            self.on_batch([append for append in batch if append.done is None])
        if last := [append for append in batch if append.error is None and append.entries]:
            self._database.notify(last[-1].first_position + len(last[-1].entries) - 1)

    def _commit(self, batch: Sequence[Append]) -> None:
        """Record the batch. Afterwards each append is written or has an error."""
        try:
            try:
                self._record(batch)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                logger.warning("connection lost", appends=len(batch))
                self._record([a for a in batch if a.error is None], may_be_written=True)
        except Exception as error:
            logger.error("append failed", appends=len(batch), exc_info=True)
            failure = self._database.failure(error)
            if isinstance(failure, LogClosed):
                self._database.closed = failure.reason
            for append in batch:
                append.error = append.error or failure

    def _record(self, batch: Sequence[Append], *, may_be_written: bool = False) -> None:
        """Commit those of the batch that can be recorded; the others get their error.

        ``may_be_written``: they were written before, in a transaction whose end is not known.
        """
        try:
            with self._database.writer.begin() as connection:
                if not (may_be_written and survived(connection, batch)):
                    self._tail = write(connection, batch, self._tail, self._clock)
        except (IntegrityError, VersionConflict):
            with self._database.writer.begin() as connection:
                for append in batch:
                    append.error = None
                good = without_conflicts(connection, batch)
                self._tail = write(connection, good, self._tail, self._clock)
