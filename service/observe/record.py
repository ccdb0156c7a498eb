"""The record of access: who read the audit service, and who was refused, in a file of its own."""

import asyncio
import fcntl
import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from service.limits import LOG_SECONDS, RECORD_BYTES, RECORD_FILES

logger = structlog.get_logger()


class AccessRecord:
    """Appends lines of JSON to a file, on one event loop. Other processes may do so too.

    When the file has 16 MiB it becomes FILE.1, what was FILE.1 becomes FILE.2, and so on; the
    ninth goes away. Only the owner may read them.
    """

    def __init__(self, file: Path) -> None:
        """Open the file; it is made if there is none.

        :raises OSError: it cannot be written.
        """
        self._file = file
        self._waiting: list[str] = []
        self._fails = False
        self._opened = self._open()

    def note(self, **fields: Any) -> None:
        """Write a line soon, with the time. All but ASCII is escaped, so no line is two."""
        self._waiting.append(json.dumps({"time": datetime.now(UTC).isoformat(), **fields}) + "\n")
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_later(LOG_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what waits."""
        lines, self._waiting = "".join(self._waiting).encode(), []
        try:
            self._turn_over()
            os.write(self._opened, lines)
        except OSError as error:
            if not self._fails:
                logger.error("access is not recorded", reason=os.strerror(error.errno or 0))
            self._fails = True
        else:
            self._fails = False

    def close(self) -> None:
        """Write what waits, and close the file."""
        self.flush()
        os.close(self._opened)

    def _open(self) -> int:
        return os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def _turn_over(self) -> None:
        """Go on in another file if this one is full, or if another process did so."""
        if os.fstat(self._opened).st_size >= RECORD_BYTES and self._is_current():
            fcntl.flock(self._opened, fcntl.LOCK_EX)  # until it is closed
            if self._is_current():
                for number in range(RECORD_FILES - 1, 0, -1):
                    with suppress(FileNotFoundError):
                        os.rename(self._numbered(number), self._numbered(number + 1))
                os.rename(self._file, self._numbered(1))
        if not self._is_current():
            opened = self._open()
            os.close(self._opened)
            self._opened = opened

    def _numbered(self, number: int) -> Path:
        return self._file.with_name(f"{self._file.name}.{number}")

    def _is_current(self) -> bool:
        """Whether the open file is the one that has the name."""
        try:
            return os.path.samestat(os.stat(self._file), os.fstat(self._opened))
        except FileNotFoundError:
            return False
