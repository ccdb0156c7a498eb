"""Waiting for what no event announces."""

import time
from collections.abc import Callable


def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> float:
    """Wait until that holds, and give the seconds that it took; fail after so many seconds."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() < begun + seconds, "it did not come to hold in time"
        time.sleep(0.005)
    return time.monotonic() - begun
