"""A caller with one question after the other, in a process of its own: how long each took.

Run as ``python -m tests.durability.polite ADDRESS SECONDS read|record``, it prints the milliseconds
of each call as JSON.
"""

import json
import os
import sys
import time

from tests.support.messages import scheduled
from tests.support.server import Client

PAUSE = 0.01


def main() -> None:
    """Ask until the time is over."""
    address, seconds, what = sys.argv[1:]
    client = Client(address)
    took: list[float] = []
    until = time.monotonic() + float(seconds)
    while time.monotonic() < until:
        began = time.perf_counter()
        if what == "read":
            client.visit("visits/short")
        else:
            client.record(f"visits/polite-{os.getpid()}-{len(took)}", scheduled())
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(PAUSE)
    client.close()
    print(json.dumps(took))


main()
