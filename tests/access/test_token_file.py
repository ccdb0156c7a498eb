"""The file of tokens: what it keeps of a token, and who may read it."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from service.access.caller import Role
from service.access.token_file import Token, add_token, read_tokens, remove_tokens
from service.store.errors import StartupRefused


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "tokens"


def test_a_file_keeps_the_digest_of_a_token_and_nothing_else_of_it(file: Path) -> None:
    token = add_token(file, "Anna Bé", Role.EDITOR)
    (kept,) = read_tokens(file)
    assert kept.caller.digest == sha256(token.encode()).hexdigest()
    assert (kept.caller.name, kept.caller.role) == ("Anna Bé", Role.EDITOR)
    assert file.read_text() == f"{kept.caller.digest} editor {kept.made} Anna Bé\n"
    assert token.removeprefix("chancery_") not in file.read_text()


def test_a_token_has_256_random_bits(file: Path) -> None:
    tokens = {add_token(file, "anna", Role.READER) for _ in range(20)}
    assert len(tokens) == 20
    assert all(re.fullmatch("chancery_[A-Za-z0-9_-]{43}", token) for token in tokens)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_owner_may_read_the_file_whatever_the_umask(file: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        add_token(file, "anna", Role.READER)
        assert file.stat().st_mode & 0o777 == 0o600
        remove_tokens(file, name="anna")
        assert file.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


def test_the_file_stays_that_of_its_owner_when_root_writes_it(file: Path) -> None:
    """The server runs as that user, and has to read it."""
    add_token(file, "anna", Role.READER)
    if os.geteuid() == 0:
        os.chown(file, 12345, 12346)
    before = file.stat()
    add_token(file, "ben", Role.READER)
    remove_tokens(file, name="anna")
    after = file.stat()
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert (after.st_mode & 0o777, len(read_tokens(file))) == (0o600, 1)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_may_read_or_write_is_refused(file: Path, mode: int) -> None:
    add_token(file, "anna", Role.READER)
    file.chmod(mode)
    with pytest.raises(StartupRefused, match=f"others may read {file}, the tokens: chmod 600 it"):
        read_tokens(file)


def test_a_token_is_taken_back_by_its_id_and_all_of_a_holder_by_name(file: Path) -> None:
    for name in ("anna", "anna", "ben", "anna"):
        add_token(file, name, Role.EDITOR)
    first, *others = read_tokens(file)
    assert list(remove_tokens(file, first.id)) == [first]
    assert list(read_tokens(file)) == others
    assert [token.caller.name for token in remove_tokens(file, name="anna")] == ["anna", "anna"]
    assert [token.caller.name for token in read_tokens(file)] == ["ben"]
    assert list(remove_tokens(file, "0" * 12)) == []


def test_tokens_that_are_made_at_once_are_all_kept(file: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda n: add_token(file, f"n{n}", Role.READER), range(20)))
    kept = {token.caller.digest for token in read_tokens(file)}
    assert kept == {sha256(token.encode()).hexdigest() for token in tokens}
    assert [each.name for each in file.parent.iterdir()] == ["tokens"]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "anna",
        f"{'0' * 64} editor 2026-11-30",
        f"{'0' * 63} editor 2026-11-30 anna",
        f"{'A' * 64} editor 2026-11-30 anna",
        f"{'0' * 64} king 2026-11-30 anna",
        f"{'0' * 64} editor yesterday anna",
        f"{'0' * 64} editor 2026-11-30 unverified:anna",
        f"{'0' * 64} editor 2026-11-30 anna ",
        f"{'0' * 64} editor 2026-11-30 an\u200bna",
    ],
)
def test_a_line_that_is_no_token_is_refused_by_its_number(file: Path, line: str) -> None:
    add_token(file, "anna", Role.READER)
    file.write_text(f"{file.read_text()}{line}\n")
    with pytest.raises(StartupRefused, match=f"line 2 of {file} is not a token"):
        read_tokens(file)


def test_a_file_that_is_not_there_or_not_text_is_refused(file: Path) -> None:
    with pytest.raises(StartupRefused, match=f"cannot read {file}: No such file"):
        read_tokens(file)
    add_token(file, "anna", Role.READER)
    file.write_bytes(b"\xff")
    with pytest.raises(StartupRefused, match=f"cannot read {file}: it is not UTF-8"):
        read_tokens(file)


def test_a_link_to_the_file_stays_one(file: Path) -> None:
    link = file.with_name("link")
    link.symlink_to(file)
    add_token(link, "anna", Role.READER)
    add_token(link, "ben", Role.READER)
    assert link.is_symlink()
    assert [token.caller.name for token in read_tokens(file)] == ["anna", "ben"]


def test_what_shows_a_token_shows_its_digest_alone(file: Path) -> None:
    token = add_token(file, "anna", Role.READER)
    (kept,) = read_tokens(file)
    assert isinstance(kept, Token)
    assert token not in f"{kept} {kept!r} {kept.id}"
