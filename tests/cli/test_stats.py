"""``chancery stats``: visits counted by year, host and principal."""

import csv
import io

import pytest
from rich.console import Console

from service.cli.draw.counts import WIDTH, bar, counts
from tests.cli.desk import Desk

WHO = "--title T --principal 'Ana {}'"


@pytest.fixture(scope="module")
def counted(desk: Desk) -> str:
    """The options that select four visits: of three years, to three hosts, by two people."""
    for name, who, rest in (
        ("s-1", "Counted", "--host FR --from 2021-12-31 --to 2022-01-02 --known 2022-02"),
        ("s-2", "Counted", "--host FR --from 2024-05-01 --known 2024-06"),
        ("s-3", "Numbered", "--host NATO --from 2024-06-01 --known 2024-06"),
    ):
        desk.does(f"disclose {name} --trip counted {WHO.format(who)} {rest}")
    desk.does(f"schedule s-4 --trip counted {WHO.format('Counted')} --known 2024-07")
    return "--trip counted"


def test_years_come_in_order_with_those_that_have_none(desk: Desk, counted: str) -> None:
    lines = desk.does(f"stats {counted}").splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["Year", "Visits"], ["2021", "1"], ["2022", "0"], ["2023", "0"], ["2024", "2"],
        ["(not", "said)"],
    ]  # fmt: skip
    assert lines[4].endswith("  " + "█" * WIDTH)
    assert lines[1].endswith("  " + "█" * (WIDTH // 2))


def test_hosts_and_principals_come_the_most_first(desk: Desk, counted: str) -> None:
    told = desk.reads(f"stats {counted} --by host")
    assert told == {"by": "host", "visits": 4, "counts": {"FR": 2, "(not said)": 1, "NATO": 1}}
    table = desk.does(f"stats {counted} --by principal --limit 1 --csv")
    assert list(csv.reader(table[1:].splitlines())) == [
        ["principal", "visits"],
        ["Ana Counted", "3"],
    ]


def test_visits_are_counted_as_of_a_moment_and_of_a_filter(desk: Desk, counted: str) -> None:
    told = desk.reads(f"stats {counted} --known-at 2023 --by principal")
    assert told["counts"] == {"Ana Counted": 1}
    assert desk.reads(f"stats {counted} --host-country FR")["visits"] == 2
    assert desk.does("stats --trip nobody-made") == "Year  Visits\n"


def test_what_cannot_be_counted_is_refused(desk: Desk) -> None:
    status, _, complaint = desk.tries("stats --by colour")
    assert status == 2
    assert "choose from year, host, principal" in complaint


def test_a_bar_is_never_empty_for_a_number_that_is_not_0() -> None:
    assert (bar(0, 9), bar(1, 10_000), bar(1, 2)) == ("", "▏", "█" * (WIDTH // 2))


def test_a_narrow_terminal_shortens_the_bars_alone() -> None:
    found = [("Madeleine Albright", 200), ("Antony Blinken", 100)]
    for width, longest in ((80, WIDTH), (50, 22)):
        console = Console(width=width, file=io.StringIO())
        with console.capture() as captured:
            console.print(counts("principal", found))
        assert [line.rstrip() for line in captured.get().splitlines()[1:]] == [
            f"Madeleine Albright     200  {'█' * longest}",
            f"Antony Blinken         100  {'█' * (longest // 2)}",
        ]
