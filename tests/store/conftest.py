"""A database of its own for each test, and a writer on it."""

from collections.abc import Iterator

import pytest
import structlog

from service.codec import events
from service.store.engines.database import Database
from service.store.engines.opening import open_database
from service.store.log.writer import Writer
from tests.store.serving import Desk, desk_on
from tests.support.place import Place


@pytest.fixture(autouse=True)
def _empty_caches() -> None:
    """Caches do not answer a test that changes how values are read or written."""
    events._read_basis.cache_clear()


@pytest.fixture(autouse=True)
def log_lines() -> Iterator[list[structlog.typing.EventDict]]:
    """The service's log lines; faults made on purpose do not fill the screen."""
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    """An open database with an empty log."""
    database = open_database(place.url)
    yield database
    database.close()


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    """A writer on the database."""
    writer = Writer(database)
    yield writer
    writer.close()


@pytest.fixture
def desk(place: Place) -> Iterator[Desk]:
    """The core on an empty log."""
    with desk_on(place) as desk:
        yield desk
