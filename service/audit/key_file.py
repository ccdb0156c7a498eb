"""The file of a log's key: reading it, and writing it as a whole.

The first line is the signer key, and beside it, once a checkpoint was signed, the size and the
root of the largest one. Whoever copies the key copies them with it. The lines after it are the
verifier keys that were used before.
"""

import base64
import binascii
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from service.store import files
from service.store.errors import StartupRefused
from service.tlog.note import InvalidNote, SignerKey, VerifierKey
from service.tlog.tree import HASH_SIZE


class Signed(NamedTuple):
    """The size and the root of a checkpoint."""

    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.size} {base64.b64encode(self.root).decode()}"


@dataclass(frozen=True)
class LogKey:
    """The log's signing key, its retired public keys, and the largest checkpoint signed, if any."""

    signer: SignerKey
    retired: tuple[VerifierKey, ...] = ()
    signed: Signed | None = None

    def __str__(self) -> str:
        signer = str(self.signer) if self.signed is None else f"{self.signer} {self.signed}"
        return "".join(f"{line}\n" for line in (signer, *self.retired))


def read_key(path: Path) -> LogKey:
    """The key in a file.

    :raises StartupRefused: the file cannot be read, others may read it, or it is not a key.
    """
    try:
        first, *retired = files.read_secret(path, "the key of the log").splitlines()
        signer, *signed = first.split(" ")
        return LogKey(
            SignerKey.parse(signer),
            tuple(map(VerifierKey.parse, retired)),
            _signed(*signed) if signed else None,
        )
    except (InvalidNote, TypeError, ValueError) as error:
        raise StartupRefused(f"{path} is not the key of a log") from error


def create_key(path: Path, key: LogKey) -> bool:
    """Write a new file as a whole. False if it exists already: then it stays as it is.

    :raises StartupRefused: it cannot be written.
    """
    with files.refusals("write", path):
        new = files.write_beside(path, str(key))
        try:
            os.link(new, path)
        except FileExistsError:
            return False
        finally:
            new.unlink()
        files.sync(path.parent)
    return True


def replace_key(path: Path, key: LogKey) -> None:
    """Write the file as a whole, in place of one that may exist; a link stays one.

    :raises StartupRefused: it cannot be written.
    """
    with files.refusals("write", path):
        files.replace(path, str(key))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes of this machine from replacing the file within the context.

    :raises StartupRefused: there is no such file.
    """
    with files.refusals("read", path), files.locked(path):
        yield


def _signed(size: str, root: str) -> Signed:
    try:
        decoded = base64.b64decode(root, validate=True)
    except binascii.Error:
        raise ValueError("this is not base64") from None
    if not size.isdecimal() or len(decoded) != HASH_SIZE:
        raise ValueError("this is not the size and the root of a checkpoint")
    return Signed(int(size), decoded)
