"""The file of a SQLite database before SQLite opens it: one process at a time, its owner alone."""

import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

from service.store.engines.watched import what_keeps_from_writing
from service.store.errors import StartupRefused
from service.store.files import create_private


def lock(database: Path) -> Any:
    """An open, locked file. The lock ends with this process, however that ends.

    :raises StartupRefused: another process has the lock, or the file cannot be written.
    """
    path = Path(f"{database.resolve()}.lock")
    try:
        lock = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise StartupRefused(
            f"another process serves {database}: one process at a time writes a SQLite file"
        ) from None
    except OSError as error:
        raise StartupRefused(f"cannot write {path}: {os.strerror(error.errno or 0)}") from error
    return lock


def make_ready(file: Path) -> None:
    """Create the file for its owner alone if there is none, before SQLite does.

    A link is followed to a file that exists; none is created through it.

    :raises StartupRefused: the file must not be written, or is missing and its key is there.
    :raises OSError: it cannot be created.
    """
    with suppress(FileNotFoundError):
        found = os.stat(file)
        if not stat.S_ISREG(found.st_mode):
            raise StartupRefused("it is not a file")
        if problem := what_keeps_from_writing(file.name, found):
            raise StartupRefused(f"{problem}; chmod 600 it, and give it one name")
        check_not_lost(file, Path(f"{file}.key"))
        return
    check_not_lost(file, Path(f"{file}.key"))
    try:
        create_private(file)
    except FileExistsError:
        raise StartupRefused("it is a link to a file that does not exist") from None


def check_not_lost(file: Path, key: Path) -> None:
    """Refuse to begin an empty database if its key is there: then there was one.

    :raises StartupRefused: the file is missing or empty, and the key is not.
    """
    if key.exists() and not (file.exists() and file.stat().st_size):
        raise StartupRefused(
            f"the database {file} is missing or empty, but its key {key} is there. Put the "
            "database back, or restore a backup with chancery restore; to begin another log, "
            "move the key away"
        )
