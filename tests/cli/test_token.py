"""``chancery token``: a token is made, shown once, listed without itself, and taken back."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.desk import Desk
from tests.cli.operating import Done, operate
from tests.support.holders import NAMES, GuardedServer, guarded
from tests.support.place import SqliteFile


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "tokens"


def token(command: str, file: Path, *args: str) -> Done:
    """Run the command on the file."""
    return operate(f"token {command}", "--token-file", str(file), *args)


def test_a_token_is_printed_alone_when_it_is_made_and_never_again(file: Path) -> None:
    made = token("new", file, "--role", "editor", "--name", "Anna Bé")
    assert made.status == 0
    assert re.fullmatch(r"chancery_[\w-]{43}\n", made.answer)
    assert made.complaint == "A token for Anna Bé, editor. It is not shown again:\n"
    secret = made.answer.strip().removeprefix("chancery_")
    for listed in (token("list", file), token("list", file, "--json")):
        assert listed.status == 0
        assert secret not in listed.answer + listed.complaint
    assert secret not in file.read_text()


def test_tokens_are_listed_with_their_holders_roles_and_days(file: Path) -> None:
    for role, name in (("reader", "anna"), ("operator", "ben")):
        token("new", file, "--role", role, "--name", name)
    tokens = json.loads(token("list", file, "--json").answer)["tokens"]
    assert [(each["name"], each["role"]) for each in tokens] == [
        ("anna", "reader"),
        ("ben", "operator"),
    ]
    today = datetime.now(UTC).date()
    assert tokens[0]["made"] in (str(today), str(today - timedelta(days=1)))
    head, *rows = token("list", file).answer.splitlines()
    assert head.split() == ["Token", "Holder", "Role", "Made"]
    assert [row.split() for row in rows] == [
        [each["id"], each["name"], each["role"], each["made"]] for each in tokens
    ]


def test_a_token_is_taken_back_by_its_id_or_with_all_of_its_holder(file: Path) -> None:
    for _ in range(3):
        token("new", file, "--role", "reader", "--name", "anna")
    first = json.loads(token("list", file, "--json").answer)["tokens"][0]["id"]
    assert token("revoke", file, first).answer == f"Revoked {first}, reader, of anna\n"
    assert len(token("revoke", file, "--name", "anna").answer.splitlines()) == 2
    assert json.loads(token("list", file, "--json").answer) == {"tokens": []}
    assert token("revoke", file, first) == Done(1, "", f"Failed: no token {first}\n")
    told = token("revoke", file, "--name", "anna")
    assert told == Done(1, "", f"Failed: {file} has no token of anna\n")


@pytest.mark.parametrize(
    ("command", "args", "why"),
    [
        ("new", ("--role", "king", "--name", "anna"), "'king' is not one of"),
        ("new", ("--role", "reader", "--name", "a:b"), "must be a name without a colon"),
        ("new", ("--role", "reader", "--name", " anna"), "write 'anna'"),
        ("new", ("--role", "reader", "--name", ""), "must be a name without a colon"),
        ("revoke", (), "name a token, or a holder by --name"),
        ("revoke", ("0" * 12, "--name", "anna"), "name a token, or a holder by --name"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(
    file: Path, command: str, args: tuple[str, ...], why: str
) -> None:
    told = token(command, file, *args)
    assert told.status == 2
    assert why in told.complaint
    assert not file.exists()


def test_the_file_must_be_named_and_there() -> None:
    told = operate("token list")
    assert told.status == 2
    assert "name the file of tokens, here or by CHANCERY_TOKEN_FILE" in told.complaint
    assert operate("token list --token-file /nowhere/tokens") == Done(
        1, "", "Failed: cannot read /nowhere/tokens: No such file or directory\n"
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    """A server that knows its callers."""
    folder = tmp_path_factory.mktemp("guarded")
    with guarded(SqliteFile(folder / "chancery.db"), folder) as server:
        yield server


def test_commands_show_the_token_of_the_environment(server: GuardedServer) -> None:
    """A line break at its end, as files have, is not part of it."""
    desk = Desk(server.address)
    desk.env["CHANCERY_TOKEN"] = f"{server.holders.tokens['editor']}\n"
    desk.does(
        "schedule rome --title 'A visit' --principal 'Ana (Minister), country=PT' "
        "--host IT --destination 'Rome, IT' --from 2027-06-01 --note kanarek"
    )
    assert NAMES["editor"] in desk.does("changes rome")
    desk.env["CHANCERY_TOKEN"] = server.holders.tokens["reader"]
    shown = desk.does("changes rome") + desk.does("history rome") + desk.does("history rome --json")
    assert NAMES["editor"] not in shown
    assert "kanarek" not in shown
    complaint = desk.is_refused("cancel rome")
    assert complaint == "Refused: this takes the role editor\n"


def test_a_reader_exports_what_verifies_without_the_restricted_parts(
    server: GuardedServer, tmp_path: Path
) -> None:
    desk, bundle = Desk(server.address), tmp_path / "open.bundle"
    desk.env["CHANCERY_TOKEN"] = server.holders.tokens["reader"]
    desk.does(f"export --bundle {bundle}")
    key = desk.reads("info")["public_key"]
    assert "verified" in desk.does(f"verify {bundle} --key '{key}'").lower()
    assert NAMES["editor"].encode() not in bundle.read_bytes()


@pytest.mark.parametrize(
    ("token", "status", "complaint"),
    [
        ("", 1, "Refused: the call has no credentials\n"),
        ("chancery_unknown", 1, "Refused: the token is not valid\n"),
        ("Bearer x", 2, "it has ASCII characters alone, and no blanks"),
    ],
)
def test_without_a_valid_token_a_command_is_refused(
    server: GuardedServer, token: str, status: int, complaint: str
) -> None:
    desk = Desk(server.address)
    desk.env["CHANCERY_TOKEN"] = token
    ended = desk.tries("list")
    assert ended[0] == status
    assert complaint in ended[2]
    assert not token or token not in ended[1] + ended[2]


def test_a_token_is_no_option_of_any_command() -> None:
    """What is on a command line is shown to everybody on the machine."""
    for command in ("list", "schedule", "watch", "serve"):
        assert "--token " not in operate(f"{command} --help").answer
