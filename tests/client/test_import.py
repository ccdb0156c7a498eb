"""A bulk load with the Python client: each change once, despite cuts and restarts."""

import random
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc.aio._call import StreamStreamCall

from chancery.client import AsyncConnection, Connection, importing
from chancery.v1.desk_service_pb2 import Change, ImportResult
from chancery.v1.history_service_pb2 import ReadEventsRequest
from tests.support.messages import change, postponed, scheduled, stated
from tests.support.proxy import Proxy
from tests.support.server import Server
from tests.support.waiting import wait_until

Connect = Callable[..., Connection]


def stories(name: str, visits: int) -> list[Change]:
    """Two changes each for so many visits, without request ids."""
    return [
        change(f"{name}-{number}", message)
        for message in (scheduled(), stated())
        for number in range(visits)
    ]


@pytest.fixture(autouse=True)
def _short_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many messages for few changes."""
    monkeypatch.setattr(importing, "CHANGES", 7)


def recorded(connection: Connection, name: str) -> list[tuple[int, str]]:
    """The position and the visit of each change in a test's visits."""
    events = connection.messages.read_events(ReadEventsRequest())
    return [(e.position, e.event.visit) for e in events if e.event.visit.startswith(f"{name}-")]


def test_the_results_of_several_messages_are_numbered_through(
    direct: Connection, name: str
) -> None:
    changes = stories(name, 20)
    results = list(direct.messages.import_changes(iter(changes)))
    assert [result.index for result in results] == list(range(40))
    told = [(result.event.position, result.event.event.visit) for result in results]
    assert [visit for _, visit in told] == [each.name for each in changes]
    assert told == recorded(direct, name)


def test_a_refusal_is_no_failure_of_the_others(direct: Connection, name: str) -> None:
    changes = [change(name, scheduled()), change(name, scheduled()), change(name, postponed())]
    outcomes = [result.WhichOneof("outcome") for result in direct.messages.import_changes(changes)]
    assert outcomes == ["event", "error", "event"]


async def test_a_write_that_fails_is_taken_for_a_cut(
    server: Server, direct: Connection, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """gRPC for asyncio calls it INTERNAL, whyever the call ended."""
    write = StreamStreamCall.write
    failing = iter([True, False, True])

    async def fail_now_and_then(call: Any, request: Any) -> None:
        if next(failing, False):
            call.cancel()
            nothing = grpc.aio.Metadata()
            raise grpc.aio.AioRpcError(grpc.StatusCode.INTERNAL, nothing, nothing)
        await write(call, request)

    monkeypatch.setattr(StreamStreamCall, "write", fail_now_and_then)
    changes = stories(name, 20)
    async with AsyncConnection(server.address) as connection:
        results = [each async for each in connection.messages.import_changes(changes)]
    assert [each.index for each in results] == list(range(40))
    assert len(recorded(direct, name)) == 40


def test_over_cuts_each_change_is_recorded_once(
    server: Server, connect: Connect, direct: Connection, name: str
) -> None:
    """Unanswered changes are sent again, and get the answer of their recording."""
    chance = random.Random(3)
    lives = iter(lambda: chance.randint(2_000, 12_000), None)
    with Proxy(server.address, lives) as proxy:
        results = list(connect(proxy.address).messages.import_changes(stories(name, 100)))
        assert proxy.connections > 3
    assert [result.index for result in results] == list(range(200))
    told = [(result.event.position, result.event.event.visit) for result in results]
    assert told == recorded(direct, name)


def test_over_a_restart_of_the_server_each_change_is_recorded_once(
    tmp_path: Path, connect: Connect, name: str
) -> None:
    """It is killed while changes are under way, and nothing acknowledged is lost."""
    results: list[ImportResult] = []
    with Server(tmp_path / "chancery.db") as server:
        address = server.address

        def more_came_than(number: int) -> bool:
            return len(results) > number

        def kill_twice() -> None:
            for number in (40, 200):
                wait_until(partial(more_came_than, number))
                server.kill()
                server.start(address)

        killing = threading.Thread(target=kill_twice)
        killing.start()
        for result in connect(address).messages.import_changes(stories(name, 600)):
            results.append(result)
        killing.join()
        told = [(result.event.position, result.event.event.visit) for result in results]
        assert [result.index for result in results] == list(range(1200))
        assert told == recorded(connect(address), name)


def test_large_changes_travel_in_several_messages(
    direct: Connection, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is larger than a server accepts."""
    monkeypatch.setattr(importing, "CHANGES", 500)
    long = [stated(text="x" * 4000) for _ in range(600)]
    changes = [change(name, scheduled()), *(change(name, message) for message in long)]
    assert all(result.HasField("event") for result in direct.messages.import_changes(changes))


def test_nothing_to_import_is_no_call(connect: Connect) -> None:
    assert list(connect("127.0.0.1:1").messages.import_changes([])) == []


@pytest.mark.usefixtures("short_waits")
def test_a_server_that_is_not_there_is_told(connect: Connect, name: str) -> None:
    """After some attempts, not forever."""
    began = time.monotonic()
    with pytest.raises(grpc.RpcError) as caught:
        list(connect("127.0.0.1:1").messages.import_changes(stories(name, 1)))
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert time.monotonic() - began < 20
