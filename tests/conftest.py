"""Places for logs, servers and clients for the tests that go through a real one.

A test that takes a place has its log on the engine that ``--engine`` names. All others are
about one engine, which they name themselves, or about none: they run with the default alone.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

# The children of tests begin other programs at once. What gRPC does in a fork can end them before.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
pytest.register_assert_rewrite("tests.support.place", "tests.support.server")

# Only what comes after is rewritten.
from tests.support.place import Place, Places, PostgresDatabases, SqliteFiles  # noqa: E402
from tests.support.postgresql import Cluster, shared_cluster  # noqa: E402
from tests.support.server import Client, Server  # noqa: E402

SQLITE, POSTGRESQL = "sqlite", "postgresql"
# What comes before the store: clients, and what a server does with calls as such.
BEFORE_THE_STORE = (
    "cli",
    "client",
    "rpc/test_bounds.py",
    "rpc/test_bytes.py",
    "rpc/test_calls.py",
    "rpc/test_change_table.py",
    "rpc/test_good_input.py",
    "rpc/test_watch_bounds.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """On which engine logs are."""
    parser.addoption(
        "--engine",
        choices=(SQLITE, POSTGRESQL),
        default=SQLITE,
        help="where logs are; with postgresql only those tests run to which that matters",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run nothing on PostgreSQL to which that makes no difference."""
    if config.getoption("engine") == POSTGRESQL:
        chosen = [item for item in items if _is_of_the_store(item)]
        config.hook.pytest_deselected(items=list(set(items).difference(chosen)))
        items[:] = chosen


def _is_of_the_store(item: pytest.Item) -> bool:
    """Whether an engine could matter to a test."""
    left_out = (Path(__file__).parent / name for name in BEFORE_THE_STORE)
    has_place = "places" in getattr(item, "fixturenames", ())
    return has_place and not any(item.path.is_relative_to(path) for path in left_out)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server that all tests of a session share."""
    with shared_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def databases(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> PostgresDatabases:
    """Places for logs on that server."""
    return PostgresDatabases(cluster, partial(tmp_path_factory.mktemp, "place"))


@pytest.fixture(scope="session")
def places(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Places for logs, of the engine that the tests run on."""
    if request.config.getoption("engine") == SQLITE:
        return SqliteFiles(partial(tmp_path_factory.mktemp, "place"))
    databases: PostgresDatabases = request.getfixturevalue("databases")
    return databases


@pytest.fixture
def place(places: Places) -> Iterator[Place]:
    """Where a test's log is."""
    with places.new() as place:
        yield place


@pytest.fixture(scope="module")
def server(places: Places) -> Iterator[Server]:
    """A server that all tests of a module share: they name visits of their own."""
    with places.new() as place, Server(place) as server:
        yield server


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    """A client of the shared server."""
    return server.client()


@pytest.fixture
def start_server(places: Places) -> Iterator[Callable[..., Server]]:
    """Starts a server of the test's own, with options, on an empty log."""
    with ExitStack() as running:

        def start(*options: str) -> Server:
            place = running.enter_context(places.new())
            return running.enter_context(Server(place, *options))

        yield start


@pytest.fixture
def own_server(start_server: Callable[..., Server]) -> Server:
    """A server for one test alone, on an empty log."""
    return start_server()
