"""The board in this process, in front of a real server, and a real browser."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from chancery.client import AsyncConnection, Connection
from examples import invented_visits
from service.web.board import BoardSettings
from tests.support.board import client_of_board
from tests.support.browser import browser as browser
from tests.support.browser import page as page
from tests.support.server import Server
from tests.web import telling


@pytest.fixture
def board_settings() -> BoardSettings:
    """How the board is run; a test that runs it otherwise says so by a fixture of its own."""
    return BoardSettings()


@pytest.fixture
async def web(server: Server, board_settings: BoardSettings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the board in front of the server that the tests of the module share."""
    async with client_of_board(server.address, board_settings) as client:
        yield client


@pytest.fixture(scope="module")
def invented(server: Server) -> None:
    """The seventeen invented visits are on record."""
    with Connection(server.address, timeout=10) as connection:
        invented_visits.record(connection, datetime.now(UTC))


@pytest.fixture
async def connection(server: Server) -> AsyncIterator[AsyncConnection]:
    """A connection to the server of the module."""
    async with AsyncConnection(server.address, timeout=10, actor="anna") as connection:
        yield connection


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
