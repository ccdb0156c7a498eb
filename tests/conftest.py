"""Places for logs, servers and clients for the tests that go through a real one.

A test that takes a place runs on both engines, if these could matter to it. All others are about
one engine, which they name themselves, or about none.
"""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# The children of tests begin other programs at once. What gRPC does in a fork can end them before.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
_WITH_ASSERTS = (
    "cli.broken_rows",
    "client.following",
    "rpc.watching",
    "support.place",
    "support.server",
)
pytest.register_assert_rewrite(*(f"tests.{name}" for name in _WITH_ASSERTS))
# The same examples each time, and however long they take on a busy machine.
settings.register_profile("chancery", deadline=None, derandomize=True, database=None)
settings.load_profile("chancery")

# Only what comes after is rewritten.
from chancery.client import retry  # noqa: E402
from tests.support.endings import Endings  # noqa: E402
from tests.support.place import Place, Places, PostgresDatabases, SqliteFiles  # noqa: E402
from tests.support.postgresql import Cluster, shared_cluster  # noqa: E402
from tests.support.running import (  # noqa: E402
    FailureNames,
    Spreading,
    begin_elsewhere,
    longest_first,
)
from tests.support.server import Client, Server  # noqa: E402

SQLITE, POSTGRESQL = "sqlite", "postgresql"
ENGINES = (SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.postgresql))
# Where the engine cannot matter: clients, what a server does with calls as such, and how it cuts
# what the store gave.
WHATEVER_ENGINE = (
    "cli",
    "client",
    "docs/record.py",
    "docs/test_importing.py",
    "docs/test_record.py",
    "exchange/test_exporting.py",
    "foreign/files.py",
    "foreign/spreadsheet.py",
    "web",
    "rpc/test_any_answer_size.py",
    "rpc/test_bad_input.py",
    "rpc/test_bounds.py",
    "rpc/test_bytes.py",
    "rpc/test_calls.py",
    "rpc/test_change_table.py",
    "rpc/test_credentials.py",
    "rpc/test_doors.py",
    "rpc/test_good_input.py",
    "rpc/test_service_config.py",
    "rpc/test_shares.py",
    "rpc/test_watch_bounds.py",
    "rpc/test_what_readers_see.py",
)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Have the names of tests that fail printed as they fail."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(FailureNames(reporter))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Spreading:
    """Spread tests over processes so that those that share a server stay together."""
    return Spreading(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take longest, and start what they need meanwhile."""
    items[:] = longest_first(items)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Let no collection of garbage look at what is imported and collected, which stays."""
    begin_elsewhere(session.config)
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes a place on both engines, if these could matter to it."""
    left_out = (Path(__file__).parent / name for name in WHATEVER_ENGINE)
    file = Path(str(metafunc.module.__file__))
    if "places" in metafunc.fixturenames and not any(map(file.is_relative_to, left_out)):
        metafunc.parametrize("places", ENGINES, indirect=True, scope="session")


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call is made again as often as ever, and sooner."""
    monkeypatch.setattr(retry, "WAITS", [wait / 20 for wait in retry.WAITS])


@pytest.fixture(scope="session")
def endings() -> Iterator[Endings]:
    """What ends while the tests go on; it is checked at the end of the session."""
    with Endings() as endings:
        yield endings


@pytest.fixture(scope="session")
def cluster(endings: Endings) -> Iterator[Cluster]:
    """A PostgreSQL server that all tests of a session share."""
    with shared_cluster() as cluster:
        yield cluster
        endings.wait()


@pytest.fixture(scope="session")
def databases(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> PostgresDatabases:
    """Places for logs on that server."""
    return PostgresDatabases(cluster, partial(tmp_path_factory.mktemp, "place"))


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """Places for logs in files."""
    return SqliteFiles(partial(tmp_path_factory.mktemp, "place"))


@pytest.fixture(scope="session")
def places(request: pytest.FixtureRequest) -> Places:
    """Places for logs, of the engine that the test runs on."""
    is_file = getattr(request, "param", SQLITE) == SQLITE
    places: Places = request.getfixturevalue("sqlite_files" if is_file else "databases")
    return places


@pytest.fixture
def place(places: Places) -> Iterator[Place]:
    """Where a test's log is."""
    with places.new() as place:
        yield place


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, places: Places, endings: Endings) -> Iterator[Server]:
    """A server that all tests of a module share: they name visits of their own."""
    with ExitStack() as running:
        place = running.enter_context(places.new())
        yield running.enter_context(Server(place))
        endings.soon(request.node.nodeid, running.pop_all().close)


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    """A client of the shared server."""
    return server.client()


@pytest.fixture
def start_server(
    request: pytest.FixtureRequest, places: Places, endings: Endings
) -> Iterator[Callable[..., Server]]:
    """Starts a server of the test's own, with options, on an empty log."""
    with ExitStack() as running:

        def start(*options: str) -> Server:
            place = running.enter_context(places.new())
            return running.enter_context(Server(place, *options))

        yield start
        endings.soon(request.node.nodeid, running.pop_all().close)


@pytest.fixture
def own_server(start_server: Callable[..., Server]) -> Server:
    """A server for one test alone, on an empty log."""
    return start_server()
