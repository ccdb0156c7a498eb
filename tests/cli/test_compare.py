"""What differs in a visit between two moments, as printed for a person."""

import pytest
from google.protobuf.struct_pb2 import Value

from chancery.v1.error_pb2 import ErrorReason
from chancery.v1.history_service_pb2 import CompareVisitResponse
from chancery.v1.values_pb2 import Status
from chancery.v1.visit_pb2 import AsOf, FieldChange, Visit
from service.cli.draw.comparison import comparison
from service.cli.terminal import output
from tests.cli.desk import Desk

BEIJING = "blinken-beijing-2023"
FEBRUARY = "--from 2023-02-01 --to 2023-03-01"


def told(answer: CompareVisitResponse, capsys: pytest.CaptureFixture[str]) -> str:
    """What is printed about a visit at two positions of the log."""
    output.say(comparison(answer, AsOf(position=1), AsOf(position=2)))
    return capsys.readouterr().out


def test_a_comparison_tells_how_the_visit_stood_at_both_moments(desk: Desk) -> None:
    heading, name, empty, before, after = desk.does(f"compare {BEIJING} {FEBRUARY}").split("\n")[:5]
    assert (heading, name, empty) == ("Blinken to China", f"visits/{BEIJING}", "")
    assert before == (
        "As known by the end of 1 February 2023 (UTC)  scheduled, official: 5 to 6 February 2023"
    )
    assert after == (
        "As known by the end of 1 March 2023 (UTC)     when conditions allow, official: "
        '"when conditions allow" (guest, Ned Price, State Department)'
    )


def test_each_field_that_differs_is_told_once_with_what_it_held_before_and_after(
    desk: Desk,
) -> None:
    """Both days of a window differ, and the counterparts of a host."""
    table = desk.does(f"compare {BEIJING} --from 2023-02-01").split("\n\n")[2].split("\n")
    rows = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in table]
    assert rows[0] == ["Field", "Before", "After"]
    assert rows[1][:2] == ["Host", "CN"]
    assert rows[1][2].startswith("CN: Qin Gang, Foreign Minister; Wang Yi, ")
    assert ["Status", "scheduled", "completed"] in rows
    assert ["Window", "5 to 6 February 2023", "18 to 19 June 2023"] in rows
    assert ["5 to 6 February 2023, put off by change 5"] in rows
    fields = [line.split("  ")[0] for line in table if not line.startswith(" ")]
    assert len(set(fields)) == len(fields)
    assert "Standing" not in fields


def test_the_changes_between_are_told_as_a_timeline(desk: Desk) -> None:
    changes = desk.does(f"compare {BEIJING} {FEBRUARY}").split("\nChanges between\n")[1]
    assert changes.startswith("   5  3 February 2023    Left open until ")
    assert changes.count(" recorded ") == 3


def test_a_visit_that_was_not_known_by_then_is_told_as_such(desk: Desk) -> None:
    answer = desk.does(f"compare {BEIJING} --from 2021")
    assert "2021 (UTC)  not known by then\nNow " in answer
    assert "\nTitle                     Blinken to China\n" in answer


def test_what_was_recorded_is_compared_where_that_is_asked_for(desk: Desk) -> None:
    answer = desk.does(f"compare {BEIJING} --from 2024-02 --by recorded")
    assert "As recorded by the end of 29 February 2024 (UTC)  not recorded by then\n" in answer


def test_a_visit_that_was_there_at_neither_moment_is_not_found(desk: Desk) -> None:
    assert "not known by then" in desk.is_refused(f"compare {BEIJING} --from 2020 --to 2021")


def test_the_first_moment_may_be_the_later_one(desk: Desk) -> None:
    answer = desk.does(f"compare {BEIJING} --from 2023-06-15 --to 2023-02-01")
    assert "\nStatus            rescheduled " in answer
    assert "Rescheduled for 18 to 19 June 2023" in answer


def test_it_is_said_when_nothing_differs(desk: Desk) -> None:
    answer = desk.does(f"compare {BEIJING} --from 2023-11 --to 2023-12")
    assert answer.endswith("\n\nNothing differs\n")


def test_compare_answers_one_json_document(desk: Desk) -> None:
    document = desk.reads(f"compare {BEIJING} {FEBRUARY}")
    assert document["before"]["status"] == "STATUS_SCHEDULED"
    assert document["after"]["status"] == "STATUS_WHEN_CONDITIONS_ALLOW"
    assert {
        "path": "status",
        "old_value": "STATUS_SCHEDULED",
        "new_value": "STATUS_WHEN_CONDITIONS_ALLOW",
    } in document["field_changes"]
    assert len(document["events"]) == 3


@pytest.mark.parametrize(
    ("reason", "phrase"),
    [
        ("NOT_RECORDED_BY_THEN", "not recorded by then"),
        ("NOT_KNOWN_BY_THEN", "not known by then"),
        ("NOT_IN_FORCE_BY_THEN", "not in force by then"),
        ("VISIT_WITHDRAWN", "withdrawn"),
        ("UNSPECIFIED", "not there"),
    ],
)
def test_why_a_visit_was_not_there_is_told(
    reason: str, phrase: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = CompareVisitResponse(
        before=Visit(name="visits/x", status=Status.STATUS_POSTPONED),
        after_missing=ErrorReason.Value(f"ERROR_REASON_{reason}"),
    )
    assert f"As recorded up to position 2  {phrase}\n" in told(answer, capsys)


def test_a_field_of_a_later_contract_is_told_as_it_came(
    capsys: pytest.CaptureFixture[str],
) -> None:
    visit = Visit(name="visits/x")
    change = FieldChange(path="details.risk.level", new_value=Value(string_value="high"))
    answer = CompareVisitResponse(before=visit, after=visit, field_changes=[change])
    assert "\nRisk           high\n" in told(answer, capsys)


def test_it_is_said_where_there_are_more_changes(capsys: pytest.CaptureFixture[str]) -> None:
    visit = Visit(name="visits/x")
    answer = CompareVisitResponse(before=visit, after=visit, more_events=True)
    assert told(answer, capsys).endswith("\nThere are more: chancery history visits/x\n")
