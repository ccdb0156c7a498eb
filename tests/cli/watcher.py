"""A ``chancery watch`` in a process of its own, and what it has said so far."""

import signal
import threading
from typing import IO, Self

from tests.support.processes import PIPE, Process
from tests.support.waiting import wait_until

SECONDS = 60.0


class Watcher:
    """A ``chancery watch`` that runs, as a person in front of it sees it."""

    def __init__(self, target: str, *args: str) -> None:
        command = ["-m", "service.cli", "watch", *args, "--target", target]
        self.process = Process(command, stdout=PIPE, stderr=PIPE)
        self.told: list[str] = []
        self.complained: list[str] = []
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._reading = [
            threading.Thread(target=_read, args=(self.process.stdout, self.told)),
            threading.Thread(target=_read, args=(self.process.stderr, self.complained)),
        ]
        for thread in self._reading:
            thread.start()

    def tells(self, lines: int) -> list[str]:
        """Its first so many lines, once it has written them."""
        wait_until(lambda: len(self.told) >= lines)
        return self.told[:lines]

    def complains(self, lines: int) -> list[str]:
        """Its first so many lines of errors, once there are so many."""
        wait_until(lambda: len(self.complained) >= lines)
        return self.complained[:lines]

    def interrupted(self) -> int:
        """Its exit status after Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return self.ended()

    def ended(self) -> int:
        """Its exit status, once it has ended and all its output is read."""
        status = self.process.wait(SECONDS)
        for thread in self._reading:
            thread.join(SECONDS)
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.ended()
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.process.stdout.close()
        self.process.stderr.close()


def _read(stream: IO[str], lines: list[str]) -> None:
    for line in stream:
        lines.append(line)
