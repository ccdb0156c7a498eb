"""The words that docs/evidence.md and docs/standing.md explain are those of the domain."""

import re
from pathlib import Path

from domain.standing import Standing
from domain.terms import FIRM, Attribution, StatementKind

DOCS = Path(__file__).parents[2] / "docs"
EVIDENCE = (DOCS / "evidence.md").read_text()
STANDING = (DOCS / "standing.md").read_text()


def test_evidence_says_of_every_attribution_whether_it_is_firm() -> None:
    rows = re.findall(r"^\| ([a-z, ]+) \| (yes|no) \|", EVIDENCE, re.MULTILINE)
    firm = {name: said == "yes" for names, said in rows for name in names.split(", ")}
    assert firm == {each.value: each in FIRM for each in Attribution}


def test_every_standing_is_explained() -> None:
    assert set(re.findall(r"^\| \*\*(\w+)\*\* \|", STANDING, re.MULTILINE)) == {
        each.value for each in Standing
    }


def test_the_word_of_every_statement_is_explained() -> None:
    table = STANDING.partition("| Statement | Its word |")[2].partition("\n\n")[0]
    cells = re.findall(r"^\| (.*?) \|", re.sub(r" \(.*?\)", "", table), re.MULTILINE)
    named = {word for cell in cells for word in cell.split(", ")}
    assert named == {each.value for each in StatementKind}
