"""What documents show at a prompt, and what is answered when it is typed."""

import contextlib
import glob
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.cli.desk import Desk

BIN = Path(sys.executable).parent
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
# What only a shell can do.
OF_A_SHELL = re.compile(r"[|<>&]|^(?!chancery )")
# What stands for any number of lines, or at the end of a line for its rest.
ANY = "..."


class Typed(NamedTuple):
    """A command, its lines joined, and what the document shows that it prints."""

    command: str
    shown: str


def typed(document: str) -> list[Typed]:
    """What a document shows at a prompt, in its order."""
    found = []
    for block in BLOCK.findall(document):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.replace("\\\n", " ").partition("\n")
            found.append(Typed(" ".join(command.split()), shown.strip("\n")))
    return found


def is_shown(shown: str, answer: str) -> bool:
    """Whether an answer is what a document shows: all of it, or what stands between the dots."""
    lines = (
        r"(?:.*\n)*?" if line == ANY else re.escape(line).replace(re.escape(ANY), ".*") + r" *\n"
        for line in shown.split("\n")
    )
    return not shown or re.fullmatch("".join(lines), answer.strip("\n") + "\n") is not None


def needs_a_shell(command: str) -> bool:
    """Whether a command is more than one of ours with its words."""
    return OF_A_SHELL.search(re.sub(r"'[^']*'|\"[^\"]*\"", "", command)) is not None


class Prompt:
    """A prompt in a folder, whose commands ask the server at an address."""

    def __init__(self, address: str, folder: Path) -> None:
        self.folder = folder
        self._desk = Desk(address)

    def answers(self, command: str) -> str:
        """What a command prints; it has to succeed. Those of ours run in this process."""
        if needs_a_shell(command):
            return self._shell(command)
        with contextlib.chdir(self.folder):
            words = shlex.split(command)[1:]
            found = [path for word in words for path in sorted(glob.glob(word)) or [word]]
            return self._desk.does(shlex.join(found))

    def _shell(self, command: str) -> str:
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {command}"],
            cwd=self.folder,
            env=os.environ | self._desk.env | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout
