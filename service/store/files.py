"""Files that are written as a whole: they are on the disk, or as they were before."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.store.errors import StartupRefused

# The permissions that nobody but the owner of a file with secrets may have.
OTHERS = 0o077


@contextmanager
def refusals(do: str, path: Path) -> Iterator[None]:
    """Tell a person that a file cannot be used: ``do`` is "read" or "write".

    :raises StartupRefused: it cannot.
    """
    try:
        yield
    except OSError as error:
        raise StartupRefused(f"cannot {do} {path}: {os.strerror(error.errno or 0)}") from error


def read_secret(path: Path, what: str) -> str:
    """The text of a file that its owner alone may read; ``what`` it is, people are told.

    :raises StartupRefused: it cannot be read, or others may read or write it.
    :raises UnicodeDecodeError: it is not UTF-8.
    """
    with refusals("read", path), path.open(encoding="utf-8") as file:
        if os.fstat(file.fileno()).st_mode & OTHERS:
            raise StartupRefused(f"others may read {path}, {what}: chmod 600 it")
        return file.read()


def sync(path: Path) -> None:
    """Flush to the disk what was written to a file, or the names in a folder.

    :raises OSError: that failed.
    """
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def create_private(path: Path) -> None:
    """Create an empty file that its owner alone may read and write, whatever the umask is.

    :raises OSError: it cannot be created, or a file or a link is there already.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    created = os.open(path, flags, 0o600)
    try:
        os.fchmod(created, 0o600)
    finally:
        os.close(created)


def write_beside(path: Path, text: str) -> Path:
    """Write another file in the same folder, for its owner alone, flush it, and return it.

    :raises OSError: that failed.
    """
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.unlink(missing_ok=True)
    create_private(new)
    new.write_text(text, encoding="utf-8")
    sync(new)
    return new


def replace(path: Path, text: str) -> None:
    """Write a file as a whole, in place of one that may exist; a link stays one.

    If root does it, the file stays that of its owner, who has to read it.

    :raises OSError: that failed.
    """
    path = path.resolve()
    new = write_beside(path, text)
    if os.geteuid() == 0 and path.exists():
        owner = path.stat()
        os.chown(new, owner.st_uid, owner.st_gid)
    new.rename(path)
    sync(path.parent)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes of this machine from replacing the file within the context.

    :raises OSError: there is no such file.
    """
    while True:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                yield
                return
