"""The key of a log: in a file outside the database, shared by all servers of that log.

The file has the signer key on its first line, and behind it the verifier keys of those that
were used before. The database knows the verifier key, so that no server signs with another.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import or_, select, update

from service.store.engines.database import Database
from service.store.errors import StartupRefused
from service.store.files import sync
from service.store.tables import head
from service.tlog.note import InvalidNote, SignerKey, VerifierKey

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
    if known and not path.exists():
        raise StartupRefused(
            f"the key of the log is missing: there is no file {path}. Put it back; if it is "
            "lost, make another one with chancery rotate-key"
        )
    is_new = not path.exists() and _write(path, LogKey(SignerKey.new(origin)), replace=False)
    key = _read(path)
    used = [str(key.signer.verifier), *map(str, key.retired)]
    if key.signer.name != origin or (known and known not in used):
        raise StartupRefused(f"{path} is the key of another log than {origin}")
    if known != used[0] and not database.is_read_only:
        try:
            _tell(database, key, known)
        except StartupRefused:
            if is_new:
                path.unlink()
            raise
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
    _write(path, key, replace=True)
    _tell(database, key, known)
    return key


def _known(database: Database) -> tuple[str, str | None]:
    """The origin of the log, and the verifier key of its key, if it has one."""
    with database.readers.connect() as connection:
        row = connection.execute(select(head.c.origin, head.c.public_key)).one()
    return row.origin, row.public_key


def _tell(database: Database, key: LogKey, known: str | None) -> None:
    """Note the key in the database, where it is still the one that is known.

    :raises StartupRefused: another server noted another one meanwhile.
    """
    public_key = str(key.signer.verifier)
    noted = head.c.public_key
    as_known = or_(noted.is_not_distinct_from(known), noted == public_key)
    with database.writer.begin() as connection:
        told = connection.execute(update(head).where(as_known).values(public_key=public_key))
        if told.rowcount != 1:
            raise StartupRefused("another server made the log's key meanwhile: take its file")


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


def _write(path: Path, key: LogKey, *, replace: bool) -> bool:
    """Write the file so that it is there as a whole, and on the disk, or is as it was.

    False if it is as it was, since it is there already and is not to be replaced.
    """
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(str(key))
        sync(new)
        if replace:
            new.rename(path)
        else:
            os.link(new, path)
            new.unlink()
        sync(path.parent)
    except FileExistsError:
        new.unlink()
        return False
    except OSError as error:
        raise StartupRefused(f"cannot write {path}: {os.strerror(error.errno or 0)}") from error
    return True
