"""Break a cluster of one's own under load, in every way, and see that nothing is lost.

``python -m tests.cluster.torture [PATTERN]`` takes the faults whose names have the pattern, or all.
CHANCERY_SOAK_SEED repeats their order.
"""

import os
import random
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import grpc
import psutil
import psycopg

from tests.cluster.cluster import FOLDER, Cluster
from tests.cluster.load import Load
from tests.cluster.plan import Fault, plan

SEED = int(os.environ.get("CHANCERY_SOAK_SEED", "0")) or random.randrange(1, 1 << 32)
# Seconds for all to be as before: a node may have to be copied anew.
WHOLE = 180.0
# Seconds without an answer from the servers on standbys, whatever happens.
READS = 10.0
# How a fault, or what waits for its end, fails.
FAILURES = (AssertionError, RuntimeError, OSError, ValueError, psutil.Error, psycopg.Error)


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
    whole = cluster.wait_until_whole(WHOLE)
    changes, reads = load.longest_without_changes(began), load.longest_without_reads(began)
    print(
        f"{fault.name}: {changes:.1f} s without changes, {reads:.1f} s without reads of standbys, "
        f"whole {whole:.0f} s after; {time.monotonic() - began:.0f} s",
        flush=True,
    )
    late = [f"{fault.name}: {changes:.1f} s without changes"] if changes > fault.limit else []
    slow = [f"{fault.name}: {reads:.1f} s without reads"] if reads > READS else []
    return late + slow


def suffer_all(cluster: Cluster, load: Load, faults: Sequence[Fault]) -> Iterator[str]:
    """Let faults happen one after the other, and tell what was not as it should be.

    After one that the cluster does not get over, no other would tell anything.
    """
    for number, fault in enumerate(faults, start=1):
        print(f"{number}/{len(faults)} ", end="", flush=True)
        try:
            yield from suffer(cluster, load, fault)
        except FAILURES as error:
            print(f"{fault.name}: {error!r}", flush=True)
            yield f"{fault.name}: {error!r}"
            try:
                cluster.wait_until_whole(WHOLE)
            except FAILURES as last:
                yield f"{number} of {len(faults)} carried out: {last!r}: {cluster.members()}"
                return


def checked(load: Load) -> list[str]:
    """What is not as it was told in the end, or why that is not known."""
    load.stop()
    try:
        return load.check()
    except (*FAILURES, grpc.RpcError) as error:
        return [f"what was told could not be checked: {error!r}"]


def main() -> None:
    """Let all faults happen, one after the other, and check everything in the end."""
    pattern = re.compile(" ".join(sys.argv[1:]))
    print(f"CHANCERY_SOAK_SEED={SEED}", flush=True)
    chance = random.Random(SEED)
    faults = [each for each in plan(chance) if pattern.search(each.name)]
    began = time.monotonic()
    with running(Cluster()) as cluster:
        load = Load(cluster, chance)
        load.start()
        found = list(suffer_all(cluster, load, faults))
        found += checked(load)
        print(load.summary(), flush=True)
        if found:
            sys.exit("\n".join(found))
    print(f"{len(faults)} faults in {time.monotonic() - began:.0f} s, and all is as it was told")


if __name__ == "__main__":
    main()
