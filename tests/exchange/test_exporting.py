"""Exports from Python: what ``chancery export`` writes, by the same code."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chancery.client import Connection, draft
from chancery.client.errors import ChanceryError, NotFound
from chancery.v1.desk_service_pb2 import Change
from service.exchange.exporting import FORMATS, LOSSLESS, ContentLost, Unsuitable, export
from service.exchange.selection import Selection, Story
from tests.cli.desk import Desk
from tests.support.server import Server

# More than a page of the server has.
MANY = 60


@pytest.fixture(scope="module")
def desk(server: Server) -> Iterator[Connection]:
    """A connection to a log with a journey of many visits, one of which was put off."""
    with Connection(server.address) as connection:
        drafts = [
            draft.schedule(
                f"v-{number:02}",
                title="Ünique, “quoted”",
                principal="Ana Silva",
                host="FR",
                trip="long",
                window="2025-02-05",
                known="2025-01-10",
            )
            for number in range(MANY)
        ]
        drafts.append(draft.postpone("v-00", reason="=Snow\nand ice", known="2025-02-03"))
        assert all(result.event for result in connection.import_changes(drafts))
        yield connection


@pytest.mark.parametrize("form", FORMATS)
def test_python_and_the_command_export_the_same_bytes(
    desk: Connection, server: Server, form: Any, tmp_path: Path
) -> None:
    file, board = tmp_path / "file", "https://desk.example"
    known: Any = None if form in LOSSLESS else "2025-02"
    then = f"--known-at {known}" if known else ""
    Desk(server.address).does(
        f"export --format {form} --trip long --query ana {then} --board {board} --output {file}"
    )
    found = b"".join(export(desk, form, query="ana", trip="long", board=board, known_at=known))
    assert found == file.read_bytes()
    assert len(found) > MANY * 100


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_is_of_any_moment_and_of_one_visit(desk: Connection, form: Any) -> None:
    """Before it was put off nobody knew of snow."""
    assert b"Snow" not in b"".join(export(desk, form, "v-00", position=MANY))
    if form != "jsonld":  # an export of changes says which it was; of visits, how it stands
        assert b"Snow" in b"".join(export(desk, form, "visits/v-00"))


def test_it_comes_piece_by_piece_and_says_how_far_it_is(desk: Connection) -> None:
    found = export(desk, "visits-json", trip="long")
    assert (found.number, found.total(), found.what) == (0, MANY, "visits")
    assert [found.number for _ in found] == list(range(1, MANY + 1))
    changes = export(desk, "changes")
    assert (changes.total(), len(list(changes)), changes.what) == (MANY + 1, MANY + 1, "changes")
    stories = export(desk, "playbooks", "v-00")
    assert len(list(stories)) == len(list(stories)) == stories.number == 1
    assert (stories.total(), stories.what) == (0, "parts of stories")


def test_a_page_is_asked_for_when_it_is_wanted(
    desk: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = []
    asked = desk.messages.list_visits

    def counted(request: Any) -> Iterator[Any]:
        for page in asked(request):
            pages.append(len(page.visits))
            yield page

    monkeypatch.setattr(desk.messages, "list_visits", counted)
    pieces = iter(export(desk, "visits-json"))
    next(pieces)
    assert len(pages) == 1
    list(pieces)
    assert (len(pages) > 1, sum(pages)) == (True, MANY)


@pytest.mark.parametrize("form", FORMATS)
def test_a_filter_that_nothing_meets_selects_nothing(desk: Connection, form: Any) -> None:
    nothing = export(desk, form, trip="never made")
    assert b"v-" not in b"".join(nothing)
    assert nothing.number == 0


@pytest.mark.parametrize(
    ("given", "error", "why"),
    [
        ({"format": "excel"}, Unsuitable, "format: unknown 'excel'; choose from visits, "),
        ({"format": "changes", "known_at": "2025"}, Unsuitable, "give the record time or the pos"),
        ({"format": "atom", "valid_at": "2025"}, Unsuitable, "valid_at: atom has changes"),
        ({"format": "visits", "visit": "v-00", "trip": "a"}, Unsuitable, "visit: is one visit"),
        ({"format": "visits", "known_at": "then"}, ValueError, "'then' is not a time"),
        ({"format": "visits", "tripp": "a"}, TypeError, "did you mean 'trip'?"),
    ],
    ids=["format", "known", "valid", "filter", "time", "keyword"],
)
def test_what_cannot_be_exported_is_refused_before_anything_is_asked(
    given: dict[str, Any], error: type[Exception], why: str
) -> None:
    with Connection("127.0.0.1:1") as nobody, pytest.raises(error) as refused:
        export(nobody, **given)
    assert why in str(refused.value)


def test_what_the_server_refuses_is_raised(desk: Connection) -> None:
    with pytest.raises(NotFound):
        list(export(desk, "visits", "nobody"))
    with Connection("127.0.0.1:1", timeout=1) as nobody, pytest.raises(ChanceryError):
        export(nobody, "visits")


def test_what_has_lost_its_content_is_told_after_all_the_rest(
    desk: Connection, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stories(_: Selection) -> Iterator[Story]:
        change: Change = draft.cancel("a", reason="Snow")
        yield Story("a", 1, [change], lost=2)
        yield Story("b", 1, [change])

    monkeypatch.setattr(Selection, "stories", stories)
    pieces: list[bytes] = []
    with pytest.raises(ContentLost, match="a ends before its change 2") as lost:
        pieces.extend(export(desk, "playbooks"))
    assert lost.value.visits == {"a": 2}
    file = tmp_path / "file"
    status, _, complaint = Desk(server.address).tries(f"export --format playbooks --output {file}")
    assert (status, complaint) == (1, "a ends before its change 2, which has lost its content\n")
    assert file.read_bytes().count(b"visit: ") == 2
