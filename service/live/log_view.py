"""What an edge knows of the log: its head, its recent changes, and current states.

The core tells it at once what it commits. When it is notified of other commits, it reads them.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from service.codec.clock import from_microseconds
from service.errors import Draining
from service.limits import FOREIGN_BYTES, FOREIGN_CHANGES
from service.live.cache import Bounded
from service.live.reads import Reads
from service.live.ring import Recent, Ring
from service.store.errors import StoreUnavailable
from service.store.log.reader import HIGHEST, EventQuery, Head
from service.store.log.rows import LogRow


class Committed(NamedTuple):
    """A committed change, and the serialized Visit after it; None if that is not known."""

    recent: Recent
    record_time: int
    state: bytes | None = None


class LogView:
    """The log up to ``head``, on one event loop.

    ``current`` holds serialized current states, as of the head.
    """

    def __init__(
        self,
        head: Head,
        reads: Reads,
        cached_visits: int = 10_000,
    ) -> None:
        self.head = head
        self.ring = Ring(head.position)
        self.current: Bounded[str, bytes] = Bounded(cached_visits)
        self._reads = reads
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._size = head.position
        self._reading: asyncio.Task[None] | None = None

    def now_microseconds(self) -> int:
        """The time of a question, in microseconds since 1970: no earlier than what is known."""
        return max(time.time_ns() // 1000, self.head.record_time)

    def now(self) -> datetime:
        """The time of a question."""
        return from_microseconds(self.now_microseconds())

    async def reach(self, position: int) -> None:
        """Wait until the view is at a position."""
        if position > self.head.position:
            await self._reached(position)

    async def see(self, position: int) -> None:
        """Advance to a position that was seen in the database, and wait until it is reached."""
        self.notice(position)
        await self.reach(position)

    async def settle(self) -> None:
        """Wait until the view is at all that was seen in the database up to now, if it can be read.

        It is not at once where others committed, or a core that ended before it could tell.
        """
        if self._size > self.head.position and self._reading is not None:
            reached = self._reached(self._size)
            await asyncio.wait({reached, self._reading}, return_when=asyncio.FIRST_COMPLETED)

    def drain(self) -> None:
        """End the watches, and raise Draining for those who wait for a position."""
        self.ring.close()
        for _, reached in self._waiting:
            if not reached.done():
                reached.set_exception(Draining())
                reached.exception()  # mark it as retrieved: the waiting call may be gone
        if self._reading is not None:
            self._reading.cancel()

    def take(self, first_position: int, changes: Sequence[Committed]) -> None:
        """Advance to changes that were committed at ``first_position`` and the ones after it.

        If changes between them and the head are unknown, all are read from the log. Known changes
        are skipped.
        """
        known = self.head.position + 1 - first_position
        if known < 0:
            for each in changes:
                self.current.pop(each.recent.visit_id, None)
            return self.notice(first_position + len(changes) - 1)
        changes = changes[known:]
        if not changes:
            return None
        for each in changes:
            if each.state is None:
                self.current.pop(each.recent.visit_id, None)
            else:
                self.current.keep(each.recent.visit_id, each.state)
        first = self.head.position + 1
        position = self.head.position + len(changes)
        self.head = replace(self.head, position=position, record_time=changes[-1].record_time)
        self.ring.feed(first, [each.recent for each in changes])
        self._wake()
        return None

    def notice(self, size: int) -> None:
        """Advance to a size of the log, which may be known already."""
        self._size = max(self._size, size)
        is_reading = self._reading is not None and not self._reading.done()
        if self._size > self.head.position and not is_reading and not self.ring.is_closed:
            self._reading = asyncio.ensure_future(self._read_on())

    async def _read_on(self) -> None:
        while self._size > self.head.position:
            query = EventQuery(self.head.position, HIGHEST)
            try:
                page = await self._reads.run(
                    self._reads.reader.entries, query, FOREIGN_CHANGES, FOREIGN_BYTES
                )
            except StoreUnavailable:
                return  # the next notice, or read, tries again
            if not page.rows:
                return
            self.take(page.rows[0].position, [_committed(row) for row in page.rows])

    def _reached(self, position: int) -> "asyncio.Future[None]":
        """What is done once the view is at a position."""
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((position, reached))
        return reached

    def _wake(self) -> None:
        """Wake those who wait for a position that is now reached."""
        waiting, self._waiting = self._waiting, []
        for position, reached in waiting:
            if position > self.head.position:
                if not reached.done():
                    self._waiting.append((position, reached))
            elif not reached.done():
                reached.set_result(None)


def _committed(row: LogRow) -> Committed:
    recent = Recent(row.visit_id, row.topic, row.frame_prefix + row.body)
    return Committed(recent, row.record_time)
