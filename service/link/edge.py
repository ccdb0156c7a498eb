"""The edge's end of the link: it passes changes to the core, and learns what is committed."""

import asyncio
import itertools
import socket
from collections.abc import Callable
from typing import Any, cast

from service.errors import CoreAway, TooManyCalls
from service.limits import BYTES_ASKED, CHANGES_ASKED, GATHER_SECONDS
from service.link.frames import (
    Answer,
    Ask,
    AskEnd,
    End,
    Recorded,
    ToCore,
    frame,
    received_by_edge,
)


class CoreLink(asyncio.Protocol):
    """The link with the core, on the event loop of an edge. It is made again if the core ends.

    ``recorded`` is called with what is committed, before the answers that rest on it.
    """

    def __init__(self, recorded: Callable[[Recorded], None]) -> None:
        self._recorded = recorded
        self._transport: asyncio.WriteTransport | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._bytes_asked = 0
        self._room = asyncio.Event()
        self._gathered: list[ToCore] = []
        self._received = received_by_edge()

    async def connect(self, link: socket.socket) -> None:
        """Use this socket from now on."""
        if self._transport is not None:
            self._transport.abort()
            self._lose()
        self._received = received_by_edge()
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: self, sock=link)

    async def ask(
        self,
        method: str,
        request: bytes,
        actor: str,
        call_id: str,
        *,
        first: int = 0,
        waits: bool = False,
    ) -> Answer:
        """The core's answer to a request. Those that ``wait`` do so while too many are out.

        :raises CoreAway: the core ended. The request may be recorded or not.
        :raises TooManyCalls: too many are out.
        """
        while len(self._asked) >= CHANGES_ASKED or self._bytes_asked > BYTES_ASKED:
            if not waits:
                raise TooManyCalls("changes", CHANGES_ASKED)
            self._room.clear()
            await self._room.wait()
        number = next(self._numbers)
        self._bytes_asked += len(request)
        try:
            ask = Ask(number, method, request, actor, call_id, first)
            return cast(Answer, await self._send(number, ask))
        finally:
            self._bytes_asked -= len(request)
            self._room.set()

    async def end(self) -> End | Answer:
        """Where the log ends, once all that may be under way is committed; or why that fails.

        :raises CoreAway: the core ended.
        """
        number = next(self._numbers)
        return cast("End | Answer", await self._send(number, AskEnd(number)))

    async def _send(self, number: int, message: ToCore) -> Any:
        """Send a message soon, and wait for what answers it.

        While others wait for their answers, it is sent with those that come within 2 ms.
        """
        if self._transport is None:
            raise CoreAway
        loop = asyncio.get_running_loop()
        answered = self._asked[number] = loop.create_future()
        self._gathered.append(message)
        if len(self._gathered) == 1:
            if len(self._asked) == 1:
                loop.call_soon(self._flush)
            else:
                loop.call_later(GATHER_SECONDS, self._flush)
        try:
            return await answered
        finally:
            self._asked.pop(number, None)

    def _flush(self) -> None:
        messages, self._gathered = self._gathered, []
        if messages and self._transport is not None:
            self._transport.write(frame(messages))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to pass changes on."""
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        """Take what the core says."""
        for message in self._received.messages(data):
            if isinstance(message, Recorded):
                self._recorded(message)
            elif (answered := self._asked.get(message.number)) and not answered.done():
                answered.set_result(message)

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell those who wait that the core is away."""
        self._lose()

    def _lose(self) -> None:
        self._transport = None
        self._gathered.clear()
        for answered in self._asked.values():
            if not answered.done():
                answered.set_exception(CoreAway())
