"""Clients that mean no good, or know no better: the others go on, and nothing grows."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest

from chancery.v1.audit_service_pb2 import ExportBundleRequest, ListChangesRequest
from chancery.v1.desk_service_pb2 import ImportChangesRequest
from chancery.v1.event_pb2 import CHANGE_TYPE_POSTPONED, Retracted
from chancery.v1.history_service_pb2 import (
    CompareVisitRequest,
    ListEventsRequest,
    ReadEventsRequest,
)
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import (
    COUNT_BY_STATUS,
    BatchGetVisitsRequest,
    CountVisitsRequest,
    GetVisitRequest,
    ListVisitsRequest,
)
from tests.support import http2
from tests.support.messages import apply, change, scheduled, stated
from tests.support.place import SqliteFile
from tests.support.processes import PIPE, Process
from tests.support.server import Client, Server

# `make torture` tries what takes long: a visit of 10,000 changes, 100,000 streams, and so on.
TORTURE = bool(int(os.environ.get("CHANCERY_HOSTILE", "0")))
LONG, RESETS, CONNECTIONS = (10_000, 100_000, 2000) if TORTURE else (2000, 20_000, 300)
# Milliseconds within which 99 of 100 calls of a polite caller are answered. Other tests run
# beside the short form.
P99 = 100 if TORTURE else 1000
SECONDS = 8.0 if TORTURE else 2.0
READERS, MIB = 200, 1 << 20
GET_VISIT = "chancery.v1.VisitService/GetVisit"
LARGE = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_send_message_length", 8 << 20)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a long visit, a short one, and a thousand others."""
    file = tmp_path_factory.mktemp("hostile") / "desk.db"
    with SqliteFile(file) as place, Server(place) as server:
        client = server.client()
        for name in ("long", "short"):
            client.record(f"visits/{name}", scheduled())
        for _ in range(LONG // 100):
            client.desk.ApplyChanges(apply(*[change("visits/long", stated())] * 100))
        for first in range(0, 1000, 100):
            some = [change(f"visits/v{first + i}", scheduled()) for i in range(100)]
            client.desk.ApplyChanges(apply(*some))
        yield server


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    """A server that has done nothing yet, with a log of a few megabytes."""
    with SqliteFile(tmp_path / "desk.db") as place, Server(place) as server:
        client = server.client()
        client.record("visits/short", scheduled())
        for _ in range(60):
            client.desk.ApplyChanges(apply(*[change("visits/short", stated())] * 100))
        yield server


def edge_of(server: Server) -> psutil.Process:
    """The process that answers calls."""
    (pid,) = server.pids.edges
    return psutil.Process(pid)


# Greedy callers

THEN = AsOf(position=500)
TYPES = [CHANGE_TYPE_POSTPONED] * 2_000_000
NAMES = [f"visits/v{number}" for number in range(1000)]
VALIDATED = [
    change("visits/long", Retracted(retracted_version=10 + i), validate_only=True)
    for i in range(100)
]
UNFIT = apply(*[change(f"visits/w{i}", stated(text="é " * 10_000)) for i in range(100)])


def imported(client: Client, number: int) -> None:
    """Import five hundred visits in a message."""
    some = [
        change(f"visits/i{number}-{i}", scheduled(), request_id=f"{number}-{i}") for i in range(500)
    ]
    list(client.desk.ImportChanges(iter([ImportChangesRequest(changes=some)]), timeout=60))


GREEDY: dict[str, tuple[int, Callable[[Client, int], Any]]] = {
    "compares a long visit": (
        100,
        lambda c, _: c.history.CompareVisit(
            CompareVisitRequest(name="visits/long", before=THEN), timeout=60
        ),
    ),
    "reads a long visit as of a moment": (100, lambda c, _: c.visit("visits/long", position=900)),
    "lists a thousand changes": (
        100,
        lambda c, _: c.audit.ListChanges(ListChangesRequest(page_size=1000), timeout=60),
    ),
    "lists visits as of a moment": (
        50,
        lambda c, _: c.visits.ListVisits(
            ListVisitsRequest(page_size=1000, as_of=AsOf(position=c.head)), timeout=60
        ),
    ),
    "counts visits as of a moment": (
        50,
        lambda c, _: c.visits.CountVisits(
            CountVisitsRequest(count_by=[COUNT_BY_STATUS], as_of=AsOf(position=c.head)), timeout=60
        ),
    ),
    "lists visits": (
        50,
        lambda c, _: c.visits.ListVisits(ListVisitsRequest(page_size=1000), timeout=60),
    ),
    "asks for a thousand visits": (
        20,
        lambda c, _: c.visits.BatchGetVisits(BatchGetVisitsRequest(names=NAMES), timeout=60),
    ),
    "misspells names": (50, lambda c, number: c.visit(f"visits/long-{number}")),
    "exports the log": (50, lambda c, _: list(c.audit.ExportBundle(ExportBundleRequest()))),
    "validates changes of a long visit": (
        50,
        lambda c, _: c.desk.ApplyChanges(apply(*VALIDATED), timeout=60),
    ),
    "records": (200, lambda c, number: c.record(NAMES[number % 1000], stated())),
    "sends changes that are too large": (10, lambda c, _: c.desk.ApplyChanges(UNFIT, timeout=60)),
    "imports": (8, imported),
    "sends questions that are too large": (
        5,
        lambda c, _: c.history.ListEvents(ListEventsRequest(change_types=TYPES)),
    ),
}
IN_SHORT = ("compares a long visit", "sends changes that are too large")


@contextmanager
def greedy(server: Server, calls: int, call: Callable[[Client, int], Any]) -> Iterator[None]:
    """A caller who has so many of these calls under way within the context."""
    over = threading.Event()
    client = Client(server.address, *LARGE)

    def again_and_again(first: int) -> None:
        number = first
        while not over.is_set():
            with suppress(grpc.RpcError, ValueError):  # the channel is closed
                call(client, number)
            number += calls

    threads = [threading.Thread(target=again_and_again, args=(i,)) for i in range(calls)]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        over.set()
        client.close()
        for each in threads:
            each.join()


def polite(server: Server, what: str) -> float:
    """The 99th percentile of the milliseconds that a polite caller waits."""
    command = ["-m", "tests.durability.polite", server.address, str(SECONDS), what]
    process = Process(command, stdout=PIPE)
    assert process.stdout is not None
    with process.stdout as said:
        took = sorted(json.load(said))
    assert process.wait(SECONDS) == 0
    return float(took[len(took) * 99 // 100])


@pytest.mark.parametrize("what", ["read", "record"])
@pytest.mark.parametrize("greed", GREEDY if TORTURE else IN_SHORT)
def test_a_polite_caller_is_answered_beside_a_greedy_one(
    server: Server, greed: str, what: str
) -> None:
    with greedy(server, *GREEDY[greed]):
        time.sleep(0.5)
        p99 = polite(server, what)

    print(f"{greed}: {what} within {p99:.1f} ms")
    assert p99 < P99


# Connections and streams


def test_streams_that_are_reset_at_once_cost_no_memory(fresh: Server) -> None:
    """What is left of them after a hundred thousand is that of a few."""
    edge, client = edge_of(fresh), fresh.client()
    grown = []
    request = GetVisitRequest(name="visits/short").SerializeToString()
    for _ in range(3):
        with closing(http2.Connection(fresh.address)) as connection:
            reading = threading.Thread(target=lambda: list(connection.frames()), daemon=True)
            reading.start()
            for first in range(0, RESETS, 500):
                streams = range(2 * first + 1, 2 * (first + 500), 2)
                connection.send(
                    b"".join(
                        http2.headers(each, GET_VISIT)
                        + http2.message(each, request)
                        + http2.reset(each)
                        for each in streams
                    )
                )
            assert client.visit("visits/short").name == "visits/short"
            connection.end()
            reading.join()
        grown.append(edge.memory_info().rss)
    print(f"{RESETS} streams reset, three times: {[each // MIB for each in grown]} MiB")
    assert grown[-1] < grown[0] + 48 * MIB


def test_connections_that_say_nothing_keep_nobody_out(server: Server) -> None:
    """Neither those that greet nor those that do not."""
    with ExitStack() as stack:
        for number in range(CONNECTIONS):
            greets = number % 2 == 0
            stack.enter_context(closing(http2.Connection(server.address, greets=greets)))
        client = stack.enter_context(closing(Client(server.address, *LARGE)))

        for _ in range(20):
            assert client.visit("visits/short").name == "visits/short"


def test_readers_that_never_read_cost_64_mib_at_most(fresh: Server) -> None:
    """Two hundred of them, each from a connection of its own."""
    edge = edge_of(fresh)
    before = edge.memory_info().rss
    with ExitStack() as stack:
        for _ in range(READERS):
            connection = stack.enter_context(closing(http2.Connection(fresh.address)))
            connection.send(
                http2.headers(1, "chancery.v1.HistoryService/ReadEvents")
                + http2.message(1, ReadEventsRequest().SerializeToString())
            )
        time.sleep(2)
        grown = edge.memory_info().rss - before
        print(f"{READERS} readers that never read: {grown / MIB:.0f} MiB")
        client = stack.enter_context(closing(Client(fresh.address, *LARGE)))
        assert client.visit("visits/short").name == "visits/short"
    assert grown < 64 * MIB
