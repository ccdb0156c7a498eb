"""Tells the service manager that started a server how the server fares, as sd_notify(3) does."""

import os
import socket
import time
from collections.abc import MutableMapping
from contextlib import suppress

# Seconds that a message may wait for the one who reads it.
SEND_SECONDS = 1.0


class ServiceManager:
    """The program that started a server, if it asked to be told how the server fares."""

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        """Take from the environment what it says of one, so that no other process uses it.

        ``watchdog_seconds`` are those within which it wants to hear that the server is alive;
        None if it does not.
        """
        self._address = environment.pop("NOTIFY_SOCKET", "")
        microseconds = environment.pop("WATCHDOG_USEC", "")
        is_for_this = environment.pop("WATCHDOG_PID", "") in ("", str(os.getpid()))
        is_asked = self._address and is_for_this and microseconds.isdecimal()
        self.watchdog_seconds = int(microseconds) / 1e6 if is_asked else None

    @property
    def is_there(self) -> bool:
        """Whether anybody is told."""
        return bool(self._address)

    def ready(self) -> None:
        """Tell that the server serves: after its start, or after it has read its files again."""
        self._tell("READY=1")

    def reloading(self) -> None:
        """Tell that the server begins to read its files again."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def alive(self) -> None:
        """Tell that the server answers."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """Tell that the server ends."""
        self._tell("STOPPING=1")

    def _tell(self, message: str) -> None:
        """Send a message; perhaps nobody reads it."""
        if not self._address:
            return
        path = self._address
        if path.startswith("@"):  # a name that is in no folder
            path = f"\0{path[1:]}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line, suppress(OSError):
            line.settimeout(SEND_SECONDS)
            line.sendto(message.encode(), path)
