"""The code of docs/clients.md is that of programs that are built and run."""

import re
from pathlib import Path
from textwrap import indent

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "clients.md").read_text()
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
# A path, and the code that follows it as taken from there.
TAKEN = re.findall(
    r"^(?:From )?\[`(\S+)`\]\(\S+\):\n\n```\w+\n(.*?)```", DOCUMENT, re.M | re.DOTALL
)


def test_all_code_names_the_file_that_it_is_taken_from() -> None:
    (service_config,) = (code for language, code in BLOCK.findall(DOCUMENT) if language == "json")
    assert service_config == (ROOT / "protos" / "service_config.json").read_text()
    assert len(BLOCK.findall(DOCUMENT)) == len(TAKEN) + 1


@pytest.mark.parametrize(("path", "code"), TAKEN, ids=[path for path, _ in TAKEN])
def test_each_piece_of_code_is_found_in_its_file(path: str, code: str) -> None:
    """By paragraphs, which may be indented there, and have others between them."""
    file = (ROOT / path).read_text()
    for paragraph in code.rstrip("\n").split("\n\n"):
        assert paragraph in file or indent(paragraph, "  ") in file, paragraph
