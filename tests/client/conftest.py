"""Connections to a server, direct and through a proxy."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import count
from typing import Any

import pytest

from chancery.client import Basis, Connection, Place, Principal, retry
from tests.client.shells import SHELLS
from tests.support.proxy import Proxy
from tests.support.server import Server

_numbers = count(1)


@pytest.fixture
def name() -> str:
    """The name of a visit that no other test of this run uses."""
    return f"visits/lavrov-{next(_numbers)}"


@pytest.fixture
def visit(calling: Callable[..., Any], name: str) -> str:
    """The id of a visit that is planned for four days in March 2023."""
    visit = f"{name.removeprefix('visits/')}-in-march"
    calling(
        lambda c: c.schedule(
            visit,
            title="Charles III to France",
            principal=Principal("Charles III", office="King", country="GB"),
            host="FR",
            destinations=["Paris, FR", Place("Bordeaux", "FR")],
            kind="state",
            trip=name,
            window=("2023-03-26", "2023-03-29"),
            known="2023-03-03",
            basis=Basis("guest", "on the record", speaker="Buckingham Palace"),
        )
    )
    return visit


@pytest.fixture
def actor() -> str:
    """An actor that only this test uses."""
    return f"actor-{next(_numbers)}"


@pytest.fixture
def long_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call is made again for as long as its time lasts: a server may take long to start."""
    monkeypatch.setattr(retry, "WAITS", [*retry.WAITS, *[3.2] * 20])


@pytest.fixture
def connect() -> Iterator[Callable[..., Connection]]:
    """Opens connections, which are closed after the test."""
    with ExitStack() as open_ones:

        def connect(target: str, **options: Any) -> Connection:
            return open_ones.enter_context(Connection(target, **options))

        yield connect


@pytest.fixture
def direct(server: Server, connect: Callable[..., Connection]) -> Connection:
    """A connection to the shared server."""
    return connect(server.address)


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    """A proxy to the shared server that can break."""
    with Proxy(server.address) as proxy:
        yield proxy


@pytest.fixture
def proxied(proxy: Proxy, connect: Callable[..., Connection], actor: str) -> Connection:
    """A connection through the proxy, for an actor that only this test uses."""
    return connect(proxy.address, actor=actor)


@pytest.fixture(params=SHELLS)
def calling_at(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Makes a call on the server at an address, by the one client and by the other."""
    return SHELLS[request.param]


@pytest.fixture
def calling(calling_at: Callable[..., Any], server: Server) -> Callable[..., Any]:
    """Makes a call on the shared server, by the one client and by the other."""
    return partial(calling_at, server.address)
