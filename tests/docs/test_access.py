"""The commands of docs/access.md make a token, serve those who hold one, and revoke it."""

import os
import re
import subprocess
import sys
from pathlib import Path

from chancery.client import Connection
from tests.support.holders import is_known
from tests.support.server import Server
from tests.support.waiting import wait_until

DOCUMENT = (Path(__file__).parents[2] / "docs" / "access.md").read_text()
BIN = Path(sys.executable).parent


def test_a_token_is_made_serves_is_listed_and_is_revoked(tmp_path: Path) -> None:
    export, new, serve, listing, revoke = re.findall(r"^\$ (.*)$", DOCUMENT, re.MULTILINE)

    def run(command: str) -> str:
        """Run a command, which must succeed, and return its output."""
        line = ["bash", "-c", f"{export}\n{command}"]
        env = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"}
        done = subprocess.run(
            line, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    token = run(new).strip()
    _, _, option, file, _ = serve.split(" ")
    with (
        Server(tmp_path / "desk.db", option, str(tmp_path / file)) as server,
        Connection(server.address, token=token) as connection,
    ):
        recorded = connection.schedule("x", title="T", principal="P", host="FR")
        assert recorded.event.actor == "anna"
        assert "anna" in run(listing)
        run(revoke)
        wait_until(lambda: not is_known(connection))
