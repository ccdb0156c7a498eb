"""A reader of a watch: it reads as fast as it may, and compares what it gets with the log."""

import asyncio
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from service.live.ring import Ring, Selection
from service.live.watch import FrameKind, watch
from service.store.log.reader import EventPage, EventQuery
from tests.live.changes import Log, until

FOREVER = 1 << 60


class Frame(NamedTuple):
    """A frame of a watch, not encoded."""

    kind: FrameKind
    position: int
    members: Sequence[bytes] = ()


class Reader:
    """A watch of a log that reads as many frames as ``may_read`` allows.

    It awaits ``before_page`` before it reads each page of the log.
    """

    def __init__(
        self,
        log: Log,
        ring: Ring,
        selection: Selection | None = None,
        start: int = 0,
        before_page: Callable[[], Awaitable[None]] = lambda: asyncio.sleep(0),
    ) -> None:
        self.frames: list[Frame] = []
        self.queries: list[EventQuery] = []
        self._heads: list[int] = []
        self._log = log
        self._ring = ring
        self._selection = selection or Selection()
        self._start = start
        self._before_page = before_page
        self._allowed = 0
        self._may_read = asyncio.Event()
        self.task = asyncio.ensure_future(self._read())

    @property
    def kinds(self) -> list[FrameKind]:
        """The kinds of its frames."""
        return [frame.kind for frame in self.frames]

    @property
    def position(self) -> int:
        """The position to resume after."""
        return self.frames[-1].position if self.frames else self._start

    @property
    def members(self) -> list[bytes]:
        """The changes that were delivered."""
        return [member for frame in self.frames for member in frame.members]

    def may_read(self, frames: int = FOREVER) -> "Reader":
        """Let it read so many more frames."""
        self._allowed = len(self.frames) + frames
        self._may_read.set()
        return self

    async def reads(self, frames: int) -> None:
        """Let it read so many more frames, and wait until it has."""
        self.may_read(frames)
        await self.until(lambda: len(self.frames) == self._allowed)

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds, unless the watch fails."""
        await until(lambda: self.task.done() or holds())
        if self.task.done():
            self.task.result()
            assert holds(), "the watch has ended"

    async def caught_up(self) -> "Reader":
        """Let it read, and wait until it is told that it has caught up."""
        before = self.kinds.count(FrameKind.CAUGHT_UP)
        self.may_read()
        await self.until(lambda: self.kinds.count(FrameKind.CAUGHT_UP) > before)
        return self

    async def to_head(self) -> None:
        """Let it read, and wait until it is at the ring's head."""
        self.may_read()
        await self.until(lambda: self.position == self._ring.head)

    async def _read(self) -> None:
        await self._turn()
        await watch(self._ring, self._page, self._selection, self._start, Frame, self._take)

    async def _take(self, frame: Frame) -> None:
        self.frames.append(frame)
        self._heads.append(self._ring.head)
        await self._turn()

    async def _turn(self) -> None:
        while len(self.frames) >= self._allowed:
            self._may_read.clear()
            await self._may_read.wait()

    async def _page(self, query: EventQuery, limit: int, size: int) -> EventPage:
        self.queries.append(query)
        await self._before_page()
        return self._log.page(query, limit, size)

    def check(self) -> None:
        """Check everything that it got, up to its last position."""
        wanted = list(self._log.behind(self._start, self._selection, self.position))
        assert self.members == [member for _, member in wanted]
        positions = [position for position, _ in wanted]
        delivered, before = 0, self._start
        for frame, head in zip(self.frames, self._heads, strict=True):
            assert bool(frame.members) == (frame.kind is FrameKind.EVENTS)
            assert before <= frame.position <= head
            delivered += len(frame.members)
            assert delivered == bisect_right(positions, frame.position), frame
            before = frame.position
        told = [k for k in self.kinds if k in (FrameKind.CAUGHT_UP, FrameKind.FELL_BEHIND)]
        assert told == ([FrameKind.CAUGHT_UP, FrameKind.FELL_BEHIND] * len(told))[: len(told)]
        assert FrameKind.CLOSING not in self.kinds[:-1]
