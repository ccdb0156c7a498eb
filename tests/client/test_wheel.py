"""The wheels: the client's alone, in the environment of a caller, and the server's beside it.

That the README's examples run with the client's alone is in tests/docs/test_readme.py.
"""

import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from chancery.client.version import __version__
from tests.support import wheels
from tests.support.server import Server
from tests.support.wheels import CLIENT, ROOT, SERVER

DOCUMENTS = "".join((ROOT / name).read_text() for name in ("README.md", "docs/python.md"))
EXAMPLES = re.findall(r"```python\n(.*?)```", DOCUMENTS, re.DOTALL)
PROJECT = Path(__file__).with_name("project.py").read_text()
WRONG = """\
from chancery.client import Connection

with Connection("127.0.0.1:50051") as chancery:
    title: int = chancery.visit(3).details.title
    chancery.cancel("a", knwon="2023")
    chancery.state("a", "denied", "host")
"""
WRONG_LINES = {4, 5, 6}
# Pages for which no server is asked.
PAGES = """\
import asyncio, httpx
from chancery.client import AsyncConnection
from service.web.app import make_app
from service.web.board import Board, BoardSettings

async def shown():
    async with AsyncConnection("127.0.0.1:1") as connection:
        transport = httpx.ASGITransport(make_app(Board(connection, BoardSettings())))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as web:
            for path in ("/nothing", "/openapi.json", "/static/board.css"):
                yield (await web.get(path)).status_code

async def main():
    print(*[status async for status in shown()])

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def client_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheels.built(CLIENT, tmp_path_factory.mktemp("client"))


@pytest.fixture(scope="module")
def server_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheels.built(SERVER, tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="module")
def python(client_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a caller, who has a package named `service`."""
    return wheels.client_environment(tmp_path_factory.mktemp("caller"), client_wheel)


def names(wheel: Path) -> set[str]:
    """The files of a wheel."""
    with ZipFile(wheel) as file:
        return set(file.namelist())


def says(python: Path, script: str, *args: str) -> str:
    """What a script prints, which has to succeed."""
    command = [str(python), "-c", script, *args]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=python.parent)
    assert done.returncode == 0, done.stderr
    return done.stdout


def complaints(python: Path, folder: Path, *scripts: str) -> list[str]:
    """What `mypy --strict` says about scripts in the environment of an interpreter."""
    files = [folder / f"script{number}.py" for number, _ in enumerate(scripts)]
    for file, script in zip(files, scripts, strict=True):
        file.write_text(script)
    mypy = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary"]
    mypy += ["--python-executable", str(python), "--cache-dir", str(folder / "cache")]
    done = subprocess.run(
        [*mypy, *map(str, files)], capture_output=True, text=True, timeout=60, cwd=folder
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_the_clients_wheel_is_typed_and_has_its_licence(client_wheel: Path) -> None:
    held = names(client_wheel)
    stubs = {f"chancery/v1/{stub.name}" for stub in ROOT.glob("protos/chancery/v1/*.pyi")}
    assert stubs | {"chancery/client/py.typed", "chancery/v1/py.typed"} <= held
    (licence,) = (name for name in held if name.endswith(".dist-info/licenses/LICENSE"))
    assert ZipFile(client_wheel).read(licence) == (ROOT / "LICENSE").read_bytes()
    code = {str(Path(name).parent) for name in held if name.endswith(".py")}
    assert code == {"chancery/client", "chancery/client/shells", "chancery/v1"}


def test_the_servers_wheel_is_typed_and_has_its_licence(server_wheel: Path) -> None:
    held = names(server_wheel)
    assert {"service/py.typed", "domain/py.typed", "service/store/engines/roles.sql"} <= held
    licences = [name for name in held if ".dist-info/licenses/" in name]
    assert sorted(Path(name).name for name in licences) == [
        "LICENSE",
        "inter-OFL.txt",
        "source-serif-4-OFL.txt",
    ]
    assert {name.split("/")[0] for name in held if ".dist-info/" not in name} == {
        f"chancery-{__version__}.data",
        "domain",
        "service",
    }


def test_the_servers_wheel_has_its_manual_completion_units_and_settings(server_wheel: Path) -> None:
    """Below the folder of the environment, where others look for them."""
    data = {name.partition(".data/data/")[2] for name in names(server_wheel)} - {""}
    shared = {path for path in (ROOT / "deploy" / "share").rglob("*") if path.is_file()}
    units = [path.name for path in (ROOT / "deploy").glob("chancery*.[st]*er*")]
    assert {"chancery.service", "chancery-backup.timer"} <= set(units)
    assert data == {
        *(f"share/{path.relative_to(ROOT / 'deploy' / 'share')}" for path in shared),
        *(f"share/chancery/{name}" for name in ("chancery.toml", "alarms.yaml", "grafana.json")),
        *(f"lib/systemd/system/{unit}" for unit in units),
    }


def test_the_servers_wheel_has_all_that_the_board_shows(server_wheel: Path) -> None:
    """Its templates, styles, script, fonts, their widths, and the document of the contract."""
    files = (file for file in (ROOT / "service" / "web").rglob("*.*") if file.is_file())
    shown = {str(file.relative_to(ROOT)) for file in files if file.suffix not in (".py", ".pyc")}
    assert len(shown) > 40
    assert shown <= names(server_wheel)


def test_the_client_leaves_alone_what_else_is_named_service(python: Path) -> None:
    assert says(python, "import chancery.client, service; print(service.OWNER)") == (
        "somebody else\n"
    )


def test_mypy_strict_complains_of_wrong_calls_and_not_of_a_project(
    python: Path, tmp_path: Path
) -> None:
    """Nor of the examples in the documents."""
    assert len(EXAMPLES) == 5
    found = complaints(python, tmp_path, *EXAMPLES, PROJECT, WRONG)
    assert {line.partition(": error: ")[0] for line in found if ": error: " in line} == {
        f"script{len(EXAMPLES) + 1}.py:{number}" for number in WRONG_LINES
    }


def test_a_project_runs_with_the_clients_wheel_alone(python: Path, own_server: Server) -> None:
    said = says(python, PROJECT, own_server.address).splitlines()
    assert said[0] == "None 2"
    assert said[-1].startswith("[<Recorded 7: visits/charles-france completed, ")


def test_the_server_installs_beside_the_client_with_its_migrations_pages_and_manual(
    client_wheel: Path, server_wheel: Path, tmp_path: Path
) -> None:
    python = wheels.server_environment(tmp_path / "server", client_wheel, server_wheel)
    script = (
        "import chancery.client, service, service.main, sys\n"
        "for package in (chancery.client, service):\n"
        "    assert package.__file__.startswith(sys.argv[1]), package.__file__\n"
        "print(service.main.opening.open_database(f'sqlite:///{sys.argv[1]}/log.db').version)\n"
    )
    assert says(python, script, str(tmp_path)).startswith("SQLite")
    assert says(python, PAGES) == "404 200 200\n"
    assert (tmp_path / "server" / "share" / "man" / "man1" / "chancery-serve.1").is_file()
    assert (tmp_path / "server" / "lib" / "systemd" / "system" / "chancery.service").is_file()
