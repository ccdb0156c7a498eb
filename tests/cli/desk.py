"""A desk officer who types commands."""

import json
import shlex
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from service.cli.app import build

ROOT = Path(__file__).parents[2]
STORY = ROOT / "examples" / "beijing-2023.jsonl"


class Desk:
    """A desk officer who types commands, all for one server."""

    def __init__(self, target: str) -> None:
        self.env = {"CHANCERY_TARGET": target, "CHANCERY_ACTOR": "anna"}

    def tries(self, command: str, given: str | None = None) -> tuple[int, str, str]:
        """The exit status of a command, its standard output and its standard error."""
        result = CliRunner().invoke(build(), shlex.split(command), input=given, env=self.env)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    def does(self, command: str, given: str | None = None) -> str:
        """The output of a command that must succeed."""
        status, answer, complaint = self.tries(command, given)
        assert (status, complaint) == (0, "")
        return answer

    def reads(self, command: str) -> Any:
        """The JSON document that a command printed."""
        return json.loads(self.does(f"{command} --json"))

    def is_refused(self, command: str) -> str:
        """The error output of a command that must be refused or fail."""
        status, answer, complaint = self.tries(command)
        assert (status, answer) == (1, "")
        return complaint
