"""Asking for the history: pages, a replay in frames, and watching."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from service.limits import PAGE_BYTES
from service.live.log_view import LogView
from service.live.reads import Reads
from service.live.ring import Selection
from service.live.watch import Frame, watch
from service.store.log.reader import EventFrame, EventPage, EventQuery
from service.store.log.segments import EVENTS


@dataclass(frozen=True)
class HistoryQueries:
    """Answers with stored bytes, which are not decoded."""

    reads: Reads
    log_view: LogView

    async def page(self, query: EventQuery, limit: int, size: int = PAGE_BYTES) -> EventPage:
        """Up to ``limit`` changes, and up to ``size`` bytes if that is more than one."""
        return await self.reads.run(self.reads.reader.events, query, limit, size)

    async def frames(self, query: EventQuery, limit: int, size: int) -> AsyncIterator[bytes]:
        """The changes, joined up to ``size`` bytes. A limit of 0 is none.

        Each frame is read while the one before it is sent.
        """
        remaining = limit or query.until
        parts: list[bytes] = []
        length = 0
        reading: asyncio.Future[EventFrame] | None = self._frame(query, remaining, size)
        try:
            while reading is not None:
                frame = await reading
                remaining -= frame.number
                query = replace(query, after=frame.position)
                has_more = frame.has_more and remaining
                reading = self._frame(query, remaining, size) if has_more else None
                if parts and length + len(frame.events) > size:
                    yield b"".join(parts)
                    parts, length = [], 0
                parts.append(frame.events)
                length += len(frame.events)
            if length:
                yield b"".join(parts)
        finally:
            if reading is not None:
                reading.cancel()

    def _frame(self, query: EventQuery, limit: int, size: int) -> "asyncio.Future[EventFrame]":
        read = self.reads.run(self.reads.reader.frame, query, min(limit, EVENTS), size)
        return asyncio.ensure_future(read)

    def watch(self, selection: Selection, after: int) -> AsyncIterator[Frame]:
        """The changes after a position, and each one that comes, until the server ends."""
        return watch(self.log_view.ring, self.page, selection, after)
