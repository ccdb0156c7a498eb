"""The domain stands alone: what its files import, and what they never call."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import domain

FILES = sorted(Path(domain.__file__).parent.rglob("*.py"))
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "create_timestamp"}
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


def imported(path: Path) -> Iterator[str]:
    """The full names of the modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            yield node.module or ""


def test_the_domain_is_here() -> None:
    """The files that the other tests read are those of the package."""
    assert {"visit.py", "events.py", "history.py", "status.py"} <= {path.name for path in FILES}


@each_file
def test_the_domain_imports_the_standard_library_and_eventsourcing_domain_alone(
    path: Path,
) -> None:
    """And itself; import-linter cannot forbid the other modules of eventsourcing."""
    for module in imported(path):
        assert (
            module == "eventsourcing.domain"
            or module.split(".")[0] == "domain"
            or module.split(".")[0] in sys.stdlib_module_names
        ), module


@each_file
def test_the_domain_asks_no_clock(path: Path) -> None:
    """Time comes in with the command."""
    tree = ast.parse(path.read_text())
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    assert not called & CLOCKS
    assert not {"time", "random", "secrets", "uuid", "asyncio", "sqlite3"} & set(imported(path))
