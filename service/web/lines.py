"""The live lines that are open, and the watches on the server that they share."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from chancery.client import AsyncConnection
from chancery.client.errors import ChanceryError
from chancery.client.event import Event
from chancery.client.proofs import ServerInfo
from service.limits import WEB_LINES
from service.web.caller import WebCaller


@dataclass(eq=False)
class Line:
    """What one viewer has still to be told: the newest change, and no other.

    ``visit`` is the visit whose changes count; all do if it is empty. ``number`` counts them: it
    is the version of that visit, or the position in the log.
    """

    visit: str
    position: int = 0
    number: int = 0
    is_over: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, position: int, number: int) -> None:
        """There is a change."""
        if position > self.position:
            self.position, self.number = position, number
            self._news.set()

    def end(self) -> None:
        """There is nothing more to tell."""
        self.is_over = True
        self._news.set()

    async def has_news(self, seconds: float) -> bool:
        """Whether there is a change to tell, or an end, within so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        has_news = self._news.is_set()
        self._news.clear()
        return has_news


class Watch:
    """One watch of the server, by one caller, for all of the caller's lines.

    It lasts over restarts of the server. It ends, and they do, when the server refuses the
    caller, as it does as soon as a token was revoked.
    """

    def __init__(self, connection: AsyncConnection, info: ServerInfo) -> None:
        self.lines: set[Line] = set()
        self.head = info.head_position
        self.is_over = False
        self._follower = connection.follow(after=info.head_position, log_origin=info.log_origin)
        self._following = asyncio.ensure_future(self._follow())

    def end(self) -> None:
        """Cancel the watch, and end the lines."""
        self._follower.close()
        self._end_lines()

    async def _follow(self) -> None:
        try:
            async for event in self._follower:
                self._tell(event)
        except ChanceryError:
            pass  # whoever opens the line again is told why
        finally:
            self._end_lines()

    def _tell(self, event: Event) -> None:
        self.head = event.position
        for line in self.lines:
            if not line.visit:
                line.tell(event.position, event.position)
            elif line.visit == event.visit:
                line.tell(event.position, event.version)

    def _end_lines(self) -> None:
        self.is_over = True
        for line in self.lines:
            line.end()


class Lines:
    """All live lines of a board.

    There is one watch for each caller among the viewers: where the server does not know its
    callers, one for all. So nobody is told anything by the credentials of another, and the server
    alone decides who may listen, and until when.
    """

    def __init__(self) -> None:
        self._watches: dict[WebCaller, Watch] = {}
        self._is_closed = False

    @property
    def are_full(self) -> bool:
        """Whether no further line can be opened now."""
        return self._is_closed or sum(len(each.lines) for each in self.watches) >= WEB_LINES

    @property
    def watches(self) -> list[Watch]:
        """The watches on the server."""
        return list(self._watches.values())

    @contextmanager
    def opened(
        self, caller: WebCaller, connection: AsyncConnection, info: ServerInfo, visit: str
    ) -> Iterator[tuple[Line, Watch]]:
        """A line for a caller, and the watch that it is told by, until the end of the block.

        ``connection`` and ``info`` are the caller's. All changes after the watch's ``head`` will
        be told.
        """
        watch = self._watches.get(caller)
        if watch is None or watch.is_over:
            watch = self._watches[caller] = Watch(connection, info)
        line = Line(visit)
        watch.lines.add(line)
        if self._is_closed:
            line.end()
        try:
            yield line, watch
        finally:
            watch.lines.discard(line)
            if not watch.lines:
                watch.end()
                if self._watches.get(caller) is watch:
                    del self._watches[caller]

    def close(self) -> None:
        """End all lines, for good."""
        self._is_closed = True
        for each in self.watches:
            each.end()
