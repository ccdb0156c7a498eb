"""A mirror that is not ours follows the log from its tiles, and proves every entry.

It is written with Go's packages for the checksum database. ``make foreign`` builds it and runs this
file; ``make test`` leaves it out, by its name.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chancery.v1.audit_service_pb2 import GetTileResponse
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from service.web.gateway import tiles
from tests.support.board import ServedBoard
from tests.support.messages import amended, apply, change, scheduled
from tests.support.place import SqliteFile
from tests.support.server import Server

FOLLOW = Path(__file__).parents[2] / ".foreign" / "tlog_go" / "follow"
CHANGES = 1200  # tiles of leaves, full ones and a part of one


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a log of 1,200 changes."""
    with Server(SqliteFile(tmp_path_factory.mktemp("mirrored") / "desk.db")) as server:
        client = server.client()
        client.record("visits/v", scheduled())
        steps = [change("visits/v", amended(title=f"Title {n}")) for n in range(1, CHANGES)]
        for begin in range(0, len(steps), 100):
            client.desk.ApplyChanges(apply(*steps[begin : begin + 100]))
        yield server


def followed(server: Server) -> subprocess.CompletedProcess[str]:
    """What the mirror says of the log."""
    key = server.client().info.GetServerInfo(GetServerInfoRequest()).public_key
    with ServedBoard(server.address) as gateway:
        command = [str(FOLLOW), gateway.address, key]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_a_mirror_proves_every_entry(server: Server) -> None:
    done = followed(server)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{CHANGES} ")


def test_a_mirror_notices_an_entry_that_is_another(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the test before says nothing."""

    read = GetTileResponse.FromString

    class Altered:
        """Tiles of which one byte is another."""

        @staticmethod
        def FromString(raw: bytes) -> GetTileResponse:
            """The tile."""
            answer = read(raw)
            if len(answer.data) == 256 * 50:
                answer.data = answer.data[:40] + bytes([answer.data[40] ^ 1]) + answer.data[41:]
            return answer

    monkeypatch.setattr(tiles, "GetTileResponse", Altered)
    done = followed(server)
    assert done.returncode == 1
    assert "is another" in done.stderr
