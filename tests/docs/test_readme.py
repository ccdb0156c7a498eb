"""The README's two commands and its program do what the README says."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.docs.answers import shown
from tests.docs.prompt import is_shown, typed
from tests.support.place import SqliteFile
from tests.support.server import Server

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_its_commands_are_those_that_are_tried_here() -> None:
    assert [command for command, _ in typed(README)] == ["make demo", "make run"]


def test_the_demo_ends_by_itself_and_prints_what_the_readme_shows() -> None:
    done = subprocess.run(
        ["make", "demo"], cwd=ROOT, capture_output=True, text=True, timeout=120, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    (printed,) = re.findall(r"```text\n(What was .*?)```", README, re.DOTALL)
    for line in printed.splitlines():
        assert line == "..." or line in done.stdout


def test_a_server_is_run_where_the_readme_says() -> None:
    """It is not started: another one may have the port."""
    line = ["make", "--no-print-directory", "-n", "run"]
    planned = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "starts a server on port 50051 that keeps its log in `data/`" in README
    assert "a status board on http://127.0.0.1:8080/" in README
    assert "--listen 127.0.0.1:50051 --database sqlite:///data/chancery.db" in planned
    assert "--web 127.0.0.1:8080" in planned


def test_the_program_records_a_visit_and_prints_it(tmp_path: Path) -> None:
    (program,) = (each for each in shown(README) if each.program)
    assert len(program.program.strip().splitlines()) == 5
    with Server(SqliteFile(tmp_path / "desk.db")) as server:
        text = program.program.replace("127.0.0.1:50051", server.address)
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert is_shown(program.answer.strip("\n"), done.stdout)


def test_every_make_target_that_a_document_names_exists() -> None:
    named = set()
    for document in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")):
        named |= set(re.findall(r"^\$ make ([a-z-]+)|`make ([a-z-]+)", document.read_text(), re.M))
    targets = {first or second for first, second in named}
    assert {"quick", "fix", "test", "demo"} <= targets
    planned = subprocess.run(["make", "-n", *targets], cwd=ROOT, capture_output=True, text=True)
    assert planned.returncode == 0, planned.stderr


def test_every_folder_in_the_table_of_rooms_exists() -> None:
    folders = re.findall(r"\[`(\S+)/`\]", (ROOT / "docs" / "architecture.md").read_text())
    assert len(folders) > 20
    for folder in folders:
        assert (ROOT / folder).is_dir()
