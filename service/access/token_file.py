"""The file of tokens: which there are, made and taken back by an operator.

A line is the SHA-256 of a token, the role and the day it was made, and the name of its holder:

    3f0a... editor 2026-11-30 anna

A token has 256 random bits. So nobody finds it by trying what has this digest, however fast the
trying is, and a slow hash, which passwords need, would only make each call slower.
"""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from domain.validation import an_actor
from service.access.caller import Caller, Role
from service.access.lines import read_lines
from service.store import files

# What tokens begin with, so that people and programs that look for secrets know one.
PREFIX = "chancery_"
# Characters of a digest by which people name a token.
ID_LENGTH = 12


@dataclass(frozen=True)
class Token:
    """What is kept of a token."""

    caller: Caller
    made: date

    @property
    def id(self) -> str:
        """What people name it by."""
        return self.caller.digest[:ID_LENGTH]

    def __str__(self) -> str:
        caller = self.caller
        return f"{caller.digest} {caller.role.value} {self.made} {caller.name}"


def digest_of(token: str) -> str:
    """What is kept of a token in place of it."""
    return sha256(token.encode()).hexdigest()


def a_holder(name: str) -> str:
    """The name of a token's holder.

    :raises ValueError: it is empty or not clean, or has a colon: that marks a name which is not
        verified.
    """
    if not an_actor(name) or ":" in name:
        raise ValueError("must be a name without a colon")
    return name


def read_tokens(file: Path) -> Sequence[Token]:
    """The tokens in a file.

    :raises StartupRefused: it cannot be read, others may read or write it, or it has something
        else in it.
    """
    return read_lines(file, "the tokens", "a token", _parse)


def add_token(file: Path, name: str, role: Role) -> str:
    """Make a token for a holder, and return it. Nobody can read it from the file.

    The file is made if there is none.

    :raises StartupRefused: the file cannot be read or written.
    """
    token = PREFIX + secrets.token_urlsafe(32)
    caller = Caller(name, role, digest_of(token))
    with files.refusals("write", file):
        os.close(os.open(file, os.O_RDONLY | os.O_CREAT, 0o600))
        with files.locked(file):
            _write(file, [*read_tokens(file), Token(caller, datetime.now(UTC).date())])
    return token


def remove_tokens(file: Path, token_id: str = "", name: str = "") -> Sequence[Token]:
    """Take a token back, or all those of a holder, and return them.

    :raises StartupRefused: the file cannot be read or written.
    """
    with files.refusals("write", file), files.locked(file):
        tokens = read_tokens(file)
        removed = [each for each in tokens if each.id == token_id or each.caller.name == name]
        _write(file, [each for each in tokens if each not in removed])
    return removed


def _parse(line: str) -> Token:
    digest, role, made, name = line.split(" ", 3)
    if len(bytes.fromhex(digest)) != sha256().digest_size or digest != digest.lower():
        raise ValueError("this is no digest")
    return Token(Caller(a_holder(name), Role(role), digest), date.fromisoformat(made))


def _write(file: Path, tokens: Sequence[Token]) -> None:
    files.replace(file, "".join(f"{token}\n" for token in tokens))
