"""The gateway in front of the server that the tests of a module share."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from service.web.board import BoardSettings
from tests.support.board import ServedBoard
from tests.support.ports import free_port
from tests.support.server import Server


@pytest.fixture(scope="module")
def gateway(server: Server) -> Iterator[ServedBoard]:
    """The contract over HTTP in front of the shared server."""
    with ServedBoard(server.address) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def http(gateway: ServedBoard) -> Iterator[httpx.Client]:
    """A client of it."""
    with gateway.client() as client:
        yield client


@pytest.fixture
def start_gateway(server: Server) -> Iterator[Callable[..., ServedBoard]]:
    """Starts a gateway of the test's own in front of the shared server, with settings."""
    with ExitStack() as running:

        def start(settings: BoardSettings | None = None) -> ServedBoard:
            return running.enter_context(ServedBoard(server.address, settings))

        yield start


@pytest.fixture
def away() -> Iterator[httpx.Client]:
    """A client of a gateway whose server is not there."""
    with ServedBoard(f"127.0.0.1:{free_port()}") as gateway, gateway.client() as client:
        yield client
