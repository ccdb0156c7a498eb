"""What an operator should mend, and what can be told of files and disks."""

import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from service.limits import EXPIRY_DAYS, FREE_BYTES, LEAST_FREE_BYTES

# Kinds of file systems on which the locks of SQLite do not hold between machines.
NETWORK = {
    *("9p", "afs", "beegfs", "ceph", "cifs", "gfs2", "glusterfs", "lustre", "nfs", "nfs4", "ocfs2"),
    *("smb3", "smbfs", "virtiofs", "fuse.ceph", "fuse.glusterfs", "fuse.sshfs"),
}
_OTHERS = 0o077
_READ_BY_OTHERS = 0o044
_WRITTEN_BY_OTHERS = 0o022


class Severity(IntEnum):
    """How much is at stake, the worst first. All but a note make the exit status 1."""

    LOSS = 1  # changes can be lost, or secrets are open
    DOWN = 2  # a server does not start, or does not serve
    SOON = 3  # it will come to one of these
    NOTE = 4  # good to know


@dataclass(frozen=True, order=True)
class Finding:
    """Something to mend: how bad, of which part, what is wrong, and what to do."""

    severity: Severity
    part: str
    what: str
    do: str


class LogFacts(NamedTuple):
    """What a database says of its log. ``record_time`` is microseconds since 1970."""

    origin: str
    size: int
    record_time: int
    public_key: str
    closed: str


def for_others(part: str, path: Path) -> Iterator[Finding]:
    """Whether others than its owner may read or write a file."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS:
        what = f"others may read or write {path} (its mode is {mode:o})"
        yield Finding(Severity.LOSS, part, what, f"chmod 600 {path}")


def read_only(part: str, path: Path) -> Iterator[Finding]:
    """Whether a file cannot be written."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & stat.S_IWUSR or not os.access(path, os.W_OK):
        what = f"{path} cannot be written (its mode is {mode:o})"
        yield Finding(Severity.DOWN, part, what, "give it to the server's user, with mode 600")


def of_another(part: str, path: Path, folder: Path) -> Iterator[Finding]:
    """Whether a file is closed to the user whom the database's folder belongs to: the server's.

    Nothing is said of a folder in which others may write as well.
    """
    user, found = folder.stat(), path.stat()
    is_closed = found.st_uid != user.st_uid and not found.st_mode & _READ_BY_OTHERS
    if is_closed and not user.st_mode & _WRITTEN_BY_OTHERS:
        owner, server = _name_of(found.st_uid), _name_of(user.st_uid)
        what = f"{path} belongs to {owner}, and the folder of the database to {server}"
        yield Finding(Severity.DOWN, part, what, f"chown {server} {path}")


def disk(part: str, folder: Path, needed: int) -> Iterator[Finding]:
    """Whether the disk of a folder is nearly full. ``needed`` are the bytes of a backup."""
    found = os.statvfs(folder)
    free = found.f_bavail * found.f_frsize
    what = f"the disk of {folder} has {free >> 20} MiB left"
    if free < LEAST_FREE_BYTES:
        yield Finding(Severity.DOWN, part, what, "make room: changes are refused once it is full")
    elif free < max(FREE_BYTES, needed):
        yield Finding(Severity.SOON, part, what, "make room for the log to grow, and for a backup")


def network(part: str, folder: Path, mounts: Path = Path("/proc/self/mounts")) -> Iterator[Finding]:
    """Whether a folder is on a file system that other machines share."""
    kind = _kind_of(str(folder.resolve()), mounts)
    if kind in NETWORK:
        yield Finding(
            Severity.LOSS,
            part,
            f"{folder} is on a network file system ({kind}), where SQLite's locks do not hold",
            "move the database to a disk of this machine, or the log to PostgreSQL: chancery copy",
        )


def certificates(path: Path) -> Iterator[Finding]:
    """Whether the certificates in a PEM file are valid now, and stay so for a while."""
    from cryptography import x509  # takes a while, and mostly there is none

    part, now = "certificates", datetime.now(UTC)
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it has no certificate in PEM"
        yield Finding(Severity.DOWN, part, f"cannot read {path}: {reason}", "put it there")
        return
    for each in found:
        end, renew = each.not_valid_after_utc, f"put a renewed one into {path}"
        if end <= now:
            yield Finding(Severity.DOWN, part, f"a certificate in {path} ended on {end:%F}", renew)
        elif end <= now + timedelta(days=EXPIRY_DAYS):
            yield Finding(Severity.SOON, part, f"a certificate in {path} ends on {end:%F}", renew)
        elif each.not_valid_before_utc > now:
            begin = f"a certificate in {path} is not valid before {each.not_valid_before_utc:%F}"
            yield Finding(Severity.DOWN, part, begin, "check the clock of this machine, or wait")


def _name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def _kind_of(folder: str, mounts: Path) -> str:
    """The kind of the file system that a folder is on: that of the longest mount point."""
    best, kind = "", ""
    for line in mounts.read_text(errors="replace").splitlines():
        _, point, found, *_ = line.split(" ")
        point = point.replace("\\040", " ").rstrip("/")
        if (folder == point or folder.startswith(f"{point}/")) and len(point) >= len(best):
            best, kind = point, found
    return kind
