"""What the commands print as of another moment."""

import json

import pytest

from tests.cli.desk import Desk

BEIJING = "blinken-beijing-2023"


@pytest.mark.parametrize(
    ("day", "status", "last"),
    [
        ("2022-12", "scheduled", 1),
        ("2023-03-01", "when conditions allow", 7),
        ("2023-06-07", "when conditions allow", 10),
        ("2023-06-18T12:00:00Z", "rescheduled", 12),
    ],
)
def test_what_was_known_is_told_with_the_changes_known_by_then(
    desk: Desk, day: str, status: str, last: int
) -> None:
    told = desk.does(f"show {BEIJING} --known-at {day}")
    assert "\nAs known by " in told
    assert f"Status        {status}, official\n" in told
    assert f"\n  {last:>2}  " in told
    assert f"\n  {last + 1:>2}  " not in told


def test_what_was_recorded_is_told_up_to_a_position(desk: Desk) -> None:
    told = desk.does(f"show {BEIJING} --position 2 --valid-at 2023-01-10")
    assert "As recorded up to position 2, in force at the end of 10 January 2023 (UTC)" in told
    assert 'Planned       about 1 January to 31 March 2023, "early next year"' in told


def test_what_was_in_force_is_told_with_the_changes_in_force_then_and_each_retraction(
    desk: Desk,
) -> None:
    desk.does(
        "schedule in-force --title T --principal Ana --host DE --from 2023-06 --known 2023-02-01"
    )
    desk.does("postpone in-force --known 2023-03-01")
    desk.does("state in-force report --side press --known 2023-04-01")
    desk.does("retract in-force 2 --known 2023-05-01")
    told = desk.does("show in-force --valid-at 2023-03-15")
    assert "Postponed  (retracted by change 4)\n" in told
    assert "Press reports" not in told
    told = desk.does("show in-force --valid-at 2023-03-15 --known-at 2023-04-15")
    assert "Postponed\n" in told
    assert "Retracted" not in told


def test_what_was_not_known_by_then_is_not_found(desk: Desk) -> None:
    assert "not known by then" in desk.is_refused(f"show {BEIJING} --known-at 2021")


def test_a_moment_in_the_future_is_refused_and_today_is_not(desk: Desk) -> None:
    assert "as_of.known_at: " in desk.is_refused(f"show {BEIJING} --known-at 9999")
    today = desk.reads(f"show {BEIJING}")["visit"]["update_time"][:10]
    desk.does(f"show {BEIJING} --known-at {today} --valid-at {today[:7]} --recorded-at {today[:4]}")


def test_a_list_as_of_a_moment_says_so_and_has_what_was_there_then(
    desk: Desk, scheduled: str
) -> None:
    told = desk.does("list --known-at 2023-03-01 --host-country CN")
    assert told.startswith("As known by the end of 1 March 2023 (UTC)\n\nVisit ")
    assert f"{BEIJING}  Blinken to China  when conditions allow, official" in told
    assert scheduled in desk.does("list")
    assert scheduled not in desk.does("list --position 16")
    assert [v["name"] for v in desk.reads("list --position 16")["visits"]] == [f"visits/{BEIJING}"]


def test_a_list_as_of_a_moment_is_ordered_by_name_only(desk: Desk) -> None:
    desk.does("list --known-at 2023 --order-by 'name desc'")
    refused = desk.is_refused("list --known-at 2023 --order-by update_time")
    assert refused.startswith("Refused: the request is not valid\n  order_by: ")


def test_history_as_of_a_moment_has_the_changes_that_counted_then(desk: Desk) -> None:
    def versions(options: str) -> list[int]:
        lines = desk.does(f"history {BEIJING} --json {options}").splitlines()
        return [int(json.loads(line)["event"]["version"]) for line in lines]

    assert versions("--known-at 2023-03-01") == [1, 2, 3, 4, 5, 6, 7]
    assert versions("--valid-at 2023-01-17 --position 2") == [1, 2]
    assert versions("--known-at 2023-03-01 --type deferred --type amended") == [2, 5]
    assert versions("--known-at 2023-03-01 --limit 2") == [1, 2]
    told = desk.does("history --known-at 2022-12")
    assert f"visits/{BEIJING} 1: Scheduled for about 1 January to 31 March 2023" in told
    assert "by unverified:anna" in told
