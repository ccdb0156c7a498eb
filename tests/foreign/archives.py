"""The archives of ``make dist``, installed from a folder by the tools that people use for that.

None of them has a network, a compiler or this repository. ``make packages`` runs this file;
``make test`` leaves it out, by its name.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from chancery.client.version import __version__
from tests.foreign.debian import ROOT, SECONDS, archives, run
from tests.support.ports import free_port
from tests.support.waiting import wait_until

TOOLS = ROOT / ".venv-tools" / "bin"
# What is the server's in a home; pipx and uv keep caches, and pipx an empty file to lock by.
OURS = re.compile(
    r"^(?!\.cache|archives|.*/\.chancery\.lock$).*(?:chancery|site-packages/(?:domain|service)/)"
)
VERSION_FILE = Path("client", "chancery", "client", "version.py")
NEXT = f"{__version__}.post1"
# Neither is of any use where all is there.
NOTHING = {"CC": "/bin/false", "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "file:///nowhere"}


def digests(folder: Path) -> Mapping[str, str]:
    """What the archives in a folder are, by their names."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if not path.name.endswith(".tgz")  # that is the client for Node
    }


def make_dist(clone: Path, umask: int = 0o022, **how: str) -> Path:
    """Make the archives of a clone, with the environments of this repository."""
    command = ["make", "--quiet", "--assume-old=venv", "--assume-old=.venv-tools/ready", "dist"]
    command += [f"BIN={Path(sys.executable).parent}", f"TOOLS={TOOLS}"]
    done = subprocess.run(
        command,
        cwd=clone,
        env=os.environ | how,
        umask=umask,
        capture_output=True,
        text=True,
        timeout=SECONDS * 5,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return clone / "dist"


def cloned(where: Path, umask: str = "0022") -> Path:
    """A clone of this repository as it was committed last."""
    clone = f"umask {umask}; git clone --quiet --no-hardlinks {ROOT} {where}"
    run("sh", "-ec", clone)
    return where


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with the archives."""
    where = cloned(tmp_path_factory.mktemp("one") / "clone")
    make_dist(where)
    return where


def test_the_same_archives_come_from_two_clones_byte_by_byte(clone: Path, tmp_path: Path) -> None:
    """Whoever made them, where and when: files of the other are old, and its owner's alone."""
    other = cloned(tmp_path / "elsewhere" / "other", umask="0077")
    for path in other.rglob("*"):
        os.utime(path, (0, 0))
    how = {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "7", "HOME": str(tmp_path)}
    made = make_dist(other, umask=0o077, **how)
    modes = [(each / "pyproject.toml").stat().st_mode & 0o777 for each in (clone, other)]
    assert modes == [0o644, 0o600]
    assert digests(made) == digests(clone / "dist")
    assert len(digests(made)) == 6


def test_a_source_archive_makes_the_same_wheel(clone: Path, tmp_path: Path) -> None:
    """And so do those who have no repository."""
    with tarfile.open(clone / "dist" / f"chancery-{__version__}.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    how = ["--wheel", "--no-isolation", "--outdir", tmp_path / "made"]
    moment = run("git", "log", "-1", "--format=%ct", cwd=clone).strip()
    build = [sys.executable, "-m", "build", *how, tmp_path / f"chancery-{__version__}"]
    run("env", f"SOURCE_DATE_EPOCH={moment}", *build)
    assert digests(tmp_path / "made").items() <= digests(clone / "dist").items()


def test_the_bill_of_materials_lists_what_is_installed_and_the_fonts(clone: Path) -> None:
    """Each with its licence, and the wheels of this repository with what they are."""
    bill = json.loads((clone / "dist" / "chancery.cdx.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    server, parts = bill["metadata"]["component"], bill["components"]
    assert (server["name"], server["version"]) == ("chancery", __version__)
    assert all(part["licenses"] and part["purl"] for part in [server, *parts])
    listed = (clone / "dist" / "requirements.txt").read_text()
    needed = set(re.findall(r"^([\w.-]+)==([\w.]+)", listed, re.MULTILINE))
    own = {("chancery-client", __version__), ("Inter", "4.001"), ("Source Serif 4", "4.004")}
    assert {(part["name"], part["version"]) for part in parts} == needed | own
    wheel = digests(clone / "dist")[f"chancery-{__version__}-py3-none-any.whl"]
    assert server["hashes"] == [{"alg": "SHA-256", "content": wheel}]


def test_the_archives_name_no_file_twice_and_no_link(clone: Path) -> None:
    for wheel in (clone / "dist").glob("*.whl"):
        names = ZipFile(wheel).namelist()
        assert len(names) == len(set(names))
    for archive in (clone / "dist").glob("*.tar.gz"):
        with tarfile.open(archive) as file:
            assert all(member.isfile() or member.isdir() for member in file)


@pytest.fixture(scope="module")
def folder() -> Path:
    """The folder with the archives and all that they need."""
    return archives()


@pytest.fixture(scope="module")
def next_folder(folder: Path, clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with archives of a later version."""
    later, made = tmp_path_factory.mktemp("later"), tmp_path_factory.mktemp("made")
    shutil.copytree(clone, made, dirs_exist_ok=True)
    for name in (VERSION_FILE, "pyproject.toml"):
        file = made / name
        file.write_text(file.read_text().replace(__version__, NEXT))
    for path in folder.iterdir():
        os.link(path, later / path.name)
    for wheel in make_dist(made).glob("*.whl"):
        shutil.copy(wheel, later)
    return later


@dataclass(frozen=True)
class Installer:
    """A tool that installs the server from a folder ``archives``: what to type, and where it goes.

    ``man`` is how its manual is found.

    What is named relatively is in the home of whoever types it.
    """

    install: str
    upgrade: str
    uninstall: str
    program: str
    data: str
    man: str
    environment: Mapping[str, str]

    def run(self, command: str, home: Path, folder: Path) -> None:
        """Type one of its commands, with the archives of a folder."""
        (home / "archives").unlink(missing_ok=True)
        (home / "archives").symlink_to(folder)
        env = {"PATH": f"{TOOLS}:/usr/bin:/bin", "HOME": str(home), **NOTHING, **self.environment}
        done = subprocess.run(
            ["unshare", "--net", "bash", "-c", command],
            cwd=home,
            env=env,
            capture_output=True,
            text=True,
            timeout=SECONDS * 3,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


PIP = "venv/bin/pip"
OFFLINE = "--no-index --find-links archives"
PIPX, UV = re.findall(
    r"^(?:pipx|uv tool) install .*$", (ROOT / "docs" / "installing.md").read_text(), re.MULTILINE
)
INSTALLERS = {
    "pip": Installer(
        install=f"{PIP} install --only-binary :all: {OFFLINE} chancery",
        upgrade=f"{PIP} install --only-binary :all: {OFFLINE} --upgrade chancery",
        uninstall=f"{PIP} uninstall --yes chancery chancery-client",
        program="venv/bin/chancery",
        data="venv",
        man="PATH=$HOME/venv/bin:$PATH man",
        environment={},
    ),
    "pipx": Installer(
        install=PIPX,
        upgrade=PIPX.replace(" install ", " upgrade "),
        uninstall="pipx uninstall chancery",
        program=".local/bin/chancery",
        data=".local/share/pipx/venvs/chancery",
        man="PATH=$HOME/.local/bin:$PATH man",
        environment={},
    ),
    "uv": Installer(
        install=UV,
        upgrade=UV.replace(" install ", " upgrade "),
        uninstall="uv tool uninstall chancery",
        program=".local/bin/chancery",
        data=".local/share/uv/tools/chancery",
        man='man -M "$(uv tool dir)/chancery/share/man"',
        environment={"UV_PYTHON": sys.executable, "UV_OFFLINE": "1", "UV_NO_BUILD": "1"},
    ),
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of a person, with an environment that is empty."""
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    return tmp_path


def answer(program: Path, *arguments: str, cwd: Path) -> str:
    """What the installed program says, with none of this repository on its path."""
    env = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "LOGNAME": "anna"}
    done = subprocess.run(
        [program, *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def works(program: Path, home: Path, version: str) -> None:
    """Serve with a program, which has this version; record a visit the first time, and show it."""
    assert answer(program, "--version", cwd=home) == f"chancery {version}\n"
    address = f"127.0.0.1:{free_port()}"
    target = ["--target", address]
    log = home / "serve.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [program, "serve", "--listen", address], cwd=home, stderr=errors
        ) as server,
    ):
        try:
            wait_until(lambda: '"listening"' in log.read_text(), SECONDS)
            if version == __version__:
                facts = ["--title", "X", "--host", "FR", "--principal", "A, country=GB"]
                answer(program, "schedule", "x", *facts, "--known", "2023-01", *target, cwd=home)
            assert "scheduled" in answer(program, "show", "x", *target, cwd=home)
        finally:
            server.terminate()
    assert server.returncode == 0


@pytest.mark.parametrize("how", INSTALLERS)
def test_the_server_installs_runs_upgrades_and_is_removed(
    how: str, home: Path, folder: Path, next_folder: Path
) -> None:
    """The log stays as it was, over the upgrade; of the program nothing stays."""
    installer = INSTALLERS[how]
    program, data = home / installer.program, home / installer.data
    installer.run(installer.install, home, folder)
    works(program, home, __version__)
    installer.run(f"{installer.man} chancery-serve | grep 'Serve until SIGTERM'", home, folder)
    assert (data / "lib" / "systemd" / "system" / "chancery.service").is_file()
    installer.run(installer.upgrade, home, next_folder)
    works(program, home, NEXT)
    installer.run(installer.uninstall, home, next_folder)
    assert left_in(home) == {"chancery.db", "chancery.db.key", "chancery.db.lock"}


def left_in(home: Path) -> set[str]:
    """The files and links of the server in a home, but what the tools keep for the next time."""
    names = (str(path.relative_to(home)) for path in home.rglob("*") if not path.is_dir())
    return {name for name in names if OURS.search(name)}
