"""``chancery import`` of several files: tables, formats, what is told, and Ctrl-C."""

import csv
import json
import signal
from pathlib import Path

import pytest

from chancery.client import Connection
from tests.cli import sheet
from tests.cli.desk import Desk
from tests.cli.sheet import SHEET
from tests.exchange.records.record import trip, xml
from tests.exchange.table.table import row, schedule, table
from tests.support.processes import PIPE, Process
from tests.support.server import Server
from tests.support.waiting import wait_until

TOLD = "Recorded {} changes; {} were recorded before, {} were refused"


def written(path: Path, data: bytes) -> Path:
    """The file, with this in it."""
    path.write_bytes(data)
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a report."""
    return list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))


def test_a_table_is_recorded_and_its_rows_are_known_again_in_another_order(
    desk: Desk, tmp_path: Path
) -> None:
    lines = [
        schedule("row-1", start="2025-02-05", host="FR", destinations="Paris, FR"),
        row(visit="row-1", change="postpone", known="2025-02-01", side="guest",
            attribution="on the record"),
        row(side="press", attribution="anonymous", outlet="Reuters"),
    ]  # fmt: skip
    file = written(tmp_path / "table.csv", table(*lines))
    assert desk.does(f"import {file}") == TOLD.format(2, 0, 0) + "\n"
    visit = desk.reads("show row-1")["visit"]
    assert visit["status"] == "STATUS_POSTPONED"
    assert visit["known_period"] == "2025-02-01"
    header = "change;visit;title;principal;known;host;destinations;from"
    other = "schedule;row-1;Ana in Paris;Ana Silva;2025-01-10;FR;Paris, FR;2025-02-05"
    file = written(tmp_path / "other.csv", f"{header}\n{other}\n".encode())
    assert desk.does(f"import {file} --actor bob") == TOLD.format(0, 1, 0) + "\n"


def test_bad_rows_and_those_that_are_refused_are_reported_by_line_and_column(
    desk: Desk, tmp_path: Path
) -> None:
    lines = [
        schedule("row-2", start="2025-02-05"),
        schedule("row-3", known="03/04/2025"),
        schedule("row-4", known="2099-01-01"),
        row(visit="row-5", change="postpone"),
        row(visit="row-2", change="disclose", title="T", principal="P", start="2025-01-01"),
        schedule("row-6"),
    ]
    file, report = written(tmp_path / "table.csv", table(*lines)), tmp_path / "report.csv"
    status, answer, complaint = desk.tries(f"import {file} --report {report}")
    expected = TOLD.format(2, 0, 3) + ", 1 could not be read\n"
    assert (status, answer, complaint) == (1, expected, "")
    found = rows_of(report)
    assert {row["file"] for row in found} == {str(file)}
    assert [(row["where"], row["visit"], row["outcome"]) for row in found] == [
        ("line 3, column known", "", "unreadable"),
        ("line 4, column known", "row-4", "refused"),
        ("line 5, column visit", "row-5", "refused"),
        ("line 6, column change", "row-2", "refused"),
    ]
    _, answer, complaint = desk.tries(f"import {file} --dry-run")
    assert answer == (
        "Would record 0 changes; 2 were recorded before, 3 would be refused, 1 could not be read\n"
    )
    assert complaint.count("line 6, column change: visit 'row-2' already exists") == 1


def test_a_report_has_no_cell_that_a_spreadsheet_would_run(desk: Desk, tmp_path: Path) -> None:
    written(tmp_path / "=1+1.csv", b"visit,change\nv,soon\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        desk.tries("import =1+1.csv --report report.csv")
    assert rows_of(tmp_path / "report.csv")[0]["file"] == "'=1+1.csv"


def test_a_dry_run_checks_the_changes_of_a_visit_together(desk: Desk, tmp_path: Path) -> None:
    """Also those that rest on one that is not recorded yet."""
    lines = [
        line
        for n in range(70)
        for line in (
            schedule(f"dry-{n}", start="2025-02-05"),
            row(visit=f"dry-{n}", change="cancel", known="2025-02-01"),
        )
    ]
    file = written(tmp_path / "table.csv", table(*lines, row(visit="dry-9", change="complete")))
    assert desk.does(f"import {file} --dry-run") == (
        "Would record 141 changes; 0 were recorded before, 0 would be refused\n"
    )
    assert "no visit" in desk.is_refused("show dry-1")


def test_files_of_several_formats_are_told_apart(desk: Desk, tmp_path: Path) -> None:
    who = ("zzyx", "Ana Zzyx")
    record = written(
        tmp_path / "a.xml", xml(trip(1, "2023-06-17", "Norway", who=who, role="president"))
    )
    rows = written(tmp_path / "b.csv", table(schedule("mixed"), schedule("mixed-2", known="soon")))
    line = {"name": "visits/mixed", "cancelled": {}, "context": {"known_period": "2025-03"}}
    lines = written(tmp_path / "c.jsonl", json.dumps(line).encode() + b"\n{}\n")
    status, answer, complaint = desk.tries(f"import {record} {rows} {lines}")
    assert (status, answer) == (
        1,
        TOLD.format(3, 0, 1) + ", 1 could not be read, "
        "0 were merged into others, 0 were left out\n",
    )
    assert f"{rows}, line 3, column known: 'soon' is not a time" in complaint
    assert f"{lines}, line 2: " in complaint
    assert desk.reads("show zzyx-no-2023-06-17")


def test_the_table_of_a_list_comes_in_again_as_visits_that_stand_as_they_stood(
    desk: Desk, tmp_path: Path
) -> None:
    who = "--title '=T' --principal 'Ana Listed (Minister), country=PT' --host FR"
    desk.does(f"schedule listed-1 {who} --from 2025-02 --destination 'Paris, FR' --known 2025-01")
    desk.does(f"defer listed-2 {who} --condition 'if it is dry' --side guest --known 2025-01-02")
    desk.does(f"disclose listed-3 {who} --from 2025-01-05 --to 2025-01-06 --known 2025-01-09")
    told = desk.does("list --principal 'Ana Listed' --csv")
    file = written(tmp_path / "visits.csv", told.replace("listed-", "again-").encode())
    assert desk.does(f"import {file}") == TOLD.format(3, 0, 0) + "\n"
    after = desk.does("list --principal 'Ana Listed' --csv").replace("again-", "listed-")
    rows = list(csv.DictReader(after.removeprefix("\ufeff").splitlines()))
    own = ("recorded", "position")
    facts = [{name: cell for name, cell in each.items() if name not in own} for each in rows]
    assert facts[:3] == facts[3:]


def test_a_sheet_of_visits_comes_in_and_goes_out_as_it_was(desk: Desk, tmp_path: Path) -> None:
    """The one that ``make foreign`` opens in LibreOffice."""
    file = written(tmp_path / "sheet.csv", SHEET.read_bytes())
    assert sheet.facts(sheet.out_again(desk, file)) == sheet.facts(SHEET.read_bytes())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "chancery import --template"),
        (b"PK\x03\x04rest", "save it as CSV UTF-8"),
        ("visit,change\n".encode("utf-16"), "save it as CSV UTF-8"),
        (b"position,visit,version,change,what,recorded\n", "chancery history --json"),
        (b"visit,change,colour\nv,schedule,red\n", "unknown columns 'colour'"),
        (b"<!DOCTYPE html><html></html>", "it has a document type"),
        (b"<html><body><p>Not found</p></body></html>", "'body' is neither a trip nor a visit"),
    ],
)
def test_a_file_that_is_no_import_is_refused_with_what_to_do_instead(
    desk: Desk, tmp_path: Path, data: bytes, why: str
) -> None:
    status, answer, complaint = desk.tries(f"import {written(tmp_path / 'file', data)}")
    assert status == 1
    assert answer.startswith("Recorded 0 changes")
    assert why in complaint


def test_the_format_may_be_said(desk: Desk, tmp_path: Path) -> None:
    file = written(tmp_path / "file", b"\n\nchange,visit,title,principal\nschedule,said,T,P\n")
    assert desk.does(f"import {file} --format rows") == TOLD.format(1, 0, 0) + "\n"
    status, _, complaint = desk.tries(f"import {file} --format excel")
    assert status == 2
    assert "choose from changes, historian, playbooks, rows" in complaint


def test_an_empty_table_is_printed(desk: Desk) -> None:
    assert desk.does("import --template").startswith("\ufeffvisit,change,known,")
    assert "name a file to import" in desk.tries("import")[2]


def test_a_calendar_becomes_a_table_which_is_recorded_once_it_is_completed(
    desk: Desk, tmp_path: Path
) -> None:
    event = "BEGIN:VEVENT\nSUMMARY:Ana in Rome\nDTSTART:20250205\nEND:VEVENT\n"
    calendar = written(tmp_path / "a.ics", f"BEGIN:VCALENDAR\n{event}END:VCALENDAR\n".encode())
    text = desk.does(f"import --template {calendar}")
    file = written(tmp_path / "a.csv", text.encode())
    assert "line 2, column principal" in desk.tries(f"import {file}")[2]
    completed = text.replace("Ana in Rome,", "Ana in Rome,Ana Silva")
    file = written(tmp_path / "b.csv", completed.encode())
    assert desk.does(f"import {file}") == TOLD.format(1, 0, 0) + "\n"
    assert desk.reads("show ana-in-rome-2025-02-05")["visit"]["window"]["start"]["day"] == 5


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"visit,chnage,known\nx,schedule,2025\ny,schedule,2025\n", "'chnage'"),
        (b"title;principal;from\nT;P;2025\nT;P;2025\n", "no column 'visit'"),
        (b"id;date;where\n1;2;3\n4;5;6\n", "its format is not known: a table has columns such as"),
        (b"Dear desk,\nhere is our list.\n", "its format is not known"),
    ],
    ids=["mistyped", "missing", "other table", "letter"],
)
def test_a_file_that_is_no_table_of_the_desk_is_told_once(
    desk: Desk, tmp_path: Path, data: bytes, why: str
) -> None:
    """And not once for each line."""
    status, answer, complaint = desk.tries(f"import {written(tmp_path / 'x.csv', data)}")
    assert (status, answer) == (1, TOLD.format(0, 0, 0) + ", 1 could not be read\n")
    assert why in complaint
    assert complaint.count("\n") == 1


def test_the_record_may_be_utf_16(desk: Desk, tmp_path: Path) -> None:
    who = ("q-utf", "Ana Utf")
    text = xml(trip(1, "2023-06-17", "Norway", who=who, role="president")).decode()
    data = text.replace("UTF-8", "UTF-16").encode("utf-16")
    assert desk.does(f"import {written(tmp_path / 'x.xml', data)}").startswith("Recorded 1 ")


def test_a_report_that_cannot_be_written_is_named_before_anything_is_recorded(
    desk: Desk, tmp_path: Path
) -> None:
    file = written(tmp_path / "table.csv", table(schedule("unreported")))
    status, _, complaint = desk.tries(f"import {file} --report {tmp_path / 'no' / 'report.csv'}")
    assert status == 2
    assert "No such file" in complaint
    assert "no visit" in desk.is_refused("show unreported")


def test_ctrl_c_stops_between_two_changes_and_the_import_goes_on_when_asked_again(
    desk: Desk, server: Server, tmp_path: Path
) -> None:
    number = 2_500
    lines = [schedule(f"stopped-{n}", principal="Ana Stopped") for n in range(number)]
    file = written(tmp_path / "table.csv", table(*lines))
    command = ["-m", "service.cli", "import", str(file), "--target", server.address]
    process = Process(command, stdout=PIPE, stderr=PIPE)
    with Connection(server.address) as connection:
        wait_until(lambda: connection.count(principal="Ana Stopped").visit_count > 0)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 1
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        answer, complaint = process.stdout.read(), process.stderr.read()
    recorded = int(answer.split()[1])
    assert 0 < recorded < number
    assert complaint == (
        "Stopped before the end. To go on, run the same command again: what is recorded is not "
        "recorded twice\n"
    )
    assert desk.does(f"import {file}") == TOLD.format(number - recorded, recorded, 0) + "\n"


def test_what_is_refused_is_in_the_json_and_in_a_report_and_not_told_twice(
    desk: Desk, tmp_path: Path
) -> None:
    file = written(tmp_path / "table.csv", table(row(visit="nobody", change="postpone")))
    report = tmp_path / "report.csv"
    for options in ("", f" --report {report}"):
        status, answer, complaint = desk.tries(f"import {file} --json{options}")
        assert (status, complaint) == (1, "")
        assert "nobody" in json.loads(answer)["error"]["message"]
    assert [row["outcome"] for row in rows_of(report)] == ["refused"]
