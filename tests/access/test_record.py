"""Who read the audit service, and who was refused, is recorded in a file of its own."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from chancery.v1.audit_service_pb2 import ChangeFilter, GetCheckpointRequest, ListChangesRequest
from service.observe import record
from service.observe.record import AccessRecord
from tests.support.holders import NAMES, UNKNOWN, guarded
from tests.support.messages import scheduled
from tests.support.place import SqliteFile
from tests.support.server import Server, refusal
from tests.support.waiting import wait_until

LINE = {"method": "m", "code": "OK", "caller": "a", "role": "auditor"}


def lines(*files: Path) -> list[dict[str, Any]]:
    """The lines of the record, in the order of the files."""
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def files_of(folder: Path) -> list[Path]:
    """The files of a record, the oldest first."""
    return sorted(folder.glob("record*"), reverse=True)


def test_reads_of_the_audit_service_and_refusals_are_recorded(tmp_path: Path) -> None:
    """With who, as what, whence, and what was asked for; and nothing else is."""
    file = tmp_path / "desk.db.access"
    place = SqliteFile(tmp_path / "desk.db")
    with guarded(place, tmp_path) as server:
        server.held("editor").record("visits/a", scheduled())
        server.held("editor").visit("visits/a")
        asked = ListChangesRequest(filter=ChangeFilter(visit="visits/a", actor="Zoë"))
        server.held("auditor").audit.ListChanges(asked)
        server.held("auditor").audit.GetCheckpoint(GetCheckpointRequest())
        refusal(server.held("reader").record, "visits/b", scheduled())
        refusal(server.client(token=UNKNOWN).visit, "visits/a")
        wait_until(lambda: len(lines(file)) == 4)

    told = lines(file)
    assert [(each["method"].rpartition("/")[2], each["code"]) for each in told] == [
        ("ListChanges", "OK"),
        ("GetCheckpoint", "OK"),
        ("ScheduleVisit", "PERMISSION_DENIED"),
        ("GetVisit", "UNAUTHENTICATED"),
    ]
    assert [each["caller"] for each in told] == [
        NAMES["auditor"],
        NAMES["auditor"],
        NAMES["reader"],
        "",
    ]
    assert "visits/a" in told[0]["asked"]
    assert all(each["peer"].startswith("ipv4:127.0.0.1:") for each in told)
    text = file.read_text()
    assert text.isascii()
    for token in (*server.holders.tokens.values(), UNKNOWN):
        assert token not in text
    assert file.stat().st_mode & 0o777 == 0o600


def test_without_known_callers_there_is_no_record(tmp_path: Path) -> None:
    """It would prove nothing."""
    with SqliteFile(tmp_path / "desk.db") as place, Server(place) as server:
        server.client().audit.GetCheckpoint(GetCheckpointRequest())

    assert not (tmp_path / "desk.db.access").exists()


def test_a_record_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    with (
        pytest.raises(Exception, match="cannot write /nowhere/record"),
        guarded(SqliteFile(tmp_path / "desk.db"), tmp_path, "--access-record", "/nowhere/record"),
    ):
        pass


async def test_a_full_file_makes_room_for_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several processes may write: no line is lost, and as many files are kept as are told."""
    monkeypatch.setattr(record, "RECORD_BYTES", 1000)
    monkeypatch.setattr(record, "RECORD_FILES", 3)
    file = tmp_path / "record"
    writers = [AccessRecord(file), AccessRecord(file)]
    for number in range(30):
        writers[number % 2].note(call=str(number), **LINE)
        writers[number % 2].flush()
        kept = files_of(tmp_path)
        assert kept[-1] == file
        numbers = [int(each["call"]) for each in lines(*kept)]
        assert numbers == list(range(number + 1 - len(numbers), number + 1))
    for writer in writers:
        writer.close()
    assert len(kept) == 4
    await asyncio.sleep(0.05)


async def test_a_line_is_one_line_whatever_it_says(tmp_path: Path) -> None:
    """And shows nothing to a terminal but what is printable."""
    writer = AccessRecord(tmp_path / "record")
    writer.note(**LINE | {"caller": "\x1b[2J\n\u202e\u2028\udc80"})
    writer.close()

    text = (tmp_path / "record").read_text()
    assert text.count("\n") == 1
    assert text.strip().isprintable()
    await asyncio.sleep(0.05)
