"""The signed checkpoints that an edge has of the core."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from service.limits import CACHED_CHECKPOINTS
from service.live.cache import Bounded
from service.live.log_view import LogView
from service.tlog.note import Checkpoint, Note

# Asks the core for the checkpoint of a size, or of the log as it is now if that is 0.
AskCore = Callable[[int], Awaitable[str]]


class SignedCheckpoint(NamedTuple):
    """A checkpoint as a signed note, and the size that it has."""

    size: int
    note: str


class Checkpoints:
    """Asks the core, keeps what it gets, and asks once for all who want the newest."""

    def __init__(self, ask: AskCore, log_view: LogView) -> None:
        self._ask = ask
        self._log_view = log_view
        self._kept: Bounded[int, str] = Bounded(CACHED_CHECKPOINTS)
        self._newest = SignedCheckpoint(-1, "")
        self._asking: asyncio.Task[None] | None = None

    async def newest(self) -> SignedCheckpoint:
        """The checkpoint of the log as it is known now, or later.

        :raises Exception: the core cannot be asked, or cannot sign; see ``AskCore``.
        """
        size = self._log_view.head.position
        for _ in range(2):  # what is being asked for already may be older
            if self._newest.size >= size:
                break
            if self._asking is None or self._asking.done():
                self._asking = asyncio.ensure_future(self._ask_for_newest())
                self._asking.add_done_callback(_retrieved)
            await asyncio.shield(self._asking)
        return self._newest

    async def of(self, size: int) -> SignedCheckpoint:
        """The checkpoint of a size, which is at most that of the log.

        :raises Exception: see ``newest``.
        """
        note = self._newest.note if size == self._newest.size else self._kept.use(size)
        if note is None:
            note = await self._ask(size)
            self._kept.keep(size, note)
        return SignedCheckpoint(size, note)

    async def _ask_for_newest(self) -> None:
        note = await self._ask(0)
        self._newest = SignedCheckpoint(Checkpoint.parse(Note.parse(note).text).size, note)
        await self._log_view.see(self._newest.size)


def _retrieved(asking: "asyncio.Task[None]") -> None:
    """Mark the error as retrieved: the waiting calls may be gone."""
    if not asking.cancelled():
        asking.exception()
