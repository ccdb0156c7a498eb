"""The log whose copies are edited."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.place import Places, SqliteFile, SqliteFiles
from tests.verify.logs import Kept, kept_log


@pytest.fixture(scope="package")
def kept_file(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A log of many visits in a SQLite file, and what was kept of it; nothing changes it."""
    return asyncio.run(kept_log(SqliteFile(tmp_path_factory.mktemp("kept") / "chancery.db")))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of a bundle."""
    return tmp_path / "bundle"


@pytest.fixture(scope="package")
def kept(places: Places, request: pytest.FixtureRequest) -> Iterator[Kept]:
    """The same on the engine that the tests run on."""
    if isinstance(places, SqliteFiles):
        yield request.getfixturevalue("kept_file")
        return
    with places.new() as place:
        yield asyncio.run(kept_log(place))
