"""``chancery import`` of playbooks."""

from pathlib import Path

from tests.cli.desk import Desk

EXAMPLE = Path(__file__).parents[2] / "examples" / "playbook.yaml"
TOLD = "Recorded {} changes; {} were recorded before, {} were refused"


def test_the_example_is_recorded_as_it_stands(desk: Desk) -> None:
    assert desk.does(f"import {EXAMPLE}") == TOLD.format(15, 0, 0) + "\n"
    visit = desk.reads("show example-silva-paris")["visit"]
    assert (visit["status"], visit["standing"]) == ("STATUS_COMPLETED", "STANDING_OFFICIAL")
    assert desk.reads("show example-silva-cancelled")["visit"]["details"]["host"] == {
        "country": "NO"
    }
    assert "withdrawn" in desk.is_refused("show example-silva-twice")
    assert desk.does(f"import {EXAMPLE} --actor bob") == TOLD.format(0, 15, 0) + "\n"


def test_a_playbook_goes_on_where_it_was_left_and_not_where_a_desk_has_gone_on(
    desk: Desk, tmp_path: Path
) -> None:
    """The numbers of its changes would be others."""
    file = tmp_path / "story.yaml"
    story = "visit: going-on\nchanges:\n- {change: schedule, title: T, principal: Ana}\n"
    file.write_text(story)
    assert desk.does(f"import {file}") == TOLD.format(1, 0, 0) + "\n"
    file.write_text(story + "- {change: cancel}\n")
    assert desk.does(f"import {file}") == TOLD.format(1, 1, 0) + "\n"
    desk.does("state going-on deny --side host")
    file.write_text(story + "- {change: cancel}\n- {change: confirm, side: guest}\n")
    status, answer, complaint = desk.tries(f"import {file} --dry-run")
    assert (status, answer) == (
        1,
        "Would record 0 changes; 2 were recorded before, 1 would be refused\n",
    )
    assert complaint.startswith("line 5: ")


def test_a_visit_that_is_there_already_is_refused_and_counts_as_failure(
    desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "story.json"
    file.write_text(
        '{"visit": "blinken-beijing-2023", "changes": [{"change": "disclose", "title": "T", '
        '"principal": "Ana", "held_window": "2023-06"}, {"change": "soon"}]}'
    )
    status, answer, complaint = desk.tries(f"import {file}")
    assert (status, answer) == (1, TOLD.format(0, 0, 1) + ", 1 could not be read\n")
    assert "change 2: blinken-beijing-2023: change: unknown change 'soon'" in complaint
