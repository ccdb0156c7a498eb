"""What clients of three edges are told has one order, while the core is killed."""

import itertools
import math
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psutil
from hypothesis import given
from hypothesis import strategies as st

from tests.durability.busy import OWN
from tests.durability.histories import history
from tests.durability.linearizable import (
    Change,
    Entry,
    Log,
    Read,
    Recorded,
    Refused,
    violations,
)
from tests.support.server import Server

# On each engine; `make torture` has five hundred.
HISTORIES = int(os.environ.get("CHANCERY_HISTORIES", "5"))
SEED = int(os.environ.get("CHANCERY_SOAK_SEED", "0")) or random.randrange(1, 1 << 32)
CLIENTS = 6
# Seconds from the beginning of a history to the kill, at most.
LATEST = 0.1


def kill_core(server: Server, after: float) -> int:
    """Kill the core in the middle of whatever it does then, and return its process id."""
    time.sleep(after)
    core = server.pids.core
    psutil.Process(core).kill()
    return core


def test_what_clients_are_told_has_one_order_while_the_core_is_killed(
    start_server: Callable[..., Server],
) -> None:
    """Six clients of three edges change and read three visits; in each history it dies once."""
    print(f"CHANCERY_HISTORIES={HISTORIES} CHANCERY_SOAK_SEED={SEED}")
    chance = random.Random(SEED)
    server = start_server("--edges", "3")
    clients = [server.client(*OWN) for _ in range(CLIENTS)]
    told: list[Change | Read] = []
    for number in range(HISTORIES):
        with ThreadPoolExecutor(1) as pool:
            killing = pool.submit(kill_core, server, chance.uniform(0, LATEST))
            calls, log = history(clients, f"history-{number}", chance)
        assert server.logged("core ended", pid=killing.result())["status"] == -9
        assert violations(calls, log) == [], f"history {number}"
        told += calls
    answers = Counter(type(each.answer) for each in told if isinstance(each, Change))
    print(
        f"{len(told)} calls: {answers[Recorded]} recorded, {answers[Refused]} refused, "
        f"{answers[type(None)]} unanswered"
    )
    assert answers[Recorded]
    assert answers[Refused]


# The check can fail

CREATED = Change(1, "a", "create", 0, 0, Recorded(1, 1), 1)
FIRST = Change(1, "a", "first", 1, 2, Recorded(2, 2), 4)
LATE = Change(2, "a", "late", 1, 2, Refused(2), 5)
OTHER = Change(2, "b", "other", 0, 6, Recorded(1, 3), 7)
READ = Read(3, "a", 2, 5, 2, 2, 6)
UNKNOWN = Change(4, "a", "unknown", 2, 3)
TRUE: dict[str, Change | Read] = {
    "created": CREATED,
    "first": FIRST,
    "late": LATE,
    "other": OTHER,
    "read": READ,
    "unknown": UNKNOWN,
}
LOG = {1: Entry("a", "create"), 2: Entry("a", "first"), 3: Entry("b", "other")}


def found(log: Log = LOG, **changed: Change | Read) -> str:
    """What is wrong if some calls were told otherwise, or the log is another one."""
    return "\n".join(violations([*(TRUE | changed).values()], log))


def test_a_true_history_is_accepted() -> None:
    """Also one whose read is of a moment ago, on another connection and for no position."""
    assert found() == ""
    assert found(read=replace(READ, min_position=1, version=1, position=1)) == ""


def test_a_change_of_unknown_outcome_may_have_happened_or_not() -> None:
    """At any time after it was asked for, and not before."""
    recorded = {**LOG, 4: Entry("a", "unknown")}
    assert found() == found(recorded) == ""
    assert found(recorded, unknown=replace(UNKNOWN, began=9)) == ""
    early = {1: LOG[1], 2: LOG[2], 3: Entry("a", "unknown"), 4: LOG[3]}
    other = replace(OTHER, answer=Recorded(1, 4))
    assert found(early, other=other) == ""
    assert "against real time" in found(early, other=other, unknown=replace(UNKNOWN, began=9))


def test_a_stale_read_is_found() -> None:
    """One before the position that was asked for, or before what its connection has told."""
    before = replace(READ, version=1, position=1)
    assert "a stale read of a: 1 for 2" in found(read=before)
    assert "went back from 2 to 1" in found(read=replace(before, client=1, min_position=0))
    assert "a was read as 1 at 2: it was 2" in found(read=replace(READ, version=1))


def test_a_lost_change_is_found() -> None:
    """Nothing is at its position, or another change."""
    assert "first was lost" in found({1: LOG[1], 3: LOG[3]})
    other = found({**LOG, 2: Entry("a", "somebody")})
    assert "first was lost" in other
    assert "nobody asked for somebody" in other


def test_a_doubled_change_is_found() -> None:
    """It is in the log twice, or its version was told to two."""
    assert "first is recorded twice" in found({**LOG, 4: Entry("a", "first")})
    assert "late was lost" in found(late=replace(LATE, answer=Recorded(2, 2)))


def test_a_change_of_another_version_than_it_expected_is_found() -> None:
    assert "first is 2 of a, and expected another" in found(first=replace(FIRST, expected=3))


def test_a_refusal_that_is_not_true_is_found() -> None:
    """It is recorded, expected what there is, or names what there is not."""
    assert "late was refused, and is recorded" in found(
        {**LOG, 4: Entry("a", "late")}, late=replace(LATE, expected=2, answer=Refused(1))
    )
    assert "late was refused for no reason" in found(late=replace(LATE, answer=Refused(1)))
    assert "late was refused for no reason" in found(late=replace(LATE, answer=Refused(7)))


def test_an_answer_out_of_real_time_order_is_found() -> None:
    """A change whose successor had been told, a refusal by an old version, a read too early."""
    for changed in (
        {"first": replace(FIRST, began=8, ended=9)},
        {"late": replace(LATE, expected=3, answer=Refused(1), began=8, ended=9)},
        {"late": replace(LATE, expected=3, answer=Refused(0), began=8, ended=9)},
        {"read": replace(READ, began=1, ended=1.5)},
    ):
        assert "against real time" in found(**changed)


# The argument holds


def has_an_order(changes: Sequence[Change], log: Log) -> bool:
    """Whether any order explains what was told, and leads to the log: all are tried."""
    done = [entry.request_id for _, entry in sorted(log.items())]
    needed = [each for each in changes if each.answer or each.request_id in done]
    for order in itertools.permutations(needed):
        is_possible = all(
            not later.ended < earlier.began
            for i, earlier in enumerate(order)
            for later in order[i + 1 :]
        )
        if is_possible and _explains(order, done):
            return True
    return False


def _explains(order: Sequence[Change], done: Sequence[str]) -> bool:
    """Whether a register that is asked in this order answers all that, and is left as it is."""
    versions: dict[str, int] = {}
    recorded: list[str] = []
    for each in order:
        actual = versions.get(each.visit, 0)
        if actual == each.expected:
            versions[each.visit] = actual + 1
            recorded.append(each.request_id)
            if each.answer not in (None, Recorded(actual + 1, len(recorded))):
                return False
        elif each.answer != Refused(actual):
            return False
    return recorded == list(done)


@st.composite
def races(draw: st.DrawFn) -> tuple[list[Change], Log]:
    """Some changes of two visits, with the answers of a true order, or almost."""
    versions = {"a": 0, "b": 0}
    changes: list[Change] = []
    log: dict[int, Entry] = {}
    for number in range(draw(st.integers(2, 5))):
        visit, request_id = draw(st.sampled_from("ab")), f"request-{number}"
        actual, expected = versions[visit], draw(st.integers(0, 2))
        answer: Recorded | Refused | None = Refused(actual)
        if actual == expected:
            versions[visit] += 1
            log[len(log) + 1] = Entry(visit, request_id)
            answer = Recorded(actual + 1, len(log))
        began = draw(st.integers(0, number))
        ended = float(draw(st.integers(max(began, number - 1), number + 2)))
        if draw(st.integers(0, 4)) == 0:
            answer, ended = None, math.inf
        elif draw(st.integers(0, 4)) == 0:
            answer = Refused(draw(st.integers(0, 2)))
        changes.append(Change(number, visit, request_id, expected, began, answer, ended))
    return changes, log


@given(races())
def test_the_check_finds_an_order_exactly_if_there_is_one(race: tuple[list[Change], Log]) -> None:
    """It agrees with a search through all orders."""
    changes, log = race
    assert (violations(changes, log) == []) == has_an_order(changes, log)
