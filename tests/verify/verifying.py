"""Copies of what was kept, and what the verifier says of them."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from service.verify import Report, verify_bundle, verify_database
from tests.store.builders import url
from tests.verify.logs import Kept


def verified_bundle(kept: Kept, file: Path, since: int = 0) -> Report:
    """What the verifier says; with the earlier checkpoint of a size, if one is given."""
    note = kept.since(since) if since else None
    return verify_bundle(file, [kept.key.verifier], note, lambda done, of: None)


def verified_database(kept: Kept, file: Path, since: int = 0) -> Report:
    """What the verifier says; with the earlier checkpoint of a size, if one is given."""
    note = kept.since(since) if since else None
    return verify_database(url(file), [kept.key.verifier], note, lambda done, of: None)


@contextmanager
def editing(kept: Kept, copy: Path) -> Iterator[sqlite3.Connection]:
    """A fresh copy of the database, to be changed behind the server's back."""
    shutil.copy(kept.file, copy)
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        yield connection
        connection.commit()
