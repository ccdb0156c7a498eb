"""A desk at a real server, and visits in a known state."""

import re
import zlib

import pytest

from tests.cli.desk import STORY, Desk
from tests.cli.edition import edition as edition
from tests.cli.edition import key as key
from tests.support.server import Server


@pytest.fixture(scope="module")
def desk(server: Server) -> Desk:
    """A desk whose server has the story of Beijing in 2023."""
    desk = Desk(server.address)
    desk.does(f"apply {STORY}")
    return desk


@pytest.fixture
def scheduled(desk: Desk, request: pytest.FixtureRequest) -> str:
    """The id of a visit of this test alone, scheduled for June 2027."""
    words = re.sub("[^a-z0-9]+", "-", str(request.node.name).lower())[:50].strip("-")
    name = f"{words}-{zlib.crc32(request.node.name.encode()):08x}"
    desk.does(
        f"schedule {name} --title 'A visit' --principal 'Ana {name} (Minister), country=PT' "
        "--host FR --destination 'Paris, FR' --from 2027-06-01 --to 2027-06-02"
    )
    return name
