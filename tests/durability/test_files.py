"""A server that loses its files acknowledges nothing that is lost with them, and says so."""

import os
import shutil
import signal
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chancery.v1.info_service_pb2 import GetServerInfoRequest
from service.main import copy
from tests.store import logbook
from tests.support import messages
from tests.support.place import SqliteFile
from tests.support.server import Client, DidNotStart, Server, refusal
from tests.support.spoiling import SPOILINGS, cut
from tests.support.waiting import wait_until

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
OF_CHANGES = ("", "chancery.v1.DeskService")
OF_QUESTIONS = ("chancery.v1.VisitService", "chancery.v1.HistoryService")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server on a file of its own, with one visit."""
    with Server(tmp_path / "chancery.db") as server:
        server.client().record("visits/beijing", messages.scheduled())
        yield server


def health(client: Client, *services: str) -> set[int]:
    stub: Any = health_pb2_grpc.HealthStub(client.channel)
    return {stub.Check(health_pb2.HealthCheckRequest(service=each)).status for each in services}


def warnings(client: Client) -> str:
    return " ".join(client.info.GetServerInfo(GetServerInfoRequest()).warnings)


@pytest.mark.parametrize("kind", ["removed", "replaced", "read-only", "log removed"])
def test_after_its_files_are_changed_a_server_acknowledges_nothing(
    server: Server, kind: str
) -> None:
    """The next change is refused; health, log and info say why; questions are answered."""
    client, spoiling = server.client(), SPOILINGS[kind]
    spoiling.do(server.file)
    refused = refusal(client.record, "visits/beijing", messages.postponed())
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
    wait_until(lambda: health(client, *OF_CHANGES) == {NOT_SERVING})
    assert health(client, *OF_QUESTIONS) == {SERVING}
    assert spoiling.told in server.logged("changes at risk")["reason"]
    assert spoiling.told in warnings(client)
    assert client.visit("visits/beijing").version == 1
    assert client.head == 1
    assert len([line for line in server.log if line["event"] == "changes at risk"]) == 1


def test_an_idle_server_notices_within_a_second_or_two(server: Server) -> None:
    """Its health tells before anybody asks for a change."""
    client = server.client()
    assert health(client, *OF_CHANGES) == {SERVING}
    server.file.rename(f"{server.file}.away")
    assert wait_until(lambda: health(client, *OF_CHANGES) == {NOT_SERVING}) < 5


def test_once_the_files_are_as_they_were_changes_are_taken_again(server: Server) -> None:
    """A file that is moved away and back, or made writable again, is the same file."""
    client, away = server.client(), Path(f"{server.file}.away")
    for spoil, mend in (
        (lambda: server.file.rename(away), lambda: away.rename(server.file)),
        (lambda: server.file.chmod(0o400), lambda: server.file.chmod(0o600)),
    ):
        spoil()
        wait_until(lambda: health(client, *OF_CHANGES) == {NOT_SERVING})
        mend()
        wait_until(lambda: health(client, *OF_CHANGES) == {SERVING})
        client.record("visits/beijing", messages.stated())
    assert client.head == 3
    assert warnings(client) == ""
    server.stop()
    assert logbook.problems(server.file) == []


def test_a_change_of_another_program_is_noticed(server: Server) -> None:
    """Nothing is appended to a log that somebody else has appended to, until the next start."""
    client = server.client()
    with closing(sqlite3.connect(server.file)) as other:
        other.execute("UPDATE head SET size = size + 1")
        other.commit()
    assert refusal(client.record, "visits/beijing", messages.stated()).code.name == "UNAVAILABLE"
    wait_until(lambda: health(client, *OF_CHANGES) == {NOT_SERVING})
    assert "another program wrote to the log" in warnings(client)
    with closing(sqlite3.connect(server.file)) as other:
        other.execute("UPDATE head SET size = size - 1")
        other.commit()
    assert refusal(client.record, "visits/beijing", messages.stated()).code.name == "UNAVAILABLE"
    server.stop()
    with server:
        server.client().record("visits/beijing", messages.stated())


def test_no_reader_takes_another_file_for_the_database(server: Server) -> None:
    """Nor is an empty one made, by an edge that looks for a connection."""
    server.file.unlink()
    client = server.client()
    calls = [client.visits.GetVisit.future(messages.get_visit("visits/beijing")) for _ in range(20)]
    for call in calls:
        call.exception()
    assert not server.file.exists()


# Starting


def start(file: Path) -> str:
    """What a server says that does not start."""
    with pytest.raises(DidNotStart) as refused:
        Server(file).start()
    assert refused.value.status == 1
    assert "Traceback" not in refused.value.said
    return refused.value.said


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> SqliteFile:
    """The log of a server that has ended, with one visit."""
    with Server(tmp_path_factory.mktemp("ended") / "chancery.db") as server:
        server.client().record("visits/beijing", messages.scheduled())
    return SqliteFile(server.file)


@pytest.fixture
def stopped(ended: SqliteFile, tmp_path: Path) -> Path:
    """A copy of that log, with its key."""
    place = SqliteFile(tmp_path / "chancery.db")
    shutil.copy(ended.file, place.file)
    ended.copy_key(place)
    return place.file


def test_no_empty_database_is_begun_beside_a_key(stopped: Path) -> None:
    """Whether the file is missing or empty, or the key is elsewhere."""
    stopped.unlink()
    said = start(stopped)
    assert "is missing or empty, but its key" in said
    assert "chancery restore" in said
    assert not stopped.exists()
    stopped.touch()
    assert "is missing or empty" in start(stopped)
    assert stopped.stat().st_size == 0
    stopped.unlink()
    key = Path(f"{stopped}.key").rename(stopped.with_name("elsewhere"))
    with pytest.raises(DidNotStart, match="is missing or empty"):
        Server(stopped, "--key-file", str(key)).start()


def test_a_database_that_nobody_may_write_is_refused_at_start(stopped: Path) -> None:
    stopped.chmod(0o444)
    assert "chancery.db is read-only (mode 444); chmod 600 it" in start(stopped)


def test_a_file_with_two_names_is_refused_at_start(stopped: Path) -> None:
    """Under the other name it would have another write-ahead log."""
    os.link(stopped, f"{stopped}.other")
    assert "chancery.db has 2 names" in start(stopped)


DAMAGE = {
    "a head that is too long": "UPDATE head SET size = 2",
    "a head with another tree": "UPDATE head SET peaks = zeroblob(32)",
    "a last entry that is gone": "DELETE FROM log",
    "a last entry of another time": "UPDATE log SET record_time = record_time + 1",
    "a last entry with other bytes": "UPDATE log SET nonce = zeroblob(16)",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_log_that_does_not_end_as_its_head_says_is_refused_at_start(
    stopped: Path, damage: str
) -> None:
    with closing(sqlite3.connect(stopped)) as other:
        other.execute(damage)
        other.commit()
    said = start(stopped)
    assert "the log is damaged at position" in said
    assert "chancery verify" in said


def test_a_file_that_is_cut_is_refused_at_start(stopped: Path) -> None:
    cut(stopped)
    assert "cannot open" in start(stopped)


# Who may read the files


def test_every_file_is_its_owners_alone_whatever_the_umask_is(tmp_path: Path) -> None:
    """The database, its log and index, the lock, the key and a backup."""
    before = os.umask(0)
    try:
        with Server(tmp_path / "chancery.db") as server:
            server.client().record("visits/beijing", messages.scheduled())
            copy(server.place.url, str(tmp_path / "backup.db"), lambda *_: None)
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    finally:
        os.umask(before)
    names = ["backup.db", *(f"chancery.db{end}" for end in ("", "-shm", "-wal", ".key", ".lock"))]
    assert modes == dict.fromkeys(names, 0o600)


def test_a_file_that_others_may_read_is_served_and_told_of(stopped: Path) -> None:
    """Such as one of an earlier version."""
    stopped.chmod(0o644)
    with Server(stopped) as server:
        wait_until(lambda: "others may read chancery.db (mode 644)" in warnings(server.client()))
        assert server.logged("attention")["level"] == "warning"


def test_no_database_is_made_through_a_link(tmp_path: Path) -> None:
    """But one that is there is served through it."""
    link, file = tmp_path / "link.db", tmp_path / "chancery.db"
    link.symlink_to(file)
    assert "is a link to a file that does not exist" in start(link)
    assert not file.exists()
    for number, path in enumerate((file, link)):
        with Server(path, "--key-file", str(tmp_path / "key")) as server:
            server.client().record(f"visits/{number}", messages.scheduled())
            assert server.client().head == number + 1


# Without a core


def test_while_no_core_can_be_started_health_says_so(server: Server) -> None:
    """Questions are answered. Once the file is back, a core is started and changes are taken."""
    client, away = server.client(), Path(f"{server.file}.away")
    core = server.pids.core
    server.file.rename(away)
    os.kill(core, signal.SIGKILL)
    wait_until(lambda: health(client, *OF_CHANGES) == {NOT_SERVING})
    assert client.visit("visits/beijing").version == 1
    assert "is missing or empty" in server.logged("core ended", status=0)["reason"]
    time.sleep(3.5)
    assert len([line for line in server.log if line["event"] == "core ended"]) <= 3
    away.rename(server.file)
    wait_until(lambda: health(client, *OF_CHANGES) == {SERVING})
    client.record("visits/beijing", messages.stated())
