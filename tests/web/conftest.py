"""The board in this process, in front of a real server, and a real browser."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from chancery.client import AsyncConnection, Connection
from service.web.app import make_app
from service.web.board import Board, BoardSettings
from tests.support.browser import browser as browser
from tests.support.browser import page as page
from tests.support.server import Server
from tests.web import telling

ADDRESS = "http://127.0.0.1"


@pytest.fixture
def board_settings() -> BoardSettings:
    """How the board is run; a test that runs it otherwise says so by a fixture of its own."""
    return BoardSettings()


@pytest.fixture
async def web(server: Server, board_settings: BoardSettings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the board in front of the server that the tests of the module share."""
    async with AsyncConnection(server.address, timeout=10) as connection:
        transport = httpx.ASGITransport(make_app(Board(connection, board_settings)))
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            yield client


@pytest.fixture(scope="module")
def beijing(server: Server) -> str:
    """The address of the example, which is recorded for all tests of a module."""
    return f"/visits/{telling.beijing(server)}"


@pytest.fixture(scope="module")
def tell(server: Server) -> Iterator[Callable[..., str]]:
    """Records a visit by a function of ``telling``, and gives the address of its page."""
    with Connection(server.address, actor="carla", timeout=20) as connection:

        def told(story: Callable[..., None], name: str, *more: Any) -> str:
            story(connection, name, *more)
            return f"/visits/{name}"

        yield told
