"""SIGTERM: callers get an answer or UNAVAILABLE, and nothing acknowledged is lost."""

import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import grpc
import pytest

from chancery.v1.history_service_pb2 import ReadEventsRequest, ReadEventsResponse
from tests.durability.load import Load, differences, log_in, not_told
from tests.store import logbook
from tests.support import messages
from tests.support.server import Client, Server
from tests.support.waiting import wait_until

# Ends of a server under load. `make torture` has fifty.
ENDS = int(os.environ.get("CHANCERY_ENDS", "2"))
LIMIT = 10.0


def test_a_server_that_is_stopped_under_load_loses_nothing(tmp_path: Path) -> None:
    """With twelve writers: status 0; each call is answered, or UNAVAILABLE and not recorded."""
    load = Load.on_visits(12)
    with Server(tmp_path / "chancery.db") as server:
        told = load.schedule(server.client())
        load.start(server.client())
        wait_until(lambda: len(load.told) > 50)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < LIMIT
        load.join()
        assert load.failures == {grpc.StatusCode.UNAVAILABLE}
        assert len(load.told) > 50
        assert differences([*told, *load.told], log_in(server.file)) == []
        assert not_told([*told, *load.told], log_in(server.file)) == []
        assert server.logged("stopped")["position"] == len(told) + len(load.told)
        assert not Path(f"{server.file}-wal").exists()
        # A change that was cut off is recorded once, when it is asked for again.
        server.start()
        load.start(server.client(), changes=1)
        load.join()
    log = log_in(server.file)
    assert differences([*told, *load.told], log) == []
    assert not_told([*told, *load.told], log) == []
    assert len(log) == len(told) + len(load.asked)
    assert logbook.problems(server.file) == []


def test_a_server_that_is_stopped_again_and_again_loses_nothing(tmp_path: Path) -> None:
    """Each end comes in time, with status 0, somewhere in the middle of what is asked.

    Once in a thousand calls, one that comes as gRPC stops is CANCELLED before the server has it.
    """
    load = Load.on_visits(12)
    with Server(tmp_path / "chancery.db") as server:
        told = load.schedule(server.client())
        for number in range(ENDS):
            before = len(load.told)
            load.start(server.client())
            wait_until(partial(load.told_more_than, before + 10 + number % 7))
            began = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - began < LIMIT
            load.join()
            server.start()
        load.start(server.client(), changes=1)
        load.join()
    log = log_in(server.file)
    print(f"stopped {ENDS} times, {len(log)} changes")
    assert load.failures <= {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
    assert differences([*told, *load.told], log) == []
    assert len(log) == len(told) + len(load.asked)
    assert logbook.problems(server.file) == []


def test_a_second_sigterm_changes_nothing(tmp_path: Path) -> None:
    """Impatience does not lose what was acknowledged."""
    load = Load.on_visits(4)
    with Server(tmp_path / "chancery.db") as server:
        told = load.schedule(server.client())
        load.start(server.client())
        wait_until(lambda: len(load.told) > 20)
        server.terminate()
        server.terminate()
        assert server.ended() == 0
        load.join()
    assert differences([*told, *load.told], log_in(server.file)) == []


def test_a_server_without_callers_ends_at_once(tmp_path: Path) -> None:
    """It does not wait out the time that calls get to finish."""
    with Server(tmp_path / "chancery.db") as server:
        server.client().record("visits/beijing", messages.scheduled())
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 3


# With an open replay


def fill(client: Client, megabytes: int) -> None:
    """Make the log longer than what a connection buffers for a reader that does not read."""
    client.record("visits/long", messages.scheduled())
    quotes = [messages.basis(quote="x" * 4000) for _ in range(50)]
    for _ in range(megabytes):
        changes = [messages.change("visits/long", messages.stated(), basis=quotes)] * 5
        client.desk.ApplyChanges(messages.apply(*changes))


@pytest.fixture
def served_log(tmp_path: Path) -> Iterator[Server]:
    """A server with a log of 24 MB."""
    with Server(tmp_path / "chancery.db") as server:
        fill(server.client(), 24)
        yield server


def read_on(stream: Iterator[ReadEventsResponse], positions: list[int]) -> None:
    for frame in stream:
        positions += [event.position for event in frame.events]


def test_a_reader_that_does_not_read_does_not_hold_up_the_end(served_log: Server) -> None:
    """With an open replay that its client does not read, and writers at work, it ends in time."""
    load = Load.on_visits(4)
    server = served_log
    told = load.schedule(server.client())
    stream = server.client().history.ReadEvents(ReadEventsRequest(), timeout=60)
    positions = [event.position for event in next(stream).events]
    load.start(server.client())
    wait_until(lambda: len(load.told) > 20)
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < LIMIT
    load.join()
    assert load.failures == {grpc.StatusCode.UNAVAILABLE}
    with pytest.raises(grpc.RpcError) as cut:
        read_on(stream, positions)
    assert cut.value.code() is grpc.StatusCode.UNAVAILABLE
    assert positions == list(range(1, len(positions) + 1))
    assert differences([*told, *load.told], log_in(server.file)) == []
    assert logbook.problems(server.file) == []


def test_a_replay_that_is_read_is_ended_with_unavailable(served_log: Server) -> None:
    """A reader in the middle of a replay gets UNAVAILABLE, and what it has is without a gap."""
    server = served_log
    stream = server.client().history.ReadEvents(ReadEventsRequest(), timeout=60)
    positions = [event.position for event in next(stream).events]
    server.terminate()
    server.logged("stopping")
    with pytest.raises(grpc.RpcError) as cut:
        read_on(stream, positions)
    assert cut.value.code() is grpc.StatusCode.UNAVAILABLE
    assert positions == list(range(1, len(positions) + 1))
    assert server.ended() == 0
