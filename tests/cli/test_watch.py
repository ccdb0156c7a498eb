"""``chancery watch``, in a process of its own."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from service.cli.terminal.interrupts import uninterrupted
from tests.cli.desk import Desk
from tests.cli.watcher import SECONDS, Watcher
from tests.support.proxy import Proxy
from tests.support.server import Server
from tests.support.waiting import wait_until

SCHEDULE = "schedule {0} --title T --principal 'Ana {0}' --host FR --from 2027-06-01"


def versions(lines: list[str]) -> list[int]:
    """The versions of the changes that were told in JSON, one a line."""
    return [int(json.loads(line)["event"]["version"]) for line in lines]


def test_changes_are_told_as_history_tells_them_and_each_as_it_comes(
    desk: Desk, server: Server, scheduled: str
) -> None:
    with Watcher(server.address, scheduled, "--after", "0") as watcher:
        watcher.tells(2)
        desk.does(f"postpone {scheduled} --reason Illness")
        history = desk.does(f"history {scheduled}").splitlines(keepends=True)
        assert watcher.tells(len(history)) == history


def test_a_watch_begins_now(desk: Desk, server: Server, scheduled: str) -> None:
    with Watcher(server.address, scheduled, "--json") as watcher:
        for version in range(2, 1000):
            desk.does(f"state {scheduled} report --side press --text {version}")
            time.sleep(0.05)
            if watcher.told:
                break
        (first,) = versions(watcher.tells(1))
        assert first > 1
        desk.does(f"cancel {scheduled}")
        assert versions(watcher.tells(version - first + 2))[-1] == version + 1


def test_a_watch_begins_behind_a_position_and_tells_only_the_types_asked_for(
    desk: Desk, server: Server, scheduled: str
) -> None:
    opening = desk.reads(f"history {scheduled}")["position"]
    desk.does(f"state {scheduled} report --side press")
    desk.does(f"postpone {scheduled}")
    options = ["--after", opening, "--type", "scheduled", "--type", "postponed", "--json"]
    with Watcher(server.address, scheduled, *options) as watcher:
        assert versions(watcher.tells(1)) == [3]


def test_a_visit_that_is_not_recorded_yet_is_waited_for(desk: Desk, server: Server) -> None:
    with Watcher(server.address, "to-come", "--after", "0", "--json") as watcher:
        desk.does(SCHEDULE.format("not-to-come"))
        desk.does(SCHEDULE.format("to-come"))
        (told,) = watcher.tells(1)
    assert json.loads(told)["event"]["visit"] == "visits/to-come"


def test_a_server_that_ends_is_waited_for_and_nothing_is_missed_or_told_twice(
    own_server: Server,
) -> None:
    address = own_server.address
    Desk(address).does(SCHEDULE.format("x"))
    with Watcher(address, "--after", "0", "--json") as watcher:
        watcher.tells(1)
        own_server.stop()
        assert watcher.complains(1) == [f"The server at {address} is shutting down; trying again\n"]
        Desk(own_server.start(address).address).does("postpone x")
        assert watcher.complains(2)[1] == f"The server at {address} answers again\n"
        assert versions(watcher.tells(2)) == [1, 2]
        assert watcher.interrupted() == 0
        assert (len(watcher.told), len(watcher.complained)) == (2, 2)


def test_a_server_that_is_gone_is_told_once_however_often_it_is_tried(own_server: Server) -> None:
    Desk(own_server.address).does(SCHEDULE.format("x"))
    with (
        Proxy(own_server.address) as proxy,
        Watcher(address := proxy.address, "--after", "0", "--json") as watcher,
    ):
        watcher.tells(1)
        own_server.kill()
        assert watcher.complains(1) == [f"The server at {address} does not answer; trying again\n"]
        wait_until(lambda: proxy.connections > 4)
        proxy.target = own_server.start().address
        assert watcher.complains(2)[1] == f"The server at {address} answers again\n"


def test_ctrl_c_ends_a_watch_with_status_0_and_without_a_word(server: Server, desk: Desk) -> None:
    with Watcher(server.address, "--after", "0", "--json") as watcher:
        watcher.tells(16)
        assert watcher.interrupted() == 0
        assert watcher.complained == []


def test_ctrl_c_ends_a_watch_that_waits_for_the_server() -> None:
    with Watcher("127.0.0.1:1") as watcher:
        watcher.complains(1)
        asked = time.monotonic()
        assert watcher.interrupted() == 0
        assert time.monotonic() - asked < 2
        assert (watcher.told, len(watcher.complained)) == ([], 1)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C counts, also where whoever runs the tests has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_while_a_change_is_written_counts_when_it_is_written() -> None:
    written = []

    def write() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            written.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        write()
    assert written == ["all of it"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("interruptible")
def test_a_second_ctrl_c_counts_at_once() -> None:
    def write() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            pytest.fail("it did not count at once")

    with pytest.raises(KeyboardInterrupt):
        write()


def test_ctrl_c_that_is_ignored_stays_ignored() -> None:
    """As in a job that a script runs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize("form", ["", "--json"])
def test_a_watch_ends_with_whoever_reads_it_although_nothing_comes(
    server: Server, desk: Desk, form: str
) -> None:
    last = int(desk.reads("info")["head_position"])
    command = f"{sys.executable} -m service.cli watch {form} --target {server.address}"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} --after {last - 1} | head -1"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--after", "1000"], "Refused: after_position is 1000, and the log ends at "),
        (["No Id"], "Refused: the request is not valid\n  visit: "),
    ],
)
def test_a_watch_that_is_refused_says_why(
    server: Server, desk: Desk, args: list[str], told: str
) -> None:
    with Watcher(server.address, *args) as watcher:
        assert watcher.ended() == 1
    assert "".join(watcher.complained).startswith(told)
    assert watcher.told == []
