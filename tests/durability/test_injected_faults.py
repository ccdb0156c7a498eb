"""Whatever system call fails under a server, what it acknowledged is in the log."""

import os
from pathlib import Path

import grpc
import pytest

from tests.durability.load import Load, differences, log_of, not_told
from tests.durability.serving import Persistent, check_sound
from tests.durability.traced import Traced
from tests.support.server import Server
from tests.support.waiting import wait_until

# `make torture` has 200 in all.
FAULTS = int(os.environ.get("CHANCERY_CALL_FAULTS", "4"))
WRITERS = 6

# The call, the error, the first that fails and each how many-th after it, and on which file.
CALLS = {
    "a sync fails": ("fdatasync", "EIO", 40, 11),
    "a write fails": ("pwrite64", "EIO", 400, 97),
    "the disk is full": ("pwrite64", "ENOSPC", 400, 97),
    "a lock fails": ("fcntl", "EIO", 60, 41, "-shm"),
}
ENDS = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_was_acknowledged_is_there_after_calls_that_fail(
    tmp_path: Path, call: tuple[str, str, int, int]
) -> None:
    """Again and again, while six callers write. Each tries again, and is answered in the end."""
    file = tmp_path / "chancery.db"
    writers = [Persistent(f"writer-{i}", f"visits/visit-{i // 2}") for i in range(WRITERS)]
    load = Load(writers)
    with Traced(file, *call) as server:
        told = load.schedule(server.client())
        core = server.pids.core
        load.start(server.client())
        wait_until(lambda: server.injected >= FAULTS, 120 + FAULTS)
        load.stop()
        client = server.client()
        assert client.head >= len(told) + len(load.told)
        assert server.pids.core == core
        injected = server.injected
        lines = [line for line in server.log if line["event"] == "append failed"]
        server.kill_all()
    print(lines)
    with Server(file) as again:
        log = log_of(again.client())
    told += load.told
    print(f"{injected} calls failed, {len(told)} changes acknowledged, ended {load.failures}")
    assert load.failures <= ENDS
    assert differences(told, log) == []
    assert not_told(told, log) == []
    check_sound(server.place.url, log)
