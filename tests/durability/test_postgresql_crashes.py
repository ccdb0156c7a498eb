"""PostgreSQL ends in the middle of writing, again and again, and the service recovers by itself."""

import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import grpc
import pytest

from tests.durability.followers import Faults, faults
from tests.durability.load import Load, differences, log_of, not_told
from tests.durability.serving import Persistent, Service, Watcher, check_sound, new_log, request_ids
from tests.support.postgresql import Cluster, in_memory
from tests.support.waiting import wait_until

ENDS = 20
WRITERS = 6
# From the database's return to the next acknowledged change.
LIMIT = 5.0


@pytest.mark.parametrize(
    "end", [lambda cluster: cluster.stop("immediate"), Cluster.kill], ids=["immediate", "killed"]
)
def test_no_acknowledged_change_is_lost_when_postgresql_ends_twenty_times(
    end: Callable[[Cluster], None], tmp_path: Path
) -> None:
    """Each acknowledged change is there once; each time the same service soon acknowledges more."""
    chance = random.Random(20)
    gaps = []
    load = Load([Persistent(f"writer-{i}", f"visits/visit-{i // 2}") for i in range(WRITERS)])
    with Cluster(within=in_memory()) as cluster:
        url = cluster.url(new_log(cluster))
        with Service(url, tmp_path / "key") as server, Watcher(server.address) as watcher:
            client = server.client()
            told = load.schedule(client)
            load.start(client)
            for _ in range(ENDS):
                before = len(load.told)
                wait_until(partial(load.told_more_than, before + 10))
                time.sleep(chance.uniform(0, 0.1))
                end(cluster)
                cluster.start()
                before, began = len(load.told), time.monotonic()
                wait_until(partial(load.told_more_than, before))
                gaps.append(time.monotonic() - began)
            load.stop()
            told += load.told
            log = log_of(client)
            wait_until(lambda: watcher.has(len(log)))
        check_sound(url, log)
    print(f"{len(told)} acknowledged; the longest gap of {ENDS}: {max(gaps):.2f} s")
    assert max(gaps) < LIMIT
    assert load.failures == {grpc.StatusCode.UNAVAILABLE}
    assert differences(told, log) == []
    assert not_told(told, log) == []
    assert sorted(request_ids(log)) == sorted(load.asked)
    assert faults(watcher.kept, log) == Faults()
