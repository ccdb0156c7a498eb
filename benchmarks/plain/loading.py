"""Loading one visit with the eventsourcing library.

``fill FILE EVENTS SIZE`` records a visit with so many events, each with so many bytes of text.
``load FILE SECONDS`` loads it again and again for about so many seconds, and prints how often
it did, how long that took, and the version.
"""

import sys
import time
from itertools import cycle, islice

from benchmarks.plain.visits import CHANGES, Visit, visits

NAME = "visits/measured"


def fill(file: str, events: int, size: int) -> None:
    """Record the visit."""
    application = visits(file)
    visit = Visit(name=NAME, text="-" * size)
    for change in islice(cycle(CHANGES.values()), events - 1):
        change(visit, "-" * size)
    application.save(visit)


def load(file: str, seconds: float) -> None:
    """Load the visit again and again, and print how often."""
    repository, visit_id = visits(file).repository, Visit.create_id(NAME)
    visit: Visit = repository.get(visit_id)
    number = 0
    began = time.perf_counter()
    while (taken := time.perf_counter() - began) < seconds:
        visit = repository.get(visit_id)
        number += 1
    print(number, taken, visit.version)


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        fill(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        load(sys.argv[2], float(sys.argv[3]))
