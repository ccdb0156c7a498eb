"""Waiting for what no event announces."""

import time
from collections.abc import Callable


def wait_until(holds: Callable[[], bool], seconds: float = 60.0, pause: float = 0.005) -> float:
    """Wait until that holds, and give the seconds that it took; fail after so many seconds."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() < begun + seconds, "it did not come to hold in time"
        time.sleep(pause)
    return time.monotonic() - begun
