"""Calendars of other makers subscribe to visits over HTTP, and get those that moved or were off.

They are vdirsyncer with khal, and icalevents. ``make foreign`` installs them and runs this file.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.board import ServedBoard
from tests.support.messages import cancelled, postponed, rescheduled, scheduled, window
from tests.support.server import PATIENCE, Server

BUILT = Path(__file__).parents[2] / ".foreign" / "subscribers"
JUNE = window("2027-06-01", "2027-06-02")
TITLES = {
    "moved": "Élysée; to be moved, soon",
    "off": "To be called off",
    "put-off": "To be put off",
}

VDIRSYNCER = """
[general]
status_path = "status"
[pair visits]
a = "kept"
b = "board"
collections = null
conflict_resolution = "b wins"
[storage kept]
type = "filesystem"
path = "kept"
fileext = ".ics"
[storage board]
type = "http"
url = "{url}"
"""
KHAL = """
[calendars]
[[visits]]
path = {folder}/kept
readonly = True
[locale]
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
timeformat = %H:%M
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = UTC
default_timezone = UTC
[sqlite]
path = {folder}/khal.db
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that both tests share."""
    with Server(tmp_path_factory.mktemp("log") / "chancery.db") as server:
        yield server


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    """The calendar of all visits."""
    with ServedBoard(server.address) as board:
        yield f"{board.address}/visits.ics"


def plan(server: Server, trip: str) -> None:
    """Visits of a trip, all of them in June."""
    for name, title in TITLES.items():
        server.client().record(f"visits/{trip}-{name}", scheduled(JUNE, title=title, trip=trip))


def change_all(server: Server, trip: str) -> None:
    """Move one, call one off, and put one off."""
    client = server.client()
    client.record(f"visits/{trip}-moved", rescheduled(window("2027-09-20", "2027-09-22")))
    client.record(f"visits/{trip}-off", cancelled())
    client.record(f"visits/{trip}-put-off", postponed())


def run(folder: Path, program: str, *arguments: str) -> str:
    """What a program of theirs prints."""
    done = subprocess.run(
        [BUILT / "bin" / program, *arguments],
        cwd=folder,
        env={"HOME": str(folder), "LC_ALL": "C.UTF-8", "VDIRSYNCER_CONFIG": "vdirsyncer"},
        input="y\n" * 9,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shown_by_khal(folder: Path) -> list[str]:
    """What khal shows of 2027, after vdirsyncer has synchronized."""
    run(folder, "vdirsyncer", "sync", "--force-delete")
    form = "{start-date} {end-date} {status}{title}"
    listed = run(
        folder,
        *("khal", "-c", "khal.conf", "list", "--once", "--day-format", ""),
        *("--format", form, "2027-01-01", "365d"),
    )
    return sorted(line for line in listed.splitlines() if line.strip())


def test_vdirsyncer_brings_khal_what_moved_and_what_was_called_off(
    server: Server, url: str, tmp_path: Path
) -> None:
    plan(server, "khal")
    (tmp_path / "vdirsyncer").write_text(VDIRSYNCER.format(url=f"{url}?trip=khal"))
    (tmp_path / "khal.conf").write_text(KHAL.format(folder=tmp_path))
    (tmp_path / "kept").mkdir()
    run(tmp_path, "vdirsyncer", "discover")
    assert shown_by_khal(tmp_path) == [
        "2027-06-01 2027-06-02 TENTATIVE To be called off",
        "2027-06-01 2027-06-02 TENTATIVE To be put off",
        "2027-06-01 2027-06-02 TENTATIVE Élysée; to be moved, soon",
    ]
    change_all(server, "khal")
    assert shown_by_khal(tmp_path) == [
        "2027-06-01 2027-06-02 CANCELLED Cancelled: To be called off",
        "2027-06-01 2027-06-02 TENTATIVE Postponed: To be put off",
        "2027-09-20 2027-09-22 TENTATIVE Élysée; to be moved, soon",
    ]


def by_icalevents(folder: Path, url: str) -> dict[str, tuple[Any, ...]]:
    """What icalevents reads: first day, title and status, by the ids of visits."""
    program = str(BUILT / "icalevents_client.py")
    read = map(json.loads, run(folder, "python", program, url, "2027", "2027").splitlines())
    return {
        each["uid"].partition("@")[0]: (each["first"], each["summary"], each["status"])
        for each in read
        if each["all_day"]
    }


def test_icalevents_reads_what_moved_and_what_was_called_off(
    server: Server, url: str, tmp_path: Path
) -> None:
    plan(server, "ie")
    url = f"{url}?trip=ie"
    assert by_icalevents(tmp_path, url) == {
        f"ie-{name}": ("2027-06-01", title, "TENTATIVE") for name, title in TITLES.items()
    }
    change_all(server, "ie")
    assert by_icalevents(tmp_path, url) == {
        "ie-moved": ("2027-09-20", TITLES["moved"], "TENTATIVE"),
        "ie-off": ("2027-06-01", "Cancelled: To be called off", "CANCELLED"),
        "ie-put-off": ("2027-06-01", "Postponed: To be put off", "TENTATIVE"),
    }
