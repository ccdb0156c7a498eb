"""Reading the store from the event loop, in threads that callers take in turn."""

import asyncio
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

from sqlalchemy.exc import SQLAlchemyError

from service.limits import (
    FOLD_SHARE,
    FOLDING,
    HOLD_SECONDS,
    LOOK_UP_SHARE,
    LOOKING_UP,
    QUESTIONS,
    SLICE_SECONDS,
)
from service.live.turns import PARTY, Turns
from service.store.engines.trouble import Trouble, named
from service.store.errors import StoreUnavailable
from service.store.log.reader import Reader

Result = TypeVar("Result")
# Work that is done step by step: it yields wherever others may have their turn.
Steps = Generator[None, None, Result]


class Reads:
    """Runs calls of ``reader``, and functions that make several, in threads.

    What takes long has threads of its own, and is done in slices.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._threads = ThreadPoolExecutor(LOOKING_UP + FOLDING, "chancery-reader")
        self._looking_up = Turns(LOOKING_UP, LOOK_UP_SHARE)
        self._folding = Turns(FOLDING, FOLD_SHARE)
        # What is read for a question stays in memory until it is answered: so one at a time.
        self._questions = Turns(QUESTIONS, 1)
        self._trouble = Trouble()
        self._may_begin = asyncio.Event()
        self._may_begin.set()

    def hold(self, is_held: bool) -> None:
        """Begin no read until it is called again, or for a second: those that run end meanwhile."""
        if is_held:
            self._may_begin.clear()
            asyncio.get_running_loop().call_later(HOLD_SECONDS, self._may_begin.set)
        else:
            self._may_begin.set()

    async def run(self, call: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """Call a blocking function that soon ends, and return its result.

        :raises StoreUnavailable: the database cannot be read.
        """
        await self._may_begin.wait()
        return await self._in_turn(self._looking_up, lambda: call(*args, **kwargs))

    async def fold(self, steps: Steps[Result]) -> Result:
        """Do work that may take long, in slices of 10 ms, and return its result.

        A caller's next one begins when this one has ended.

        :raises StoreUnavailable: the database cannot be read.
        """
        party = PARTY.get()
        await self._questions.take(party)
        try:
            await self._may_begin.wait()
            while True:
                end = await self._in_turn(self._folding, lambda: _slice(steps))
                if end is not None:
                    return cast(Result, end.value)
        finally:
            self._questions.leave(party)

    async def _in_turn(self, turns: Turns, call: Callable[[], Result]) -> Result:
        party = PARTY.get()
        await turns.take(party)
        running = asyncio.get_running_loop().run_in_executor(self._threads, call)
        # A thread that was begun has its place until it ends, even if its caller is gone.
        running.add_done_callback(lambda _: turns.leave(party))
        try:
            return await asyncio.shield(running)
        except SQLAlchemyError as error:
            self._trouble.log("read failed", named(error))
            raise StoreUnavailable("the database cannot be read") from error

    @property
    def busy(self) -> int:
        """How many threads are reading."""
        return self._looking_up.taken + self._folding.taken

    @property
    def waiting(self) -> int:
        """How many calls wait for a thread."""
        return self._looking_up.waiting + self._folding.waiting

    def close(self) -> None:
        """Wait for the running calls."""
        self._threads.shutdown()


def _slice(steps: Steps[Any]) -> StopIteration | None:
    """Work for one slice. Returns the end, which has the result, if that is reached."""
    until = time.monotonic() + SLICE_SECONDS
    try:
        while time.monotonic() < until:
            next(steps)
    except StopIteration as end:
        return end
    return None
