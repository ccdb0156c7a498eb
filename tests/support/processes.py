"""Programs of Python in processes of their own, used as those of ``subprocess`` are.

They are forked by a process that has everything imported (tests/support/warm.py).
"""

import atexit
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any, Self

from tests.support.warm import REQUEST_BYTES

ROOT = Path(__file__).parents[2]
PIPE = subprocess.PIPE


class Process:
    """What ``python`` does with these arguments: ``-m`` with a module, or ``-c`` with code.

    A stream is a file, a descriptor, or PIPE for one to read from or write to; each is the
    caller's own unless it is named. Streams have text.
    """

    def __init__(
        self,
        arguments: Sequence[object],
        *,
        stdin: IO[Any] | int | None = None,
        stdout: IO[Any] | int | None = None,
        stderr: IO[Any] | int | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.args = [str(each) for each in arguments]
        self.returncode: int | None = None
        self._waiting = threading.Lock()
        program = {
            "arguments": self.args,
            "folder": str(cwd or Path.cwd()),
            "environment": dict(os.environ if env is None else env),
        }
        request = json.dumps(program).encode()
        assert len(request) < REQUEST_BYTES
        with ExitStack() as given:
            self.stdin, theirs = _stream(stdin, 0, given)
            self.stdout, other = _stream(stdout, 1, given)
            self.stderr, errors = _stream(stderr, 2, given)
            answers, end = os.pipe()
            given.callback(os.close, end)
            socket.send_fds(warm(), [request], [theirs, other, errors, end])
        self._answers = os.fdopen(answers)
        number = self._answers.readline()
        assert number, "the process that forks the others has ended: its error is above"
        self.pid = int(number)

    def poll(self) -> int | None:
        """The exit status, or that of the signal that ended it below zero; None while it runs."""
        return self._status(0)

    def wait(self, timeout: float | None = None) -> int:
        """The same, as soon as it has ended.

        :raises subprocess.TimeoutExpired: it did not end in so many seconds.
        """
        status = self._status(timeout)
        if status is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired(self.args, timeout)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has ended just now
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for stream in (self.stdout, self.stderr, self.stdin):
            if stream is not None:
                stream.close()
        self.wait()

    def _status(self, timeout: float | None) -> int | None:
        with self._waiting:
            if self.returncode is None and select.select([self._answers], [], [], timeout)[0]:
                self.returncode = int(self._answers.readline())
                self._answers.close()
            return self.returncode


def run(
    *arguments: object,
    timeout: float = 60,
    stdout: IO[Any] | int = PIPE,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end: its exit status, and what it wrote.

    :raises subprocess.TimeoutExpired: it did not end in so many seconds.
    """
    with Process(arguments, stdout=stdout, stderr=PIPE, env=env, cwd=cwd) as process:
        errors: list[str] = []
        reading = threading.Thread(target=lambda: errors.append(process.stderr.read()))
        reading.start()
        limit = threading.Timer(timeout, process.kill)
        limit.start()
        answer = process.stdout.read() if process.stdout is not None else ""
        reading.join()
        status = process.wait()
        is_late = limit.finished.is_set()
        limit.cancel()
        limit.join()
    if is_late:
        raise subprocess.TimeoutExpired(process.args, timeout)
    return subprocess.CompletedProcess(process.args, status, answer, errors[0])


def chancery(*arguments: object, **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run the command line to its end, with these arguments."""
    return run("-m", "service.cli", *arguments, **options)


def _stream(given: IO[Any] | int | None, number: int, stack: ExitStack) -> tuple[Any, int]:
    """The caller's end of a standard stream, and the descriptor of the other one."""
    if given == PIPE:
        reading, writing = os.pipe()
        ours, theirs = (writing, reading) if number == 0 else (reading, writing)
        stack.callback(os.close, theirs)
        return os.fdopen(ours, "w" if number == 0 else "r", buffering=1), theirs
    if given is None:
        return None, number
    return None, given if isinstance(given, int) else given.fileno()


@functools.cache
def warm() -> socket.socket:
    """Start the process that forks the others, and ends when this one does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
        )
    atexit.register(process.wait)
    atexit.register(ours.close)  # before that
    return ours
