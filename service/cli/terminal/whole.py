"""Files that are written whole, or not at all."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from service.store.files import create_private, sync


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write, for its owner. At the end of the block it is at ``path``, synced to disk.

    If the block fails or is interrupted, ``path`` is left as it was.
    """
    partial = Path(f"{path}.{os.getpid()}.partial")
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as if by Ctrl-C
    try:
        create_private(partial)
        with partial.open("wb") as file:
            yield file
        sync(partial)
        partial.replace(path)
        sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)
        signal.signal(signal.SIGTERM, before)
