"""The tokens that are valid now, as the file has them, and what ends when one is taken back."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from service.access.caller import Caller
from service.access.token_file import digest_of, read_tokens
from service.errors import NotAuthenticated
from service.limits import TOKENS_SECONDS
from service.store.errors import StartupRefused

logger = structlog.get_logger()


class ValidTokens:
    """The tokens of a file, on one event loop.

    While the file cannot be read, no token is valid.
    """

    def __init__(self, file: Path) -> None:
        """Read the file.

        :raises StartupRefused: that is not possible.
        """
        self._file = file
        self._seen = _version(file)
        self._callers = _callers(file)
        # Why the file cannot be read; empty if it can.
        self._problem = ""
        # Calls that last, by whose they are: what ends each of them.
        self._lasting: dict[Caller, set[asyncio.Timeout]] = {}

    def holder(self, token: str) -> Caller:
        """Who holds a token.

        It is looked up by its digest, so how long that takes says nothing about any token.

        :raises NotAuthenticated: it is not valid.
        """
        caller = self._callers.get(digest_of(token))
        if caller is None:
            raise NotAuthenticated("the token is not valid")
        return caller

    @asynccontextmanager
    async def held_by(self, caller: Caller) -> AsyncIterator[None]:
        """A context that ends as soon as the caller's token is no longer valid.

        :raises NotAuthenticated: it was taken back.
        """
        end = asyncio.timeout(None)
        self._lasting.setdefault(caller, set()).add(end)
        try:
            async with end:
                yield
        except TimeoutError:
            if end.expired():
                raise NotAuthenticated("the token is no longer valid") from None
            raise
        finally:
            lasting = self._lasting.get(caller, set())
            lasting.discard(end)
            if not lasting:
                self._lasting.pop(caller, None)

    def follow(self) -> None:
        """Read the file whenever it changes, from now on."""
        asyncio.get_running_loop().call_later(TOKENS_SECONDS, self.follow)
        self._refresh()

    def _refresh(self) -> None:
        version = _version(self._file)
        if version == self._seen and not self._problem:
            return
        callers: dict[str, Caller] = {}
        problem = ""
        try:
            callers = _callers(self._file)
        except StartupRefused as error:
            problem = str(error)
        if not problem:
            logger.info("tokens read", tokens=len(callers))
        elif problem != self._problem:
            logger.error("no token is valid", reason=problem)
        self._callers, self._seen, self._problem = callers, version, problem
        self._end_calls()

    def _end_calls(self) -> None:
        """End the calls whose callers are not, or no longer the same, among the valid ones."""
        now = asyncio.get_running_loop().time()
        for caller in [c for c in self._lasting if self._callers.get(c.digest) != c]:
            for end in self._lasting.pop(caller):
                end.reschedule(now)


def _callers(file: Path) -> dict[str, Caller]:
    """The callers whose tokens are in the file, by the digests of these."""
    return {token.caller.digest: token.caller for token in read_tokens(file)}


def _version(file: Path) -> tuple[int, ...] | None:
    """What differs once the file has changed; None if it cannot be found."""
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
