"""The commands of an operator, run as a person does."""

from typing import NamedTuple

from tests.support.processes import chancery


class Done(NamedTuple):
    """How a command ended: its exit status, its output, and its error output."""

    status: int
    answer: str
    complaint: str


def operate(command: str, *args: str) -> Done:
    """Run a command to its end; the arguments after ``command`` are passed as they are."""
    done = chancery(*command.split(), *args)
    return Done(done.returncode, done.stdout, done.stderr)
