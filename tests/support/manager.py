"""A service manager as systemd is one: it hears what a server tells over a socket."""

import socket
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self


class Manager:
    """Hears what is sent to the socket that ``environment`` names."""

    def __init__(self, folder: Path, watchdog_seconds: float | None = None) -> None:
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        file = str(folder / "notify")
        self._line.bind(file)
        self.environment: Mapping[str, str] = {"NOTIFY_SOCKET": file}
        if watchdog_seconds is not None:
            microseconds = {"WATCHDOG_USEC": str(int(watchdog_seconds * 1e6))}
            self.environment = {**self.environment, **microseconds}

    def hears(self, seconds: float) -> str:
        """What is told next, if it is within so many seconds; else nothing."""
        self._line.settimeout(seconds)
        try:
            return self._line.recv(1000).decode()
        except TimeoutError:
            return ""

    def forget(self) -> None:
        """Forget all that was told until now."""
        while self.hears(0.001):
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._line.close()
