"""Events in UmaDB.

``fill ADDRESS EVENTS SIZE`` appends so many events of so many bytes, ten for each tag, 1000 at a
time, and prints how many seconds that took. ``read ADDRESS`` reads all of them with their
positions, and prints how many there are and the seconds.
"""

import sys
import time
from itertools import islice

from umadb import Client, Event

APPENDED_AT_ONCE = 1000


def fill(client: Client, events: int, size: int) -> None:
    """Append the events."""
    data = b"-" * size
    began = time.perf_counter()
    made = (Event("changed", data, [f"v{number // 10:08}"]) for number in range(events))
    while some := list(islice(made, APPENDED_AT_ONCE)):
        client.append(some)
    print(time.perf_counter() - began)


def read(client: Client) -> None:
    """Read all events, and print how long it took."""
    began = time.perf_counter()
    number = sum(1 for event in client.read() if event.position)
    print(number, time.perf_counter() - began)


if __name__ == "__main__":
    with Client(f"http://{sys.argv[2]}") as client:
        if sys.argv[1] == "fill":
            fill(client, int(sys.argv[3]), int(sys.argv[4]))
        else:
            read(client)
