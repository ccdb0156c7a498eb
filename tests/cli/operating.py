"""The commands of whoever operates a server, run as a person does."""

import subprocess
import sys
from typing import NamedTuple


class Done(NamedTuple):
    """How a command ended: its exit status, what it answered, and its complaint."""

    status: int
    answer: str
    complaint: str


def operate(command: str, *args: str) -> Done:
    """Run a command to its end; what follows the words of ``command`` is given as it is."""
    line = [sys.executable, "-m", "service.cli", *command.split(), *args]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60)
    return Done(done.returncode, done.stdout, done.stderr)
