"""Questions about the history: pages, replay in frames, and watching."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service.codec import wire
from service.limits import PAGE_BYTES
from service.live.log_view import LogView
from service.live.reads import Reads
from service.live.ring import Selection
from service.live.watch import Encode, watch
from service.queries.annotations import Annotation, annotations
from service.store.log.reader import EventFrame, EventPage, EventQuery
from service.store.log.segments import EVENTS

# As much of joined members as whoever asks may see.
See = Callable[[bytes], bytes]


@dataclass(frozen=True)
class HistoryQueries:
    """Answers with stored bytes, without decoding them."""

    reads: Reads
    log_view: LogView

    async def page(self, query: EventQuery, limit: int, size: int = PAGE_BYTES) -> EventPage:
        """Up to ``limit`` changes and ``size`` bytes, but at least one change if there is any."""
        return await self.reads.run(self.reads.reader.events, query, limit, size)

    async def annotations(
        self, positions: Sequence[int], until: int, known_at: datetime
    ) -> Mapping[int, Annotation]:
        """What changes up to ``until`` did to the changes at these positions, where they did."""
        return await self.reads.fold(annotations(self.reads.reader, positions, until, known_at))

    async def frames(
        self, query: EventQuery, limit: int, size: int, see: See
    ) -> AsyncIterator[bytes]:
        """The changes, joined into frames of up to ``size`` bytes, or of one larger change.

        Limit 0 means no limit. What follows is read while a frame is sent. ``see`` is called in a
        reader's thread with what was read.
        """
        remaining = limit or query.until
        parts: list[bytes] = []
        length = 0
        reading: asyncio.Future[EventFrame] | None = self._frame(query, remaining, size, see)
        try:
            while reading is not None:
                frame = await reading
                remaining -= frame.number
                query = replace(query, after=frame.position)
                has_more = frame.has_more and remaining
                reading = self._frame(query, remaining, size, see) if has_more else None
                for events in wire.split(frame.events, size):
                    if parts and length + len(events) > size:
                        yield b"".join(parts)
                        parts, length = [], 0
                    parts.append(events)
                    length += len(events)
            if length:
                yield b"".join(parts)
        finally:
            if reading is not None:
                reading.cancel()

    def _frame(
        self, query: EventQuery, limit: int, size: int, see: See
    ) -> "asyncio.Future[EventFrame]":
        def read() -> EventFrame:
            frame = self.reads.reader.frame(query, min(limit, EVENTS), size)
            return frame._replace(events=see(frame.events))

        return asyncio.ensure_future(self.reads.run(read))

    async def watch(
        self,
        selection: Selection,
        after: int,
        encode: Encode[bytes],
        send: Callable[[bytes], Awaitable[None]],
    ) -> None:
        """Send the changes after a position, and each new one, until the server stops."""
        await watch(self.log_view.ring, self.page, selection, after, encode, send)
