"""The files of a SQLite database, looked at by their names and never opened.

A connection goes on committing to a file that was removed, renamed or replaced: what it
acknowledged is gone with the file. SQLite drops the locks of a process as soon as that closes any
descriptor of the file, so nothing here opens it.
"""

import os
import stat
from pathlib import Path

_ALSO = ("-wal", "-shm")


class WatchedFiles:
    """A database file with its write-ahead log and the index of that, as the writer has them open.

    The write-ahead log never shrinks but by ``truncated``, and the database never does.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        real = os.path.realpath(file)
        # By what follows the file's name: the paths, and what was there when it was opened.
        self._paths = {"": str(file)} | {suffix: f"{real}{suffix}" for suffix in _ALSO}
        self._opened = {suffix: os.stat(path) for suffix, path in self._paths.items()}
        self._sizes = {suffix: each.st_size for suffix, each in self._opened.items()}

    @property
    def wal_bytes(self) -> int:
        """Bytes of the write-ahead log, when it was last looked at."""
        return self._sizes["-wal"]

    def truncated(self) -> None:
        """Take note that the writer has emptied the write-ahead log."""
        self._sizes["-wal"] = 0

    def reopened(self) -> None:
        """Take note that the writer has opened the files again; the database must be the same."""
        for suffix in _ALSO:
            self._opened[suffix] = os.stat(self._paths[suffix])
            self._sizes[suffix] = self._opened[suffix].st_size

    def problem(self) -> str:
        """What became of the files, for a person; empty if they are as they were."""
        for suffix, path in self._paths.items():
            name, opened = f"{self._file.name}{suffix}", self._opened[suffix]
            try:
                now = os.stat(path)
            except OSError:
                return f"{name} was removed or renamed"
            if (now.st_ino, now.st_dev) != (opened.st_ino, opened.st_dev):
                return f"another file is in the place of {name}"
            if now.st_size < self._sizes[suffix]:
                return f"{name} was cut to {now.st_size} bytes"
            if problem := what_keeps_from_writing(name, now):
                return problem
            self._sizes[suffix] = now.st_size
        return ""


def identity(path: Path | str) -> tuple[int, int]:
    """What tells a file from all others, whatever its name: its inode and device.

    :raises OSError: there is no such file.
    """
    found = os.stat(path)
    return found.st_ino, found.st_dev


def what_keeps_from_writing(name: str, found: os.stat_result) -> str:
    """Why nobody should write to a file, for a person; empty if nothing is against it."""
    if not found.st_mode & stat.S_IWUSR:
        return f"{name} is read-only (mode {stat.S_IMODE(found.st_mode):o})"
    if found.st_nlink > 1:
        return f"{name} has {found.st_nlink} names, so another program may write it unnoticed"
    return ""


def locked_by(file: Path) -> list[int]:
    """The processes that have a POSIX lock of a file, as far as the system tells."""
    try:
        inode = os.stat(file).st_ino
        locks = Path("/proc/locks").read_text()
    except OSError:
        return []
    # 1: POSIX  ADVISORY  READ 2183 08:01:4718603 123 123
    fields = (line.split() for line in locks.splitlines())
    found = {int(f[4]) for f in fields if f[1] == "POSIX" and f[5].endswith(f":{inode}")}
    return sorted(found)
