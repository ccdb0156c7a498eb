"""The layout: which folders there are, and which of them may import which."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ("domain", "service", "client", "protos")
MOST_ROOMS = 42

# A line that breaks a rule, the file that it is added to, and the rule that then fails.
BREACHES = {
    "a circle": (
        "domain/errors.py",
        "from domain.values import Side",
        "6. Nor in the domain",
    ),
    "an arrow back up": (
        "service/store/tables.py",
        "from service.queries.moments import AsOf",
        "6. No arrow in the service runs back up",
    ),
    "protobuf where it does not belong": (
        "service/commands/change.py",
        "from chancery.v1 import event_pb2",
        "2. Protobuf stays in the edge, the codec and the clients",
    ),
    "a log that an auditor cannot take alone": (
        "service/tlog/tree.py",
        "from service.codec import wire",
        "3. An auditor can verify with the tlog folder alone",
    ),
    "a room that has no place in the order": (
        "service/attic/__init__.py",
        '"""Nobody knows what this is for."""',
        "6. No arrow in the service runs back up",
    ),
}


def rooms() -> set[Path]:
    """The folders that hold Python. The step of the client's build, alone in its, is in none."""
    files = (file for name in SOURCES for file in (ROOT / name).rglob("*.py"))
    return {file.parent.relative_to(ROOT) for file in files} - {Path("client")}


def lint(root: Path) -> "subprocess.CompletedProcess[str]":
    """What import-linter says of a copy of the project."""
    paths = os.pathsep.join(str(root / name) for name in ("", "client", "protos"))
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project's sources and settings."""
    for name in SOURCES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_there_are_no_more_rooms_than_a_newcomer_can_remember() -> None:
    """A new folder has to earn its place."""
    assert len(rooms()) <= MOST_ROOMS, sorted(rooms())


def test_the_project_keeps_its_rules(copy: Path) -> None:
    """The control: without a breach nothing fails."""
    linted = lint(copy)
    assert linted.returncode == 0, linted.stdout
    assert "0 broken" in linted.stdout


@pytest.mark.parametrize(("file", "line", "rule"), BREACHES.values(), ids=BREACHES)
def test_the_check_fails_on(copy: Path, file: str, line: str, rule: str) -> None:
    """Each rule is held: a line that breaks it is found."""
    path = copy / file
    path.parent.mkdir(exist_ok=True)
    before = path.read_text() if path.exists() else ""
    path.write_text(f"{before}\n\n{line}\n")
    linted = lint(copy)
    assert linted.returncode == 1
    broken = [each for each in linted.stdout.splitlines() if " BROKEN" in each]
    assert any(each.startswith(rule) for each in broken), linted.stdout
