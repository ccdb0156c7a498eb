"""The wheels as `make dist` builds them, and environments that have them. No network is needed."""

import re
import subprocess
import sys
import sysconfig
import venv
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLIENT, SERVER = ROOT / "client", ROOT
REQUIREMENT = re.compile(r"([\w.-]+)(?!.*;.*extra)")


def built(project: Path, folder: Path) -> Path:
    """The wheel of a project, built from its source archive into a folder of its own."""
    options = ["--no-isolation", "--outdir", str(folder)]
    _run(sys.executable, "-m", "build", *options, project)
    (wheel,) = folder.glob("*.whl")
    return wheel


def client_environment(folder: Path, wheel: Path) -> Path:
    """The interpreter of a new environment that has the client and what that requires, no more.

    It also has a package named `service` of its own.
    """
    packages = _environment(folder, wheel)
    for name in _required_by("chancery-client", [str(packages)]):
        _link(metadata.distribution(name), packages)
    (packages / "service").mkdir()
    (packages / "service" / "__init__.py").write_text("OWNER = 'somebody else'\n")
    return folder / "bin" / "python"


def server_environment(folder: Path, *wheels: Path) -> Path:
    """The interpreter of a new environment that has both wheels, beside all packages of this one.

    An editable install of this one is not among them: files named .pth count in the environment
    itself alone.
    """
    packages = _environment(folder, *wheels)
    (packages / "beside.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return folder / "bin" / "python"


def _environment(folder: Path, *wheels: Path) -> Path:
    """Make an environment with these wheels alone, and give its folder of packages."""
    venv.create(folder, symlinks=True)
    options = ["--quiet", "--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check"]
    _run(sys.executable, "-m", "pip", "--python", folder, "install", *options, *wheels)
    (packages,) = folder.glob("lib/python3*/site-packages")
    return packages


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def _required_by(name: str, path: list[str]) -> set[str]:
    """The distributions that one requires, directly or not, without its extras."""
    (distribution,) = metadata.distributions(name=name, path=path)
    found: set[str] = set()
    for requirement in distribution.requires or []:
        if (match := REQUIREMENT.match(requirement)) and match[1] not in found:
            found |= {match[1], *_required_by(match[1], sys.path)}
    return found


def _link(distribution: metadata.Distribution, packages: Path) -> None:
    """Give an environment the files of a distribution that is installed in this one."""
    for file in distribution.files or ():
        if ".." not in file.parts and "__pycache__" not in file.parts:
            link = packages / file
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(Path(str(distribution.locate_file(file))).resolve())
