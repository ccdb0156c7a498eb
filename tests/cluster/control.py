"""The check can fail: with asynchronous replication changes are lost, and it finds each of them.

``python -m tests.cluster.control``. The standbys are cut off from the primary, which goes on to
acknowledge; then it dies, and one of them takes over.
"""

import random
import sys
from functools import partial

import psycopg

from chancery.v1.event_pb2 import RecordedEvent
from service.codec import wire
from tests.cluster.cluster import DATABASE, PRIMARY, Cluster
from tests.cluster.faults import cut, node_killed
from tests.cluster.load import Load
from tests.cluster.machines import Database
from tests.cluster.torture import running
from tests.durability.load import differences
from tests.support.waiting import wait_until

CHANGES = 50


def main() -> None:
    """Lose changes, and see that the check finds each of them."""
    with running(Cluster(is_synchronous=False)) as cluster:
        load = Load(cluster, random.Random(0))
        load.start()
        load.goes_on()
        primary = cluster.database(PRIMARY)
        with cut(primary.node, [each.node for each in cluster.databases]):
            load.goes_on(CHANGES)
            with node_killed(primary):
                wait_until(partial(_leads_another, cluster, primary))
                told = load.acknowledged
                log = _log(cluster.database(PRIMARY))
        there = {RecordedEvent.FromString(body).event.request_id for body in log.values()}
        gone = [each for each in told if each.request_id not in there]
        found = differences(told, log)
        print(f"{len(told)} acknowledged, {len(gone)} of them are gone; the check finds:")
        print(*found, sep="\n")
    # Whose position is another's now is found twice.
    named = {each.split()[0] for each in found if "was lost" in each or "was altered" in each}
    if not gone or named != {each.request_id for each in gone}:
        sys.exit("the check does not see that changes are lost")


def _leads_another(cluster: Cluster, former: Database) -> bool:
    """Whether another node is the primary, and accepts writes."""
    for each in cluster.databases:
        try:
            if each is not former and each.execute("SELECT pg_is_in_recovery()") == [(False,)]:
                return True
        except psycopg.Error:
            continue
    return False


def _log(database: Database) -> dict[int, bytes]:
    """The log as it is in a database; the servers know another one."""
    rows = database.execute("SELECT position, record_time, body FROM log", DATABASE)
    return {row[0]: wire.recorded_event(*row) for row in rows}


if __name__ == "__main__":
    main()
