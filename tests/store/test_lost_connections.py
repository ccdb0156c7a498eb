"""The core makes a lost connection to PostgreSQL again, and records each change once."""

import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import event

from service.commands.round import Kind
from service.store.errors import ConnectionLost, NotConnected
from tests.store import logbook
from tests.store.builders import SECONDS, Commits, change, logged
from tests.store.serving import Desk, desk_on, outcomes
from tests.support.place import Place, PostgresDatabases
from tests.support.postgresql import Cluster
from tests.support.proxy import Proxy
from tests.support.waiting import wait_until


@pytest.fixture
def place(databases: PostgresDatabases) -> Iterator[Place]:
    """The place of a test's log."""
    with databases.new() as place:
        yield place


@pytest.fixture
def proxy(cluster: Cluster) -> Iterator[Proxy]:
    """A way to the server that can be cut."""
    with Proxy(cluster.address) as proxy:
        yield proxy


@pytest.fixture
def desk(place: Place, cluster: Cluster, proxy: Proxy) -> Iterator[Desk]:
    """The core on a log with two visits, behind that way."""
    with desk_on(place.url.replace(cluster.address, proxy.address)) as desk:
        for visit_id in ("beijing", "kyiv"):
            desk.record(visit_id, "scheduled")
        yield desk


def when(desk: Desk, name: str, act: Callable[[int], None]) -> None:
    """Act whenever the writer begins or commits, with the number of times that it did so."""
    times = 0

    def count(_connection: object) -> None:
        nonlocal times
        times += 1
        act(times)

    event.listen(desk.database.writer, name, count)


@pytest.mark.parametrize("name", ["begin", "commit"])
def test_a_connection_that_is_lost_in_a_round_is_made_again(
    desk: Desk, place: Place, proxy: Proxy, name: str
) -> None:
    """Wherever it is cut: the round is done again as a whole, and nobody hears of it."""
    when(desk, name, lambda times: proxy.cut() if times == 1 else None)
    with Commits(desk.database) as commits:
        tasks = desk.share(*(change("beijing", "amended") for _ in range(5)))
    assert [each.position for task in tasks for each in outcomes(task)] == [3, 4, 5, 6, 7]
    assert commits.number <= 3  # the one that was cut, the look for it, and that of the round
    assert [*desk.told] == list(range(1, 8))
    assert logbook.problems(place) == []


def test_a_connection_that_was_lost_between_rounds_is_made_again(
    desk: Desk, place: Place, proxy: Proxy
) -> None:
    """Also if a round has nothing to record."""
    proxy.cut()
    assert desk.record("beijing", "amended").position == 3
    proxy.cut()
    assert desk.validate("beijing", "amended").position == 0
    assert logbook.problems(place) == []


def test_a_connection_that_is_lost_again_and_again_is_told_to_all(
    desk: Desk, place: Place, proxy: Proxy
) -> None:
    """None of their changes is recorded; later ones are."""
    broken = True
    when(desk, "begin", lambda _: proxy.cut() if broken else None)
    tasks = desk.share(*(change(visit_id, "amended") for visit_id in ("beijing", "kyiv")))
    assert [type(task.error) for task in tasks] == [ConnectionLost] * 2
    broken = False
    assert logged(place) == [("beijing", 1), ("kyiv", 1)]
    assert desk.record("beijing", "amended").position == 3


def test_if_no_connection_can_be_made_all_fail_at_once(
    desk: Desk, place: Place, proxy: Proxy, cluster: Cluster
) -> None:
    proxy.target = "127.0.0.1:1"
    proxy.cut()
    tasks = [desk.ask(change("beijing", "amended"), kind=kind) for kind in Kind]
    desk.turn()
    assert [type(task.error) for task in tasks] == [NotConnected] * 3
    proxy.target = cluster.address
    assert desk.record("beijing", "amended").position == 3
    assert logbook.problems(place) == []


@pytest.mark.parametrize("arrives", [True, False], ids=["arrives", "is lost"])
def test_a_round_whose_commit_has_no_answer_counts_once(
    desk: Desk, place: Place, proxy: Proxy, arrives: bool
) -> None:
    """Whether the commit arrived or not: the log has each change once, and all are answered."""
    cutting: list[threading.Thread] = []

    def cut() -> None:
        if arrives:
            wait_until(lambda: len(logged(place)) == 5)
        proxy.cut()
        proxy.resume()

    def hang(times: int) -> None:
        if times == 1:
            proxy.hang_answers() if arrives else proxy.hang()
            cutting.append(threading.Thread(target=cut))
            cutting[0].start()

    when(desk, "commit", hang)
    tasks = desk.share(
        change("beijing", "amended", "key"),
        [change("kyiv", "amended"), change("beijing", "amended")],
    )
    cutting[0].join(SECONDS)
    told = [each for task in tasks for each in outcomes(task)]
    assert [(each.position, each.replayed) for each in told] == [(n, False) for n in (3, 4, 5)]
    assert [*desk.told] == [1, 2, 3, 4, 5]
    assert logged(place)[2:] == [("beijing", 2), ("kyiv", 2), ("beijing", 3)]
    assert desk.record("kyiv", "postponed").position == 6
    assert logbook.problems(place) == []
