"""The files of a SQLite database, looked at by their names and never opened.

A connection goes on committing to a file that was removed, renamed or replaced: what it
acknowledged is gone with the file. SQLite drops the locks of a process as soon as that closes any
descriptor of the file, so nothing here opens it.
"""

import os
import stat
from pathlib import Path


class WatchedFile:
    """A file that the writer has open, and that never shrinks by itself."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.opened()

    def opened(self) -> None:
        """Take note that the writer has opened what is there now.

        :raises OSError: nothing is there.
        """
        found = os.stat(self._path)
        # Its mode, inode, device and number of names.
        self._same = found[:4]
        self.size = found.st_size

    def problem(self) -> str:
        """What became of it, for a person; empty if it is as it was opened, or has grown."""
        name = Path(self._path).name
        try:
            now = os.stat(self._path)
        except OSError:
            return f"{name} was removed or renamed"
        if now[1:3] != self._same[1:3]:
            return f"another file is in the place of {name}"
        if now.st_size < self.size:
            return f"{name} was cut to {now.st_size} bytes"
        if not (problem := what_keeps_from_writing(name, now)):
            self._same, self.size = now[:4], now.st_size
        return problem

    def is_well(self) -> bool:
        """Whether nothing became of it. This takes some microseconds, before each answer."""
        try:
            now = os.stat(self._path)
        except OSError:
            return False
        if now[:4] != self._same or now.st_size < self.size:
            return False
        self.size = now.st_size
        return True


class WatchedFiles:
    """A database file with its write-ahead log, and the index of that."""

    def __init__(self, file: Path) -> None:
        real = os.path.realpath(file)
        self._also = [WatchedFile(f"{real}{suffix}") for suffix in ("-wal", "-shm")]
        self._all = [WatchedFile(str(file)), *self._also]

    @property
    def wal_bytes(self) -> int:
        """Bytes of the write-ahead log, when it was last looked at."""
        return self._also[0].size

    def truncated(self) -> None:
        """Take note that the writer has emptied the write-ahead log."""
        self._also[0].size = 0

    def reopened(self) -> None:
        """Take note that the writer has opened the files again; the database must be the same.

        :raises OSError: one is not there.
        """
        for each in self._also:
            each.opened()

    def problem(self) -> str:
        """What became of the files, for a person; empty if they are as they were opened."""
        for each in self._all:
            if not each.is_well() and (problem := each.problem()):
                return problem
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
