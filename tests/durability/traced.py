"""A server some of whose system calls fail, or whose clock is another, by tools of the system."""

import shutil
import subprocess
import sys
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
        return subprocess.Popen(
            [*self._strace, sys.executable, *command], stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
