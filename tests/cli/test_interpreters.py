"""Each command, once with an interpreter of its own, as a person starts it.

The other tests of commands run in this process, or in one that was forked when everything was
imported. Here are those commands that no document has a shell or an interpreter of its own for:
tests/docs run those.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import typer
from typer.core import TyperGroup

from service.cli.app import build
from tests.cli.desk import ROOT, STORY, Desk
from tests.docs.prompt import needs_a_shell, typed
from tests.support.place import SqliteFile
from tests.support.server import Server

VISIT = "visits/blinken-beijing-2023"
SCHEDULED = "--title T --host FR --from 2024-06-01 --known 2024-01-10"
WITH_A_SERVER = (
    f"apply {STORY}",
    f"schedule x {SCHEDULED} --principal 'Ana Example'",
    "amend x --title Talks",
    "correct x --kind working",
    "defer x --condition later --side host",
    "cancel x",
    "retract x 5",
    f"schedule y {SCHEDULED} --principal 'Bea Example'",
    "complete y --from 2024-06-01 --known 2024-06-02",
    "import {folder}/changes.jsonl",
    "disclose z --title T --principal 'Cy Example' --host FR --from 2024-05-01 --known 2024-05-02",
    "reschedule x --from 2050-07-01",
    "state x report --side press --known 2024-01-12",
    f"show {VISIT}",
    f"history {VISIT}",
    f"compare {VISIT} --from 2023-02 --to 2023-06",
)
WITH_A_FILE = (
    "verify --database sqlite:///{file}",
    "rebuild --database sqlite:///{file}",
    "rotate-key --database sqlite:///{file}",
    "database current --database sqlite:///{file}",
    "backup {folder}/kept.db --database sqlite:///{file}",
    "restore {folder}/kept.db --database sqlite:///{folder}/restored.db",
    "copy --from sqlite:///{file} --to sqlite:///{folder}/moved.db",
)
UNTIL_SIGTERM = "web --web 127.0.0.1:0"
DOCUMENTS = ("scaling", "access", "operating", "record")
# What a prompt cannot type in this process.
WITH_A_SHELL = ("asking", "auditing", "recording")


def run(command: str, server: Server, folder: Path) -> None:
    """Run a command, which has to succeed without a complaint."""
    words = shlex.split(command.format(folder=folder, file=server.file))
    target = {"CHANCERY_TARGET": server.address}
    done = subprocess.run(
        [sys.executable, "-m", "service.cli", *words],
        capture_output=True,
        text=True,
        timeout=60,
        env=target,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_each_command_that_no_document_shows_runs(own_server: Server, tmp_path: Path) -> None:
    line = '{"name": "visits/x", "statementRecorded": {"statement": {"kind": "%s", "side": "%s"}}}'
    (tmp_path / "changes.jsonl").write_text(line % ("STATEMENT_KIND_REPORT", "SIDE_PRESS"))
    for command in WITH_A_SERVER:
        run(command, own_server, tmp_path)
    assert own_server.client().head == 16 + 12


def test_each_command_of_a_database_that_no_document_shows_runs(
    own_server: Server, tmp_path: Path
) -> None:
    Desk(own_server.address).does(f"apply {STORY}")
    assert own_server.stop() == 0
    for command in WITH_A_FILE:
        run(command, own_server, tmp_path)
    ((moved,),) = SqliteFile(tmp_path / "moved.db").rows("SELECT size FROM head")
    assert moved == 16


def test_the_board_alone_serves_until_it_is_told_to_end(own_server: Server) -> None:
    command = [sys.executable, "-m", "service.cli", *UNTIL_SIGTERM.split()]
    target = {"CHANCERY_TARGET": own_server.address}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, **target}) as board:
        try:
            assert board.stderr is not None
            address = json.loads(board.stderr.readline())["address"]
            assert httpx.get(f"{address}visits").status_code == 200
        finally:
            board.terminate()
    assert board.returncode == 0


def test_each_command_is_among_them_or_in_a_document() -> None:
    shown = "\n".join((ROOT / "docs" / f"{name}.md").read_text() for name in DOCUMENTS)
    run = [UNTIL_SIGTERM, *WITH_A_SERVER, *WITH_A_FILE]
    run += re.findall(r"^\$ chancery (.*)$", shown, re.MULTILINE)
    run += [command.removeprefix("chancery ") for command in in_a_shell()]
    assert {name for name in names() if not any(line.startswith(name) for line in run)} == set()


def in_a_shell() -> Iterator[str]:
    """The commands of documents that a shell runs."""
    for name in WITH_A_SHELL:
        for command, _ in typed((ROOT / "docs" / f"{name}.md").read_text()):
            if needs_a_shell(command):
                yield command


def names() -> set[str]:
    """All commands, those of a group with its name."""
    group = typer.main.get_group(build())
    context = typer.Context(group)
    found = set()
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, TyperGroup):
            found |= {f"{name} {each}" for each in command.list_commands(context)}
        else:
            found.add(name)
    return found
