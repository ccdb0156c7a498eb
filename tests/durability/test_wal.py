"""The write-ahead log of a served file is bounded, and who keeps it from being emptied is named."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from chancery.v1.info_service_pb2 import GetServerInfoRequest
from service.limits import WAL_HOLD_BYTES
from tests.support import messages
from tests.support.server import Client, Server
from tests.support.waiting import wait_until


def grow(client: Client, wal: Path, size: int) -> None:
    """Record large changes until the log has so many bytes."""
    quotes = [messages.basis(quote="x" * 4000) for _ in range(50)]
    changes = [messages.change("visits/long", messages.stated(), basis=quotes)] * 5
    while wal.stat().st_size < size:
        client.desk.ApplyChanges(messages.apply(*changes))


def test_a_program_that_reads_for_long_is_named_and_the_log_emptied_after_it(
    tmp_path: Path,
) -> None:
    """Changes and questions are answered all the while."""
    wal = tmp_path / "chancery.db-wal"
    with Server(tmp_path / "chancery.db") as server:
        client = server.client()
        client.record("visits/long", messages.scheduled())
        with closing(sqlite3.connect(server.file, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT size FROM head").fetchone()
            grow(client, wal, WAL_HOLD_BYTES)
            told = server.logged("attention")["reason"]
            assert f"another program (process {os.getpid()}) has been reading it too long" in told
            assert list(client.info.GetServerInfo(GetServerInfoRequest()).warnings) == [told]
            assert client.visit("visits/long", position=1).version == 1
        wait_until(lambda: wal.stat().st_size == 0)
        client.record("visits/long", messages.postponed())
