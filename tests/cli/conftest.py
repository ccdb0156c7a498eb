"""A desk at a real server, and visits in a known state."""

import pytest

from tests.cli.desk import STORY, Desk
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
    name = str(request.node.name).replace("_", "-")[:60].strip("-")
    desk.does(
        f"schedule {name} --title 'A visit' --principal 'Ana Example (Minister), country=PT' "
        "--host FR --destination 'Paris, FR' --from 2027-06-01 --to 2027-06-02"
    )
    return name
