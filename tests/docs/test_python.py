"""The programs of docs/python.md print what it shows, with the client's distribution alone."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.docs.answers import ADDRESS, Shown, shown
from tests.docs.prompt import is_shown
from tests.support import wheels
from tests.support.place import SqliteFile
from tests.support.server import Server

DOCUMENT = (Path(__file__).parents[2] / "docs" / "python.md").read_text()
PROGRAMS = shown(DOCUMENT)
FOLLOW = 2


class Caller:
    """Programs that are run in a folder, with an interpreter that has the client."""

    def __init__(self, python: Path, folder: Path, address: str) -> None:
        self._python = python
        self._folder = folder
        self._address = address

    @property
    def saved(self) -> Path:
        """Where the follower keeps its position."""
        return self._folder / "position.json"

    def run(self, program: Shown) -> str:
        """What a program prints; it has to succeed."""
        done = subprocess.run(
            [self._python, "-c", program.program.replace(ADDRESS, self._address)],
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A caller with the client of its wheel and nothing of the server, and a new log."""
    wheel = wheels.built(wheels.CLIENT, tmp_path_factory.mktemp("wheel"))
    python = wheels.client_environment(tmp_path_factory.mktemp("caller"), wheel)
    folder = tmp_path_factory.mktemp("programs")
    with Server(SqliteFile(folder / "desk.db")) as server:
        yield Caller(python, folder, server.address)


@pytest.fixture(scope="module")
def answers(caller: Caller) -> Sequence[str]:
    """What the programs print, run one after the other."""
    return [caller.run(program) for program in PROGRAMS]


def test_every_program_has_an_answer() -> None:
    assert len(PROGRAMS) == len(re.findall("```python", DOCUMENT)) == 4


def test_the_programs_print_what_is_shown(answers: Sequence[str]) -> None:
    for program, answer in zip(PROGRAMS, answers, strict=True):
        assert is_shown(program.answer.strip("\n"), answer), answer


def test_the_follower_resumes_after_the_position_that_it_saved(
    answers: Sequence[str], caller: Caller
) -> None:
    """It stopped behind the completion, so a further run waits; one that saw less sees the rest."""
    saved = caller.saved
    saved.write_text(saved.read_text().replace('"after": 3', '"after": 1'))
    assert caller.run(PROGRAMS[FOLLOW]) == (
        "2 visits/charles-france postponed\n3 visits/charles-france completed\n"
    )
