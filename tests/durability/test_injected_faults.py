"""Whatever system call fails under a server, what it acknowledged is in the log."""

import os
from pathlib import Path

import grpc
import pytest

from tests.durability.load import Load, differences, log_of, not_told
from tests.durability.serving import Persistent, check_sound
from tests.durability.traced import Traced
from tests.support import messages
from tests.support.server import Server
from tests.support.waiting import wait_until

# Calls that fail of each kind. `make torture` has forty, 200 in all.
FAULTS = int(os.environ.get("CHANCERY_CALL_FAULTS", "3"))
WRITERS = 6
# Seconds that the faults may take: SQLite may try for ten until it gives up a lock.
SECONDS = 60 + 12 * FAULTS

# The call, the error, the first that fails, one of how many fails then, and of which file.
CALLS = {
    "a sync fails": ("fdatasync", "EIO", 40, 11),
    "a write fails": ("pwrite64", "EIO", 400, 97),
    "the disk is full": ("pwrite64", "ENOSPC", 400, 97),
    "the disk is read-only": ("pwrite64", "EROFS", 400, 97),
    "a lock fails": ("fcntl", "EIO", 60, 41, "-shm"),
}
ENDS = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_was_acknowledged_is_there_after_calls_that_fail(
    tmp_path: Path, call: tuple[str, str, int, int]
) -> None:
    """Again and again, while six callers write. Each tries again, and is answered in the end."""
    load = Load([Persistent(f"writer-{i}", f"visits/visit-{i // 2}") for i in range(WRITERS)])
    with Traced(tmp_path / "chancery.db", *call) as server:
        told = load.schedule(server.client())
        core = server.pids.core
        load.start(server.client())
        wait_until(lambda: server.injected >= FAULTS, SECONDS)
        load.stop()
        assert server.pids.core == core
        injected = server.injected
        server.kill_all()
    with Server(server.file) as again:
        log = log_of(again.client())
    told += load.told
    print(f"{injected} calls failed, {len(told)} changes acknowledged, ended as {load.failures}")
    assert injected >= FAULTS
    assert load.failures <= ENDS
    assert differences(told, log) == []
    assert not_told(told, log) == []
    check_sound(server.place.url, log)
    assert "INSERT" not in "".join(server.lines)


def test_a_checkpoint_that_fails_is_told_and_costs_nothing(tmp_path: Path) -> None:
    """The database cannot be written, only its write-ahead log, which grows."""
    quotes = [messages.basis(quote="x" * 4000) for _ in range(50)]
    large = [messages.change("visits/long", messages.stated(), basis=quotes)] * 10
    with Traced(tmp_path / "chancery.db", "pwrite64", "EIO", 200, 1, "") as server:
        client = server.client()
        client.record("visits/long", messages.scheduled())
        while not any(line["event"] == "checkpoint failed" for line in server.log):
            client.desk.ApplyChanges(messages.apply(*large))
        assert "the disk fails" in server.logged("changes at risk")["reason"]
        head = client.head
        server.kill_all()
    with Server(server.file) as again:
        log = log_of(again.client())
        assert len(log) == head
    check_sound(server.place.url, log)
