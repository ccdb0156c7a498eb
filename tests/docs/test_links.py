"""Every file, folder and heading that the documents name exists."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.cases import each

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    ROOT / "benchmarks" / "README.md",
    ROOT / "client" / "README.md",
    ROOT / "client-node" / "README.md",
]
FOLDERS = r"(?:\.ci|benchmarks|client|client-node|deploy|docs|domain|examples|protos|service|tests)"
# A path from the root of the repository, and the name of a file somewhere in it.
PATH = re.compile(rf"`({FOLDERS}/[\w./-]*)`")
FILE = re.compile(r"`([\w.-]+\.(?:md|proto|py|toml|yaml))`")
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)

documents = each("document", DOCUMENTS)


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = HEADING.findall(document.read_text())
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture(scope="module")
def file_names() -> set[str]:
    """The names of all files that git knows or would add."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {Path(line).name for line in listing.stdout.splitlines()}


@documents
def test_every_path_in_backticks_exists(document: Path) -> None:
    missing = [path for path in PATH.findall(document.read_text()) if not (ROOT / path).exists()]
    assert missing == []


@documents
def test_every_file_name_in_backticks_is_that_of_a_file(
    document: Path, file_names: set[str]
) -> None:
    assert set(FILE.findall(document.read_text())) - file_names == set()


@documents
def test_every_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    for path, anchor in LINK.findall(document.read_text()):
        target = document.parent / path if path else document
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


def test_the_site_lists_every_document_once() -> None:
    """make docs refuses others too; this needs no site."""
    tree = ast.parse((ROOT / "docs" / "conf.py").read_text())
    (lists,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "NAVIGATION"
    )
    listed = [name for names in lists.values() for name in names if "/" not in name]
    documents = {page.stem for page in (ROOT / "docs").glob("*.md")} - {"index"}
    assert sorted(listed) == sorted(documents)


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = {path for path, _ in LINK.findall((folder / "README.md").read_text())}
    pages = {page.name for page in folder.glob("[0-9]*.md")}
    assert pages <= listed


def test_make_help_has_one_line_for_each_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)
    # Without the lines that make adds where another make has called it.
    call = ["make", "--no-print-directory", "help"]
    shown = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True)
    assert [line.split()[:2] for line in shown.stdout.splitlines()] == [
        ["make", target] for target in targets
    ]
