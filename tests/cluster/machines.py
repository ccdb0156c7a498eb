"""What runs on the machines of the cluster, with the settings of deploy/cluster."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests.cluster.network import Node, run
from tests.cluster.programs import POSTGRES, Program
from tests.support.pids import Pids
from tests.support.postgresql import binaries

ROOT = Path(__file__).parents[2]
SETTINGS = ROOT / "deploy" / "cluster"
PATRONI = ROOT / ".venv-patroni" / "bin" / "patroni"
PORT = 50051
# Bytes that each node may have for its database. Each new primary begins a file of 16 MB, and 36
# such files were there after 60 faults.
DISK = 2 << 30
CLOCK = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
# The users whose passwords are made with the cluster.
USERS = ("postgres", "replicator", "rewinder", "migrator", "desk", "auditor")
Passwords = Mapping[str, str]


class Clock:
    """The clock of a machine's programs, which can be set while they run. etcd's cannot."""

    def __init__(self, folder: Path) -> None:
        assert CLOCK, "install libfaketime: apt-get install libfaketime"
        self._file = folder / "clock"
        # Only the program itself is to have it: what leads there may be root's.
        self.within = ["env", f"LD_PRELOAD={CLOCK}"]
        self.environment = {
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, moved: str) -> None:
        """Move it by so much from the true time, such as -1h; +0 is the true time."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{moved}\n")
        new.chmod(0o644)
        new.replace(self._file)


def etcd(node: Node, folder: Path) -> Program:
    """A member of etcd."""
    peer, client = f"http://{node.address}:2380", f"http://{node.address}:2379"
    lines = (SETTINGS / "etcd.env").read_text().splitlines()
    environment = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    environment |= {
        "ETCD_NAME": node.name,
        "ETCD_DATA_DIR": str(folder / "data"),
        "ETCD_LISTEN_PEER_URLS": peer,
        "ETCD_LISTEN_CLIENT_URLS": client,
        "ETCD_INITIAL_ADVERTISE_PEER_URLS": peer,
        "ETCD_ADVERTISE_CLIENT_URLS": client,
    }
    return Program(node.name, node, folder, ["etcd"], environment)


class Database:
    """A node with Patroni and its PostgreSQL, on a small disk of its own."""

    def __init__(self, node: Node, folder: Path, passwords: Passwords) -> None:
        self.node = node
        self.name = node.name
        self.settings = folder / "patroni"
        self.disk = folder / "disk"
        self.data = self.disk / "data"
        self.clock = Clock(folder)
        self._password = passwords["postgres"]
        api, postgresql = f"{node.address}:8008", f"{node.address}:5432"
        environment = {
            "PATRONI_NAME": node.name,
            "PATRONI_RESTAPI_LISTEN": api,
            "PATRONI_RESTAPI_CONNECT_ADDRESS": api,
            "PATRONI_POSTGRESQL_LISTEN": postgresql,
            "PATRONI_POSTGRESQL_CONNECT_ADDRESS": postgresql,
            "PATRONI_POSTGRESQL_DATA_DIR": str(self.data),
            "PATRONI_POSTGRESQL_BIN_DIR": str(folder / "bin"),
            "PATRONI_POSTGRESQL_PGPASS": str(self.disk / "pgpass"),
            "ARCHIVE": str(folder.parent / "archive"),
            "BACKUP": str(folder.parent / "backup"),
            "PATRONI_SUPERUSER_PASSWORD": passwords["postgres"],
            "PATRONI_REPLICATION_PASSWORD": passwords["replicator"],
            "PATRONI_REWIND_PASSWORD": passwords["rewinder"],
        }
        command = [*POSTGRES, str(PATRONI), str(self.settings)]
        self.patroni = Program(
            node.name, node, folder, command, environment | self.clock.environment
        )

    def prepare(self, settings: str) -> None:
        """Give it its disk, its settings and the true time."""
        self.settings.mkdir()
        (self.settings / "patroni.yaml").write_text(settings)
        self._prepare_programs(self.disk.with_name("bin"))
        self.disk.mkdir()
        options = f"size={DISK},mode=0700,uid=postgres,gid=postgres"
        run("mount", "-t", "tmpfs", "-o", options, f"chancery-{self.name}", str(self.disk))
        self.clock.set("+0")

    def _prepare_programs(self, folder: Path) -> None:
        """PostgreSQL's programs, of which the server has the clock. (Python could not sleep.)"""
        folder.mkdir()
        for program in binaries().iterdir():
            (folder / program.name).symlink_to(program)
        wrapper = folder / "postgres"
        wrapper.unlink()
        clocked = shlex.join([*self.clock.within, str(binaries() / "postgres")])
        wrapper.write_text(f'#!/bin/sh\nexec {clocked} "$@"\n')
        wrapper.chmod(0o755)

    @property
    def postmaster(self) -> psutil.Process | None:
        """The first process of PostgreSQL, unless it has ended."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n")[0])
            found = psutil.Process(pid)
            return found if Path(found.cwd()) == self.data else None
        except (FileNotFoundError, ValueError, psutil.Error):
            return None

    @property
    def postgresql(self) -> list[psutil.Process]:
        """All processes of PostgreSQL, the first one first."""
        first = self.postmaster
        return [first, *first.children(recursive=True)] if first else []

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """The rows that PostgreSQL answers to its superuser.

        :raises psycopg.Error: it does not answer.
        """
        with psycopg.connect(
            host=self.node.address,
            user="postgres",
            password=self._password,
            dbname=database,
            connect_timeout=2,
            autocommit=True,
            options="-c statement_timeout=5s",
        ) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def remove(self) -> None:
        """End what still runs of PostgreSQL, and take the disk away."""
        for each in self.postgresql:
            each.kill()
        if os.path.ismount(self.disk):
            run("umount", "--lazy", str(self.disk))


class Server:
    """A machine with a chancery server; one that only reads has the settings of those."""

    def __init__(self, node: Node, folder: Path) -> None:
        self.node = node
        self.name = node.name
        self.address = f"{node.address}:{PORT}"
        self.key = folder / "log.key"
        self.clock = Clock(folder)
        self.is_reader = node.name.startswith("reader")
        self.edges = 1 if self.is_reader else 2
        self._folder = folder
        settings = SETTINGS / ("reader.toml" if self.is_reader else "server.toml")
        command = [
            *self.clock.within,
            sys.executable,
            "-m",
            "service.cli",
            "serve",
            "--settings",
            str(settings),
        ]
        environment = {
            "PGPASSFILE": str(folder / "pgpass"),
            "CHANCERY_LISTEN": self.address,
            "PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("", "client", "protos")),
        }
        self.program = Program(
            self.name, node, folder, command, environment | self.clock.environment
        )

    def prepare(self, passwords: Passwords, tokens: Path) -> None:
        """Give it the files that its settings name, and the true time."""
        pgpass = self._folder / "pgpass"
        pgpass.touch(0o600)
        pgpass.write_text(f"*:*:*:desk:{passwords['desk']}\n")
        shutil.copy(tokens, self._folder / "tokens")
        self.clock.set("+0")

    @property
    def pids(self) -> Pids | None:
        """Its core and its edges; None while not all of them run."""
        process = self.program.process
        listening = {each.pid: _listens(each.pid) for each in process.children()} if process else {}
        edges = [pid for pid, does in listening.items() if does]
        others = [pid for pid, does in listening.items() if not does]
        if len(edges) == self.edges and len(others) == 1:
            return Pids(others[0], edges)
        return None


def _listens(pid: int) -> bool:
    """Whether a process listens on a port of the machine that it is on."""
    own = Path(f"/proc/{pid}")
    try:
        lines = [(own / "net" / name).read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
        listening = {
            f"socket:[{fields[9]}]"
            for fields in map(str.split, chain.from_iterable(lines))
            if fields[3] == "0A"
        }
        return any(os.readlink(each) in listening for each in (own / "fd").iterdir())
    except OSError:
        return False
