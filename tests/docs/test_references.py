"""The references that are generated from the service are as it is, and miss nothing."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.generate.commands import commands
from docs.generate.log_lines import MEANINGS, lines, log_lines
from docs.generate.metrics import metrics
from docs.generate.settings import settings
from service.cli.options.settings import OF_TESTS
from service.config import Settings
from tests.support.place import SqliteFile
from tests.support.server import Server

ROOT = Path(__file__).parents[2]
MADE = {
    "commands": commands,
    "settings": settings,
    "metrics": metrics,
    "log-lines": log_lines,
}
ROW = re.compile(r"^\| `([^`]+)` \| [a-z, ]+ \| (.*?) \|", re.MULTILINE)
PROCESS = re.compile(r'\b(?:Process|Sender)\("(\w+)"')


@pytest.mark.parametrize("name", MADE)
def test_the_reference_is_as_the_code_makes_it(name: str) -> None:
    assert MADE[name]() == document(name), "run make reference"


def document(name: str) -> str:
    """A document."""
    return (ROOT / "docs" / f"{name}.md").read_text()


def test_every_command_that_help_lists_has_a_section() -> None:
    headings = re.findall(r"^## (.+)$", document("commands"), re.MULTILINE)
    listed = re.findall(
        r"^  ([a-z-]+)  ", printed("--help").partition("Commands:")[2], re.MULTILINE
    )
    assert len(listed) > 30
    assert set(listed) == {heading.split()[0] for heading in headings} - {"Options"}


def printed(*words: str) -> str:
    """What the command line prints."""
    line = [sys.executable, "-m", "service.cli", *words]
    env = {name: value for name, value in os.environ.items() if not name.startswith("CHANCERY_")}
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, env=env, check=True)
    return done.stdout


def test_every_variable_in_the_code_is_in_a_reference() -> None:
    both = document("commands") + document("settings")
    for variable in in_the_code():
        assert f"CHANCERY_{variable}" in both, variable


def in_the_code() -> Iterator[str]:
    """The variables that the service reads, without those of the tests and those made of names."""
    for file in (ROOT / "service").rglob("*.py"):
        yield from set(re.findall(r"CHANCERY_([A-Z_]+)\b", file.read_text())) - {*OF_TESTS, ""}
    yield from map(str.upper, Settings.model_fields)


def test_every_event_of_the_log_is_explained_and_no_other() -> None:
    assert {line.event for line in lines()} == MEANINGS.keys()


def test_what_a_server_logs_is_in_the_reference(tmp_path: Path) -> None:
    with Server(SqliteFile(tmp_path / "desk.db")) as server:
        assert server.client().head == 0
        assert server.logged("call")
    explained = {
        event: set(re.findall(r"`(\w+)`", fields))
        for event, fields in ROW.findall(document("log-lines"))
    }
    assert {"listening", "call"} <= {line["event"] for line in server.log}
    for line in server.log:
        assert line.keys() - {"event", "level", "timestamp"} <= explained[line["event"]], line


def test_the_processes_that_metrics_name_are_those_that_run() -> None:
    files = (ROOT / "service").rglob("*.py")
    named = {name for file in files for name in PROCESS.findall(file.read_text())}
    (row,) = re.findall(r"^\| `process` \| (.*) \|$", document("metrics"), re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", row)) == named | {"supervisor"}
