"""A follower of the log misses nothing, whatever is cut off and whoever crashes."""

import os
import random
import time
from collections import Counter
from pathlib import Path

import grpc

from tests.durability.followers import Careful, Faults, Hasty, Pace, faults, write_together
from tests.durability.load import log_in
from tests.store import logbook
from tests.support.server import Server

# `make soak` has ten times as many.
POSITIONS = int(os.environ.get("CHANCERY_SOAK_POSITIONS", "10000"))
SEED = int(os.environ.get("CHANCERY_SOAK_SEED", "0")) or random.randrange(1, 1 << 32)
WRITERS = 16
FOLLOWERS = 8
CONTROLS = 2


def test_followers_miss_nothing_although_they_are_cut_off_and_crash(tmp_path: Path) -> None:
    """While sixteen write, each of eight gets each change once, in order, as it is in the log.

    The controls resume after what they have read, not after what they were handed, and miss
    some changes: the test would notice.
    """
    print(f"CHANCERY_SOAK_POSITIONS={POSITIONS} CHANCERY_SOAK_SEED={SEED}")
    pace = Pace()
    same: dict[bytes, bytes] = {}
    with Server(tmp_path / "chancery.db") as server:
        kinds = [Careful] * FOLLOWERS + [Hasty] * CONTROLS
        followers = [
            kind([server.address], POSITIONS, random.Random(SEED + i), pace, same)
            for i, kind in enumerate(kinds)
        ]
        began = time.monotonic()
        for follower in followers:
            follower.start()
        write_together([server.address], WRITERS, POSITIONS, SEED, pace)
        written = time.monotonic() - began
        for follower in followers:
            follower.join()
        followed = time.monotonic() - began
    careful, hasty = followers[:FOLLOWERS], followers[FOLLOWERS:]
    log = log_in(server.file)
    found = {follower: faults(follower.kept, log) for follower in followers}
    cuts = sum((follower.cuts for follower in followers), Counter())
    print(
        f"{WRITERS} writers: {written:.1f} s, {POSITIONS / written:.0f} positions a second\n"
        f"{len(followers)} followers: {followed:.1f} s, {cuts.total()} cuts, "
        f"{sum(follower.crashes for follower in followers)} crashes\n"
        f"followers: {[found[follower] for follower in careful]}\n"
        f"controls: {[found[follower] for follower in hasty]}"
    )

    assert [follower.failure for follower in followers] == [None] * len(followers)
    assert len(log) == POSITIONS
    assert [found[follower] for follower in careful] == [Faults()] * FOLLOWERS
    for follower in hasty:
        assert found[follower].missed > 0
        assert found[follower] == Faults(missed=found[follower].missed)
    assert set(cuts) == {grpc.StatusCode.UNAVAILABLE}
    for follower in followers:
        assert follower.cuts.total() > POSITIONS // 2000
        assert follower.crashes > POSITIONS // 2000
    assert logbook.problems(server.file) == []


def test_each_kind_of_fault_is_found() -> None:
    """A change that was missed, came twice, came too late, or differs from the log."""
    log = {1: b"one", 2: b"two", 3: b"three"}
    one, two, three = log.items()
    assert faults([one, two, three], log) == Faults()
    assert faults([], log) == Faults(missed=3)
    assert faults([one, three], log) == Faults(missed=1)
    assert faults([one, two, two, three], log) == Faults(duplicated=1)
    assert faults([one, two, one, two, three], log) == Faults(duplicated=2, out_of_order=1)
    assert faults([two, one, three], log) == Faults(out_of_order=1)
    assert faults([one, (2, b"too"), three], log) == Faults(altered=1)
    assert faults([one, two, three, (4, b"four")], log) == Faults(altered=1)
