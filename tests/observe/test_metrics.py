"""What Prometheus reads of a server: calls, rounds, the log, watches, processes."""

import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest

from chancery.v1.history_service_pb2 import WatchEventsRequest
from tests.observe.scraping import METRICS, address_of, shows
from tests.support.holders import UNKNOWN, guarded
from tests.support.messages import scheduled
from tests.support.place import SqliteFile
from tests.support.processes import chancery
from tests.support.server import Server

GET = "chancery.v1.VisitService/GetVisit"
SCHEDULE = "chancery.v1.DeskService/ScheduleVisit"
CALLS = "chancery_calls_total"


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with metrics, for tests that count what only they do."""
    with Server(tmp_path_factory.mktemp("log") / "desk.db", *METRICS) as server:
        yield server


def of_metrics(server: Server) -> int:
    """The process that shows the metrics: it listens on their port."""
    port = int(address_of(server).rpartition(":")[2])
    (pid,) = (
        each.pid
        for each in psutil.Process(server.process.pid).children()
        if port in {one.laddr.port for one in each.net_connections("tcp")}
    )
    return pid


def test_calls_are_counted_by_method_role_and_code(tmp_path: Path) -> None:
    with guarded(SqliteFile(tmp_path / "desk.db"), tmp_path, *METRICS) as server:
        server.held("editor").record("visits/x", scheduled())
        for _ in range(3):
            server.held("reader").visit("visits/x")
        for client in (server.held("reader"), server.client(token=UNKNOWN), server.client()):
            with pytest.raises(grpc.RpcError):
                client.record("visits/y", scheduled())
        scrape = shows(server, 2, CALLS, method=SCHEDULE, role="none", code="UNAUTHENTICATED")
        assert scrape.value(CALLS, method=SCHEDULE, role="editor", code="OK") == 1
        assert scrape.value(CALLS, method=SCHEDULE, role="reader", code="PERMISSION_DENIED") == 1
        assert scrape.value(CALLS, method=GET, role="reader", code="OK") == 3
        assert scrape.value("chancery_tokens") == 4


def test_how_long_calls_took_is_sorted_into_buckets(counted: Server) -> None:
    client = counted.client()
    client.record("visits/timed", scheduled())
    for _ in range(20):
        client.visit("visits/timed")
    name = "chancery_call_duration_seconds"
    scrape = shows(counted, 20, f"{name}_count", method=GET)
    buckets = scrape.values(f"{name}_bucket", method=GET)
    assert buckets["+Inf",] == 20
    assert sorted(buckets.values()) == list(buckets.values())
    total = scrape.value(f"{name}_sum", method=GET)
    assert total is not None
    assert 0 < total < 20


def test_rounds_are_counted_with_their_changes_and_the_log_with_its_head(
    tmp_path: Path,
) -> None:
    with Server(tmp_path / "desk.db", *METRICS) as server:
        for number in range(5):
            server.client().record(f"visits/v{number}", scheduled())
        scrape = shows(server, 5, "chancery_round_changes_sum")
        assert scrape.value("chancery_round_changes_count") == 5
        assert scrape.value("chancery_round_duration_seconds_count") == 5
        assert scrape.value("chancery_rounds_failed_total") == 0
        scrape = shows(server, 5, "chancery_log_position")
        wal = server.file.with_name("desk.db-wal")
        assert scrape.value("chancery_wal_bytes") == wal.stat().st_size
        assert scrape.value("chancery_ring_changes") == 5


def test_a_method_that_the_contract_does_not_have_is_no_label(counted: Server) -> None:
    """What callers send is not shown."""
    channel = grpc.insecure_channel(counted.address)
    for number in range(3):
        call: Any = channel.unary_unary(f"/chancery.v1.VisitService/Secret{number}")
        with pytest.raises(grpc.RpcError):
            call(b"")
    channel.close()
    scrape = shows(counted, 3, CALLS, method="other", role="operator", code="UNIMPLEMENTED")
    assert "Secret" not in scrape.text


def test_open_watches_are_counted(counted: Server) -> None:
    watch = counted.client().history.WatchEvents(WatchEventsRequest(after_position=0))
    next(watch)
    scrape = shows(counted, 1, "chancery_watches")
    assert scrape.value("chancery_watch_lag_changes") == 0
    watch.cancel()
    shows(counted, 0, "chancery_watches")


def test_health_says_of_each_service_whether_it_answers(counted: Server) -> None:
    scrape = shows(counted, 1, "chancery_health", service="all")
    assert scrape.values("chancery_health")["chancery.v1.DeskService",] == 1


def test_each_kind_of_process_is_seen_with_its_time_and_memory(counted: Server) -> None:
    kinds = {("core",), ("edge",), ("metrics",), ("supervisor",)}
    scrape = shows(counted, 1, "chancery_processes", process="edge")
    assert dict(scrape.values("chancery_processes")) == dict.fromkeys(kinds, 1)
    memory = scrape.values("chancery_process_resident_memory_bytes")
    assert memory.keys() == kinds
    assert all(10 << 20 < each < 1 << 30 for each in memory.values())
    seconds = scrape.values("chancery_process_cpu_seconds_total")
    assert seconds.keys() == kinds
    assert all(0 <= each < 60 for each in seconds.values())


def test_counts_outlive_the_edge_that_counted_and_restarts_are_counted(tmp_path: Path) -> None:
    with Server(tmp_path / "desk.db", *METRICS) as server:
        client = server.client()
        client.record("visits/x", scheduled())
        client.visit("visits/x")
        before = shows(server, 1, CALLS, method=GET, role="operator", code="OK")
        assert before.value("chancery_restarts_total", process="edge") == 0
        os.kill(server.pids.edges[0], signal.SIGKILL)
        server.logged("edge serves again")
        server.client().visit("visits/x")
        scrape = shows(server, 2, CALLS, method=GET, role="operator", code="OK")
        assert scrape.value("chancery_restarts_total", process="edge") == 1
        os.kill(server.pids.core, signal.SIGKILL)
        shows(server, 1, "chancery_restarts_total", process="core")


def test_a_server_goes_on_without_its_metrics_which_come_back(tmp_path: Path) -> None:
    with Server(tmp_path / "desk.db", *METRICS) as server:
        client = server.client()
        client.record("visits/x", scheduled())
        shows(server, 1, "chancery_log_position")
        os.kill(of_metrics(server), signal.SIGKILL)
        client.visit("visits/x")
        server.logged("metrics serves again")
        scrape = shows(server, 1, CALLS, method=GET, role="operator", code="OK")
        assert scrape.value("chancery_restarts_total", process="metrics") == 1
        assert scrape.value("chancery_restarts_total", process="edge") == 0


def test_there_is_no_process_for_metrics_that_nobody_asked_for(tmp_path: Path) -> None:
    with Server(tmp_path / "desk.db") as server:
        assert len(psutil.Process(server.process.pid).children()) == 2
    assert not any(line["event"] == "serving metrics" for line in server.log)


@pytest.mark.parametrize("option", ["--listen", "--metrics-listen"])
def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        given = {"--listen": "127.0.0.1:0", option: address}
        database = f"sqlite:///{tmp_path}/desk.db"
        options = [each for pair in given.items() for each in pair]
        done = chancery("serve", "--database", database, *options)
    assert done.stderr == f"Failed: cannot listen on {address}: Address already in use\n"
    assert done.returncode == 1


def test_others_reach_the_metrics_only_if_that_is_allowed(tmp_path: Path) -> None:
    options = ["--listen", "127.0.0.1:0", "--metrics-listen", "0.0.0.0:0"]
    done = chancery("serve", "--database", f"sqlite:///{tmp_path}/desk.db", *options)
    assert re.match(r"Failed: other machines reach 0\.0\.0\.0:0: .*--insecure\n$", done.stderr)
    assert done.returncode == 1
    assert not (tmp_path / "desk.db").exists()
