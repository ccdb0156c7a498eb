"""``chancery import`` of what was given by mistake: nothing is lost, and nothing passes quietly."""

import gzip
import json
from pathlib import Path

import pytest

from service.limits import CHANGE_BYTES
from tests.cli.desk import Desk
from tests.exchange.table.table import row, schedule, table

NOTHING = "Recorded 0 changes; 0 were recorded before, 0 were refused"


def written(path: Path, data: bytes) -> Path:
    """The file, with this in it."""
    path.write_bytes(data)
    return path


def test_a_report_never_replaces_a_file_that_is_imported(desk: Desk, tmp_path: Path) -> None:
    data = table(schedule("unreplaced"))
    file, link = written(tmp_path / "table.csv", data), tmp_path / "link.csv"
    link.symlink_to(file)
    for report in (file, link):
        status, _, complaint = desk.tries(f"import {file} --report {report}")
        assert status == 2
        assert "is a file to import: name another" in complaint
        assert file.read_bytes() == data
    assert "no visit" in desk.is_refused("show unreplaced")


def test_a_line_that_is_too_long_for_any_change_does_not_stop_the_rest(
    desk: Desk, tmp_path: Path
) -> None:
    details = {"title": "After", "principal": {"name": "Ana"}}
    short = {"name": "visits/after", "scheduled": {"details": details}}
    long = {**short, "context": {"reason": "x" * 5_000_000}}
    lines = f"{json.dumps(long)}\n{json.dumps(short)}\n".encode()
    file = written(tmp_path / "changes.jsonl", lines)
    for command, did in ((f"import {file} --dry-run", "Would record"), (f"import {file}", "Recor")):
        status, answer, complaint = desk.tries(command)
        assert (status, answer.startswith(did)) == (1, True)
        assert " 1 changes; 0 were recorded before" in answer
        assert complaint == f"line 1: it is too large: a change has at most {CHANGE_BYTES} bytes\n"


@pytest.mark.parametrize("form", ["{}", "[{}]", '{{"visits": [{}]}}'], ids=["one", "list", "page"])
def test_visits_as_they_stand_are_no_import_in_whatever_json(
    desk: Desk, tmp_path: Path, form: str
) -> None:
    visit = json.dumps({"name": "visits/x", "details": {"title": "T"}}, indent=2)
    file = written(tmp_path / "visits.json", form.format(visit).encode())
    status, answer, complaint = desk.tries(f"import {file}")
    assert (status, answer) == (1, f"{NOTHING}, 1 could not be read\n")
    assert "chancery export --format changes" in complaint
    assert complaint.count("\n") == 1


def test_a_compressed_file_is_to_be_unpacked(desk: Desk, tmp_path: Path) -> None:
    file = written(tmp_path / "table.csv.gz", gzip.compress(table(schedule("packed"))))
    assert "it is compressed: unpack it" in desk.tries(f"import {file}")[2]


def test_a_template_of_what_has_no_events_says_so(desk: Desk, tmp_path: Path) -> None:
    event = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:T\nDTSTART:20250205\n"
    for data in (b"", b"<html>", table(schedule("no-event")), event):
        file = written(tmp_path / "file", data)
        status, answer, complaint = desk.tries(f"import --template {file}")
        assert (status, answer.count("\n")) == (1, 1)
        assert complaint == f"{file}: it has no whole event (.ics) with a title and a day\n"
    status, _, complaint = desk.tries(f"import --template {file} {file}")
    assert status == 2
    assert "name one calendar" in complaint


def test_a_table_whose_lines_end_in_carriage_returns_is_not_taken_for_an_empty_one(
    desk: Desk, tmp_path: Path
) -> None:
    data = table(schedule("returned"), row(visit="returned", change="cancel"))
    status, answer, complaint = desk.tries(
        f"import {written(tmp_path / 'table.csv', data.replace(bytes([10]), bytes([13])))}"
    )
    assert (status, answer) == (1, f"{NOTHING}, 1 could not be read\n")
    assert complaint.startswith("line 1: a carriage return stands within a line")
