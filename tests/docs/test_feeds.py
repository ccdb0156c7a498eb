"""docs/feeds.md: its commands do what it says, and it names every address, parameter and word."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import icalendar
import pytest

from chancery.client import Connection
from chancery.client.words import DAY_KIND, STANDING, STATUS
from service.web import feeds, filters, look_back
from tests.support.board import ServedBoard
from tests.support.server import Server

DOCUMENT = (Path(__file__).parents[2] / "docs" / "feeds.md").read_text()
COMMANDS = re.findall(r"^\$ (.*)$", DOCUMENT, re.MULTILINE)
BOARD = "http://127.0.0.1:8080"
BIN = Path(sys.executable).parent
ENV = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands run."""
    return tmp_path_factory.mktemp("session")


@pytest.fixture(scope="module")
def printed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """What each command prints, on a log with the visit of the README."""
    with (
        Server(tmp_path_factory.mktemp("log") / "chancery.db") as server,
        Connection(server.address) as desk,
        ServedBoard(server.address) as board,
    ):
        visit = "charles-france"
        desk.schedule(
            visit,
            title="Charles III to France",
            principal="Charles III",
            host="FR",
            window=("2023-03-26", "2023-03-29"),
            known="2023-03-03",
        )
        desk.postpone(visit, known="2023-03-24", reason="Protests in France")
        desk.reschedule(visit, window=("2023-09-20", "2023-09-22"), known="2023-08-24")
        (folder / "operator.key").write_text(desk.info().public_key)
        yield [run(command.replace(BOARD, board.address), folder) for command in COMMANDS]


def run(command: str, folder: Path) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=ENV, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def of(printed: list[str], part: str) -> str:
    """The output of the only command that has this part."""
    (found,) = (text for command, text in zip(COMMANDS, printed, strict=True) if part in command)
    return found


def test_the_calendar_has_the_visit(printed: list[str]) -> None:
    read = icalendar.Calendar.from_ical(of(printed, "visits.ics?host=FR"))
    (event,) = read.walk("VEVENT")
    assert event["SUMMARY"] == "Charles III to France"


def test_the_sheet_has_what_was_known_in_march(printed: list[str], folder: Path) -> None:
    with (folder / "visits.csv").open(encoding="utf-8-sig") as sheet:
        (visit,) = csv.DictReader(sheet)
    assert (visit["status"], visit["which"], visit["start"]) == (
        "postponed",
        "previous",
        "2023-03-26",
    )


def test_the_json_and_the_feed_have_the_visit(printed: list[str]) -> None:
    assert json.loads(of(printed, "france.json"))["status"] == "STATUS_RESCHEDULED"
    assert "<title>Charles III to France: postponed</title>" in of(printed, "changes.atom")
    assert json.loads(of(printed, "known=2023-02"))["visits"] == []


def test_what_is_not_new_is_not_sent(printed: list[str]) -> None:
    assert of(printed, "--etag-compare") == "304"


def test_the_bundle_verifies(printed: list[str]) -> None:
    assert of(printed, "chancery verify").startswith("Verified: the whole log of 3 ")


def test_a_bad_parameter_is_told_as_the_document_has_it(printed: list[str]) -> None:
    told = of(printed, "status=delayed")
    assert told.startswith("status: ")
    assert told in DOCUMENT


def test_every_address_and_no_other_is_listed() -> None:
    listed = re.findall(r"^\| `(/\S+)` \|", DOCUMENT, re.MULTILINE)
    assert sorted(listed) == sorted(route.path for route in feeds.ROUTES)


@pytest.mark.parametrize(
    ("heading", "known"),
    [
        ("Which visits", filters.VISITS),
        ("Which changes", filters.CHANGES),
        ("Look back", look_back.TIMES),
    ],
)
def test_every_parameter_and_no_other_is_listed(heading: str, known: dict[str, object]) -> None:
    part = DOCUMENT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]*`) \|", part, re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(cells))) == sorted(known)


def test_every_word_that_a_filter_takes_is_named() -> None:
    for words in (STATUS, STANDING, DAY_KIND):
        for word in words.complete(""):
            assert f"`{word}`" in DOCUMENT
    for order in filters.ORDERS:
        assert f"`{order}`" in DOCUMENT
