"""The commands of docs/http.md ask over HTTP, and show what the document says."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.board import ServedBoard
from tests.support.holders import guarded
from tests.support.place import SqliteFile
from tests.support.server import Server

DOCUMENT = (Path(__file__).parents[2] / "docs" / "http.md").read_text()
ADDRESS, *COMMANDS = re.findall(r"^\$ (.*)$", DOCUMENT, re.MULTILINE)
WITH_TOKEN = next(each for each in COMMANDS if "CHANCERY_TOKEN" in each)


def run(command: str, url: str, **variables: str) -> str:
    """What a command prints; it must succeed. A watch ends as it is told to."""
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command.replace('curl ', 'curl -sS ', 1)}"],
        env=os.environ | {"URL": url} | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )
    is_watch = "--max-time" in command
    assert done.returncode == (28 if is_watch else 0), f"{command}: {done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What each command prints, run from top to bottom on a new log."""
    file = SqliteFile(tmp_path_factory.mktemp("http") / "desk.db")
    with Server(file) as server, ServedBoard(server.address) as gateway:
        commands = [each for each in COMMANDS if each != WITH_TOKEN]
        yield {command: run(command, gateway.address) for command in commands}


def test_each_command_is_answered(printed: dict[str, str]) -> None:
    assert ADDRESS == "URL=http://127.0.0.1:8080"
    assert len(printed) > 10
    for command, answer in printed.items():
        assert answer.strip(), command
        assert ('"code"' in answer) == ("nobody" in command), command


def test_they_show_what_they_are_for(printed: dict[str, str]) -> None:
    def said(part: str) -> str:
        (found,) = (answer for command, answer in printed.items() if part in command)
        return found

    assert '"visits":[{"name":"visits/charles-france"' in said("ListVisits")
    assert '"caughtUp":{}' in said("WatchEvents")
    assert '"actor":"unverified:anna"' in said("PostponeVisit")
    assert int(said("/tile/0/")) == 2 * 32
    assert int(said("/tile/entries/")) == 2 * (2 + 48)


def test_the_error_that_is_shown_is_the_one_that_comes(printed: dict[str, str]) -> None:
    """Of its lines, those that are shown, and of each what stands between the dots."""
    command = next(each for each in printed if "nobody" in each)
    block = re.search(r"name=visits/nobody\"\n(.*?)```", DOCUMENT, re.DOTALL)
    assert block is not None
    for part in re.split(r",? ?\.\.\.,? ?|\n", block[1]):
        assert part.strip() in printed[command]


def test_a_token_makes_the_caller_known(tmp_path: Path) -> None:
    place = SqliteFile(tmp_path / "desk.db")
    with guarded(place, tmp_path) as server, ServedBoard(server.address) as gateway:
        token = server.holders.tokens["reader"]
        assert run(WITH_TOKEN, gateway.address, CHANCERY_TOKEN=token) == "{}\n"  # no visits yet
        assert '"unauthenticated"' in run(WITH_TOKEN, gateway.address, CHANCERY_TOKEN="none")
