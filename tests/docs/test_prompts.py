"""What documents show at a prompt is what is answered, from top to bottom on a new log."""

import re
from pathlib import Path

import httpx
import pytest

from tests.cli.desk import STORY, Desk
from tests.docs.prompt import Prompt, is_shown, typed
from tests.support.board import ON_BOARD, board_of
from tests.support.place import SqliteFile
from tests.support.server import Server

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = (DOCS / "commands.md").read_text()
TUTORIAL = DOCS / "tutorial.md"
SERVE = "chancery serve --database sqlite:///desk.db --web 127.0.0.1:8080 2> desk.log &"
PAGE = re.compile(r"<http://127\.0\.0\.1:8080(\S*)>")


def play(document: str, server: Server, folder: Path) -> None:
    """Type what a document shows, and compare the answers."""
    prompt = Prompt(server.address, folder)
    for command, shown in typed(document):
        if command != SERVE and not command.startswith("export "):
            answer = prompt.answers(command)
            assert is_shown(shown, answer), f"{command}\n{answer}"


@pytest.mark.parametrize("name", ["asking", "recording", "times", "standing"])
def test_what_is_shown_is_what_is_answered(name: str, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    with Server(SqliteFile(tmp_path / "desk.db")) as server:
        play((DOCS / f"{name}.md").read_text(), server, tmp_path)


def test_an_audit_shows_what_is_answered_about_the_story_of_the_demo(tmp_path: Path) -> None:
    with Server(SqliteFile(tmp_path / "desk.db")) as server:
        Desk(server.address).does(f"import {STORY}")
        play((DOCS / "auditing.md").read_text(), server, tmp_path)


def test_the_tutorial_shows_what_is_answered_and_its_pages_are_on_the_board(
    tmp_path: Path,
) -> None:
    document = TUTORIAL.read_text()
    assert SERVE in [each.command for each in typed(document)]
    with Server(SqliteFile(tmp_path / "desk.db"), *ON_BOARD) as server:
        play(document, server, tmp_path)
        pages = PAGE.findall(document)
        assert len(pages) == 2
        for page in pages:
            answer = httpx.get(board_of(server) + page)
            assert answer.status_code == 200
            assert "Blinken" in answer.text


def test_each_command_of_an_audit_has_the_options_that_are_named() -> None:
    commands = re.findall(
        r"^\| `chancery (.*?)` \|", (DOCS / "auditing.md").read_text(), re.MULTILINE
    )
    assert len(commands) == 6
    for command in commands:
        (section,) = re.findall(
            rf"^## {command.split()[0]}\n.*?(?=^## )", REFERENCE, re.MULTILINE | re.DOTALL
        )
        for option in re.findall(r"--[a-z-]+", command):
            assert option in section or f"`{option[2:].replace('-', '_')}`" in section, command


def test_what_is_shown_stands_for_all_of_an_answer_but_for_its_dots() -> None:
    assert is_shown("one\ntwo", "one\ntwo\n")
    assert is_shown("one\n...\nfour", "one\ntwo\nthree\nfour\n")
    assert is_shown("one: ...", "one: two\n")
    assert not is_shown("one", "one\ntwo\n")
    assert not is_shown("one\n...\nthree", "one\ntwo\n")
    assert not is_shown("one.", "ones")


def test_a_command_has_all_its_lines_and_its_answer() -> None:
    shown = "```console\n$ a \\\n    b\nanswer\n$ c\n```\n"
    assert typed(shown) == [("a b", "answer"), ("c", "")]


def test_every_document_with_commands_has_a_test_that_names_it() -> None:
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("*.py"))
    for document in DOCS.glob("*.md"):
        if typed(document.read_text()):
            name = re.escape(document.stem)
            assert re.search(rf'"(docs/)?{name}(\.md)?"', tests), document.name
