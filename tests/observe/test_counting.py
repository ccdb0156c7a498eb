"""What a process counts is sent once a second, and nothing of it is lost."""

import socket
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from service.live.ring import Ring
from service.observe import counting
from service.observe.counting import Counts, Report, Sender
from service.observe.exposition import Totals
from service.observe.metrics import (
    CALLS,
    HEALTH,
    LOG_POSITION,
    PROCESSES,
    RECORD_TIME_AHEAD,
    WATCHES,
)
from service.rpc import seen


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    """What this process counts, with two methods."""
    counts = Counts()
    counts.methods |= {"S/A", "S/B"}
    monkeypatch.setattr(counting, "counts", counts)
    return counts


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Where reports are taken, and where they are sent."""
    taken, sent = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with taken, sent:
        yield taken, sent


def take_all(taken: socket.socket, totals: Totals) -> int:
    """Take all reports that wait, and say how many these were."""
    taken.setblocking(False)
    number = 0
    while True:
        try:
            data = taken.recv(1 << 20)
        except BlockingIOError:
            return number
        totals.take(msgspec.msgpack.decode(data, type=Report))
        number += 1


def shown(totals: Totals) -> dict[tuple[str, ...], float]:
    """All samples, by their names and labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in totals.collect()
        for sample in family.samples
    }


def test_what_nobody_reads_is_kept_and_never_waited_for(
    counts: Counts, ends: tuple[socket.socket, socket.socket]
) -> None:
    taken, sent = ends
    sender, totals = Sender("edge", sent), Totals()
    for _ in range(2000):
        counts.call("S/A", "reader", "OK", 0.001)
        sender.send([])
    number = take_all(taken, totals)
    assert number < 2000  # the control: most could not be sent
    sender.send([])
    take_all(taken, totals)
    assert shown(totals)[CALLS.name, "S/A", "reader", "OK"] == 2000
    assert not counts.added


def test_what_is_too_much_for_one_report_is_sent_in_several(
    counts: Counts, ends: tuple[socket.socket, socket.socket]
) -> None:
    taken, sent = ends
    sender, totals = Sender("edge", sent), Totals()
    codes = [f"CODE_{number}" for number in range(1200)]
    for code in codes:
        counts.call("S/A", "reader", code, 0.001)
    sender.send([])
    assert take_all(taken, totals) == 3
    assert sum(key[0] == CALLS.name for key in shown(totals)) == 1200


def test_a_call_is_in_each_bucket_from_its_own_on(counts: Counts) -> None:
    for seconds in (0.0004, 0.0005, 0.002, 100.0):
        counts.call("S/B", "editor", "OK", seconds)
    totals = Totals()
    totals.take(Report(1, "edge", [], list(counts.added.items())))
    found = shown(totals)
    name = "chancery_call_duration_seconds"
    buckets = [found[f"{name}_bucket", "S/B", le] for le in ("0.0005", "0.001", "0.0025", "10.0")]
    assert buckets == [2, 2, 3, 3]
    assert found[f"{name}_bucket", "S/B", "+Inf"] == found[f"{name}_count", "S/B"] == 4
    assert found[f"{name}_sum", "S/B"] == pytest.approx(100.0029)


def report(pid: int, **gauges: float) -> Report:
    """A report of an edge with these gauges."""
    named = {"position": LOG_POSITION, "watches": WATCHES}
    said = [(named[name].name, (), value) for name, value in gauges.items()]
    return Report(pid, "edge", [*said, (HEALTH.name, ("all",), 1.0)], [])


def test_gauges_of_several_processes_make_one() -> None:
    totals = Totals()
    totals.take(report(1, position=7, watches=2))
    totals.take(report(2, position=9, watches=3))
    found = shown(totals)
    assert found[LOG_POSITION.name,] == 9
    assert found[WATCHES.name,] == 5
    assert found[PROCESSES.name, "edge"] == 2


def test_gauges_of_a_process_that_is_silent_go_away_and_health_is_0(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    totals = Totals()
    totals.take(report(1, position=7, watches=2))
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 9)
    assert shown(totals)[WATCHES.name,] == 2
    monkeypatch.setattr(time, "monotonic", lambda: now + 11)
    found = shown(totals)
    assert (WATCHES.name,) not in found
    assert found[HEALTH.name, "all"] == 0


def test_the_lag_is_that_of_the_slowest_watch_that_wants_something() -> None:
    ring = Ring(100)
    slow, waiting = ring.place(40), ring.place(10)
    waiting.position = None
    assert (ring.lag, ring.watches) == (60, 2)
    del slow
    assert (ring.lag, ring.watches) == (0, 1)


@pytest.mark.parametrize(("seconds", "ahead"), [(1000, 1000), (-1000, 0)])
def test_the_seconds_by_which_the_log_is_ahead_of_the_clock_are_told(
    seconds: float, ahead: float
) -> None:
    head = SimpleNamespace(position=3, record_time=(time.time() + seconds) * 1e6)
    view: Any = SimpleNamespace(ring=Ring(3), head=head)
    gauges = {metric: value for metric, _, value in seen.of_log(view)}
    assert gauges[RECORD_TIME_AHEAD] == pytest.approx(ahead, abs=1)
    assert gauges[LOG_POSITION] == 3
