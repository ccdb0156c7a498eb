"""Reading the store from the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from service.limits import HOLD_SECONDS
from service.store.engines.database import READERS
from service.store.engines.trouble import Trouble, named
from service.store.errors import StoreUnavailable
from service.store.log.reader import Reader

Result = TypeVar("Result")


class Reads:
    """Runs calls of ``reader``, and functions that make several, in threads."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._threads = ThreadPoolExecutor(READERS, "chancery-reader")
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
        """Call a blocking function, and return its result.

        :raises StoreUnavailable: the database cannot be read.
        """
        if not self._may_begin.is_set():
            await self._may_begin.wait()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, lambda: call(*args, **kwargs))
        except SQLAlchemyError as error:
            self._trouble.log("read failed", named(error))
            raise StoreUnavailable("the database cannot be read") from error

    def close(self) -> None:
        """Wait for the running calls."""
        self._threads.shutdown()
