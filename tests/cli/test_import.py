"""``chancery import`` and ``apply``: changes from a file, each on its own, or all or none."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import STORY, Desk

BEIJING = "blinken-beijing-2023"


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
    assert desk.reads(f"show {name}")["visit"]["version"] == 2


def test_a_file_that_is_imported_again_records_nothing(desk: Desk, file: Path, name: str) -> None:
    """Lines without a request id are recognised; the same line twice is two changes."""
    desk.tries(f"import {file}")
    _, answer, _ = desk.tries(f"import {file}")
    assert answer == "Recorded 0 changes; 2 were recorded before, 1 were refused\n"
    assert desk.reads(f"show {name}")["visit"]["version"] == 2


def test_a_file_may_give_request_ids_itself(desk: Desk, name: str) -> None:
    text = "\n".join([line(name, f"{name}-1", **scheduled()), line(name, f"{name}-2", **POSTPONED)])
    assert desk.does("import -", text) == (
        "Recorded 2 changes; 0 were recorded before, 0 were refused\n"
    )
    told = [json.loads(each) for each in desk.does("import - --json", text).splitlines()]
    assert [each.get("index", "0") for each in told] == ["0", "1"]
    assert [each["event"]["event"]["request_id"] for each in told] == [f"{name}-1", f"{name}-2"]
    assert all(each["replayed"] for each in told)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b'{"nmae": "visits/x"}', "nmae"),
        (b"soon", "not JSON"),
        (b"\xff\xfe", "not UTF-8 text"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"event": {"visit": "visits/x"}}', "the change has lost its content"),
        (b"[]", "not a JSON object"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_the_rest_goes_on(
    desk: Desk, tmp_path: Path, bad: bytes, why: str
) -> None:
    name = f"beside-{abs(hash(bad))}"
    file = tmp_path / "changes.jsonl"
    lines = [line(name, **scheduled()).encode(), bad, line(name, **POSTPONED).encode()]
    file.write_bytes(b"\n".join(lines))
    status, answer, complaint = desk.tries(f"import {file}")
    assert status == 1
    assert answer.startswith("Recorded 2 changes; ")
    assert answer.endswith("0 were refused, 1 could not be read\n")
    assert complaint.startswith("line 2: ")
    assert why in complaint
    assert complaint.count("\n") == 1


def test_a_byte_order_mark_is_skipped(desk: Desk, tmp_path: Path, name: str) -> None:
    file = tmp_path / "changes.jsonl"
    file.write_text(line(name, **scheduled()), encoding="utf-8-sig")
    assert desk.does(f"import {file}").startswith("Recorded 1 changes")
    file.write_text(line(name, **POSTPONED), encoding="utf-8-sig")
    assert desk.does(f"apply {file}").startswith("Recorded at position ")


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


# What history --json gave


def lived(desk: Desk, name: str) -> str:
    """The history of a visit with every kind of change, as JSON lines."""
    for command in (
        f"postpone {name} --title T --principal 'Ana {name}' --host FR --given-up-from 2024-05-01 "
        "--known 2024-01-10 --source 'host, background, speaker=a friend' --note 'Call again'",
        f"reschedule {name} --from 2024-06-18 --effective 2024-02 --known 2024-02-10T12:00:00Z",
        f"correct {name} --from 2024-06-19 --reason 'A slip of the pen'",
        f"amend {name} --add-alias other-{name} --known 2024-03",
        f"state {name} confirm --about 1 --side host --speaker A --known 2024-03-02",
        f"cancel {name} --known 2024-04-01",
        f"retract {name} 6 --known 2024-04-02",
        f"retract {name} 7",
        f"retract {name} 8",
        f"complete {name} --known 2024-06-20",
        f"state {name} doubt --side press",
    ):
        desk.does(command)
    return desk.does(f"history {name} --json")


def as_known(desk: Desk, name: str) -> Any:
    """What a visit is, but for what its record says of itself."""
    visit = desk.reads(f"show {name}")["visit"]
    for field in ("name", "position", "create_time", "update_time"):
        del visit[field]
    return visit


@pytest.mark.parametrize("command", ["import", "apply"])
def test_a_history_is_recorded_elsewhere_as_the_same_visit(desk: Desk, command: str) -> None:
    """Also when it became known only as it was recorded."""
    name, copy = f"h-{command}", f"copy-{command}"
    text = lived(desk, name).replace(f"other-{name}", f"other-{copy}")
    desk.does(f"{command} -", text.replace(f"visits/{name}", f"visits/{copy}"))
    expected = json.dumps(as_known(desk, name)).replace(f"other-{name}", f"other-{copy}")
    assert as_known(desk, copy) == json.loads(expected)


def test_a_history_of_which_a_change_is_missing_is_not_taken_for_whole(desk: Desk) -> None:
    """A change that names another by its version would name a wrong one."""
    first, *rest = lived(desk, "h-gap").replace("visits/h-gap", "visits/copy-gap").splitlines()
    del rest[0]
    told = desk.tries("import -", "\n".join([first, *rest]))[2]
    assert "at version 1, not at 2" in told


def test_a_history_is_not_recorded_twice_in_its_own_log(desk: Desk) -> None:
    """Each of its changes has a version already."""
    text = lived(desk, "h-own")
    version = as_known(desk, "h-own")["version"]
    status, answer, complaint = desk.tries("import -", text)
    assert (status, answer) == (
        1,
        f"Recorded 0 changes; 0 were recorded before, {version} were refused\n",
    )
    assert f"line 2: visit 'h-own' is at version {version}, not at 1" in complaint


def test_a_history_that_is_imported_again_adds_nothing(desk: Desk) -> None:
    text = desk.does(f"history {BEIJING} --json").replace(BEIJING, "again-beijing")
    text = text.replace('"blinken-china"', '"again-china"')
    assert desk.does("import -", text).startswith("Recorded 16 changes; 0 were")
    assert desk.does("import -", text).startswith("Recorded 0 changes; 16 were recorded before")
