"""The two ends of a link, for tests of the edge's: a core that says what it is told to."""

import asyncio
import socket
from collections.abc import Sequence

from service.link.edge import CoreLink
from service.link.frames import Answer, End, ToCore, ToEdge, frame, received_by_core

SECONDS = 20.0


class Core:
    """The core's end. ``asked`` has what came, and ``frames`` the number of batches."""

    def __init__(self) -> None:
        self._received = received_by_core()
        self.asked: asyncio.Queue[ToCore] = asyncio.Queue()
        self.frames = 0

    async def connect(self, link: CoreLink) -> None:
        """Be the core of an edge from now on."""
        ours, theirs = socket.socketpair()
        reader, self._writer = await asyncio.open_unix_connection(sock=ours)
        self._reading = asyncio.ensure_future(self._read(reader))
        await link.connect(theirs)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while length := await reader.read(4):
            while len(length) < 4:
                length += await reader.readexactly(4 - len(length))
            batch = await reader.readexactly(int.from_bytes(length, "big"))
            self.frames += 1
            for message in self._received.messages(length + batch):
                self.asked.put_nowait(message)

    async def hear(self, number: int = 1) -> list[ToCore]:
        """The next messages."""
        return [await asyncio.wait_for(self.asked.get(), SECONDS) for _ in range(number)]

    def say(self, *messages: ToEdge) -> None:
        """Send a frame with these messages."""
        self.write(frame(messages))

    def write(self, data: bytes) -> None:
        """Send these bytes."""
        self._writer.write(data)

    def end(self) -> None:
        """Close this end."""
        self._writer.close()


class Edge:
    """A link, and what was heard over it, in its order."""

    def __init__(self) -> None:
        self.heard: list[object] = []
        self.link = CoreLink(self.heard.append, lambda: self.heard.append("unlinked"))

    def ask(self, request: bytes = b"", *, waits: bool = False) -> "asyncio.Task[Answer]":
        """Ask, and note the answer."""
        return asyncio.create_task(self._ask(request, waits))

    async def _ask(self, request: bytes, waits: bool) -> Answer:
        async with asyncio.timeout(SECONDS):
            answer = await self.link.ask("Amend", request, "desk", "call", waits=waits)
        self.heard.append(answer)
        return answer

    def ask_end(self) -> "asyncio.Task[Answer | End]":
        """Ask where the log ends."""
        return asyncio.create_task(asyncio.wait_for(self.link.end(), SECONDS))


async def answers(tasks: Sequence["asyncio.Task[Answer]"]) -> list[object]:
    """The answers, or the errors they end with."""
    return await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), SECONDS)


async def turns() -> None:
    """Let everything happen that can happen by itself."""
    await asyncio.sleep(0.05)
