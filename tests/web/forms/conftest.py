"""A browser's part: a client that sends forms as pages of the board do."""

from collections.abc import Iterator

import httpx
import pytest

from chancery.client import Connection
from tests.support.server import Server
from tests.web.forms.filling import SAME_ORIGIN


@pytest.fixture
def desk(web: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client of the board that sends forms from the board's own pages."""
    web.headers.update(SAME_ORIGIN)
    return web


@pytest.fixture
def connection(server: Server) -> Iterator[Connection]:
    """Another desk, beside the one at the board."""
    with Connection(server.address, actor="another desk") as connection:
        yield connection
