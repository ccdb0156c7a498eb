"""There is one version, and `make release` checks before it tags."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from chancery.client.version import __version__

ROOT = Path(__file__).parents[2]
VERSION_FILE = "client/chancery/client/version.py"
SECTION = f"## [{__version__}] - 2026-11-30\n"
NO_ONE = {"NAME": "nobody", "EMAIL": "nobody@example.invalid"}
ENV = os.environ | {
    f"GIT_{role}_{name}": value
    for role in ("AUTHOR", "COMMITTER")
    for name, value in NO_ONE.items()
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with what `make release` looks at, where this version may be released."""
    for name in ("Makefile", VERSION_FILE):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## [Unreleased]\n\n{SECTION}")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def git(repository: Path, *args: str) -> None:
    subprocess.run(["git", *args], cwd=repository, env=ENV, check=True, capture_output=True)


def commit(repository: Path) -> None:
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "Change something")


def make(repository: Path, target: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["make", target], cwd=repository, env=ENV, capture_output=True, text=True, timeout=60
    )


def test_both_distributions_read_the_version_from_the_same_file() -> None:
    for folder in (ROOT, ROOT / "client"):
        project = tomllib.loads((folder / "pyproject.toml").read_text())
        assert project["project"]["dynamic"] == ["version"]
        path = folder / project["tool"]["hatch"]["version"]["path"]
        assert path.resolve() == (ROOT / VERSION_FILE).resolve()


def test_the_client_for_node_has_the_same_version() -> None:
    for name in ("package.json", "package-lock.json"):
        assert json.loads((ROOT / "client-node" / name).read_text())["version"] == __version__


def test_the_server_takes_the_client_of_its_own_version_alone() -> None:
    """So whoever upgrades the server upgrades that too, which has the Python of the contract."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (client,) = (
        requirement
        for requirement in map(Requirement, project["dependencies"])
        if requirement.name == "chancery-client"
    )
    assert str(client.specifier) == f"=={__version__}"


def test_the_changelog_begins_with_what_is_not_released() -> None:
    sections = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert sections[0] == "[Unreleased]"
    for section in sections[1:]:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", section)


def test_a_clean_tree_with_a_section_of_the_changelog_may_be_released(repository: Path) -> None:
    done = make(repository, "releasable")
    assert done.returncode == 0, done.stderr


def test_a_release_is_refused_with_changes_that_are_not_committed(repository: Path) -> None:
    (repository / "new.py").touch()
    done = make(repository, "release")
    assert done.returncode != 0
    assert "clean tree" in done.stderr


def test_a_release_is_refused_without_a_section_of_the_changelog(repository: Path) -> None:
    (repository / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n")
    commit(repository)
    done = make(repository, "release")
    assert done.returncode != 0
    assert f'CHANGELOG.md has no section "## [{__version__}] - DATE"' in done.stderr


def test_a_release_is_refused_if_the_version_is_tagged(repository: Path) -> None:
    git(repository, "tag", f"v{__version__}")
    done = make(repository, "release")
    assert done.returncode != 0
    assert "is tagged already" in done.stderr
