"""Taking out what was entered in error: what else goes with it, who is asked, and the undo."""

import os
import pty
import subprocess
import sys

import pytest

from tests.cli.desk import Desk

ROWS = "Postponed", "Rescheduled for 18 June 2024"


def known(desk: Desk, name: str) -> str:
    """A visit that is planned, postponed, and planned again."""
    desk.does(
        f"schedule {name} --title T --principal 'Ana {name}' --host FR --from 2024-05-01 "
        "--known 2024-01-10"
    )
    desk.does(f"postpone {name} --known 2024-02-05")
    desk.does(f"reschedule {name} --from 2024-06-18 --known 2024-02-10")
    return name


def at_a_terminal(desk: Desk, command: str, answer: bytes) -> tuple[int, str, str]:
    """What a command answers to somebody who types at a terminal."""
    person, terminal = pty.openpty()
    os.write(person, answer)
    done = subprocess.run(
        [sys.executable, "-m", "service.cli", *command.split()],
        stdin=terminal,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | desk.env,
    )
    os.close(terminal)
    os.close(person)
    return done.returncode, done.stdout, done.stderr


def test_what_else_is_taken_out_is_told_and_refused_where_nobody_can_be_asked(desk: Desk) -> None:
    name = known(desk, "r-told")
    told = desk.is_refused(f"retract {name} 2")
    assert told.startswith(f"Retracting change 2 of visits/{name} also takes out change 3:\n")
    assert all(row in told for row in ROWS)
    assert told.endswith("\nRefused: add --yes to take out changes 2 and 3\n")
    assert desk.reads(f"show {name}")["visit"]["version"] == 3


def test_with_yes_it_is_taken_out_and_the_answer_says_all_of_it(desk: Desk) -> None:
    name = known(desk, "r-yes")
    status, answer, _ = desk.tries(f"retract {name} 1 --yes")
    assert status == 0
    assert f"version 4 of visits/{name} is withdrawn\n" in answer
    assert answer.endswith("\nTaken out: changes 1, 2 and 3\n")


@pytest.mark.parametrize(
    ("typed", "status", "version"), [(b"y\n", 0, 4), (b"n\n", 1, 3), (b"\n", 1, 3)]
)
def test_at_a_terminal_it_is_asked_and_no_is_the_default(
    desk: Desk, typed: bytes, status: int, version: int
) -> None:
    name = known(desk, f"r-asked-{typed[0]}")
    found, _, asked = at_a_terminal(desk, f"retract {name} 2", typed)
    assert "Take out changes 2 and 3? [y/N]" in asked
    assert found == status
    assert desk.reads(f"show {name}")["visit"]["version"] == version


def test_one_change_alone_is_taken_out_without_a_question(desk: Desk) -> None:
    name = known(desk, "r-alone")
    assert desk.does(f"retract {name} 3").endswith("Taken out: change 3\n")


def test_the_latest_retraction_is_undone_by_retracting_it(desk: Desk) -> None:
    name = known(desk, "r-undo")
    before = desk.reads(f"show {name}")["visit"]
    desk.tries(f"retract {name} 2 --yes")
    answer = desk.does(f"retract {name} 4")
    assert answer.endswith("Taken out: change 4; changes 2 and 3 count again\n")
    after = desk.reads(f"show {name}")["visit"]
    for field in ("version", "position", "update_time"):
        del before[field], after[field]
    assert after == before


def test_what_was_only_validated_is_told_and_not_asked(desk: Desk) -> None:
    name = known(desk, "r-validated")
    answer = desk.does(f"retract {name} 2 --validate-only")
    assert answer.startswith("Valid, not recorded: ")
    assert answer.endswith("Taken out: changes 2 and 3\n")


def test_a_retraction_that_is_repeated_is_recorded_once(desk: Desk) -> None:
    """With the options that a failure advises."""
    name = known(desk, "r-once")
    command = f"retract {name} 2 --request-id r-once --expected-version 3 --yes"
    assert desk.tries(command)[1].startswith("Recorded")
    assert desk.does(command).startswith("Already recorded")


def test_what_was_retracted_and_by_which_change_is_marked_in_the_history(desk: Desk) -> None:
    name = known(desk, "r-marked")
    desk.tries(f"retract {name} 2 --yes")
    for command in (f"history {name}", f"show {name}", f"changes {name}"):
        told = desk.does(command)
        assert "Postponed  (retracted by change 4)\n" in told
        assert "Rescheduled for 18 June 2024  (retracted by change 4)\n" in told
        assert "Retracted changes 2 and 3\n" in told
    desk.does(f"retract {name} 4")
    told = desk.does(f"history {name}")
    assert "Postponed\n" in told
    assert "Retracted changes 2 and 3  (retracted by change 5)\n" in told


def test_what_was_known_meanwhile_is_not_that_of_a_retracted_change(desk: Desk) -> None:
    desk.does(
        "schedule r-known --title T --principal 'Ana Known' --host FR --from 2024-05-01 "
        "--known 2024-01-10"
    )
    desk.does("postpone r-known --effective 2024-02-01 --known 2024-06-01")
    desk.does("cancel r-known --known 2024-02-05")
    desk.tries("retract r-known 2 --yes")
    assert "scheduled, reported" in desk.does("show r-known --known-at 2024-02-20")
