"""Having on the disk what was written."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Have the content of a file, or the names in a folder, on the disk.

    :raises OSError: they cannot be brought there.
    """
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
