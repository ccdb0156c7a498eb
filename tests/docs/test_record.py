"""The questions of docs/record.md, asked of a few visits; ``make record`` asks them of all.

Those of the notebook as well, as far as they need no pandas: ``make tables`` runs all of it.
"""

import contextlib
import glob
import io
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import Desk
from tests.docs.answers import ADDRESS, Shown, shown
from tests.docs.travels import NOTEBOOK, RECORD, SAID
from tests.exchange.records.record import xml
from tests.support.server import Server

ROOT = Path(__file__).parents[2]
QUESTIONS = shown((ROOT / "docs" / "record.md").read_text())
ID = re.compile(r"\b[a-z]+-[a-z]{2}-\d{4}-\d{2}-\d{2}\b")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a record of a few journeys."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "historyatstate" / "secretary-travels").mkdir(parents=True)
    (folder / "historyatstate" / "secretary-travels" / "few.xml").write_bytes(xml(*RECORD))
    return folder


@pytest.fixture(scope="module")
def answers(server: Server, folder: Path) -> dict[Shown, str]:
    """What each question is answered where only a few visits are."""
    desk = Desk(server.address)
    with contextlib.chdir(folder):
        return {question: answer(desk, server.address, question) for question in QUESTIONS}


def answer(desk: Desk, address: str, question: Shown) -> str:
    """The answer to a question, in this process."""
    if question.command:
        words = shlex.split(question.command.removeprefix("chancery "))
        paths = [found for word in words for found in sorted(glob.glob(word)) or [word]]
        return desk.does(shlex.join(paths))
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(question.program.replace(ADDRESS, address), {})
    return printed.getvalue()


def test_each_question_lists_those_of_the_few_visits_that_the_document_lists(
    answers: dict[Shown, str],
) -> None:
    few = {name for answer in answers.values() for name in ID.findall(answer)}
    assert len(few) == 7
    for question, answer in answers.items():
        expected = [name for name in ID.findall(question.answer) if name in few]
        assert ID.findall(answer) == expected, question


def test_the_programs_print_what_they_say(answers: dict[Shown, str]) -> None:
    days, first = (answer for question, answer in answers.items() if question.program)
    assert days == "2012 1\nin all 1\n"
    assert first == "2012-01-17 TG Hillary Clinton\n2014-08-13 SB John Kerry\n"


def test_the_notebook_is_kept_without_what_it_answered() -> None:
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        assert (cell.get("outputs", []), cell.get("execution_count")) == ([], None)


def test_the_notebook_asks_what_the_document_asks(
    answers: dict[Shown, str], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANCERY_TARGET", server.address)
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    without = code[: next(n for n, cell in enumerate(code) if "import pandas" in cell)]
    made: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        for cell in [*without, code[-1]]:  # the last one closes the connection
            exec(cell, made)
    assert printed.getvalue() == SAID
