"""The commands of docs/scaling.md set up a service, and a recovered log verifies."""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chancery.v1.audit_service_pb2 import GetCheckpointRequest
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from service.store.engines.opening import upgrade
from service.store.errors import LogDamaged
from service.tlog.note import Note, VerifierKey
from service.verify import verify_database
from tests.support.messages import scheduled
from tests.support.postgresql import Cluster
from tests.support.server import Client, DidNotStart, Server

DOCUMENT = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text()
BIN = Path(sys.executable).parent
SETTING_UP = [
    command.strip()
    for block in re.findall(r"```console\n(.*?)```", DOCUMENT, re.DOTALL)
    for command in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
]
KEY = "log.key"


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    """A new PostgreSQL server, without any of the roles."""
    with Cluster() as cluster:
        yield cluster


def run(cluster: Cluster, folder: Path, command: str) -> str:
    """Run a command, which must succeed, and return its output."""
    env = os.environ | {
        "PATH": os.pathsep.join([str(BIN), str(cluster.programs), os.environ["PATH"]]),
        "PGHOST": "127.0.0.1",
        "PGPORT": str(cluster.port),
        "PGUSER": "postgres",
    }
    line = ["bash", "-c", command.replace("db1/", f"{cluster.address}/")]
    done = subprocess.run(line, cwd=folder, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def checkpoint_of(client: Client) -> Note:
    """The signed checkpoint of the log as it is now."""
    return Note.parse(client.audit.GetCheckpoint(GetCheckpointRequest()).checkpoint)


def test_the_commands_set_up_a_service(own_cluster: Cluster, tmp_path: Path) -> None:
    """Its processes serve as the role that can only append, with the key that they created."""
    *steps, serve = SETTING_UP
    for step in steps:
        run(own_cluster, tmp_path, step)
    assert serve.endswith(" &")
    command = serve[:-2].replace("db1/", f"{own_cluster.address}/")
    line = ["bash", "-c", f"exec {BIN}/{command} --listen 127.0.0.1:0"]
    with subprocess.Popen(line, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            client = Client(json.loads(server.stderr.readline())["address"])
            assert client.record("visits/x", scheduled()).event.position == 1
            client.close()
        finally:
            server.terminate()
    assert server.returncode == 0
    assert (tmp_path / KEY).exists()


def test_a_log_recovered_to_a_point_in_time_verifies_and_reports_what_is_missing(
    tmp_path: Path,
) -> None:
    """An earlier checkpoint finds it complete; a later one names the first missing position."""
    key = ["--key-file", str(tmp_path / KEY)]
    with tempfile.TemporaryDirectory() as folder, Cluster() as cluster:
        archive = Path(folder)
        cluster.archive(archive)
        url = cluster.create_database("chancery")
        upgrade(url)
        with Server(tmp_path / "unused", "--database", url, *key) as server:
            client = server.client()
            client.record("visits/before-backup", scheduled())
            copy = cluster.base_backup()
            client.record("visits/behind-backup", scheduled())
            early = checkpoint_of(client)
            time.sleep(0.01)
            ((target,),) = cluster.execute("SELECT now()::text")
            time.sleep(0.01)
            client.record("visits/behind-target", scheduled())
            late = checkpoint_of(client)
            key_of_log = client.info.GetServerInfo(GetServerInfoRequest()).public_key
        cluster.execute("SELECT pg_switch_wal()")
        copy.recover(archive, target)
        keys = [VerifierKey.parse(key_of_log)]
        report = verify_database(copy.url("chancery"), keys, early, lambda *_: None)
        assert report.changes == 2
        with pytest.raises(LogDamaged, match="position 3: the entry is missing"):
            verify_database(copy.url("chancery"), keys, late, lambda *_: None)
        recovered = ["--database", copy.url("chancery"), *key]
        with pytest.raises(DidNotStart, match="run chancery restore --new-origin"):
            Server(tmp_path / "unused", *recovered).start()
        run(copy, tmp_path, shlex.join(["chancery", "restore", "--new-origin", *recovered]))
        with Server(tmp_path / "unused", *recovered) as server:
            assert server.client().record("visits/again", scheduled()).event.position == 3
