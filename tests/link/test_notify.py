"""A service manager is told how a server fares, over a real socket; no edge and no core tells."""

import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.link.notify import ServiceManager
from tests.link.running import SECONDS, Running
from tests.support.manager import Manager

# Within so many seconds the manager wants to hear, and in so many it would have heard.
WATCHDOG = 0.3
LONG = 3 * WATCHDOG


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    """A manager that watches."""
    with Manager(tmp_path, WATCHDOG) as found:
        yield found


def test_it_is_told_once_all_serve(run: Callable[..., Running], manager: Manager) -> None:
    running = run("--edges", "2", env=manager.environment)
    assert manager.hears(SECONDS) == "READY=1"
    running.hear("edge", "begins", 2)
    running.serves()


def test_it_hears_nothing_while_the_core_takes_its_time(
    run: Callable[..., Running], manager: Manager
) -> None:
    running = run("--core", "waits", env=manager.environment)
    running.hear("core", "begins")
    assert manager.hears(LONG) == ""


@pytest.mark.parametrize("who", ["core", "edge"])
def test_it_hears_nothing_while_one_of_them_hangs(
    run: Callable[..., Running], manager: Manager, who: str
) -> None:
    """And again when that one goes on."""
    running = run(env=manager.environment)
    assert manager.hears(SECONDS) == "READY=1"
    for _ in range(4):
        assert manager.hears(WATCHDOG) == "WATCHDOG=1"
    (one,) = running.hear(who, "begins")
    os.kill(one["pid"], signal.SIGSTOP)
    time.sleep(WATCHDOG)  # it may have answered just before
    manager.forget()
    assert manager.hears(LONG) == ""
    os.kill(one["pid"], signal.SIGCONT)
    assert manager.hears(WATCHDOG) == "WATCHDOG=1"


@pytest.mark.parametrize("who", ["core", "edge"])
def test_it_hears_nothing_amiss_when_one_of_them_is_started_again(
    run: Callable[..., Running], tmp_path: Path, who: str
) -> None:
    with Manager(tmp_path, 1.5) as manager:
        running = run("--edges", "1", env=manager.environment)
        assert manager.hears(SECONDS) == "READY=1"
        time.sleep(0.4)  # so that it is started again at once
        (one,) = running.hear(who, "begins")
        os.kill(one["pid"], signal.SIGKILL)
        for _ in range(2):
            assert manager.hears(1.5) == "WATCHDOG=1"


def test_a_reload_is_done_once_all_edges_have_read_again(
    run: Callable[..., Running], tmp_path: Path
) -> None:
    with Manager(tmp_path) as manager:
        running = run(env=manager.environment)
        assert manager.hears(SECONDS) == "READY=1"
        edges = running.hear("edge", "linked", 2)
        os.kill(edges[0]["pid"], signal.SIGSTOP)
        before = time.monotonic_ns() // 1000
        running.process.send_signal(signal.SIGHUP)
        told = re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=(\d+)", manager.hears(SECONDS))
        assert told
        assert before <= int(told[1]) <= time.monotonic_ns() // 1000
        assert manager.hears(0.2) == ""
        os.kill(edges[0]["pid"], signal.SIGCONT)
        assert manager.hears(SECONDS) == "READY=1"
        running.hear("edge", "reads again", 2)
        assert running.stop() == 0
        assert manager.hears(SECONDS) == "STOPPING=1"


def test_an_edge_that_ends_does_not_hold_up_a_reload(
    run: Callable[..., Running], tmp_path: Path
) -> None:
    with Manager(tmp_path) as manager:
        running = run("--edges", "1", env=manager.environment)
        assert manager.hears(SECONDS) == "READY=1"
        (edge,) = running.hear("edge", "linked")
        os.kill(edge["pid"], signal.SIGSTOP)
        running.process.send_signal(signal.SIGHUP)
        assert manager.hears(SECONDS).startswith("RELOADING=1\n")
        os.kill(edge["pid"], signal.SIGKILL)
        assert manager.hears(SECONDS) == "READY=1"


def test_without_a_manager_sighup_is_the_end_of_a_terminal(run: Callable[..., Running]) -> None:
    running = run()
    running.serves()
    assert running.stop(signal.SIGHUP) == -signal.SIGHUP


def test_what_names_it_is_taken_from_the_environment() -> None:
    environment = {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1", "A": ""}
    assert ServiceManager(environment).watchdog_seconds is None
    assert environment == {"A": ""}
    environment |= {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "60000000"}
    environment |= {"WATCHDOG_PID": str(os.getpid())}
    assert ServiceManager(environment).watchdog_seconds == 60


def test_its_socket_may_have_a_name_that_is_in_no_folder() -> None:
    name = f"chancery-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(f"\0{name}")
        ServiceManager({"NOTIFY_SOCKET": f"@{name}"}).ready()
        assert line.recv(100) == b"READY=1"


def test_one_that_is_gone_holds_nobody_up() -> None:
    ServiceManager({"NOTIFY_SOCKET": "/nowhere"}).ready()
