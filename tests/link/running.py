"""A supervisor in a process of its own, to be started, heard and ended."""

import json
import os
import queue
import signal
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import psutil

from tests.support.processes import PIPE, Process

SECONDS = 20.0
Said = dict[str, Any]


class Running:
    """A supervisor in a process of its own, and what it and its children said, in its order."""

    def __init__(self, *options: str, env: Mapping[str, str] | None = None) -> None:
        self.said: list[Said] = []
        self.errors: list[str] = []
        self._heard: Counter[tuple[str, str]] = Counter()
        self._news: queue.Queue[Said | None] = queue.Queue()
        self._processes: list[psutil.Process] = []
        arguments = ["-m", "tests.link.roles", *options]
        env = os.environ | (env or {})
        self.process = Process(arguments, stdout=PIPE, stderr=PIPE, env=env)
        self._threads = [threading.Thread(target=each) for each in (self._read, self._read_errors)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said = json.loads(line)
            if said["what"] == "begins":
                with suppress(psutil.Error):
                    self._processes.append(psutil.Process(said["pid"]))
            self._news.put(said)
        self._news.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors += self.process.stderr

    def hear(self, who: str, what: str, number: int = 1) -> list[Said]:
        """The next things of that kind, once so many more were said."""
        kind = who, what
        self._heard[kind] += number
        while len(found := self.all(*kind)) < self._heard[kind]:
            said = self._news.get(timeout=SECONDS)
            assert said is not None, f"all have ended: {self.said} {self.errors}"
            self.said.append(said)
        return found[self._heard[kind] - number : self._heard[kind]]

    def all(self, who: str, what: str) -> list[Said]:
        """Everything of that kind that is known to have been said."""
        return [each for each in self.said if (each["who"], each["what"]) == (who, what)]

    def serves(self) -> Said:
        """Wait until everything serves, and give the core's report."""
        (said,) = self.hear("supervisor", "serves")
        return dict(said["report"])

    def ended(self) -> int:
        """Wait until all processes have ended, and give the exit status of the supervisor."""
        while (said := self._news.get(timeout=SECONDS)) is not None:
            self.said.append(said)
        return self.process.wait(SECONDS)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it with a signal, and give its exit status."""
        self.process.send_signal(number)
        return self.ended()

    def told(self, who: str, what: str) -> list[int]:
        """The processes that said this, in their order."""
        return [each["pid"] for each in self.all(who, what)]

    def close(self) -> None:
        """Kill whatever still runs of it."""
        for process in self._processes:
            with suppress(psutil.Error):
                process.kill()
        for thread in self._threads:
            thread.join(SECONDS)
        self.process.wait(SECONDS)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
