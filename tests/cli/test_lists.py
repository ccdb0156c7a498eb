"""Lists of visits: which days are asked of, and how they look on a narrow terminal."""

import re

import pytest

from tests.cli.desk import Desk


def found(desk: Desk, options: str) -> set[str]:
    """The ids of the visits that a list has, of those that the test recorded."""
    visits = desk.reads(f"list {options}").get("visits", [])
    return {visit["name"].removeprefix("visits/") for visit in visits}


@pytest.fixture(scope="module")
def held(desk: Desk) -> str:
    """A visit that was planned for 1 to 2 June 2024, moved to 8 June, and held 10 to 11 June."""
    desk.does(
        "schedule l-held --title T --principal 'Ana Held' --host UA --destination 'Kyiv, UA' "
        "--from 2024-06-01 --to 2024-06-02 --known 2024-05-01"
    )
    desk.does("reschedule l-held --from 2024-06-08 --known 2024-05-02")
    desk.does("complete l-held --from 2024-06-10 --to 2024-06-11 --known 2024-06-12")
    return "l-held"


@pytest.mark.parametrize(
    ("options", "is_found"),
    [
        ("--from 2024-06-10 --to 2024-06-11", True),
        ("--from 2024-06-08 --to 2024-06-08", True),
        ("--from 2024-06-08 --to 2024-06-08 --days held", False),
        ("--from 2024-06-01 --to 2024-06-02", False),
        ("--from 2024-06-01 --to 2024-06-02 --days former", True),
        ("--from 2024-06-01 --to 2024-06-02 --days former --days claimed", True),
        ("--destination-country UA", True),
        ("--destination-country FR", False),
        ("--heard-since 2024-06", True),
        ("--quiet-since 2024-06-12", False),
        ("--quiet-since 2024-07", True),
    ],
)
def test_a_visit_is_found_by_the_days_that_are_asked_of(
    desk: Desk, held: str, options: str, is_found: bool
) -> None:
    """By default those for which it is planned, and those on which it was held."""
    assert (held in found(desk, options)) is is_found


def test_a_visit_is_found_by_those_that_name_it_as_related(desk: Desk, held: str) -> None:
    desk.does(
        f"schedule l-next --title T --principal 'Ana Next' --host UA --related continues={held}"
    )
    assert found(desk, f"--related-to {held}") == {"l-next"}


def test_whoever_has_arrived_is_under_way(desk: Desk) -> None:
    desk.does("schedule l-way --title T --principal 'Ana Way' --host UA --known 2024-05-01")
    desk.does("state l-way arrived --side press --known 2024-05-02")
    assert found(desk, "--under-way") == {"l-way"}


def test_on_a_narrow_terminal_each_visit_is_a_block_of_lines(
    desk: Desk, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    for columns, first in ((50, "l-held\n  T\n  completed, reported\n"), (100, "Visit ")):
        desk.env["COLUMNS"] = str(columns)
        told = desk.does("list held")
        plain = re.sub(r"\x1b\[[0-9;]*m| +$", "", told, flags=re.MULTILINE)
        assert max(map(len, plain.splitlines())) <= columns
        assert plain.startswith(first)
    del desk.env["COLUMNS"]
