"""The commands of docs/access.md make callers known, by tokens, JWTs and certificates."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from chancery.client import Connection
from tests.support.certificates import LOCAL, Authority
from tests.support.holders import is_known
from tests.support.issuer import Issuer
from tests.support.server import Server
from tests.support.waiting import wait_until

DOCUMENT = (Path(__file__).parents[2] / "docs" / "access.md").read_text()
BIN = Path(sys.executable).parent
Run = Callable[..., str]


def commands_of(heading: str) -> Sequence[str]:
    """The commands under a heading, in their order."""
    (part,) = re.findall(rf"^#+ {heading}\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    found: Sequence[str] = re.findall(r"^\$ (.*)$", part, re.MULTILINE)
    return found


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command in a folder of its own, which must succeed, and gives its output."""

    def run(command: str, **variables: str) -> str:
        env = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"} | variables
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    return run


def server_of(command: str, folder: Path, **replaced: str) -> Server:
    """The server that a command starts, with its files in a folder, and addresses of its own."""
    program, verb, *options, background = shlex.split(command)
    assert (program, verb, background) == ("chancery", "serve", "&")
    for name, value in zip(options[::2], options[1::2], strict=True):
        if (folder / value).exists():
            replaced.setdefault(name, str(folder / value))
        if name == "--listen-mtls":
            replaced[name] = "127.0.0.1:0"
    given = [replaced.get(options[i - 1], each) for i, each in enumerate(options)]
    return Server(folder / "desk.db", *given)


def test_a_token_is_made_serves_is_listed_and_is_revoked(tmp_path: Path, run: Run) -> None:
    export, new, serve, listing, revoke = commands_of("Who may do what")
    token = run(f"{export}\n{new}").strip()
    with (
        server_of(serve, tmp_path) as server,
        Connection(server.address, token=token) as connection,
    ):
        recorded = connection.schedule("x", title="T", principal="P", host="FR")
        assert recorded.event.actor == "anna"
        assert "anna" in run(f"{export}\n{listing}")
        run(f"{export}\n{revoke}")
        wait_until(lambda: not is_known(connection))


def test_the_jwts_of_an_issuer_are_taken(tmp_path: Path) -> None:
    (serve,) = commands_of("JWTs")
    issuer = Issuer(tmp_path / "jwks.json")
    token = issuer.token("editor", "anna", iss="https://issuer.example", aud="chancery")
    with (
        server_of(serve, tmp_path, **{"--jwks": str(issuer.file)}) as server,
        Connection(server.address, token=token) as connection,
    ):
        recorded = connection.schedule("x", title="T", principal="P", host="FR")
        assert recorded.event.actor == "anna"


def test_calls_are_encrypted(tmp_path: Path, run: Run) -> None:
    serve, listing = commands_of("Encryption")
    Authority(tmp_path).certify("server", *LOCAL)
    token = run("chancery token new --token-file tokens --role reader --name anna").strip()
    with server_of(serve, tmp_path) as server:
        run(listing, CHANCERY_TARGET=server.address, CHANCERY_TOKEN=token)


def test_a_certificate_makes_a_client_known(tmp_path: Path, run: Run) -> None:
    roles, serve, listing = commands_of("Certificates")
    Authority(tmp_path).certify("server", *LOCAL)
    Authority(tmp_path, "clients").certify("anna")
    run(roles)
    with server_of(serve, tmp_path) as server:
        assert "127.0.0.1:50052" in listing
        run(listing.replace("127.0.0.1:50052", server.mtls_address))
