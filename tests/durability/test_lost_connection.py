"""A command that loses its connection says so; it takes nothing for damaged or done."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.operate.move import move
from service.store.errors import StartupRefused
from service.verify import verify_database
from tests.durability.serving import new_log
from tests.support.messages import scheduled
from tests.support.place import SqliteFile
from tests.support.postgresql import Cluster, fresh_database
from tests.support.proxy import Proxy
from tests.support.server import Server


@pytest.fixture
def file(tmp_path: Path) -> SqliteFile:
    """A file with a log of three changes, which no server has open."""
    with Server(tmp_path / "chancery.db") as server:
        for number in range(3):
            server.client().record(f"visits/lost-{number}", scheduled())
    return SqliteFile(tmp_path / "chancery.db")


@pytest.fixture
def proxy(cluster: Cluster) -> Iterator[Proxy]:
    """A proxy to the cluster that can be cut."""
    with Proxy(cluster.address) as proxy:
        yield proxy


def through(proxy: Proxy, cluster: Cluster, url: str) -> str:
    """The URL through the proxy."""
    return url.replace(cluster.address, proxy.address)


def test_a_log_is_not_damaged_because_the_connection_to_it_is_lost(
    cluster: Cluster, proxy: Proxy, file: SqliteFile
) -> None:
    url = fresh_database(cluster)
    move(file.url, url, lambda *_: None)
    with pytest.raises(StartupRefused, match=r"the connection to postgresql://.* was lost"):
        verify_database(through(proxy, cluster, url), [], None, lambda *_: proxy.cut())
    assert verify_database(url, [], None, lambda *_: None).changes == 3


def test_a_copy_whose_connection_is_lost_goes_on_when_it_is_run_again(
    cluster: Cluster, proxy: Proxy, file: SqliteFile
) -> None:
    """Until then the source accepts changes, since it is the log's only home."""
    url = cluster.url(new_log(cluster))
    with pytest.raises(StartupRefused, match=r"was cut off, run it again|was lost"):
        move(file.url, through(proxy, cluster, url), lambda *_: proxy.cut())
    assert file.rows("SELECT closed FROM head") == [(None,)]
    assert move(file.url, url, lambda *_: None).changes == 3
