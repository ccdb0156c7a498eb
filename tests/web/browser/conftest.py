"""A board with visits to look at, that the tests of a module share."""

from collections.abc import Iterator

import pytest

from tests.support.desk import Desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A server with visits, and its board."""
    with Desk(tmp_path_factory.mktemp("desk") / "desk.db") as desk:
        desk.fill()
        yield desk
