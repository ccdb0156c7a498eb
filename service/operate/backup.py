"""Copying a whole database, also while a server writes to it, and verifying the copy."""

import os
import sqlite3
from pathlib import Path

from service.store.engines.opening import is_postgresql, parse, reading
from service.store.errors import StartupRefused
from service.store.files import create_private, sync
from service.verify import Progress, Report, verify_database


def copy_verified(source: str, target: Path, progress: Progress) -> Report:
    """Copy the database of a URL, as it is at one moment, to a new file.

    The copy gets its name once it is verified. If it does not verify, no file is left.

    :raises StartupRefused: there is no such database, or the target exists or cannot be written.
    :raises LogDamaged: something in the database is not as it should be.
    """
    if is_postgresql(parse(source)):
        raise StartupRefused("PostgreSQL backs up its databases itself: use pg_basebackup")
    for path in (target, Path(f"{target}-wal"), Path(f"{target}-journal")):
        if path.exists():
            raise StartupRefused(f"{path} is there already: move it away, or name another file")
    partial = Path(f"{target}.{os.getpid()}.partial")
    engine = reading(source)
    try:
        create_private(partial)
        copy = sqlite3.connect(partial)
        try:
            with engine.connect() as connection:
                origin = connection.connection.driver_connection
                assert isinstance(origin, sqlite3.Connection)
                origin.backup(copy)
        finally:
            copy.close()
        report = verify_database(f"sqlite:///{partial}", [], None, progress)
        sync(partial)
        os.link(partial, target)  # unlike a rename, it replaces nothing
        sync(target.parent)
        return report
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise StartupRefused(f"cannot write {target}: {reason}") from error
    finally:
        engine.dispose()
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(f"{partial}{suffix}").unlink(missing_ok=True)
