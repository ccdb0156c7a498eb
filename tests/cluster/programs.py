"""Programs of the cluster, which outlive whoever started them: known by their process ids."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil

from tests.cluster.network import Node
from tests.support.postgresql import has_ended
from tests.support.waiting import wait_until

PATIENCE = 30.0
# PostgreSQL does not run as root. It may read what is in the home of whoever has this repository.
POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
POSTGRES += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]


class Program:
    """One program on one node. ``folder`` has its process id, and what it says."""

    def __init__(
        self,
        name: str,
        node: Node,
        folder: Path,
        command: Sequence[str],
        environment: Mapping[str, str],
    ) -> None:
        self.name = name
        self.node = node
        self.said = folder / f"{name}.log"
        self._command = command
        self._environment = environment
        self._folder = folder
        self._number = folder / f"{name}.pid"

    def start(self) -> None:
        """Start it in a session of its own."""
        base = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "CHANCERY_"))}
        with self.said.open("ab") as said:
            started = subprocess.Popen(
                [*self.node.within, *self._command],
                cwd=self._folder,
                env=base | dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        # Also when it was started: ids are used again.
        self._number.write_text(f"{started.pid} {psutil.Process(started.pid).create_time()}")

    @property
    def process(self) -> psutil.Process | None:
        """It, unless it has ended."""
        if not self._number.exists():
            return None
        pid, began = self._number.read_text().split()
        with suppress(psutil.NoSuchProcess):
            found = psutil.Process(int(pid))
            if found.create_time() == float(began) and not has_ended(found):
                return found
        return None

    def send(self, number: int) -> int:
        """Send a signal to it alone, and return its process id."""
        found = self.process
        assert found is not None, f"{self.name} has ended: see {self.said}"
        found.send_signal(number)
        return found.pid

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it, and kill it if it takes too long."""
        found = self.process
        if found is None:
            return
        found.send_signal(signal.SIGCONT)
        found.send_signal(number)
        with suppress(AssertionError):
            wait_until(lambda: self.process is None, PATIENCE)
        if (found := self.process) is not None:
            found.kill()


def kill(those: Sequence[psutil.Process]) -> None:
    """Kill processes, and wait until they have ended."""
    for each in those:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    for each in those:
        wait_until(partial(has_ended, each), PATIENCE)


def stop(those: Sequence[psutil.Process]) -> None:
    """Stop processes where they are, and see that they have stopped."""
    for each in those:
        with suppress(psutil.NoSuchProcess):
            each.suspend()
    for each in those:
        wait_until(partial(_is_still, each), PATIENCE)


def go_on(those: Sequence[psutil.Process]) -> None:
    """Let stopped processes go on; some may have ended meanwhile."""
    for each in those:
        with suppress(psutil.NoSuchProcess):
            each.resume()


def _is_still(process: psutil.Process) -> bool:
    try:
        return process.status() in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
