"""Either client goes on where it was cut off, waits no longer than it may, and ends when told."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, repeat
from typing import Any

import pytest

from chancery.client import AsyncConnection, Connection, draft
from chancery.client.errors import DeadlineExceeded, LogReplaced, Unavailable
from tests.client.unable import Unable
from tests.support.proxy import NEVER, Proxy
from tests.support.server import Client, Server

Calling = Callable[..., Any]


def planned(number: int, visit: str) -> list[Any]:
    """Drafts of so many visits, each of which takes two kilobytes."""
    return [
        draft.schedule(f"{visit}-{i}", title="To France", principal="A", purpose="x" * 2000)
        for i in range(number)
    ]


@pytest.fixture
def start(client: Client) -> int:
    """The end of the log before the test."""
    return client.head


def test_a_follower_is_resumed_with_its_position_and_log(
    calling: Calling, start: int, name: str
) -> None:
    """In a later run of the program it misses nothing and gets nothing twice."""
    calling(lambda c: c.apply(planned(4, name)))
    kept: dict[str, Any] = {}

    def following(connection: Any) -> Any:
        kept["follower"] = connection.follow(after=start)
        return kept["follower"]

    before = calling(following, first=2)
    follower = kept["follower"]
    after = calling(
        lambda c: c.follow(after=follower.position, log_origin=follower.log_origin), first=2
    )

    assert [event.position - start for event in (*before, *after)] == [1, 2, 3, 4]
    assert follower.log_origin == calling(lambda c: c.info()).log_origin


def test_a_follower_of_one_visit_gets_its_changes_alone(
    calling: Calling, start: int, visit: str, name: str
) -> None:
    calling(lambda c: c.apply([draft.cancel(visit), *planned(1, name)]))
    assert [each.version for each in calling(lambda c: c.follow(visit), first=2)] == [1, 2]
    (only,) = calling(
        lambda c: c.follow(f"visits/{visit}", after=start, change_types="cancelled"), first=1
    )
    assert only.visit == f"visits/{visit}"


def test_a_follower_of_another_log_is_told_its_name(calling: Calling) -> None:
    with pytest.raises(LogReplaced, match="read it from the beginning") as caught:
        calling(lambda c: c.follow(log_origin="chancery.invalid/another"))
    assert caught.value.log_origin == calling(lambda c: c.info()).log_origin


def test_each_change_comes_once_over_cuts(
    server: Server, calling_at: Calling, start: int, name: str
) -> None:
    """A follower hears of each cut, and of when it goes on."""
    calling_at(server.address, lambda c: c.apply(planned(100, name)))
    told: list[str] = []
    with Proxy(server.address, chain([40_000, 90_000, 10], repeat(NEVER))) as proxy:
        found = calling_at(
            proxy.address,
            lambda c: c.follow(
                after=start,
                on_cut=lambda error: told.append(type(error).__name__),
                on_resumed=lambda: told.append("resumed"),
            ),
            first=100,
        )
    assert [event.position - start for event in found] == list(range(1, 101))
    assert told.count("Unavailable") >= 3
    assert told[-1] == "resumed"


def test_a_replay_goes_on_behind_its_last_change(
    server: Server, calling_at: Calling, start: int, name: str
) -> None:
    calling_at(server.address, lambda c: c.apply(planned(100, name)))
    with Proxy(server.address, chain([100_000, 50], repeat(NEVER))) as proxy:
        found = calling_at(proxy.address, lambda c: c.events(after=start))
    assert [event.position - start for event in found] == list(range(1, 101))


def test_an_import_records_each_change_once_over_cuts(
    server: Server, client: Client, calling_at: Calling, start: int, name: str
) -> None:
    drafts = planned(1200, name)
    with Proxy(server.address, chain([30_000, 200_000], repeat(NEVER))) as proxy:
        found = calling_at(proxy.address, lambda c: c.import_changes(drafts))
    assert [result.index for result in found] == list(range(1200))
    assert {result.event.position - start for result in found} == set(range(1, 1201))
    assert client.head == start + 1200


def test_a_call_that_a_server_could_not_serve_is_made_again(calling_at: Calling) -> None:
    """A change is made with the same request id each time."""
    with Unable(2) as unable:
        calling_at(unable.address, lambda c: c.cancel("a"))
    assert len(unable.requests) == 3
    assert len(set(unable.requests)) == 1


def test_a_call_that_no_server_can_serve_is_unavailable(calling_at: Calling) -> None:
    with pytest.raises(Unavailable, match=r"^cannot reach the server at 127\.0\.0\.1:1$"):
        calling_at("127.0.0.1:1", lambda c: c.info(), timeout=0.5)


def test_a_call_has_the_time_of_its_connection(server: Server, calling_at: Calling) -> None:
    with Proxy(server.address) as proxy:
        proxy.hang()
        began = time.monotonic()
        with pytest.raises(DeadlineExceeded, match=rf"^no answer from {proxy.address} within 0"):
            calling_at(proxy.address, lambda c: c.info(), timeout=0.6)
        assert 0.5 < time.monotonic() - began < 3


# What only the one has


async def test_calls_of_one_asynchronous_connection_wait_side_by_side(
    server: Server, name: str
) -> None:
    async with AsyncConnection(server.address, timeout=60) as connection:
        done = await asyncio.gather(*map(connection.record, planned(50, name)))
    assert {each.event.version for each in done} == {1}
    assert len({each.event.position for each in done}) == 50


async def test_an_import_may_come_from_an_asynchronous_source(server: Server, name: str) -> None:
    async def drafts() -> AsyncIterator[Any]:
        for each in planned(3, name):
            yield each

    async with AsyncConnection(server.address) as connection:
        results = [result async for result in connection.import_changes(drafts())]
    assert [result.index for result in results] == [0, 1, 2]
    assert all(result.event for result in results)


async def test_a_call_that_is_cancelled_leaves_the_connection_as_it_was(server: Server) -> None:
    with Proxy(server.address) as proxy:
        async with AsyncConnection(proxy.address) as connection:
            await connection.info()
            proxy.hang()
            waiting = asyncio.create_task(connection.info())
            await asyncio.sleep(0.2)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            proxy.resume()
            assert (await connection.info()).version


async def test_an_asynchronous_follower_that_is_closed_ends(server: Server, start: int) -> None:
    async with AsyncConnection(server.address) as connection:
        follower = connection.follow(after=start)
        waiting = asyncio.create_task(anext(follower, None))
        await asyncio.sleep(0.3)
        follower.close()
        assert await asyncio.wait_for(waiting, 10) is None
        assert [event async for event in follower] == []


async def test_a_follower_whose_waiting_was_cancelled_goes_on(
    server: Server, client: Client, start: int, name: str
) -> None:
    """Such as one that is asked now and then whether there is anything new."""
    async with AsyncConnection(server.address) as connection:
        follower = connection.follow(after=start)
        found: list[int] = []
        for draft_of in planned(3, name):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(follower), 0.2)
            await connection.record(draft_of)
            event = await asyncio.wait_for(anext(follower), 20)
            found.append(event.position - start)
    assert found == [1, 2, 3]


def test_one_connection_serves_several_threads(server: Server, name: str) -> None:
    with Connection(server.address) as connection, ThreadPoolExecutor(8) as pool:
        done = list(pool.map(connection.record, planned(20, name)))
    assert len({each.event.position for each in done}) == 20
