"""The questions of docs/record.md, asked of a few visits; ``make record`` asks them of all."""

import contextlib
import glob
import io
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.desk import Desk
from tests.docs.answers import ADDRESS, Shown, shown
from tests.exchange.records.record import trip, xml
from tests.support.server import Server

ROOT = Path(__file__).parents[2]
QUESTIONS = shown((ROOT / "docs" / "record.md").read_text())
ID = re.compile(r"\b[a-z]+-[a-z]{2}-\d{4}-\d{2}-\d{2}\b")
CLINTON, KERRY = ("clinton-hillary-rodham", "Hillary R. Clinton"), ("kerry-john-forbes", "J. Kerry")
ROGERS, SHULTZ = ("rogers-william-pierce", "W. Rogers"), ("shultz-george-pratt", "G. Shultz")
SEWARD, VANCE = ("seward-william-henry", "W. Seward"), ("vance-cyrus-roberts", "C. Vance")
BAKER, HULL = ("baker-james-addison", "J. Baker"), ("hull-cordell", "Cordell Hull")
RECORD = (
    trip(1, "1866-01-20/1866-01-23", "Cuba", "Havana", who=SEWARD),
    trip(2, "1943-10-18/1943-11-03", "U.S.S.R.", "Moscow", who=HULL),
    trip(3, "1972-02-17/1972-02-28", "China", "Peking", who=ROGERS),
    trip(
        4,
        "1972-05-22/1972-05-29",
        "U.S.S.R.",
        "Moscow, Kiev",
        who=ROGERS,
    ),
    trip(5, "1977-08-20/1977-08-26", "China", "Peking", who=VANCE),
    trip(6, "1988-04-21/1988-04-24", "U.S.S.R.", "Kiev", who=SHULTZ),
    trip(7, "1991-12-18/1991-12-19", "Ukraine", "Kiev", who=BAKER),
    trip(8, "2012-01-17", "Togo", "Lome", who=CLINTON),
    trip(9, "2014-08-13", "Solomon Islands", "Honiara", who=KERRY),
    trip(10, "2022-01-18/2022-01-20", "Ukraine", "Kyiv"),
    trip(11, "2023-06-17/2023-06-19", "China", "Beijing"),
)


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
