"""``chancery backup`` and ``restore``: the whole log in another file, verified."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from service.tlog.note import Checkpoint, Note
from tests.cli.desk import STORY, Desk
from tests.support.messages import scheduled, stated
from tests.support.processes import chancery
from tests.support.server import Client, DidNotStart, Server


def run(command: str, file: Path, database: Path) -> tuple[int, str, str]:
    """The exit status of a command, its output, and its error output."""
    done = chancery(command, file, "--database", f"sqlite:///{database}")
    return done.returncode, done.stdout, done.stderr


def names(folder: Path) -> set[str]:
    """The files in a folder."""
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def recorded(own_server: Server) -> Server:
    """A server with a log of 16 changes."""
    Desk(own_server.address).does(f"apply {STORY}")
    return own_server


def test_a_backup_that_is_restored_is_the_same_log(recorded: Server, tmp_path: Path) -> None:
    """States, history and checkpoint are the same; with the key beside it a server continues it."""
    desk = Desk(recorded.address)
    asking = ("list", "history", "checkpoint")
    before = [desk.does(f"{command} --json") for command in asking]
    there = tmp_path / "there"
    there.mkdir()

    assert run("backup", there / "kept.db", recorded.file) == (
        0,
        f"Wrote {there / 'kept.db'}: 16 changes, verified\n",
        "",
    )
    restored = there / "desk.db"
    assert run("restore", there / "kept.db", restored) == (
        0,
        f"Restored {restored}: 16 changes, verified\n",
        "",
    )
    assert names(there) == {"kept.db", "desk.db"}

    Path(f"{recorded.file}.key").rename(f"{restored}.key")
    with Server(restored) as server:
        desk = Desk(server.address)
        assert [desk.does(f"{command} --json") for command in asking] == before
        assert server.client().record("visits/x", scheduled()).event.position == 17


def test_a_backup_that_is_made_under_load_is_of_one_moment(
    recorded: Server, tmp_path: Path
) -> None:
    """It verifies, and holds the log up to a position, with all acknowledged before it began."""
    client, ended = recorded.client(), threading.Event()
    client.record("visits/x", scheduled())

    def write(client: Client) -> None:
        while not ended.is_set():
            client.record("visits/x", stated(text="No comment"))

    writers = [threading.Thread(target=write, args=[recorded.client()]) for _ in range(4)]
    for writer in writers:
        writer.start()
    acknowledged = client.head
    status, _, complaint = run("backup", tmp_path / "kept.db", recorded.file)
    ended.set()
    for writer in writers:
        writer.join()

    assert (status, complaint) == (0, "")
    with closing(sqlite3.connect(tmp_path / "kept.db")) as kept:
        (size,) = kept.execute("SELECT max(position) FROM log").fetchone()
        rows = kept.execute("SELECT * FROM log ORDER BY position").fetchall()
    assert acknowledged <= size < client.head
    with closing(sqlite3.connect(recorded.file)) as live:
        statement = "SELECT * FROM log WHERE position <= ? ORDER BY position"
        assert rows == live.execute(statement, [size]).fetchall()


@pytest.mark.parametrize("there", ["kept.db", "kept.db-wal", "kept.db-journal"])
def test_nothing_that_is_there_is_replaced(recorded: Server, tmp_path: Path, there: str) -> None:
    """Nor is a database put beside an old one's leftovers: SQLite would mix them."""
    (tmp_path / there).write_text("something")
    before = names(tmp_path)

    status, answer, complaint = run("backup", tmp_path / "kept.db", recorded.file)

    assert (status, answer) == (1, "")
    assert f"{tmp_path / there} is there already" in complaint
    assert (tmp_path / there).read_text() == "something"
    assert names(tmp_path) == before


def test_a_database_that_is_damaged_is_neither_backed_up_nor_restored(
    recorded: Server, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.db"
    assert run("backup", kept, recorded.file)[0] == 0
    for file in (kept, recorded.file):
        with closing(sqlite3.connect(file)) as database:
            database.execute("UPDATE log SET actor = 'nobody' WHERE position = 7")
            database.commit()
    before = names(tmp_path)

    for command, source, target in (
        ("backup", tmp_path / "again.db", recorded.file),
        ("restore", kept, tmp_path / "restored.db"),
    ):
        status, answer, complaint = run(command, source, target)
        assert (status, answer) == (1, "")
        assert "position 7" in complaint
        assert "nothing was written" in complaint
    assert names(tmp_path) == before


@pytest.mark.parametrize(
    ("command", "file", "database", "told"),
    [
        ("backup", "kept.db", "none.db", "there is no file {0}/none.db"),
        ("restore", "none.db", "desk.db", "there is no file {0}/none.db"),
        ("restore", "text", "desk.db", "cannot open {0}/text"),
        ("restore", "empty", "desk.db", "{0}/empty"),
    ],
)
def test_what_is_no_database_is_told(
    tmp_path: Path, command: str, file: str, database: str, told: str
) -> None:
    (tmp_path / "text").write_text("This is no database. " * 100)
    (tmp_path / "empty").write_text("")
    before = names(tmp_path)

    status, answer, complaint = run(command, tmp_path / file, tmp_path / database)

    assert (status, answer) == (1, "")
    assert told.format(tmp_path) in complaint
    assert names(tmp_path) == before


def test_a_folder_that_is_not_there_is_told(recorded: Server, tmp_path: Path) -> None:
    status, answer, complaint = run("backup", tmp_path / "no" / "kept.db", recorded.file)

    assert (status, answer) == (1, "")
    assert f"cannot write {tmp_path / 'no' / 'kept.db'}" in complaint


# What was signed since


@pytest.fixture
def put_back(recorded: Server, tmp_path: Path) -> Server:
    """A stopped server whose database is a backup of 16 changes, after 18 were signed."""
    desk = Desk(recorded.address)
    assert run("backup", tmp_path / "kept.db", recorded.file)[0] == 0
    for name in ("x", "y"):
        desk.does(f"schedule {name} --title T --principal 'Ana {name}' --host FR --from 2027-06-01")
    (tmp_path / "signed.txt").write_text(desk.does("checkpoint"))
    recorded.stop()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{recorded.file}{suffix}").unlink(missing_ok=True)
    assert run("restore", tmp_path / "kept.db", recorded.file)[0] == 0
    return recorded


def test_a_backup_that_does_not_reach_what_was_signed_is_not_served(put_back: Server) -> None:
    """Otherwise there would be two signed checkpoints of one size."""
    with pytest.raises(DidNotStart) as refused:
        put_back.start()
    assert refused.value.status == 1
    told = refused.value.said.splitlines()[-1]
    assert told.startswith("Failed: this is not the log that its key has signed: ")
    assert "a checkpoint of 18 changes was signed, and it has 16 changes" in told
    assert told.endswith("run chancery restore --new-origin: it becomes another log")


def test_a_backup_goes_on_as_another_log_when_the_operator_says_so(
    put_back: Server, tmp_path: Path
) -> None:
    """Its checkpoints cannot be mistaken for those of the log before, whose first name it keeps."""
    signed = tmp_path / "signed.txt"
    before = Checkpoint.parse(Note.parse(signed.read_text()).text)
    done = chancery("restore", "--new-origin", "--database", f"sqlite:///{put_back.file}")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("It is another log now, chancery.invalid/")

    desk = Desk(put_back.start().address)
    told = desk.reads("info")
    assert told["log_origin"] != before.origin == told["first_log_origin"]
    assert told["head_position"] == "16"
    for name in ("v", "w"):
        desk.does(f"schedule {name} --title T --principal 'Ana {name}' --host FR --from 2027-06-01")
    now = Checkpoint.parse(Note.parse(desk.does("checkpoint")).text)
    assert (now.origin, now.size) == (told["log_origin"], before.size)
    assert now.root != before.root
    complaint = desk.is_refused(f"checkpoint --since {signed}")
    assert f"the checkpoint is of {before.origin}" in complaint


def test_a_backup_is_restored_as_another_log_at_once(recorded: Server, tmp_path: Path) -> None:
    assert run("backup", tmp_path / "kept.db", recorded.file)[0] == 0
    restored = tmp_path / "another.db"
    done = chancery(
        "restore", tmp_path / "kept.db", "--new-origin", "--database", f"sqlite:///{restored}"
    )
    assert (done.returncode, done.stderr) == (0, "")
    restored_line, another = done.stdout.splitlines()
    assert restored_line == f"Restored {restored}: 16 changes, verified"
    assert another.startswith("It is another log now, ")
    with Server(restored) as server:
        assert Desk(server.address).reads("info")["public_key"] in another


def test_a_restore_without_a_file_is_a_mistake_in_usage(tmp_path: Path) -> None:
    done = chancery("restore", "--database", f"sqlite:///{tmp_path / 'x.db'}")
    assert done.returncode == 2
    assert "name the backup file" in done.stderr
