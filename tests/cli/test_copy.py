"""``chancery copy``: a log moves to another database, and always has exactly one home."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from tests.cli.desk import STORY, Desk
from tests.cli.operating import Done, operate
from tests.support.messages import scheduled
from tests.support.place import Place, PostgresDatabases, SqliteFile
from tests.support.processes import PIPE, Process
from tests.support.server import Server, refusal

TABLES = ("log ORDER BY position", "tile ORDER BY level, number", "visit ORDER BY visit_id")
LISTS = ("history", "changes")


def copy(source: Place, target: Place) -> Done:
    """Move the log of one place to another."""
    return operate("copy", "--from", source.url, "--to", target.url)


def rows(place: Place) -> list[object]:
    """Everything stored of a log, except why it is closed."""
    head = place.rows("SELECT size, record_time, peaks, origin, first_origin, public_key FROM head")
    aliases = place.rows("SELECT alias, visit_id FROM alias ORDER BY alias, visit_id")
    return [head, aliases, *(place.rows(f"SELECT * FROM {table}") for table in TABLES)]


def closed(place: Place) -> str | None:
    """Why a log accepts no more changes."""
    ((reason,),) = place.rows("SELECT closed FROM head")
    return str(reason) if reason is not None else None


@pytest.fixture
def file(own_server: Server) -> SqliteFile:
    """A file with a log of 16 changes, which no server has open."""
    Desk(own_server.address).does(f"apply {STORY}")
    own_server.stop()
    return SqliteFile(own_server.file)


@pytest.fixture
def empty(databases: PostgresDatabases) -> Iterator[Place]:
    """A PostgreSQL database with an empty log."""
    with databases.new() as place:
        yield place


def test_a_log_moves_to_postgresql_and_back_as_it_is(
    file: SqliteFile, empty: Place, tmp_path: Path
) -> None:
    """Positions, times, bodies, nonces, tiles, states and answers are the same in each home."""
    answers, homes = [], [file, empty, SqliteFile(tmp_path / "back.db")]
    file.key.rename(tmp_path / "log.key")
    stood = rows(file)
    for i, home in enumerate(homes):
        if i:
            assert copy(homes[i - 1], home) == (
                0,
                "Moved 16 changes, verified; the old database takes no more\n",
                "",
            )
        assert rows(home) == stood
        with Server(home, "--key-file", str(tmp_path / "log.key")) as server:
            desk = Desk(server.address)
            lines = [line for each in LISTS for line in desk.does(f"{each} --json").splitlines()]
            answers.append([desk.reads("checkpoint"), *map(json.loads, lines)])
    assert answers[0] == answers[1] == answers[2]


def test_the_old_home_answers_refuses_changes_and_says_where_the_log_went(
    file: SqliteFile, empty: Place
) -> None:
    """Also if it is copied again; the new home continues at the next position."""
    assert copy(file, empty).status == 0
    went = "moved to postgresql://127.0.0.1"
    with Server(file) as server:
        client = server.client()
        refused = refusal(client.record, "visits/x", scheduled())
        assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
        assert refused.reason == "LOG_CLOSED"
        assert f"it {went}" in refused.message
        assert Desk(server.address).reads("info")["read_only"] is True
        assert client.head == 16
        assert went in server.logged("changes refused")["reason"]
    for target in (empty, SqliteFile(file.file.with_name("other.db"))):
        again = copy(file, target)
        assert again.status == 1
        assert f"the log that is to be copied {went}" in again.complaint
    with Server(empty, "--key-file", str(file.key)) as server:
        assert server.client().record("visits/x", scheduled()).event.position == 17


def test_a_log_that_is_served_moves_under_its_servers(
    file: SqliteFile, empty: Place, databases: PostgresDatabases
) -> None:
    """A PostgreSQL log is copied meanwhile; then the running servers refuse changes."""
    assert copy(file, empty).status == 0
    with databases.new() as target, Server(empty, "--key-file", str(file.key)) as server:
        client = server.client()
        client.record("visits/x", scheduled())
        assert copy(empty, target).status == 0
        assert refusal(client.record, "visits/y", scheduled()).reason == "LOG_CLOSED"
        assert Desk(server.address).reads("info")["read_only"] is True
        assert rows(target) == rows(empty)


def test_a_file_that_is_served_is_not_copied(own_server: Server, empty: Place) -> None:
    refused = copy(own_server.place, empty)
    assert refused.status == 1
    assert "another process serves" in refused.complaint
    assert closed(own_server.place) is None


def test_a_database_that_has_a_log_is_not_copied_to(file: SqliteFile, tmp_path: Path) -> None:
    """Both stay as they were."""
    with Server(tmp_path / "other.db") as server:
        server.client().record("visits/x", scheduled())
    other = SqliteFile(tmp_path / "other.db")
    before = rows(other)
    refused = copy(file, other)
    assert refused.status == 1
    assert "the database to copy to has a log already" in refused.complaint
    assert rows(other) == before
    assert closed(file) is closed(other) is None


def test_a_damaged_log_is_not_moved(file: SqliteFile, empty: Place) -> None:
    """The position is named; the source stays open, and the target cannot be served."""
    file.alter("log", "nonce", "position = 7", lambda nonce: bytes(32))
    refused = copy(file, empty)
    assert refused.status == 1
    assert "the log is damaged at positions 1 to 16" in refused.complaint
    assert closed(file) is None
    serve = "serve --listen 127.0.0.1:0 --database"
    refused = operate(serve, empty.url, "--key-file", str(file.key))
    assert refused.status == 1
    assert "is being copied from the SQLite file" in refused.complaint
    assert "run chancery copy again" in refused.complaint


@pytest.mark.parametrize("to_postgresql", [True, False])
def test_a_copy_that_is_killed_again_and_again_goes_on_and_ends_the_same(
    file: SqliteFile, databases: PostgresDatabases, tmp_path: Path, to_postgresql: bool
) -> None:
    """Until the end the source is open, unless the copy is complete and verified."""
    stood, cuts = rows(file), 0
    with databases.new() as database:
        source: Place = file
        target: Place = database
        if not to_postgresql:
            assert copy(file, database).status == 0
            source, target = database, SqliteFile(tmp_path / "back.db")
        for steps in (*[1] * 8, 2, 3, 1_000_000):
            cuts += copied(source, target, steps) == -signal.SIGKILL
            assert closed(source) is None or rows(target) == stood
        assert cuts > 8
        assert closed(source) is not None
        assert closed(target) is None
        assert rows(target) == stood
        assert operate("verify --database", target.url).status == 0


def copied(source: Place, target: Place, steps: int) -> int:
    """Copy three changes at a time, kill the copy at a step, and return its exit status."""
    code = (
        "import sys, service.operate.move as moving; moving.ROWS_AT_A_TIME = 3; "
        "moving.move(*sys.argv[1:], lambda *_: (print(flush=True), sys.stdin.readline()))"
    )
    command = ["-c", code, source.url, target.url]
    with (
        Path(os.devnull).open("w") as nowhere,
        Process(command, stdin=PIPE, stdout=PIPE, stderr=nowhere) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        while steps and process.stdout.readline():
            steps -= 1
            if steps:
                process.stdin.write("\n")
        if not steps:
            process.kill()
        return process.wait()
