"""Ending a command that runs until Ctrl-C, or until nobody reads its output."""

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
    """In this block Ctrl-C is not a failure, and the process exits once its output is closed."""
    threading.Thread(target=_end_when_unread, args=(sys.stdout.fileno(),), daemon=True).start()
    with suppress(KeyboardInterrupt):
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay Ctrl-C until the end of this block, so that nothing is left half-written.

    A second Ctrl-C counts at once, because a full pipe may never be read again.
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


class Stop:
    """Whether Ctrl-C was pressed."""

    is_asked = False


@contextmanager
def stoppable() -> Iterator[Stop]:
    """In this block Ctrl-C only says that it was pressed, so that the work can end in good order.

    A second Ctrl-C counts at once.
    """
    stop = Stop()
    before = signal.getsignal(signal.SIGINT)

    def ask(number: int, frame: FrameType | None) -> None:
        stop.is_asked = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _end_when_unread(output: int) -> None:
    """Exit with status 0 when the reader closes the pipe, even if there is nothing to write."""
    closed = select.poll()
    closed.register(output, 0)  # POLLERR is always reported
    closed.poll()
    os._exit(0)
