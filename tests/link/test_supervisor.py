"""The supervisor starts a core and edges, links them, starts again what ends, and ends all."""

import os
import signal
import time
from collections.abc import Callable

import psutil
import pytest

from tests.link.roles import KILL_AFTER, PAUSE
from tests.link.running import Running

# Starting


def test_everything_is_started_and_linked_before_it_serves(run: Callable[..., Running]) -> None:
    """Each edge reaches the core; what the supervisor reports is what the core said."""
    running = run("--edges", "3")
    (core,) = running.hear("core", "begins")
    linked = running.hear("edge", "linked", 3)
    assert running.serves() == {"pid": core["pid"]}
    assert {each["core"] for each in linked} == {core["pid"]}
    assert len({each["pid"] for each in linked}) == 3
    assert running.stop() == 0


def test_edges_begin_when_the_core_serves(run: Callable[..., Running]) -> None:
    """A core that takes its time has no edge beside it."""
    running = run("--core", "waits")
    running.hear("core", "begins")
    time.sleep(0.2)
    assert running.told("edge", "begins") == []
    assert running.process.poll() is None


@pytest.mark.parametrize("who", ["core", "edge"])
def test_if_one_refuses_to_start_the_reason_is_told(run: Callable[..., Running], who: str) -> None:
    """And nothing of it goes on."""
    running = run(f"--{who}", "refuses")
    assert running.ended() == 1
    assert running.said[-1]["reason"] == f"the {who} has its reasons"
    assert running.told("supervisor", "serves") == []


@pytest.mark.parametrize("who", ["core", "edge"])
def test_if_one_ends_while_it_starts_that_is_told(run: Callable[..., Running], who: str) -> None:
    """Its own error is on the standard error."""
    running = run(f"--{who}", "crashes")
    assert running.ended() == 1
    assert running.said[-1]["reason"] == f"the {who} ended while it started"
    assert any("RuntimeError: on purpose" in line for line in running.errors)


# Starting again


def test_an_edge_that_ends_is_started_again(run: Callable[..., Running]) -> None:
    """And linked with the core that there is; the others stay."""
    running = run()
    first, second = running.hear("edge", "linked", 2)
    running.serves()
    os.kill(first["pid"], signal.SIGKILL)
    (again,) = running.hear("edge", "linked")
    assert again["core"] == first["core"]
    assert running.stop() == 0
    assert sorted(running.told("edge", "ends")) == sorted([second["pid"], again["pid"]])
    assert len(running.told("core", "begins")) == 1


def test_a_core_that_ends_is_started_again(run: Callable[..., Running]) -> None:
    """All edges stay, and are linked with the new one."""
    running = run()
    before = running.hear("edge", "linked", 2)
    running.serves()
    os.kill(before[0]["core"], signal.SIGKILL)
    after = running.hear("edge", "linked", 2)
    assert {each["pid"] for each in after} == {each["pid"] for each in before}
    assert running.stop() == 0
    assert running.told("core", "ends") == [each["core"] for each in after[:1]]
    assert len(running.told("edge", "begins")) == 2


def test_all_that_end_at_once_are_started_again(run: Callable[..., Running]) -> None:
    running = run()
    before = running.hear("edge", "linked", 2)
    running.serves()
    for pid in (before[0]["core"], *(each["pid"] for each in before)):
        os.kill(pid, signal.SIGKILL)
    after = running.hear("edge", "linked", 2)
    assert not {each["pid"] for each in after} & {each["pid"] for each in before}
    assert {each["core"] for each in after} == {*running.told("core", "begins")[1:]}
    assert running.stop() == 0


def test_an_edge_that_ends_again_and_again_is_given_pauses(run: Callable[..., Running]) -> None:
    """It is started again, but not all the time."""
    running = run("--edges", "1", "--edge", "ends")
    began = time.monotonic()
    running.hear("edge", "begins", 4)
    assert time.monotonic() - began > 2.5 * PAUSE
    assert running.stop() == 0


def test_an_edge_that_lost_its_link_gets_another(run: Callable[..., Running]) -> None:
    """With the same core, and neither of them is started again."""
    running = run("--edges", "1", "--edge", "unlinks")
    first, second = running.hear("edge", "linked", 2)
    assert first == second
    assert running.stop() == 0
    assert len(running.told("core", "begins") + running.told("edge", "begins")) == 2


def test_what_ended_is_logged_with_its_status(run: Callable[..., Running]) -> None:
    running = run("--edges", "1")
    (edge,) = running.hear("edge", "begins")
    running.hear("edge", "linked")
    running.serves()
    os.kill(edge["pid"], signal.SIGKILL)
    running.hear("edge", "linked")
    assert running.stop() == 0
    (line,) = [line for line in running.errors if "edge ended" in line]
    assert f"pid={edge['pid']}" in line
    assert "status=-9" in line
    assert any("edge serves again" in line for line in running.errors)


# The metrics


def test_metrics_are_told_what_was_started_again_and_end_last(run: Callable[..., Running]) -> None:
    running = run("--edges", "1", "--metrics", "")
    running.hear("metrics", "is told")
    (edge,) = running.hear("edge", "begins")
    running.serves()
    os.kill(edge["pid"], signal.SIGKILL)
    told = {"edge": 0}
    while not told["edge"]:
        told = running.hear("metrics", "is told")[0]["restarts"]
    assert told == {"core": 0, "edge": 1, "metrics": 0}
    assert running.stop() == 0
    assert [each["who"] for each in running.said if each["what"] == "ends"][-1] == "metrics"


def test_metrics_that_do_not_start_keep_nobody_waiting(run: Callable[..., Running]) -> None:
    running = run("--metrics", "crashes")
    running.serves()
    running.hear("metrics", "begins", 2)
    assert running.stop() == 0


# Ending


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_edges_and_then_the_core(
    run: Callable[..., Running], number: int
) -> None:
    """The core ends when all edges have ended; its last report is that of the supervisor."""
    running = run("--edges", "3")
    running.serves()
    assert running.stop(number) == 0
    ends = [each["who"] for each in running.said if each["what"] == "ends"]
    assert ends == ["edge"] * 3 + ["core"]
    (core,) = running.told("core", "ends")
    assert running.said[-1]["report"] == {"pid": core, "last": True}


def test_a_signal_to_a_child_is_for_the_supervisor_to_heed(run: Callable[..., Running]) -> None:
    """Ctrl-C in a terminal goes to all of them, and must not end the core first."""
    running = run()
    linked = running.hear("edge", "linked", 2)
    running.serves()
    for pid in (linked[0]["core"], *(each["pid"] for each in linked)):
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGINT)
    time.sleep(0.2)
    assert running.stop() == 0
    assert len(running.told("core", "begins") + running.told("edge", "begins")) == 3
    assert len(running.told("edge", "ends")) == 2


@pytest.mark.parametrize("who", ["core", "edge"])
def test_one_that_does_not_end_is_killed(run: Callable[..., Running], who: str) -> None:
    """After the seconds that it has, and the others end as they should."""
    running = run(f"--{who}", "stays")
    running.serves()
    began = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - began > 0.9 * KILL_AFTER
    assert running.told(who, "ends") == []
    others = ("core", 1) if who == "edge" else ("edge", 2)
    assert len(running.told(others[0], "ends")) == others[1]


def test_a_signal_while_it_starts_ends_it(run: Callable[..., Running]) -> None:
    """What has not served yet is ended, or killed; that is no failure."""
    running = run("--core", "waits")
    running.hear("core", "begins")
    assert running.stop() == 0
    assert running.told("edge", "begins") == []


def test_the_children_end_when_the_supervisor_is_killed(run: Callable[..., Running]) -> None:
    """Each notices it, though the others are still there."""
    running = run("--edges", "3")
    running.serves()
    running.process.kill()
    running.ended()
    assert len(running.told("core", "is alone")) == 1
    assert len(running.told("edge", "is alone")) == 3


def test_a_supervisor_with_nothing_to_do_waits(run: Callable[..., Running]) -> None:
    """It takes no time of the processor while all is well."""
    running = run()
    running.serves()
    process = psutil.Process(running.process.pid)
    before = sum(process.cpu_times()[:2])
    time.sleep(0.5)
    assert sum(process.cpu_times()[:2]) - before < 0.1
    assert running.stop() == 0
