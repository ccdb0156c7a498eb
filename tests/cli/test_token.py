"""``chancery token``: a token is made, shown once, listed without itself, and taken back."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.operating import Done, operate


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
