"""The edge's end of the link: it passes changes to the core, and learns what is committed."""

import asyncio
import itertools
import socket
from collections.abc import Callable
from typing import cast

from service.errors import CoreAway, TooManyCalls
from service.limits import BYTES_ASKED, CHANGES_ASKED, GATHER_SECONDS, GATHERED_AT_MOST
from service.link.frames import (
    Answer,
    Ask,
    AskCheckpoint,
    AskEnd,
    Condition,
    End,
    Forget,
    Recorded,
    ToCore,
    frame,
    received_by_edge,
)

Answered = asyncio.Future[Answer | End]


class CoreLink:
    """What an edge has of the core, on its event loop. The link is made again if it is lost.

    ``told`` is called with what is committed, before the answers that rest on it, and with how
    the core fares, ``unlinked`` when the link is lost.
    """

    def __init__(
        self,
        told: Callable[[Recorded | Condition], None],
        unlinked: Callable[[], None] = lambda: None,
    ) -> None:
        self._told = told
        self._unlinked = unlinked
        self._link: _Link | None = None
        self._numbers = itertools.count(1)
        self._has_room = asyncio.Event()

    @property
    def is_linked(self) -> bool:
        """Whether there is a link now."""
        return self._link is not None

    @property
    def asked(self) -> int:
        """How many requests wait for an answer of the core."""
        return self._link.asked if self._link is not None else 0

    async def connect(self, core: socket.socket) -> None:
        """Use this socket from now on."""
        before, self._link = self._link, _Link(self._told, self._has_room, self._lost)
        if before is not None:
            before.close()
        link = self._link
        await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=core)

    async def ask(
        self,
        method: str,
        request: bytes,
        actor: str,
        call_id: str,
        *,
        first: int = 0,
        sharer: str = "",
        waits: bool = False,
    ) -> Answer:
        """The core's answer to a request. One that ``waits`` does so while too many are out.

        :raises CoreAway: the core ended. The request may be recorded or not.
        :raises TooManyCalls: too many are out.
        """
        while self._link is not None and self._link.is_full:
            if not waits:
                raise TooManyCalls("changes", CHANGES_ASKED)
            self._has_room.clear()
            await self._has_room.wait()
        ask = Ask(next(self._numbers), method, request, actor, call_id, first, sharer)
        link = self._link
        try:
            return cast(Answer, await self._send(ask, len(request)))
        except asyncio.CancelledError:
            if link is not None:
                link.forget(ask.number)
            raise

    async def end(self) -> End | Answer:
        """Where the log ends, once all that may be under way is committed; or why that fails.

        :raises CoreAway: the core ended.
        """
        return await self._send(AskEnd(next(self._numbers)), 0)

    async def checkpoint(self, size: int) -> Answer:
        """The signed checkpoint of a size, or of the log as it is now if that is 0.

        :raises CoreAway: the core ended.
        """
        return cast(Answer, await self._send(AskCheckpoint(next(self._numbers), size), 0))

    async def _send(self, message: ToCore, size: int) -> Answer | End:
        if self._link is None:
            raise CoreAway
        return await self._link.send(message, size)

    def _lost(self, link: "_Link") -> None:
        if link is self._link:
            self._link = None
            self._unlinked()


class _Link(asyncio.Protocol):
    """One socket, and what was asked over it and is not answered."""

    def __init__(
        self,
        told: Callable[[Recorded | Condition], None],
        has_room: asyncio.Event,
        lost: "Callable[[_Link], None]",
    ) -> None:
        self._told = told
        self._has_room = has_room
        self._lost = lost
        self._transport: asyncio.WriteTransport | None = None
        self._received = received_by_edge()
        self._gathered: list[ToCore] = []
        # What was asked, by its number: the future, and the bytes of the request. It counts
        # until it is answered, even if its caller is gone.
        self._asked: dict[int, tuple[Answered, int]] = {}
        self._bytes_asked = 0

    @property
    def is_full(self) -> bool:
        """Whether as much is out as may be."""
        return self.asked >= CHANGES_ASKED or self._bytes_asked >= BYTES_ASKED

    @property
    def asked(self) -> int:
        """How many requests are out."""
        return len(self._asked)

    def send(self, message: ToCore, size: int) -> Answered:
        """Send a message soon: at once if no other is out, and the later the more are.

        A round takes the longer the more it has to do, and costs the less for each.
        """
        loop = asyncio.get_running_loop()
        answered: Answered = loop.create_future()
        self._asked[message.number] = answered, size
        self._bytes_asked += size
        self._gathered.append(message)
        if len(self._gathered) == 1:
            others = min(len(self._asked) - 1, GATHERED_AT_MOST)
            loop.call_later(others * GATHER_SECONDS, self._flush)
        return answered

    def forget(self, number: int) -> None:
        """Tell the core that whoever asked for this is gone."""
        if number in self._asked:
            self._gathered.append(Forget(number))
            self._flush()

    def close(self) -> None:
        """Use the link no more."""
        if self._transport is not None:
            self._transport.abort()
        self._fail()

    def _flush(self) -> None:
        if self._gathered and self._transport is not None:
            messages, self._gathered = self._gathered, []
            self._transport.write(frame(messages))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send what was gathered already."""
        self._transport = cast(asyncio.WriteTransport, transport)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Take what the core says."""
        for message in self._received.messages(data):
            if isinstance(message, Recorded | Condition):
                self._told(message)
            else:
                answered, size = self._asked.pop(message.number)
                self._bytes_asked -= size
                if not answered.done():
                    answered.set_result(message)
        self._has_room.set()

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell those who wait that the core is away."""
        self._transport = None
        self._fail()
        self._lost(self)

    def _fail(self) -> None:
        for answered, _ in self._asked.values():
            if not answered.done():
                answered.set_exception(CoreAway())
                answered.exception()  # mark it as retrieved: the waiting call may be gone
        self._asked.clear()
        self._has_room.set()
