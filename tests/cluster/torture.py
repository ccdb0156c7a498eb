"""Break a cluster of one's own under load, in every way, and see that nothing is lost.

``python -m tests.cluster.torture [PATTERN]`` takes the faults whose names have the pattern, or all.
CHANCERY_SOAK_SEED repeats their order.
"""

import os
import random
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.cluster import FOLDER, Cluster
from tests.cluster.load import Load
from tests.cluster.plan import Fault, plan
from tests.support.waiting import wait_until

SEED = int(os.environ.get("CHANCERY_SOAK_SEED", "0")) or random.randrange(1, 1 << 32)
# Seconds for all to be as before: a node may have to be copied anew.
WHOLE = 180.0
# Seconds without an answer from the servers on standbys, whatever happens.
READS = 10.0


@contextmanager
def running(cluster: Cluster) -> Iterator[Cluster]:
    """A cluster of one's own. After an error it is left as it is, to be looked at."""
    if FOLDER.exists():
        sys.exit(f"{FOLDER} is there: make cluster-stop")
    cluster.start()
    yield cluster
    cluster.stop()


def suffer(cluster: Cluster, load: Load, fault: Fault) -> list[str]:
    """Let a fault happen, wait until all is as before, and return what was not as it should be."""
    load.next_visits()
    load.goes_on()
    began = time.monotonic()
    with fault.happen(cluster):
        time.sleep(fault.seconds)
    load.goes_on()
    whole = wait_until(lambda: cluster.is_whole, WHOLE)
    changes, reads = load.longest_without_changes(began), load.longest_without_reads(began)
    print(
        f"{fault.name}: {changes:.1f} s without changes, {reads:.1f} s without reads of standbys, "
        f"whole {whole:.0f} s after",
        flush=True,
    )
    late = [f"{fault.name}: {changes:.1f} s without changes"] if changes > fault.limit else []
    slow = [f"{fault.name}: {reads:.1f} s without reads"] if reads > READS else []
    return late + slow


def main() -> None:
    """Let all faults happen, one after the other, and check everything in the end."""
    pattern = re.compile(" ".join(sys.argv[1:]))
    print(f"CHANCERY_SOAK_SEED={SEED}", flush=True)
    chance = random.Random(SEED)
    faults = [each for each in plan(chance) if pattern.search(each.name)]
    found: list[str] = []
    with running(Cluster()) as cluster:
        load = Load(cluster, chance)
        load.start()
        for number, fault in enumerate(faults, start=1):
            print(f"{number}/{len(faults)} ", end="")
            try:
                found += suffer(cluster, load, fault)
            except (AssertionError, RuntimeError, OSError, ValueError) as error:
                found.append(f"{fault.name}: {error!r}")
                print(found[-1], flush=True)
                if not cluster.is_whole:  # no other would tell anything
                    break
        load.stop()
        found += load.check()
        print(load.summary(), flush=True)
        print("\n".join(found) or f"{len(faults)} faults, and all is as it was told")
        if found:
            sys.exit(1)


if __name__ == "__main__":
    main()
