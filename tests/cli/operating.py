"""The commands of an operator, run as a person does."""

import subprocess
import sys
from typing import NamedTuple


class Done(NamedTuple):
    """How a command ended: its exit status, its output, and its error output."""

    status: int
    answer: str
    complaint: str


def operate(command: str, *args: str) -> Done:
    """Run a command to its end; the arguments after ``command`` are passed as they are."""
    line = [sys.executable, "-m", "service.cli", *command.split(), *args]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60)
    return Done(done.returncode, done.stdout, done.stderr)
