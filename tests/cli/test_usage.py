"""What is a mistake in usage: status 2, a message, and no call to a server."""

from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli.app import build

NOWHERE = "127.0.0.1:1"


def run(*args: str) -> tuple[int, str]:
    """The exit status of a command line and what it said on standard error."""
    result = CliRunner().invoke(build(), args, env={"CHANCERY_TARGET": NOWHERE})
    return result.exit_code, result.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("reschedule x", "this change needs a window: give --from DATE, --to DATE or --as-stated"),
        ("complete x --approximate", "needs days: give --from DATE"),
        ("reschedule x --or-later", "needs days: give --from DATE"),
        ("reschedule x --to 2027 --or-later", "goes with --from DATE alone"),
        ("reschedule x --from 3/4/2027", "3 April 2027 or 4 March 2027"),
        ("amend x --held-approximate", "needs days: give --held-from DATE"),
        ("postpone", "which visit? Give NAME, or --title and --principal"),
        ("show x --tz Asia/Tokio", "'Asia/Tokio' is not a time zone"),
        ("list --days former", "needs days: give --from DATE"),
        ("list --host-country UK", "write GB"),
        ("amend x --add-city-name Kiev", "write NAME=OTHER, such as Kyiv=Kiev"),
        ("correct x --title A --clear title", "title is both set and cleared"),
        ("correct x --clear status", "unknown field 'status'; choose from title"),
        ("list --csv --json", "cannot be combined with --json"),
        ("history --csv --json", "cannot be combined with --json"),
        ("reschedule x --from soon", "'soon' is not a time"),
        ("defer x", "this change needs a condition"),
        ("defer x --condition later", "who stated the condition? Give --side: guest, host"),
        ("postpone x --side guest", "a condition needs --condition TEXT"),
        ("defer x --condition later --side nobody", "unknown side 'nobody'"),
        ("state x mumble --side guest", "unknown kind of statement 'mumble'"),
        ("state x report", "Missing option '--side'"),
        ("amend x", "amend what? Give a field, such as --purpose TEXT, or --clear FIELD"),
        ("correct x 2", "correct what? Give a field, such as --title TEXT, or --clear FIELD"),
        ("amend x --title A --clear title", "title is both set and cleared"),
        ("amend x --clear status", "unknown field 'status'; choose from title"),
        ("list --client-cert anna.pem", "it needs --client-key, and the other way round"),
        ("list --client-key anna.key", "it needs --client-key, and the other way round"),
        ("list --ca nowhere.pem", "cannot read nowhere.pem: No such file or directory"),
        ("cancel x --effective 2023-02-30", "does not exist"),
        ("cancel x --expected-version -1", "greater than or equal to 0"),
        ("cancel x --actor Jo\u0308rg", "write 'J\u00f6rg'"),
        ("show x --target=", "write HOST:PORT"),
        ("retract x 0", "greater than or equal to 1"),
        (f"retract x {1 << 31}", "less than or equal to 2147483647"),
        (f"cancel x --expected-version {1 << 31}", "less than or equal to 2147483647"),
        (f"show x --position {1 << 63}", "less than or equal to 9223372036854775807"),
        ("serve --listen 127.0.0.1:99999", "must be HOST:PORT"),
        ("serve --listen 127.0.0.1", "must be HOST:PORT"),
        ("show x --position 3 --recorded-at 2023", "give either --position or --recorded-at"),
        ("list --position 3 --recorded-at 2023", "give either --position or --recorded-at"),
        (
            "history --after 3 --known-at 2023",
            "Invalid value for '--after': cannot be combined with",
        ),
        ("compare x", "Missing option '--from'"),
        ("compare x --from soon", "'soon' is not a time"),
        ("compare x --from 2023 --by heart", "'heart' is neither known nor recorded"),
        ("watch --after -1", "greater than or equal to 0"),
        ("apply /nowhere/file.jsonl", "No such file"),
        ("show", "Missing argument 'NAME'"),
        ("shw x", "Did you mean"),
    ],
)
def test_a_mistake_in_usage_is_told_with_status_2(args: str, message: str) -> None:
    status, told = run(*args.split())
    assert message in told
    assert status == 2


def test_a_file_is_refused_with_the_line_that_is_no_change(tmp_path: Path) -> None:
    file = tmp_path / "changes.jsonl"
    file.write_text('{"name": "visits/x", "postponed": {}}\n\n{"nam": "visits/x"}\n')
    status, told = run("apply", str(file))
    assert "line 3" in told
    assert '"nam"' in told
    assert status == 2


def test_a_file_of_other_bytes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "changes.jsonl"
    file.write_bytes(b"\xff\xfe")
    status, told = run("apply", str(file))
    assert "Invalid value for 'FILE'" in told
    assert status == 2


@pytest.mark.parametrize("option", ["listen", "database", "max-calls", "log-format"])
def test_every_setting_of_a_server_is_an_option_and_a_variable(option: str) -> None:
    result = CliRunner().invoke(build(), ["serve", "--help"])
    assert f"--{option}" in result.stdout
    assert f"CHANCERY_{option.upper().replace('-', '_')}" in result.stdout


def test_a_setting_out_of_bounds_is_a_mistake_in_usage() -> None:
    status, told = run("serve", "--max-calls", "0")
    assert "Invalid value for '--max-calls'" in told
    assert status == 2


def test_a_token_for_another_machine_needs_encryption(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is to be sent is not shown."""
    monkeypatch.setenv("CHANCERY_TOKEN", "chancery_secret")
    status, told = run("list", "--target", "192.0.2.1:50051")
    assert status == 2
    assert "CHANCERY_TOKEN" in told
    assert "it would be sent to 192.0.2.1:50051 unencrypted" in " ".join(told.split())
    assert "secret" not in told


def test_a_server_that_is_not_there_is_named_with_status_1() -> None:
    status, told = run("show", "x")
    assert told == f"Failed: cannot reach the server at {NOWHERE}\n"
    assert status == 1


@pytest.mark.usefixtures("short_waits")
def test_a_change_that_may_have_been_recorded_can_be_asked_for_again() -> None:
    status, told = run("postpone", "x", "--request-id", "key-1")
    assert "--request-id key-1" in told
    assert status == 1


@pytest.mark.parametrize("distribution", ["chancery", "chancery-client"])
def test_the_version_is_that_of_both_distributions(distribution: str) -> None:
    result = CliRunner().invoke(build(), ["--version"])
    assert result.stdout == f"chancery {metadata.version(distribution)}\n"
    assert result.exit_code == 0
