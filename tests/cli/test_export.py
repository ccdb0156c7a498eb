"""``chancery export``: visits and changes in formats of others."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser  # type: ignore[import-untyped]
import icalendar
import pytest
from google.protobuf.json_format import Parse
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.client import Connection
from chancery.client.errors import NotFound
from chancery.v1.event_pb2 import RecordedEvent, VisitEvent
from chancery.v1.visit_pb2 import AsOf, Visit
from chancery.v1.visit_service_pb2 import GetVisitRequest
from service.exchange import selection
from tests.cli.desk import Desk
from tests.model.serving import recorded
from tests.model.stories import OWN
from tests.model.telling import random_history
from tests.support.server import Server

EXAMPLE = Path(__file__).parents[2] / "examples" / "playbook.yaml"
SEEDS = range(400, 425)


@pytest.fixture(scope="module")
def told(server: Server) -> Desk:
    """A desk whose log has stories of any kind, each change in its own order."""
    client = server.client()
    stories = [random_history(seed)[1] for seed in SEEDS]
    stories += [story["commands"] for story in OWN]
    for number in range(max(map(len, stories))):  # interleaved
        for commands in stories:
            for command in commands[number : number + 1]:
                recorded(client, command)
    desk = Desk(server.address)
    desk.does(f"import {EXAMPLE}")
    return desk


def moments(connection: Connection) -> list[tuple[str, Timestamp | None]]:
    """Each visit of a log, now and when something became known of it."""
    found: list[tuple[str, Timestamp | None]] = []
    for event in connection.events():
        message = event.message
        known = message.event.known_time if event.known_time else message.record_time
        found += [(event.visit, None), (event.visit, known)]
    return found


def states(connection: Connection, asked: list[tuple[str, Timestamp | None]]) -> list[str]:
    """How visits stand as of moments, in words."""
    found = []
    for name, moment in asked:
        as_of = AsOf(known_at=moment) if moment else None
        try:
            request = GetVisitRequest(name=name, as_of=as_of)
            visit = connection.messages.get_visit(request).visit
        except NotFound as error:
            found.append(error.reason)
            continue
        for field in ("position", "create_time", "update_time"):  # these are its own
            visit.ClearField(field)
        found.append(str(visit))
    return found


@pytest.mark.parametrize("form", ["changes", "playbooks"])
def test_nothing_is_lost(
    told: Desk, start_server: Callable[..., Server], form: str, tmp_path: Path
) -> None:
    """Exported and imported into an empty log, all visits stand as they stood on every day."""
    file = tmp_path / "file"
    told.does(f"export --format {form} --output {file}")
    other = Desk(start_server().address)
    status, answer, complaint = other.tries(f"import {file}")
    assert (status, complaint) == (0, ""), answer
    with (
        Connection(told.env["CHANCERY_TARGET"]) as first,
        Connection(other.env["CHANCERY_TARGET"]) as second,
    ):
        asked = moments(first)
        assert len({name for name, _ in asked}) > len(SEEDS)
        assert states(second, asked) == states(first, asked)
    _, answer, _ = other.tries(f"import {file} --actor bob")
    assert answer.startswith("Recorded 0 changes; ")
    assert answer.endswith(" 0 were refused\n")


def test_stories_that_need_each_other_come_in_parts(told: Desk) -> None:
    """One visit takes an alias that another one gave up, or is merged into it."""
    text = told.does("export --format playbooks")
    assert "\nfirst: " in text
    assert "merged_into: own-kept" in text
    assert "\nfirst: " not in told.does("export r400 --format playbooks")


def test_many_visits_are_exported_as_few_are(told: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few are read one by one, and kept; for many, the whole log is gone through, and again."""
    stories = told.does("export --format playbooks")
    which = "--format changes --principal 'Ana Silva'"
    few = told.does(f"export {which}")
    assert len(few.splitlines()) == 13
    monkeypatch.setattr(selection, "FEW", 1)
    monkeypatch.setattr(selection, "HELD", 10)
    assert told.does(f"export {which}") == few
    assert told.does("export --format playbooks") == stories


def test_a_story_whose_change_has_lost_its_content_is_told_up_to_it() -> None:
    """What follows would have other numbers."""
    events = [RecordedEvent(event=VisitEvent(visit="visits/v", version=n)) for n in (1, 2, 3)]
    for event in (events[0], events[2]):
        event.event.cancelled.SetInParent()
    (story,) = selection.stories(events)
    assert (story.visit, story.first, len(story.changes), story.lost) == ("v", 1, 1, 2)


def test_visits_as_they_stand_do_not_come_in_again(told: Desk, tmp_path: Path) -> None:
    file = tmp_path / "visits.jsonl"
    file.write_text(told.does("export --format visits-json"))
    status, _, complaint = told.tries(f"import {file}")
    assert status == 1
    assert "take out changes, by 'chancery export --format changes'" in complaint


def test_visits_are_exported_as_a_sheet_a_calendar_linked_data_and_json(told: Desk) -> None:
    which = "--principal 'Ana Silva'"
    rows = list(csv.DictReader(told.does(f"export --format visits {which}")[1:].splitlines()))
    assert [row["visit"] for row in rows] == ["example-silva-cancelled", "example-silva-paris"]
    lines = told.does(f"export --format visits-json {which}").splitlines()
    assert [Parse(line, Visit()).name for line in lines] == [
        "visits/example-silva-cancelled",
        "visits/example-silva-paris",
    ]
    calendar: Any = icalendar.Calendar.from_ical(told.does(f"export --format icalendar {which}"))
    days = [str(event["DTSTART"].dt) for event in calendar.walk("VEVENT")]
    assert days == ["2025-03-01", "2025-06-17"]
    linked = json.loads(told.does(f"export --format jsonld {which} --board https://desk.example"))
    assert [each["@id"] for each in linked["@graph"]] == [
        "https://desk.example/visits/example-silva-cancelled",
        "https://desk.example/visits/example-silva-paris",
    ]


def test_changes_are_exported_as_a_sheet_and_as_a_feed(told: Desk) -> None:
    text = told.does("export example-silva-paris --format changes-csv")
    rows = list(csv.DictReader(text[1:].splitlines()))
    assert [row["version"] for row in rows] == [str(number) for number in range(1, 13)]
    feed = feedparser.parse(told.does("export --format atom --trip '' --principal 'Ana Silva'"))
    assert not feed.bozo
    assert len(feed.entries) == 13
    assert feed.entries[0].title == "Ana Silva to Norway: cancelled"


def test_an_export_is_as_of_any_moment(told: Desk) -> None:
    text = told.does("export example-silva-paris --format visits --known-at 2025-02-05")
    (row,) = csv.DictReader(text[1:].splitlines())
    assert (row["status"], row["reason"]) == ("postponed", "A storm")
    lines = told.does("export example-silva-paris --format changes").splitlines()
    third = json.loads(lines[2])
    until = told.does(f"export example-silva-paris --format changes --position {third['position']}")
    assert until.splitlines() == lines[:3]
    until = told.does(
        f"export example-silva-paris --format changes --recorded-at {third['record_time']}"
    )
    assert until.splitlines()[:3] == lines[:3]
    text = told.does("export example-silva-paris --format changes-csv --known-at 2025-02-05")
    versions = [row["version"] for row in csv.DictReader(text[1:].splitlines())]
    assert versions == ["1", "2", "3", "4", "5"]
    before = datetime(2020, 1, 1, tzinfo=UTC).isoformat()
    assert told.does(f"export --format changes --recorded-at {before}") == ""


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("", "give either --format FORMAT or --bundle FILE"),
        ("--format visits --bundle x", "give either --format FORMAT or --bundle FILE"),
        ("--format excel", "unknown format 'excel'; choose from visits, "),
        ("--format changes --known-at 2025", "leave out none of those recorded by then"),
        ("--format playbooks --valid-at 2025", "has changes, not visits as they stood"),
        ("--format visits --first 3", "goes without the options of a bundle"),
        ("--bundle x --trip a", "take --format for those of a filter"),
        ("some-visit --format visits --trip a", "is one visit: give no filter"),
        ("--format visits --json", "say it by --format changes"),
        ("--format visits --output /tmp", "exists and is not a file"),
    ],
)
def test_options_that_contradict_each_other_are_refused(told: Desk, options: str, why: str) -> None:
    status, answer, complaint = told.tries(f"export {options}")
    assert (status, answer) == (2, "")
    assert why in " ".join(complaint.split())


def test_a_file_is_written_whole_or_not_at_all(told: Desk, tmp_path: Path) -> None:
    file = tmp_path / "visits.csv"
    file.write_text("as it was")
    assert told.tries(f"export nobody --format visits --output {file}")[0] == 1
    assert (file.read_text(), list(tmp_path.iterdir())) == ("as it was", [file])
    answer = told.does(f"export example-silva-paris --format visits --output {file}")
    assert answer == f"Wrote {file}: 1 visits\n"
    text = told.does("export example-silva-paris --format visits")
    assert text.splitlines() == file.read_bytes().decode().splitlines()
    assert "Not a directory" in told.is_refused(f"export --format visits --output {file}/no/file")
