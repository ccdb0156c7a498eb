"""The key of a log, in a file outside of the database, shared by all servers of the log.

The first line of the file is the signer key. The lines after it are the verifier keys that were
used before. The database knows the verifier key, so that no server signs with another one.
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

# The permissions that nobody but the owner of the file may have.
OTHERS = 0o077


@dataclass(frozen=True)
class LogKey:
    """The log's signing key and its retired public keys."""

    signer: SignerKey
    retired: tuple[VerifierKey, ...] = ()

    def __str__(self) -> str:
        return "".join(f"{key}\n" for key in (self.signer, *self.retired))


def open_key(database: Database, path: Path) -> LogKey:
    """The key of the database's log. If the log has none yet, one is created.

    :raises StartupRefused: the file cannot be read or written, others may read it, or it has
        the key of another log.
    """
    origin, known = _known(database)
    created = False
    if not path.exists():
        if known:
            raise StartupRefused(
                f"the key of the log is missing: there is no file {path}. Put it back; if it is "
                "lost, make another one with chancery rotate-key"
            )
        created = _create(path, LogKey(SignerKey.new(origin)))
    key = _read(path)
    used = [str(key.signer.verifier), *map(str, key.retired)]
    if key.signer.name != origin or (known and known not in used):
        raise StartupRefused(f"{path} is the key of another log than {origin}")
    if known != used[0] and not database.is_read_only:
        try:
            _register(database, key, known)
        except StartupRefused:
            if created:
                path.unlink()
            raise
    return key


def rotate_key(database: Database, path: Path) -> LogKey:
    """Create another key for the log, and keep the public half of the one before.

    :raises StartupRefused: the file cannot be read or written, or others may read it.
    """
    origin, known = _known(database)
    if path.exists():
        before = open_key(database, path)
        retired = (*before.retired, before.signer.verifier)
    else:
        retired = (VerifierKey.parse(known),) if known else ()
    key = LogKey(SignerKey.new(origin), retired)
    _replace(path, key)
    _register(database, key, known)
    return key


def _known(database: Database) -> tuple[str, str | None]:
    """The origin of the log, and the verifier key that the database knows, if any."""
    with database.readers.connect() as connection:
        row = connection.execute(select(head.c.origin, head.c.public_key)).one()
    return row.origin, row.public_key


def _register(database: Database, key: LogKey, known: str | None) -> None:
    """Store the verifier key in the database, if that still has the one that was known.

    :raises StartupRefused: another server has stored another key meanwhile.
    """
    public_key = str(key.signer.verifier)
    stored = head.c.public_key
    as_known = or_(stored.is_not_distinct_from(known), stored == public_key)
    with database.writer.begin() as connection:
        updated = connection.execute(update(head).where(as_known).values(public_key=public_key))
        if updated.rowcount != 1:
            raise StartupRefused("another server made the log's key meanwhile: take its file")


def _read(path: Path) -> LogKey:
    try:
        if path.stat().st_mode & OTHERS:
            raise StartupRefused(f"others may read {path}, the key of the log: chmod 600 it")
        signer, *retired = path.read_text().splitlines()
        return LogKey(SignerKey.parse(signer), tuple(map(VerifierKey.parse, retired)))
    except OSError as error:
        raise _cannot("read", path, error) from error
    except (InvalidNote, ValueError) as error:
        raise StartupRefused(f"{path} is not the key of a log") from error


def _create(path: Path, key: LogKey) -> bool:
    """Write a new file as a whole. False if it exists already: then it stays as it is."""
    try:
        new = _write_beside(path, key)
        try:
            os.link(new, path)
        except FileExistsError:
            return False
        finally:
            new.unlink()
        sync(path.parent)
    except OSError as error:
        raise _cannot("write", path, error) from error
    return True


def _replace(path: Path, key: LogKey) -> None:
    """Write the file as a whole, in place of one that may exist."""
    try:
        _write_beside(path, key).rename(path)
        sync(path.parent)
    except OSError as error:
        raise _cannot("write", path, error) from error


def _write_beside(path: Path, key: LogKey) -> Path:
    """Write the key to another file in the same folder, flush it to the disk, and return it."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(str(key))
    sync(new)
    return new


def _cannot(do: str, path: Path, error: OSError) -> StartupRefused:
    return StartupRefused(f"cannot {do} {path}: {os.strerror(error.errno or 0)}")
