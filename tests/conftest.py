"""Servers and clients for the tests that go through a real one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.server")

from tests.server import Client, Server  # noqa: E402 - only what comes after is rewritten


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that all tests of a module share: they name visits of their own."""
    with Server(tmp_path_factory.mktemp("server") / "chancery.db") as server:
        yield server


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    """A client of the shared server."""
    return server.client()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts a server of the test's own, with options, on a new file or on the one named."""
    with ExitStack() as running:

        def start(*options: str, file: str = "chancery.db") -> Server:
            return running.enter_context(Server(tmp_path / file, *options))

        yield start


@pytest.fixture
def own_server(start_server: Callable[..., Server]) -> Server:
    """A server for one test alone, on an empty log."""
    return start_server()
