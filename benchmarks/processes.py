"""The servers that are measured, and programs in the environment of the references.

A server's output goes into a file: a thread that reads it would disturb the measurement.
"""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import psutil

SECONDS = 20.0
HERE = Path(__file__).parent
# Python with the libraries to compare with, which the service does not need.
PLAIN_PYTHON = HERE.parent / ".venv-bench/bin/python"
# The same for Node. Its packages are missing where Node is.
EMMETT = HERE / "plain/emmett"
HAS_EMMETT = (EMMETT / "node_modules/ready").exists()
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Running:
    """A server that takes calls. ``pid`` is its first process, which has started the others."""

    address: str
    pid: int

    def cpu_seconds(self) -> float:
        """The CPU time of all its processes so far, in user and in system mode."""
        times = [each.cpu_times() for each in self._processes()]
        return sum(each.user + each.system for each in times)

    def memory_bytes(self) -> int:
        """The memory of all its processes, apart from what they share with files (``Pss_Anon``).

        What they share with each other is counted once.
        """
        rollups = [Path(f"/proc/{each.pid}/smaps_rollup") for each in self._processes()]
        found = [re.search(r"Pss_Anon: +(\d+) kB", each.read_text()) for each in rollups]
        return sum(int(each[1]) * 1024 for each in found if each)

    def _processes(self) -> list[psutil.Process]:
        first = psutil.Process(self.pid)
        return [first, *first.children(recursive=True)]


@dataclass(frozen=True)
class Location:
    """A database: its URL, and the options that our server needs with it."""

    url: str
    options: tuple[str, ...] = ()


def sqlite(file: Path) -> Location:
    """A SQLite file, which the first server creates."""
    return Location(f"sqlite:///{file}")


@contextmanager
def started(command: Sequence[str | Path], listening: str) -> Iterator[Running]:
    """A server, once it has printed what matches ``listening``, a pattern with the port in it."""
    with NamedTemporaryFile("r") as said:
        process = subprocess.Popen(command, stdout=said.fileno(), stderr=subprocess.STDOUT)
        try:
            yield Running(f"{HOST}:{_port(process, Path(said.name), listening)}", process.pid)
        finally:
            process.terminate()
            try:
                process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _port(process: "subprocess.Popen[bytes]", said: Path, listening: str) -> str:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and process.poll() is None:
        if found := re.search(listening, said.read_text()):
            return found[1]
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} did not start. It said: {said.read_text()}")


@contextmanager
def chancery(where: Path | Location, edges: int = 1) -> Iterator[Running]:
    """Our server on a SQLite file or another database."""
    location = sqlite(where) if isinstance(where, Path) else where
    command = [sys.executable, "-m", "service.cli", "serve", "--listen", f"{HOST}:0"]
    command += ["--database", location.url, "--edges", str(edges), *location.options]
    with started(command, rf'"address": ?"{HOST}:(\d+)"') as running:
        yield running


@contextmanager
def bare() -> Iterator[Running]:
    """A server with methods that do nothing."""
    with started([sys.executable, "-m", "benchmarks.bare"], r"^(\d+)\n") as running:
        yield running


@contextmanager
def plain(where: Path | Location, threads: int = 1) -> Iterator[Running]:
    """A server on the plain eventsourcing library, on a SQLite file or another database."""
    target = where if isinstance(where, Path) else where.url
    command: list[str | Path] = [PLAIN_PYTHON, "-m", "benchmarks.plain.server"]
    command += [target, str(threads)]
    with started(command, r"^(\d+)\n") as running:
        yield running


@contextmanager
def emmett(file: Path, connections: str) -> Iterator[Running]:
    """A server on emmett's SQLite store, with ``one`` connection or one for ``each`` operation."""
    command: list[str | Path] = ["node", EMMETT / "server.js", file, connections]
    with started(command, r"^(\d+)\n") as running:
        yield running


@contextmanager
def umadb(folder: Path) -> Iterator[Running]:
    """A server of UmaDB with its default settings."""
    port = _free_port()
    program = PLAIN_PYTHON.with_name("umadb")
    command: list[str | Path] = [program, "--listen", f"{HOST}:{port}", "--db-path", folder]
    with started(command, rf"{HOST}:({port})") as running:
        yield running


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


def printed(program: str, *arguments: object) -> list[float]:
    """The numbers that a program of ``benchmarks/plain`` prints."""
    command = [str(PLAIN_PYTHON), "-m", f"benchmarks.plain.{program}", *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode != 0:
        raise RuntimeError(f"{command} failed: {ended.stderr}")
    return [float(word) for word in ended.stdout.split()]
