"""A server some of whose system calls fail, or whose clock is another, by tools of the system."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.place import Place
from tests.support.processes import ROOT
from tests.support.server import Server


class Traced(Server):
    """A server under strace: the ``first`` call of a name fails, and then one of ``every``.

    If ``of`` is what follows the name of the database file, calls on other files do not count.
    The core makes all calls that write.
    """

    def __init__(
        self,
        where: Place | Path,
        call: str,
        error: str,
        first: int,
        every: int,
        of: str | None = None,
    ) -> None:
        super().__init__(where)
        assert shutil.which("strace"), "install strace: apt-get install strace"
        self._trace = self.file.with_name("trace")
        self._strace = ["strace", "-D", "-f", "--seccomp-bpf", "-qq", "-o", str(self._trace)]
        self._strace += ["-e", f"trace={call}"]
        self._strace += ["-e", f"inject={call}:error={error}:when={first}+{every}"]
        if of is not None:
            self._strace += ["-P", f"{self.file}{of}"]

    @property
    def injected(self) -> int:
        """How many calls have failed so."""
        return self._trace.read_bytes().count(b"(INJECTED)")

    def _begin(self, command: list[str]) -> Any:
        return _started([*self._strace, sys.executable, *command])


class Clocked(Server):
    """A server with a clock of its own, which ``set`` moves while it runs."""

    LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)

    def __init__(self, where: Place | Path) -> None:
        super().__init__(where)
        assert self.LIBRARY, "install libfaketime: apt-get install libfaketime"
        self._moved = self.file.with_name("clock")
        self.set("+0")

    def set(self, moved: str) -> None:
        """Move the clock by so much from the true time, such as -1h or +10y."""
        new = self._moved.with_suffix(".new")
        new.write_text(f"{moved}\n")
        new.replace(self._moved)

    def _begin(self, command: list[str]) -> Any:
        environment = {
            "LD_PRELOAD": str(self.LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._moved),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        return _started([sys.executable, *command], **environment)


def _started(command: Sequence[str], **environment: str) -> Any:
    """A process with these variables besides, and what it logs in a pipe."""
    return subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | environment
    )
