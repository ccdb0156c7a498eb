"""The README's commands do what the README says."""

import csv
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support import wheels

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
SCRIPTS = [block for language, block in BLOCKS if language == "python"]
# The steps that run against the server, in the order of the README.
STEPS = [
    step
    for language, block in BLOCKS
    for step in (commands(block) if language == "console" else [block])
    if not step.startswith("make ") and not step.endswith("&")
]


@dataclass(frozen=True)
class Session:
    """A server in a folder of its own, and what each step printed.

    ``python`` is the interpreter of an environment with the client and nothing of the server.
    """

    address: str
    python: Path
    folder: Path
    env: dict[str, str]
    printed: dict[str, str] = field(default_factory=dict)

    def run(self, step: str) -> str:
        """Run a command or a script of the README, which must succeed, and return its output."""
        command = ["bash", "-c", step.replace(DEFAULT, self.address)]
        if step in SCRIPTS:
            command = [str(self.python), "-c", command[-1]]
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def of(self, beginning: str) -> str:
        """The output of the only step that begins like this."""
        (printed,) = (text for step, text in self.printed.items() if step.startswith(beginning))
        return printed


@pytest.fixture(scope="module")
def address() -> str:
    """A free loopback address."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return f"127.0.0.1:{port}"


@pytest.fixture(scope="module")
def session(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """All steps of the README, run against its server."""
    env = os.environ | {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "CHANCERY_LISTEN": address,
        "CHANCERY_TARGET": address,
    }
    wheel = wheels.built(wheels.CLIENT, tmp_path_factory.mktemp("wheel"))
    python = wheels.client_environment(tmp_path_factory.mktemp("caller"), wheel)
    session = Session(address, python, tmp_path_factory.mktemp("session"), env)
    (serve,) = (c for c in COMMANDS if c.endswith("&"))
    log = session.folder / "desk.log"
    with subprocess.Popen(
        ["bash", "-c", f"exec {serve[:-1]}"], cwd=session.folder, env=env
    ) as server:
        try:
            while not log.exists() or "listening" not in log.read_text():
                assert server.poll() is None
                time.sleep(0.02)
            session.printed.update({step: session.run(step) for step in STEPS})
            yield session
        finally:
            server.terminate()
            assert server.wait(timeout=10) == 0


def test_the_first_session_runs_and_shows_the_new_window(session: Session) -> None:
    (shown,) = (
        text for step, text in session.printed.items() if step == "chancery show charles-france"
    )
    assert "rescheduled, official" in shown
    assert "20 to 22 September 2023" in shown
    assert "Downing Street" in shown


def test_the_first_session_says_whether_a_statement_counts(session: Session) -> None:
    assert session.of("chancery state").endswith("It counts for the status postponed: it agrees\n")


def test_the_first_session_corrects_a_slip(session: Session) -> None:
    assert session.of("chancery correct").endswith(
        " is rescheduled, official: 20 to 22 September 2023\n"
    )


def test_the_first_session_shows_what_was_known_in_march(session: Session) -> None:
    known = session.of("chancery show charles-france --known-at 2023-03")
    assert "postponed, official" in known


def test_the_first_session_lists_what_was_known_on_the_eve(session: Session) -> None:
    listed = session.of("chancery list --known-at")
    assert listed.startswith("As known by the end of 23 March 2023 (UTC)\n")
    assert "scheduled, official" in listed


def test_the_first_session_compares_the_eve_of_the_delay_with_the_end_of_august(
    session: Session,
) -> None:
    compared = session.of("chancery compare")
    assert "As known by the end of 23 March 2023 (UTC)   scheduled, official" in compared
    assert "As known by the end of 31 August 2023 (UTC)  rescheduled, official" in compared
    assert "\nWindow            26 to 29 March 2023" in compared


def test_the_first_session_shows_what_the_delay_changed(session: Session) -> None:
    shown = session.of("chancery changes charles-france")
    assert "Why: Protests in France\n" in shown
    assert " scheduled -> postponed\n" in shown
    assert (session.folder / "changes.csv").read_text().startswith("\ufeffposition,visit,version,")
    with (session.folder / "visits.csv").open(encoding="utf-8-sig") as sheet:
        (visit,) = csv.DictReader(sheet)
    assert (visit["title"], visit["end"]) == ("Charles III to France", "2023-09-22")


def test_the_first_session_watches_two_changes(session: Session) -> None:
    watched = session.of("chancery watch").splitlines()
    assert [json.loads(line)["position"] for line in watched] == ["1", "2"]


def test_the_first_session_shows_a_refusal(session: Session) -> None:
    assert session.of("chancery disclose").endswith("refused\n")


def test_the_audit_verifies_the_log_a_visit_and_the_database(session: Session) -> None:
    assert session.of("chancery verify log.bundle").startswith("Verified: the whole log of 5 ")
    visit = session.of("chancery verify visit.bundle")
    assert visit.startswith("Verified: changes 1 to 5 of visits/charles-france\n")
    assert "None of the first 5 was altered since the checkpoint was kept." in visit
    assert session.of("chancery verify --database").startswith("Verified: the database\n")


def test_the_call_from_buf_gives_the_visit(session: Session) -> None:
    assert '"status": "STATUS_COMPLETED"' in session.of("buf ")


def test_the_calls_from_python_ask_record_once_and_are_refused(session: Session) -> None:
    asked, recorded, _, _ = (session.printed[script] for script in SCRIPTS)
    assert asked == (
        "<Visit visits/charles-france: rescheduled, official, 2023-09-20 to 2023-09-22: "
        "Charles III to France>\n"
        "By the end of March it was postponed because of Protests in France\n"
    )
    assert recorded == (
        "recorded now at position 6\nrecorded before at position 6\n"
        "visits/charles-france is completed; asked for: postpone\n"
        "Allowed from here: no change of status\n"
    )


def test_the_calls_from_python_follow_the_log(session: Session) -> None:
    followed = session.printed[SCRIPTS[2]].splitlines()
    assert followed[0] == "1 visits/charles-france scheduled"
    assert followed[-1] == "6 visits/charles-france completed"
    assert len(followed) == 6


def test_the_follower_resumes_after_the_position_that_it_saved(session: Session) -> None:
    saved = session.folder / "position.json"
    where = json.loads(saved.read_text())
    assert where["after"] == 6
    saved.write_text(json.dumps(where | {"after": 4}))
    assert session.run(SCRIPTS[2]) == (
        "5 visits/charles-france corrected\n6 visits/charles-france completed\n"
    )


def test_the_asynchronous_calls_from_python_list_and_make_tables(session: Session) -> None:
    lines = session.printed[SCRIPTS[3]].splitlines()
    assert lines[0] == "<Visits: 1>"
    assert lines[2:4] == ["1 scheduled 2023-03-03", "2 postponed 2023-03-24"]


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


def test_every_make_target_that_a_document_names_exists() -> None:
    named = set()
    for document in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")):
        named |= set(re.findall(r"^\$ make ([a-z-]+)|`make ([a-z-]+)", document.read_text(), re.M))
    targets = {first or second for first, second in named}
    assert {"quick", "fix", "test", "demo"} <= targets
    for target in sorted(targets):
        planned = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
        assert planned.returncode == 0, planned.stderr


def test_every_folder_in_the_table_exists() -> None:
    for folder in re.findall(r"\[`(\S+)/`\]", README):
        assert (ROOT / folder).is_dir()
