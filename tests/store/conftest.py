"""A file of its own for each test, and a writer on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from service.store.database import Database
from service.store.writer import Writer
from tests.store.builders import url


@pytest.fixture(autouse=True)
def log_lines() -> Iterator[list[structlog.typing.EventDict]]:
    """What the service logs: faults that are made on purpose fill no screen."""
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a test's database is."""
    return tmp_path / "chancery.db"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    """An open database with an empty log."""
    database = Database(url(file))
    yield database
    database.close()


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    """A writer on the database."""
    writer = Writer(database)
    yield writer
    writer.close()
