"""The key of a log: in a file outside the database, shared by all servers of that log.

The file has the signer key on its first line, and behind it the verifier keys of those that
were used before. The database knows the verifier key, so that no server signs with another.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, update

from service.audit.note import InvalidNote, SignerKey, VerifierKey
from service.files import sync
from service.store.database import Database
from service.store.errors import StartupRefused
from service.store.tables import head

OTHERS = 0o077


@dataclass(frozen=True)
class LogKey:
    """With what a log signs, and the public halves of what it signed with before."""

    signer: SignerKey
    retired: tuple[VerifierKey, ...] = ()

    def __str__(self) -> str:
        return "".join(f"{key}\n" for key in (self.signer, *self.retired))


def open_key(database: Database, path: Path) -> LogKey:
    """The key of the database's log; made if the log has none yet.

    :raises StartupRefused: the file cannot be read or written, others may read it, or it does
        not have the log's key.
    """
    origin, known = _known(database)
    if not path.exists():
        if known:
            raise StartupRefused(
                f"the key of the log is missing: there is no file {path}. Put it back; if it is "
                "lost, make another one with chancery rotate-key"
            )
        key = LogKey(SignerKey.new(origin))
        _write(path, key)
    else:
        key = _read(path)
    used = [str(key.signer.verifier), *map(str, key.retired)]
    if key.signer.name != origin or (known and known not in used):
        raise StartupRefused(f"{path} is the key of another log than {origin}")
    if known != str(key.signer.verifier):
        _tell(database, key)
    return key


def rotate_key(database: Database, path: Path) -> LogKey:
    """Make another key for the log, and keep the public half of the one before.

    :raises StartupRefused: the file cannot be read or written, or others may read it.
    """
    origin, known = _known(database)
    if path.exists():
        before = open_key(database, path)
        retired = (*before.retired, before.signer.verifier)
    else:
        retired = (VerifierKey.parse(known),) if known else ()
    key = LogKey(SignerKey.new(origin), retired)
    _write(path, key)
    _tell(database, key)
    return key


def _known(database: Database) -> tuple[str, str | None]:
    """The origin of the log, and the verifier key of its key, if it has one."""
    with database.readers.connect() as connection:
        row = connection.execute(select(head.c.origin, head.c.public_key)).one()
    return row.origin, row.public_key


def _tell(database: Database, key: LogKey) -> None:
    with database.writer.begin() as connection:
        connection.execute(update(head).values(public_key=str(key.signer.verifier)))


def _read(path: Path) -> LogKey:
    try:
        if path.stat().st_mode & OTHERS:
            raise StartupRefused(f"others may read {path}, the key of the log: chmod 600 it")
        signer, *retired = path.read_text().splitlines()
        return LogKey(SignerKey.parse(signer), tuple(map(VerifierKey.parse, retired)))
    except OSError as error:
        raise StartupRefused(f"cannot read {path}: {os.strerror(error.errno or 0)}") from error
    except (InvalidNote, ValueError) as error:
        raise StartupRefused(f"{path} is no key of a log") from error


def _write(path: Path, key: LogKey) -> None:
    """Write the file so that it is there as a whole, and on the disk, or is as it was."""
    new = path.with_name(f"{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(str(key))
        sync(new)
        new.rename(path)
        sync(path.parent)
    except OSError as error:
        raise StartupRefused(f"cannot write {path}: {os.strerror(error.errno or 0)}") from error
