"""A copy that shares code with what it is held against would share its mistakes."""

import ast
from pathlib import Path

import tests.stories.writing

FOLDERS = [Path(__file__).parent, Path(tests.stories.writing.__file__).parent]
# The player of servers needs the messages of the contract.
FREE = {"serving.py"}


def imported(path: Path) -> set[str]:
    """The packages that a module imports from."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names}


def test_the_model_shares_no_code_with_what_it_is_held_against() -> None:
    modules = [path for folder in FOLDERS for path in folder.glob("*.py") if path.name not in FREE]
    assert len(modules) > 20
    assert not [path for path in modules if imported(path) & {"domain", "service", "chancery"}]
