"""Files that are read again when they change, while a server runs."""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from service.limits import FOLLOW_SECONDS
from service.store.errors import StartupRefused

Content = TypeVar("Content")


class Followed(Generic[Content]):
    """What some files say.

    ``content`` is what they said when they could last be read, and ``problem`` why they cannot be
    now; it is empty if they can.
    """

    def __init__(self, read: Callable[[], Content], *files: Path) -> None:
        """Read the files.

        :raises StartupRefused: that is not possible.
        """
        self._read = read
        self._files = files
        self._seen = self._versions()
        self.content = read()
        self.problem = ""

    def refresh(self) -> bool:
        """Read the files if they have changed or could not be read; whether that is news."""
        versions = self._versions()
        if versions == self._seen and not self.problem:
            return False
        before, self._seen = self.problem, versions
        try:
            self.content, self.problem = self._read(), ""
        except StartupRefused as error:
            self.problem = str(error)
        return not self.problem or self.problem != before

    def _versions(self) -> Sequence[tuple[int, ...] | None]:
        return [_version(file) for file in self._files]


def follow(refresh: Callable[[], None]) -> None:
    """Call this a few times a second from now on, on this event loop."""
    asyncio.get_running_loop().call_later(FOLLOW_SECONDS, follow, refresh)
    refresh()


def _version(file: Path) -> tuple[int, ...] | None:
    """What differs once the file has changed; None if it cannot be found."""
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
