"""A server that starts while its database is away says so once, and serves when it is there."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from tests.durability.serving import Service, new_log
from tests.support import messages
from tests.support.postgresql import Cluster
from tests.support.proxy import Proxy
from tests.support.server import DidNotStart
from tests.support.waiting import wait_until

NOWHERE = "127.0.0.1:1"


def begun(server: Service, pool: ThreadPoolExecutor) -> "Future[Service]":
    """The start of a server, which has said that its database is away, and has tried again."""
    starting = pool.submit(server.start)
    wait_until(lambda: any("the database is away" in line for line in server.lines))
    time.sleep(1.2)
    assert not starting.done()
    assert len(server.lines) == 1, server.lines
    return starting


def test_a_server_waits_for_its_database(cluster: Cluster, tmp_path: Path) -> None:
    name = new_log(cluster)
    with Proxy(NOWHERE) as way, ThreadPoolExecutor() as pool:
        url = f"postgresql+psycopg://postgres@{way.address}/{name}"
        server = Service(url, tmp_path / "key")
        starting = begun(server, pool)
        way.target = cluster.address
        starting.result()
        server.client().record("visits/beijing", messages.scheduled())
        assert server.stop() == 0


def test_a_server_that_waits_for_its_database_ends_by_sigterm(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        server = Service(f"postgresql+psycopg://postgres@{NOWHERE}/log", tmp_path / "key")
        starting = begun(server, pool)
        server.terminate()
        refused = starting.exception()
    assert isinstance(refused, DidNotStart)
    assert refused.status == 0
    assert "Traceback" not in refused.said
