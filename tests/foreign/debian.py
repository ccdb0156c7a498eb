"""A Debian in a folder, with a systemd of its own, and the archives of a server to install there.

It takes root, debootstrap and systemd-container, and a network the first time.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist"
# What was fetched is kept.
KEPT = ROOT / ".foreign"
SUITE, PYTHON = "bookworm", "3.11"
PACKAGES = "ca-certificates,dbus,man-db,openssl,procps,prometheus,python3-venv,systemd-sysv"
GLIBC = (17, 24, 28, 34, 35)
SECONDS = 240.0


def run(*command: object, cwd: Path | None = None, seconds: float = SECONDS) -> str:
    """Run a program, which must succeed, and give what it said."""
    words = [str(each) for each in command]
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, cwd=cwd
    )
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def archives() -> Path:
    """The folder with the wheels of ``make dist`` and all that they need, for Debian's Python."""
    folder = KEPT / "archives"
    listed = folder / "requirements.txt"
    wanted = (DIST / "requirements.txt").read_text()
    if not listed.exists() or listed.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        platforms = [f"--platform=manylinux_2_{each}_{os.uname().machine}" for each in GLIBC]
        options = ["--quiet", "--only-binary", ":all:", "--require-hashes", "--dest", folder]
        options += [*platforms, "--python-version", PYTHON]
        options += ["--requirement", DIST / "requirements.txt"]
        run(sys.executable, "-m", "pip", "download", *options, seconds=600)
        listed.write_text(wanted)
    for wheel in DIST.glob("*.whl"):
        shutil.copy(wheel, folder)
    return folder


def debian() -> Path:
    """The folder of a new Debian, which is not to be changed."""
    folder = KEPT / "debian"
    complete = folder / "complete"
    if not complete.exists() or complete.read_text() != PACKAGES:
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(exist_ok=True)
        how = ["--variant=minbase", f"--include={PACKAGES}"]
        run("debootstrap", *how, SUITE, folder, seconds=900)
        complete.write_text(PACKAGES)
    return folder


@contextmanager
def copied(folder: Path, where: Path) -> Iterator[Path]:
    """A Debian that may be changed: what is written to it goes elsewhere."""
    parts = {name: where / name for name in ("upper", "work", "root")}
    for part in parts.values():
        part.mkdir(parents=True)
    layers = f"lowerdir={folder},upperdir={parts['upper']},workdir={parts['work']}"
    run("mount", "-t", "overlay", "overlay", "-o", layers, parts["root"])
    try:
        yield parts["root"]
    finally:
        run("umount", parts["root"])


NSPAWN = ("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network")


def inside(root: Path, script: str, *options: str) -> str:
    """What a script of the shell says in a Debian that has not been booted, and has no network."""
    where = (f"--directory={root}", f"--bind-ro={archives()}:/root/archives", "--pipe", *options)
    return run(*NSPAWN, *where, "/bin/bash", "-ec", f"cd /root\n{script}")


class Machine:
    """A Debian that is booted, by a systemd of its own."""

    def __init__(self, root: Path) -> None:
        name = f"chancery-{os.getpid()}"
        self._process = subprocess.Popen(
            [*NSPAWN, f"--directory={root}", f"--machine={name}", "--boot", "--console=read-only"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        self._leader = 0
        self._boot()

    def _boot(self) -> None:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            children = psutil.Process(self._process.pid).children()
            if children and children[0].name() == "systemd":
                self._leader = children[0].pid
                if self.tried("systemctl is-system-running").returncode == 0:
                    return
            time.sleep(0.1)
        raise AssertionError(self.tried("systemctl list-units --failed").stdout)

    def tried(self, script: str) -> "subprocess.CompletedProcess[str]":
        """Run a script of the shell in it, as root who has just logged in."""
        command = ["nsenter", "--all", "--root", "--wd", f"--target={self._leader}"]
        return subprocess.run(
            [*command, "/bin/bash", "-lc", f"set -e; cd /root\n{script}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )

    def run(self, script: str) -> str:
        """What a script says in it, which must succeed."""
        done = self.tried(script)
        assert done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
        return done.stdout

    def close(self) -> None:
        """Switch it off."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(SECONDS)
