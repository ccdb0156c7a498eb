"""The example, which `make demo` runs."""

import os
import re
import runpy
import signal
import subprocess
import sys
import urllib.request

import pytest

from chancery.client import results
from chancery.v1.values_pb2 import Status
from chancery.v1.visit_pb2 import Standing, Visit
from service.cli.notation.lines import read_changes
from tests.cli.desk import ROOT, STORY

DEMO = ROOT / "examples" / "demo.py"


def demo(*options: str) -> str:
    """What the demo shows on a terminal of 80 columns, without the colours."""
    done = subprocess.run(
        [sys.executable, DEMO, *options],
        cwd=ROOT,
        env=os.environ | {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)


def test_the_demo_tells_the_story_on_two_screens_and_ends_with_status_0() -> None:
    shown = demo()
    parts = [part.splitlines() for part in shown.split("\n\n")]
    told = {lines[0].strip(): lines[1:] for lines in parts}
    for question, status in {
        "What was known by the end of 1 March 2023 (UTC)?": "when conditions allow, official",
        "And now?": "completed, official",
    }.items():
        assert told[question][0].startswith(status)
    assert "2023-06-14  Rescheduled for 18 to 19 June 2023\n" in shown
    assert "Refused: visits/blinken-beijing-2023 is completed; asked for: postpone" in shown
    assert len(shown.splitlines()) < 2 * 24  # one line is left for the shell's prompt
    assert max(map(len, shown.splitlines())) <= 80
    assert shown.endswith("examples/demo.py --web\n")


def test_the_demo_shows_the_whole_card_when_asked() -> None:
    card = demo("--card")
    assert card.startswith("Blinken to China\nvisits/blinken-beijing-2023\n")
    assert card.count("unverified:demo") == len(STORY.read_text().splitlines())


def test_the_demo_shows_its_story_on_the_board_until_it_is_interrupted() -> None:
    command = [sys.executable, str(DEMO), "--web"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        address = told.removeprefix("The story on the status board, until Ctrl-C: ").strip()
        with urllib.request.urlopen(address, timeout=20) as answer:
            page = answer.read().decode()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert "Blinken to China" in page


def test_the_demo_says_what_is_not_as_the_story_demands() -> None:
    answer = runpy.run_path(str(DEMO))["answer"]
    visit = Visit(status=Status.STATUS_POSTPONED, standing=Standing.STANDING_REPORTED)
    with pytest.raises(SystemExit, match="It is postponed, and should be completed"):
        answer("And now?", results.visit(visit, view_position=1), "completed")


def test_every_change_of_the_story_has_its_own_request_id_and_a_basis() -> None:
    changes = read_changes(STORY.read_bytes())
    assert len({change.context.request_id for change in changes}) == len(changes)
    assert all(change.context.basis for change in changes)
