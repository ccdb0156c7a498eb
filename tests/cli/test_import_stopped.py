"""``chancery import`` that cannot go on: its counts are told, and how to go on."""

import csv
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from chancery.client import Connection, retry
from service.cli.options.client import TOKEN
from tests.cli.desk import Desk
from tests.exchange.table.table import row, schedule, table
from tests.support.holders import Holders, is_known
from tests.support.server import Server
from tests.support.waiting import wait_until

NUMBER = 2_000
GO_ON = (
    "Stopped before the end. To go on, run the same command again: what is recorded is not "
    "recorded twice\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A table with many visits, and one row that cannot be read."""
    lines = [row(change="vanish"), *(schedule(f"v-{n}", principal="Ana") for n in range(NUMBER))]
    path = tmp_path / "table.csv"
    path.write_bytes(table(*lines))
    return path


def in_the_middle(server: Server, fault: Callable[[], object], token: str = "") -> threading.Thread:
    """Have the fault once a change of an import is recorded."""
    address = server.address

    def run() -> None:
        with Connection(address, token=token) as connection:
            wait_until(lambda: connection.count(principal="Ana").visit_count > 0)
        fault()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def counted(answer: str) -> tuple[int, int, int]:
    """How many changes were recorded, recorded before, and not answered."""
    words = answer.split()
    unanswered = words[words.index("sent") - 2] if "sent" in words else 0
    assert "1 could not be read" in answer
    return int(words[1]), int(words[3]), int(unanswered)


def test_a_server_that_goes_away_for_good_leaves_the_counts_and_the_report(
    own_server: Server, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second run goes on where the first one stopped, and records nothing twice."""
    monkeypatch.setattr(retry, "WAITS", (0.05,))
    report = tmp_path / "report.csv"
    thread = in_the_middle(own_server, own_server.kill_all)
    status, answer, complaint = Desk(own_server.address).tries(f"import {file} --report {report}")
    thread.join()
    recorded, before, unanswered = counted(answer)
    assert (status, before) == (1, 0)
    assert recorded < NUMBER
    assert complaint == f"Failed: cannot reach the server at {own_server.address}\n{GO_ON}"
    rows = list(csv.DictReader(report.read_text("utf-8-sig").splitlines()))
    assert [each["where"] for each in rows] == ["line 2, column visit"]
    own_server.start()
    status, answer, complaint = Desk(own_server.address).tries(f"import {file} --report {report}")
    more, before, _ = counted(answer)
    assert (status, complaint, more + before) == (1, "", NUMBER)
    assert recorded <= before <= recorded + unanswered
    with Connection(own_server.address) as connection:
        assert connection.info().head_position == NUMBER


def test_a_token_that_ends_in_the_middle_leaves_the_counts(
    start_server: Callable[..., Server], file: Path, tmp_path: Path
) -> None:
    holders = Holders(tmp_path / "tokens")
    server = start_server("--token-file", str(holders.file))
    desk = Desk(server.address)
    desk.env[TOKEN] = token = holders.tokens["editor"]
    reader = holders.tokens["reader"]
    thread = in_the_middle(server, lambda: holders.revoke("Édith"), reader)
    status, answer, complaint = desk.tries(f"import {file} --report {tmp_path / 'r.csv'}")
    thread.join()
    recorded, before, unanswered = counted(answer)
    assert (status, before) == (1, 0)
    assert complaint == f"Refused: the credentials are no longer valid\n{GO_ON}"
    desk.env[TOKEN] = holders.new("editor", "Édith")
    assert desk.env[TOKEN] != token
    with Connection(server.address, token=desk.env[TOKEN]) as connection:
        wait_until(lambda: is_known(connection))
    more, before, _ = counted(desk.tries(f"import {file} --report {tmp_path / 'r.csv'}")[1])
    assert more + before == NUMBER
    assert recorded <= before <= recorded + unanswered


def test_a_report_without_room_stops_before_anything_is_recorded(
    own_server: Server, file: Path
) -> None:
    desk = Desk(own_server.address)
    status, _, complaint = desk.tries(f"import {file} --report /dev/full")
    assert status == 2
    assert "No space left on device" in complaint
    with Connection(own_server.address) as connection:
        assert connection.info().head_position == 0
