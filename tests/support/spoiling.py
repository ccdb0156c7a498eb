"""What may happen to the files of a database under whoever has them open, and what is said then."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class Spoiling(NamedTuple):
    """Does it to a database file; ``told`` is what is said of it."""

    do: Callable[[Path], object]
    told: str


def _replace(file: Path) -> None:
    copy = file.with_name("copy.db")
    shutil.copy(file, copy)
    copy.replace(file)


def cut(file: Path) -> None:
    """Leave half of the file."""
    os.truncate(file, file.stat().st_size // 2)


def _beside(file: Path, suffix: str) -> Path:
    return Path(f"{file}{suffix}")


SPOILINGS = {
    "removed": Spoiling(Path.unlink, "chancery.db was removed or renamed"),
    "renamed": Spoiling(
        lambda file: file.rename(f"{file}.away"), "chancery.db was removed or renamed"
    ),
    "replaced": Spoiling(_replace, "another file is in the place of chancery.db"),
    "emptied": Spoiling(lambda file: os.truncate(file, 0), "chancery.db was cut to 0 bytes"),
    "cut": Spoiling(cut, "chancery.db was cut to "),
    "read-only": Spoiling(lambda file: file.chmod(0o444), "chancery.db is read-only (mode 444)"),
    "linked": Spoiling(lambda file: os.link(file, f"{file}.other"), "chancery.db has 2 names"),
    "log removed": Spoiling(
        lambda file: _beside(file, "-wal").unlink(), "chancery.db-wal was removed or renamed"
    ),
    "log emptied": Spoiling(
        lambda file: os.truncate(_beside(file, "-wal"), 0), "chancery.db-wal was cut to 0 bytes"
    ),
    "index removed": Spoiling(
        lambda file: _beside(file, "-shm").unlink(), "chancery.db-shm was removed or renamed"
    ),
}
