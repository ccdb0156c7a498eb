"""The README's commands do what the README says."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"```(console|python)\n(.*?)```", re.DOTALL)
BIN = Path(sys.executable).parent
DEFAULT = "127.0.0.1:50051"


def commands(block: str) -> list[str]:
    """The commands of a console block, each with its continued lines."""
    return [command.strip() for command in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]


BLOCKS = BLOCK.findall(README)
COMMANDS = [c for language, block in BLOCKS if language == "console" for c in commands(block)]
SESSION = [c for c in COMMANDS if not c.startswith("make ") and not c.endswith("&")]


@pytest.fixture(scope="module")
def address() -> str:
    """A loopback address that is free."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return f"127.0.0.1:{port}"


@pytest.fixture(scope="module")
def session(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The output of each command of the first session, in a folder of its own."""
    folder = tmp_path_factory.mktemp("session")
    env = os.environ | {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "CHANCERY_LISTEN": address,
        "CHANCERY_TARGET": address,
    }
    (serve,) = (c for c in COMMANDS if c.endswith("&"))
    with (
        (folder / "serve.log").open("w") as log,
        subprocess.Popen(
            ["bash", "-c", f"exec {serve[:-1]}"], cwd=folder, env=env, stderr=log
        ) as server,
    ):
        try:
            while "listening" not in (folder / "serve.log").read_text():
                assert server.poll() is None, (folder / "serve.log").read_text()
            yield {c: run(c.replace(DEFAULT, address), folder, env) for c in SESSION}
        finally:
            server.terminate()
            assert server.wait(timeout=10) == 0


def run(command: str, folder: Path, env: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def output(session: dict[str, str], beginning: str) -> str:
    (found,) = (text for command, text in session.items() if command == beginning)
    return found


def test_the_first_session_runs_and_shows_the_new_window(session: dict[str, str]) -> None:
    shown = output(session, "chancery show charles-france")
    assert "rescheduled, official" in shown
    assert "20 to 22 September 2023" in shown
    assert "Downing Street" in shown


def test_the_first_session_tells_what_was_known_in_march(session: dict[str, str]) -> None:
    assert "postponed, official" in output(
        session, "chancery show charles-france --known-at 2023-03"
    )


def test_the_first_session_shows_a_refusal(session: dict[str, str]) -> None:
    (refused,) = (text for command, text in session.items() if "refused" in command)
    assert refused.endswith("refused\n")


def test_the_call_from_buf_gives_the_visit(session: dict[str, str]) -> None:
    (answer,) = (text for command, text in session.items() if command.startswith("buf "))
    assert '"status": "STATUS_RESCHEDULED"' in answer


def test_the_call_from_python_gives_the_status(
    session: dict[str, str], address: str, tmp_path: Path
) -> None:
    (example,) = (block for language, block in BLOCKS if language == "python")
    script = tmp_path / "first_call.py"
    script.write_text(example.replace(DEFAULT, address))
    printed = run(f"{sys.executable} {script}", tmp_path, dict(os.environ))
    assert printed == "STATUS_RESCHEDULED as of position 4\n"


def test_the_demo_ends_by_itself_and_prints_what_the_readme_shows() -> None:
    assert "make demo" in COMMANDS
    done = subprocess.run(
        ["make", "demo"], cwd=ROOT, capture_output=True, text=True, timeout=120, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    shown = re.search(r"```text\n(.*?)```", README, re.DOTALL)
    assert shown is not None
    for line in shown[1].splitlines():
        assert line == "..." or line in done.stdout


def test_every_make_target_that_the_readme_names_exists() -> None:
    for target in re.findall(r"`make ([a-z]+)`", README):
        planned = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
        assert planned.returncode == 0, planned.stderr


def test_every_folder_of_the_map_is_there() -> None:
    for folder in re.findall(r"\[`(\S+)/`\]", README):
        assert (ROOT / folder).is_dir()


def test_a_wheel_runs_elsewhere_and_has_the_migrations(tmp_path: Path) -> None:
    """The wheel is installed beside the project's dependencies, and serves from there."""
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = tmp_path.glob("*.whl")
    elsewhere = tmp_path / "elsewhere"
    shutil.unpack_archive(wheel, elsewhere, "zip")
    script = (
        "import service, service.main, sys\n"
        "assert service.__file__.startswith(sys.argv[1]), service.__file__\n"
        "print(service.main.Database(f'sqlite:///{sys.argv[1]}/log.db').version)\n"
    )
    env = os.environ | {"PYTHONPATH": str(elsewhere)}
    done = subprocess.run(
        [sys.executable, "-c", script, str(elsewhere)],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("SQLite")
