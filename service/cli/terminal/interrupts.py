"""How a command without an end is ended: by Ctrl-C, or by whoever reads what it writes."""

import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType


@contextmanager
def until_interrupted() -> Iterator[None]:
    """Meanwhile Ctrl-C is no failure, and the process ends when nobody reads its output."""
    threading.Thread(target=_end_when_unread, args=(sys.stdout.fileno(),), daemon=True).start()
    with suppress(KeyboardInterrupt):
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl-C meanwhile counts at the end, so that nothing is half-written.

    A second one counts at once: a pipe that is full may never be read again.
    """
    interrupts = []
    before = signal.getsignal(signal.SIGINT)

    def keep(number: int, frame: FrameType | None) -> None:
        interrupts.append(number)
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, keep)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupts:
        signal.raise_signal(signal.SIGINT)


def _end_when_unread(output: int) -> None:
    """End with status 0 when the pipe is closed at its other end, also while nothing comes."""
    closed = select.poll()
    closed.register(output, 0)  # POLLERR is told without being asked for.
    closed.poll()
    os._exit(0)
