"""Who changed what, when, why, and on whose word: for people, for programs, for spreadsheets."""

import csv
import io
import json

import pytest
from google.protobuf.struct_pb2 import Value

from chancery.v1.audit_service_pb2 import RecordedChange
from chancery.v1.event_pb2 import RecordedEvent, VisitEvent
from chancery.v1.visit_pb2 import FieldChange
from service.cli.draw import spreadsheet
from service.cli.draw.changes import change, field_text
from service.cli.terminal import output
from service.exchange import sheets
from service.exchange.sheets import defused
from tests.cli.desk import STORY, Desk

BEIJING = "blinken-beijing-2023"


def sheet(text: str) -> list[dict[str, str]]:
    """The rows of a spreadsheet, by its header. It has a byte order mark in front."""
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


# For people


def test_a_change_tells_who_when_why_on_whose_word_and_each_field(desk: Desk) -> None:
    answer = desk.does(f"changes {BEIJING} --type deferred")
    lines = [line.strip() for line in answer.splitlines()]

    assert lines[0].startswith(f"5  3 February 2023    visits/{BEIJING} 5: Left open until ")
    assert lines[1].startswith("Why: A Chinese surveillance balloon")
    assert lines[2].startswith("guest, on the record, Antony Blinken; 3 February 2023, ")
    assert lines[4].startswith("recorded ")
    assert lines[4].endswith(" by unverified:anna")
    assert "Status            scheduled -> when conditions allow" in lines
    assert "Window            5 to 6 February 2023 -> nothing" in lines
    former = 'about 1 January to 31 March 2023, "early next year", made exact by change 2'
    then = f"{former}; 5 to 6 February 2023, put off by change 5"
    assert f"Previous windows  {former} -> {then}" in lines
    assert "Known time        14 November 2022 -> 3 February 2023" in lines
    assert not any(line.startswith("Known period") for line in lines)


def test_a_part_of_a_field_is_told_in_words(desk: Desk) -> None:
    lines = desk.does(f"changes {BEIJING} --first 2 --last 2").splitlines()

    told = [" ".join(line.split()) for line in lines]
    assert "Window start 1 January 2023 -> 5 February 2023" in told
    assert "Window approximate yes -> nothing" in told


def test_a_field_of_a_later_contract_is_told_as_it_came() -> None:
    level = Value()
    level.struct_value.update({"level": 3})

    assert field_text("details.risk", level) == '{"level": 3}'
    assert field_text("risk.level", Value(string_value="high")) == "high"
    assert field_text("status", Value(string_value="STATUS_OF_LATER")) == "STATUS_OF_LATER"


def test_control_characters_of_a_change_are_shown_and_not_obeyed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.say(change(_change(reason="\x1b[31mred", new="a\x9bb")))

    answer = capsys.readouterr().out
    assert "\\u001b[31mred" in answer
    assert "a\\u009bb" in answer


# Which changes


def test_changes_are_chosen_by_actor_time_and_position(desk: Desk) -> None:
    def positions(options: str) -> list[int]:
        lines = desk.does(f"changes {options} --json").splitlines()
        return [int(json.loads(line)["event"]["position"]) for line in lines]

    story = list(range(1, len(STORY.read_text().splitlines()) + 1))
    assert positions("--by unverified:anna --last 16") == story
    assert positions("--by unverified:bert") == []
    assert positions("--from 2023 --until 2999 --last 16") == story
    assert positions("--until 2023") == []
    assert positions("--from 2999") == []
    assert positions("--first 3 --limit 2") == [3, 4]
    assert positions("--type completed --type deferred --last 16") == [5, 15]


def test_a_range_that_runs_backwards_is_refused_by_its_field(desk: Desk) -> None:
    complaint = desk.is_refused("changes --first 5 --last 3")

    assert "filter.first_position: must not be after last_position" in complaint


def test_an_unknown_visit_has_no_changes(desk: Desk) -> None:
    for form in ("", "--json", "--csv"):
        assert desk.is_refused(f"changes nowhere {form}") == (
            "Failed: there is no visit 'nowhere'\n"
        )


def test_whoever_types_actor_is_told_what_filters(desk: Desk) -> None:
    status, answer, complaint = desk.tries("changes --actor ben --limit 1")
    assert (status, answer[:4]) == (0, "   1")
    assert complaint == (
        "Note: --actor says who you are, and filters nothing. For the changes that ben recorded, "
        "write --by unverified:ben\n"
    )
    assert desk.does("changes --actor ben --by unverified:ben") == ""


# For programs


def test_changes_answers_one_json_document_a_line(desk: Desk) -> None:
    (line,) = desk.does(f"changes {BEIJING} --first 15 --limit 1 --json").splitlines()
    document = json.loads(line)

    assert document["event"]["event"]["change_type"] == "CHANGE_TYPE_COMPLETED"
    assert document["event"]["event"]["actor"] == "unverified:anna"
    assert {
        "path": "status",
        "old_value": "STATUS_RESCHEDULED",
        "new_value": "STATUS_COMPLETED",
    } in document["field_changes"]


# For spreadsheets


def test_a_spreadsheet_has_a_row_for_each_field_that_changed_in_words(desk: Desk) -> None:
    answer = sheet(desk.does(f"changes {BEIJING} --csv --first 15 --last 15"))
    by_field = {row["field"]: row for row in answer}
    status = by_field["Status"]
    assert (status["old_value"], status["new_value"]) == ("rescheduled", "completed")
    assert (status["position"], status["version"], status["change"]) == ("15", "15", "completed")
    assert status["visit"] == f"visits/{BEIJING}"
    assert status["actor"] == "unverified:anna"
    assert status["basis"] == "guest, on the record, Antony Blinken; 19 June 2023"
    assert status["effective_time"] == "2023-06-19"
    assert status["record_time"] > status["known_time"]
    assert by_field["Held window"]["new_value"] == "18 to 19 June 2023"


def test_a_history_is_a_spreadsheet_with_a_row_for_each_change(desk: Desk, scheduled: str) -> None:
    desk.does(f"postpone {scheduled} --reason 'Élysée' --source 'host, background' --note Secret")
    desk.does(f"retract {scheduled} 2")
    first, second, third = sheet(desk.does(f"history {scheduled} --csv"))
    assert first["what"] == "Scheduled for 1 to 2 June 2027"
    assert (second["change"], second["reason"], second["retracted_by"]) == (
        "postponed",
        "Élysée",
        "3",
    )
    assert (second["sources"], second["note"]) == ("host, background", "Secret")
    assert (third["what"], third["retracted_by"]) == ("Retracted change 2", "")


def test_a_list_is_a_spreadsheet_with_a_row_for_each_visit(desk: Desk, scheduled: str) -> None:
    rows = {row["visit"]: row for row in sheet(desk.does("list --csv"))}
    visit = rows[BEIJING]
    assert (visit["status"], visit["standing"]) == ("completed", "official")
    assert (visit["principal"], visit["represents"]) == ("Antony Blinken", "US")
    assert (visit["host_country"], visit["destinations"]) == ("CN", "Beijing, CN")
    assert (visit["which"], visit["start"], visit["end"]) == ("held", "2023-06-18", "2023-06-19")
    assert (visit["known"], visit["kind"]) == ("2023-06-19", "working")
    assert (rows[scheduled]["which"], rows[scheduled]["start"]) == ("window", "2027-06-01")


def test_a_change_that_altered_no_field_has_one_row() -> None:
    header, row = spreadsheet.changes([RecordedChange(event=RecordedEvent(position=7))])

    assert header == spreadsheet.CHANGES
    assert row[0] == 7
    assert row[-3:] == ["", "", ""]


@pytest.mark.parametrize(
    ("command", "header"),
    [
        ("changes --by nobody", spreadsheet.CHANGES),
        ("history --type disclosed", spreadsheet.EVENTS),
        ("list --trip nowhere", sheets.VISITS),
    ],
)
def test_an_empty_spreadsheet_is_its_header(
    desk: Desk, command: str, header: tuple[str, ...]
) -> None:
    assert desk.does(f"{command} --csv") == "\ufeff" + ",".join(header) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t1",
        "\r1",
        " =1",
        "\u00a0=1",
        "\n=1",
        '"=1"',
        "'=1",
        " ' =1",
        "\uff1d1",
    ],
)
def test_what_a_spreadsheet_would_take_for_a_formula_is_a_text(text: str) -> None:
    """In every column that holds what somebody typed, and not in our own numbers."""
    assert defused(text) == f"'{text}"
    recorded = _change(reason=text, actor=text, request_id=text, new=text, old=text)
    header, row = spreadsheet.changes([recorded])
    cells = dict(zip(header, row, strict=True))

    for column in ("reason", "actor", "request_id", "old_value", "new_value"):
        assert cells[column] == f"'{text}"
    assert cells["position"] == -7


@pytest.mark.parametrize("text", ["", "a=1", "1-2", "visits/a", "a@b", "  a", "\u201d=1"])
def test_other_texts_stand_in_a_spreadsheet_as_they_are(text: str) -> None:
    assert defused(text) == text


def test_a_row_of_a_spreadsheet_stands_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.csv_rows(spreadsheet.changes([_change(reason='a\nb, "c"\x1b[31m', new="d\u2028e")]))

    _, row = capsys.readouterr().out.removesuffix("\n").split("\n")
    (read,) = csv.reader([row])
    assert read[spreadsheet.CHANGES.index("reason")] == 'a\\u000ab, "c"\\u001b[31m'


def test_a_spreadsheet_and_json_do_not_go_together(desk: Desk) -> None:
    status, answer, complaint = desk.tries("changes --csv --json")

    assert (status, answer) == (2, "")
    assert "Invalid value for '--csv': cannot be combined with --json" in complaint


def _change(
    *, reason: str = "", actor: str = "", request_id: str = "", old: str = "", new: str = ""
) -> RecordedChange:
    """A change of one field, with these texts."""
    event = VisitEvent(reason=reason, actor=actor, request_id=request_id)
    field = FieldChange(
        path="reason", old_value=Value(string_value=old), new_value=Value(string_value=new)
    )
    return RecordedChange(event=RecordedEvent(position=-7, event=event), field_changes=[field])
