"""What this process knows of the log: up to where, the last changes, and current states.

It learns of what it commits itself; what others commit, it reads when it is told of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from service.cache import Bounded
from service.errors import Draining
from service.live.ring import Recent, Ring
from service.store.errors import StoreUnavailable
from service.store.reader import LAST, EventQuery, Head

READ_EVENTS = 1000
READ_BYTES = 1 << 20


class Committed(NamedTuple):
    """A committed change, and the serialized Visit that it leaves; None where that is not known."""

    recent: Recent
    version: int
    record_time: int
    state: bytes | None = None


class View:
    """The log up to ``head``, on one event loop.

    ``current`` has serialized current states, as of the head. ``read`` gives the changes that
    others committed; ``forget`` is told of each, with the visit's id and version.
    """

    def __init__(
        self,
        head: Head,
        cached_visits: int,
        read: Callable[[EventQuery, int, int], Awaitable[Sequence[Any]]],
        forget: Callable[[str, int], None],
    ) -> None:
        self.head = head
        self.ring = Ring(head.position)
        self.current: Bounded[str, bytes] = Bounded(cached_visits)
        self._read = read
        self._forget = forget
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._size = head.position
        self._reading: asyncio.Task[None] | None = None

    async def reach(self, position: int) -> None:
        """Wait until the view is at that position."""
        if position > self.head.position:
            reached = asyncio.get_running_loop().create_future()
            self._waiting.append((position, reached))
            await reached

    async def see(self, position: int) -> None:
        """Go on to a position that was seen in the database, and wait until it is reached."""
        self.notice(position)
        await self.reach(position)

    def drain(self) -> None:
        """Tell those who wait for a position that it will not come, and end the watches."""
        self.ring.close()
        for _, reached in self._waiting:
            if not reached.done():
                reached.set_exception(Draining())
                reached.exception()  # whoever waited may be gone: nobody is warned of it
        if self._reading is not None:
            self._reading.cancel()

    def take(self, first_position: int, changes: Sequence[Committed]) -> None:
        """Go on to changes that were committed at this position and those that follow.

        Where others lie between, all are read from the log; what is known already is left out.
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
        self._tell()
        return None

    def notice(self, size: int) -> None:
        """Go on to the changes up to a size of the log, which may be known already."""
        self._size = max(self._size, size)
        is_reading = self._reading is not None and not self._reading.done()
        if self._size > self.head.position and not is_reading and not self.ring.is_closed:
            self._reading = asyncio.ensure_future(self._read_on())

    async def _read_on(self) -> None:
        while self._size > self.head.position:
            query = EventQuery(self.head.position, LAST)
            try:
                rows = await self._read(query, READ_EVENTS, READ_BYTES)
            except StoreUnavailable:
                return  # whoever notices the next change, or looks, tries again
            if not rows:
                return
            for row in rows:
                self._forget(row.visit_id, row.version)
            self.take(rows[0].position, [_committed(row) for row in rows])

    def _tell(self) -> None:
        """Let those go on who waited for a position that is reached."""
        waiting, self._waiting = self._waiting, []
        for position, reached in waiting:
            if position > self.head.position:
                if not reached.done():
                    self._waiting.append((position, reached))
            elif not reached.done():
                reached.set_result(None)


def _committed(row: Any) -> Committed:
    recent = Recent(row.visit_id, row.topic, row.frame_prefix + row.body)
    return Committed(recent, row.version, row.record_time)
