"""The tests' PostgreSQL servers do what the durability tests need."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import sqlalchemy

from tests.support.postgresql import (
    Cluster,
    ClusterError,
    binaries,
    fresh_database,
    in_memory,
    shared_cluster,
)
from tests.support.processes import run
from tests.support.waiting import wait_until

BOTH = sorted({binaries(), binaries(of_wheel=True)})


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A cluster like the one that a session's tests share."""
    with shared_cluster() as cluster:
        yield cluster


STARTED = """
import os, signal
from tests.support.postgresql import Cluster, in_memory
cluster = Cluster(within=in_memory()).__enter__()
standby = cluster.standby(synchronous=False)
print(cluster.folder, standby.folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def asked(url: str, statement: str) -> list[Any]:
    """The first value of each row, from the server at the URL."""
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.connect() as connection:
            return list(connection.execute(sqlalchemy.text(statement)).scalars())
    finally:
        engine.dispose()


def processes_of(name: str) -> list[str]:
    """The names of the cluster's processes."""
    titles = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    return [title for title in titles if name in title]


@pytest.mark.parametrize("programs", BOTH, ids=lambda folder: folder.parent.name)
def test_what_was_committed_is_there_after_each_kind_of_end(programs: Path) -> None:
    """The server starts again where it was, and at the end nothing of it is left."""
    with Cluster(programs, within=in_memory()) as cluster:
        url = cluster.create_database("kept")
        assert asked(url, "SHOW fsync") == ["on"]
        cluster.execute("CREATE TABLE told (number int)", "kept")
        for number, end in enumerate(
            (cluster.stop, lambda: cluster.stop("immediate"), cluster.kill)
        ):
            cluster.execute(f"INSERT INTO told VALUES ({number})", "kept")
            assert len(processes_of(cluster.name)) > 3
            end()
            assert processes_of(cluster.name) == []
            cluster.start()
        assert asked(url, "SELECT number FROM told") == [0, 1, 2]
        cluster.kill()
    assert not cluster.folder.exists()


def test_a_synchronous_standby_has_every_commit_and_one_held_back_has_not() -> None:
    """After the primary is lost both accept writes; a URL with several hosts finds them."""
    with Cluster(within=in_memory()) as primary:
        primary.create_database("kept")
        primary.execute("CREATE TABLE told (number int)", "kept")
        follower = primary.standby(synchronous=True)
        behind = primary.standby(synchronous=False)
        behind.hold_back()
        url = primary.url("kept", follower, target_session_attrs="read-write")
        primary.execute("INSERT INTO told VALUES (1)", "kept")
        assert asked(url, "SHOW cluster_name") == [primary.name]
        assert asked(follower.url("kept"), "SELECT pg_is_in_recovery()") == [True]
        primary.kill()
        for standby in (follower, behind):
            standby.promote()
            standby.execute("INSERT INTO told VALUES (2)", "kept")
        assert asked(url, "SHOW cluster_name") == [follower.name]
        assert asked(follower.url("kept"), "SELECT number FROM told") == [1, 2]
        assert asked(behind.url("kept"), "SELECT number FROM told") == [2]
    assert not any(each.folder.exists() for each in (primary, follower, behind))


def test_a_database_is_empty_or_a_copy_of_another(cluster: Cluster) -> None:
    """Each fresh database is a new one."""
    first, second = fresh_database(cluster), fresh_database(cluster)
    assert first != second
    cluster.execute("CREATE TABLE told (number int)", first.rpartition("/")[2])
    tables = "SELECT count(*) FROM pg_tables WHERE tablename = 'told'"
    copy = cluster.create_database("copy", template=first.rpartition("/")[2])
    assert [asked(url, tables) for url in (first, second, copy)] == [[1], [0], [1]]


def test_a_server_that_does_not_start_tells_why(cluster: Cluster) -> None:
    """The error shows the end of its log."""
    cluster.stop()
    settings = cluster.data / "postgresql.conf"
    before = settings.read_text()
    settings.write_text(before + "nonsense = on\n")
    with pytest.raises(ClusterError, match=r'did not start\n(.*\n)*.*"nonsense"'):
        cluster.start()
    settings.write_text(before)
    cluster.start()


def test_no_statement_takes_longer_than_the_limit(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection is cut."""
    monkeypatch.setattr("tests.support.postgresql.SECONDS", 1.0)
    with pytest.raises(psycopg.OperationalError):
        cluster.execute("SELECT pg_sleep(60)")


def test_servers_end_with_whoever_started_them_however_that_ends() -> None:
    """Their data, which may be in memory, is removed as well."""
    done = run("-c", STARTED)
    assert done.returncode == -signal.SIGKILL
    folders = done.stdout.split()
    assert len(folders) == 2
    wait_until(lambda: not any(Path(folder).exists() for folder in folders))
    wait_until(lambda: not any(processes_of(folder) for folder in folders))
