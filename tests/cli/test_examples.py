"""The example, which `make demo` runs."""

import runpy
import subprocess
import sys

import pytest

from chancery.v1.visit_pb2 import Standing, Status, Visit
from service.cli.commands.record_file import read_changes

from .desk import ROOT, STORY

DEMO = ROOT / "examples" / "demo.py"


def test_the_demo_plays_the_story_and_ends_with_status_0() -> None:
    demo = subprocess.run(
        [sys.executable, DEMO], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (demo.returncode, demo.stderr) == (0, "")
    parts = [part.splitlines() for part in demo.stdout.split("\n\n")]
    told = {lines[0].strip(): lines[1:] for lines in parts}
    for question, status in {
        "What was known by the end of 1 March 2023 (UTC)?": "when conditions allow, official",
        "What was known by the end of 7 June 2023 (UTC)?": "when conditions allow, official",
        "And now?": "completed, official",
    }.items():
        assert told[question][0].startswith(status)
    assert "  rescheduled, official: 18 to 19 June 2023\n" in demo.stdout
    assert "Refused: visits/blinken-beijing-2023 is completed; asked for: postpone" in demo.stdout


def test_the_demo_says_what_is_not_as_the_story_demands() -> None:
    answer = runpy.run_path(str(DEMO))["answer"]
    visit = Visit(status=Status.STATUS_POSTPONED, standing=Standing.STANDING_REPORTED)
    with pytest.raises(SystemExit, match="It is postponed, and should be completed"):
        answer("And now?", visit, Status.STATUS_COMPLETED)


def test_every_change_of_the_story_has_its_own_request_id_and_a_basis() -> None:
    changes = read_changes(STORY.read_text())
    assert len({change.context.request_id for change in changes}) == len(changes)
    assert all(change.context.basis for change in changes)
