"""A primary is lost and its standby promoted: acknowledged changes are there, and work goes on."""

import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import grpc
import pytest

from tests.durability.followers import Faults, faults
from tests.durability.load import Load, differences, log_of, not_told
from tests.durability.serving import Persistent, Service, Watcher, check_sound, new_log, request_ids
from tests.support import messages
from tests.support.postgresql import Cluster, in_memory
from tests.support.proxy import Proxy
from tests.support.waiting import wait_until

FAILOVERS = 5
WRITERS = 6
# From the promotion to the next acknowledged change.
LIMIT = 5.0


def test_no_acknowledged_change_is_lost_when_five_primaries_are_killed(tmp_path: Path) -> None:
    """Each time the synchronous standby takes over, and the same service and its follower go on.

    The service knows two addresses. The next standby gets the lost primary's.
    """
    gaps = []
    load = Load([Persistent(f"writer-{i}", f"visits/visit-{i // 2}") for i in range(WRITERS)])
    with Cluster(within=in_memory()) as primary, ExitStack() as stack:
        name = new_log(primary)
        standby = primary.standby(synchronous=True)
        ways = [stack.enter_context(Proxy(each.address)) for each in (primary, standby)]
        hosts = "&".join(f"host={way.address}" for way in ways)
        url = f"postgresql+psycopg://postgres@/{name}?{hosts}&target_session_attrs=read-write"
        server = stack.enter_context(Service(url, tmp_path / "key"))
        watcher = stack.enter_context(Watcher(server.address))
        client = server.client()
        told = load.schedule(client)
        load.start(client)
        for number in range(FAILOVERS):
            before = len(load.told)
            wait_until(partial(load.told_more_than, before + 20))
            primary.kill()
            before, began = len(load.told), time.monotonic()
            standby.promote()
            wait_until(partial(load.told_more_than, before))
            gaps.append(time.monotonic() - began)
            position = max(each.position for each in load.told)
            wait_until(partial(watcher.has, position))
            primary, standby = standby, standby.standby(synchronous=True)
            ways[number % 2].target = standby.address
        load.stop()
        told += load.told
        log = log_of(client)
        wait_until(lambda: watcher.has(len(log)))
        check_sound(primary.url(name), log)
    print(f"{len(told)} acknowledged; the longest gap of {FAILOVERS}: {max(gaps):.2f} s")
    assert max(gaps) < LIMIT
    assert load.failures == {grpc.StatusCode.UNAVAILABLE}
    assert differences(told, log) == []
    assert not_told(told, log) == []
    assert sorted(request_ids(log)) == sorted(load.asked)
    assert faults(watcher.kept, log) == Faults()


def test_a_change_that_the_standby_lacks_is_not_acknowledged_after_a_crash_either(
    tmp_path: Path,
) -> None:
    """It is in the log of the primary that started again, but may be gone with it any time."""
    change = messages.request("visits/visit", messages.stated(), request_id="held")
    with Cluster(within=in_memory()) as primary:
        name = new_log(primary)
        standby = primary.standby(synchronous=True)
        with Service(primary.url(name), tmp_path / "key") as server:
            client = server.client()
            client.record("visits/visit", messages.scheduled())
            standby.hold_back()
            with pytest.raises(grpc.RpcError):
                client.desk.RecordStatement(change, timeout=1)
            primary.kill()
            primary.start()
            assert primary.execute("SELECT size FROM head", name) == [(2,)]
            for _ in range(2):
                with pytest.raises(grpc.RpcError):
                    client.desk.RecordStatement(change, timeout=0.5)
            assert standby.execute("SELECT size FROM head", name) == [(1,)]
            server.kill_all()


# The check can fail


def test_an_asynchronous_standby_that_was_held_back_loses_acknowledged_changes(
    tmp_path: Path,
) -> None:
    """After its promotion, the same check finds each change that had not reached it."""
    load = Load([Persistent(f"writer-{i}", "visits/visit") for i in range(WRITERS)])
    with Cluster(within=in_memory()) as primary:
        name = new_log(primary)
        standby = primary.standby(synchronous=False)
        url = primary.url(name, standby, target_session_attrs="read-write")
        with Service(url, tmp_path / "key") as server:
            told = load.schedule(server.client())
            load.start(server.client(), changes=5)
            load.join()
            positions = f"SELECT size FROM head WHERE size = {len(load.told) + 1}"
            wait_until(lambda: bool(standby.execute(positions, name)))
            standby.hold_back()
            kept = len(load.told)
            load.start(server.client(), changes=5)
            load.join()
        primary.kill()
        standby.promote()
        with Service(url, tmp_path / "key") as server:
            log = log_of(server.client())
    told += load.told
    lost = differences(told, log)
    print(f"{len(told)} acknowledged, {len(log)} are there")
    assert len(log) == 1 + kept
    assert len(lost) == len(told) - len(log) == WRITERS * 5
    assert all("was lost" in problem for problem in lost)
