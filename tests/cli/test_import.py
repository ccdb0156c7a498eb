"""``chancery import``: many changes from a file, each recorded on its own."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import STORY, Desk


def line(name: str, request_id: str = "", **change: Any) -> str:
    """A line of a file."""
    context = {"request_id": request_id} if request_id else {}
    return json.dumps({"name": f"visits/{name}", "context": context} | change)


def scheduled() -> dict[str, Any]:
    """A visit is planned."""
    principal = {"name": "Ana Example", "office": "Minister", "country": "PT"}
    details = {
        "title": "A visit",
        "principal": principal,
        "host": {"country": "FR"},
        "destinations": [{"city": "Paris", "country": "FR"}],
    }
    day = {"year": 2027, "month": 6, "day": 1}
    return {"scheduled": {"details": details, "window": {"start": day, "end": day}}}


POSTPONED: dict[str, Any] = {"postponed": {}}


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """The id of a visit of this test alone."""
    return str(request.node.name).replace("_", "-")[:60].strip("-")


@pytest.fixture
def file(tmp_path: Path, name: str) -> Path:
    """A file with two changes of a visit, and one that is refused."""
    lines = [line(name, **scheduled()), "", line(name, **POSTPONED), line(name, **POSTPONED)]
    path = tmp_path / "changes.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_what_can_be_recorded_is_and_what_is_refused_is_named(
    desk: Desk, file: Path, name: str
) -> None:
    """By its line, with the reason; the status says that not everything was recorded."""
    status, answer, complaint = desk.tries(f"import {file}")
    assert (status, answer) == (1, "Recorded 2 changes; 0 were recorded before, 1 were refused\n")
    assert complaint.startswith("line 4: ")
    assert "postpone" in complaint
    assert desk.reads(f"show {name}")["visit"]["version"] == "2"


def test_a_file_that_is_imported_again_records_nothing(desk: Desk, file: Path, name: str) -> None:
    """Lines without a request id are recognised; the same line twice is two changes."""
    desk.tries(f"import {file}")
    _, answer, _ = desk.tries(f"import {file}")
    assert answer == "Recorded 0 changes; 2 were recorded before, 1 were refused\n"
    assert desk.reads(f"show {name}")["visit"]["version"] == "2"


def test_a_file_may_give_request_ids_itself(desk: Desk, name: str) -> None:
    text = "\n".join([line(name, f"{name}-1", **scheduled()), line(name, f"{name}-2", **POSTPONED)])
    assert desk.does("import -", text) == (
        "Recorded 2 changes; 0 were recorded before, 0 were refused\n"
    )
    told = [json.loads(each) for each in desk.does("import - --json", text).splitlines()]
    assert [each.get("index", "0") for each in told] == ["0", "1"]
    assert [each["event"]["event"]["request_id"] for each in told] == [f"{name}-1", f"{name}-2"]
    assert all(each["replayed"] for each in told)


def test_a_line_that_is_no_change_is_a_mistake_in_usage(desk: Desk, name: str) -> None:
    """Nothing is recorded."""
    text = "\n".join([line(name, **scheduled()), '{"nmae": "visits/x"}'])
    status, answer, complaint = desk.tries("import -", text)
    assert (status, answer) == (2, "")
    assert "line 2" in complaint
    assert desk.tries(f"show {name}")[0] == 1


def test_an_empty_file_is_imported(desk: Desk) -> None:
    assert (
        desk.does("import -", "\n")
        == "Recorded 0 changes; 0 were recorded before, 0 were refused\n"
    )


def test_the_example_is_imported_where_it_stands_already(desk: Desk) -> None:
    """``apply`` recorded it before, with the same request ids."""
    count = len(STORY.read_text().splitlines())
    assert desk.does(f"import {STORY}") == (
        f"Recorded 0 changes; {count} were recorded before, 0 were refused\n"
    )
