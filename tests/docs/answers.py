"""A document's commands and programs, each with the answer that the document shows."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

BIN = Path(sys.executable).parent
# Where the programs of documents look for a server.
ADDRESS = "127.0.0.1:50051"
BLOCK = re.compile(
    r"```console\n\$ (?P<command>.*)\n(?P<printed>(?:.*\n)*?)```"
    r"|```python\n(?P<program>(?:.*\n)*?)```\n\n```text\n(?P<answer>(?:.*\n)*?)```"
)


class Shown(NamedTuple):
    """A command of a shell or a program of Python, and what it prints."""

    command: str
    program: str
    answer: str

    def run(self, address: str, folder: Path) -> str:
        """What it prints when it is run against a server; it has to succeed."""
        command = ["bash", "-c", self.command]
        if self.program:
            command = [sys.executable, "-c", self.program.replace(ADDRESS, address)]
        path = f"{BIN}:{os.environ['PATH']}"
        env = os.environ | {"PATH": path, "CHANCERY_TARGET": address}
        done = subprocess.run(
            command, cwd=folder, env=env, capture_output=True, text=True, timeout=120
        )
        assert (done.returncode, done.stderr) == (0, ""), f"{self}: {done.stdout}{done.stderr}"
        return done.stdout


def shown(document: str) -> list[Shown]:
    """What a document shows, in its order."""
    return [
        Shown(
            match["command"] or "",
            match["program"] or "",
            match["printed"] or match["answer"] or "",
        )
        for match in BLOCK.finditer(document)
    ]
