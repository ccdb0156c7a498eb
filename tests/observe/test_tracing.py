"""Each call is a span of OpenTelemetry, where that is asked for; else nothing of it is there."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from service.observe import tracing
from tests.support.holders import guarded
from tests.support.messages import get_visit, scheduled
from tests.support.place import SqliteFile
from tests.support.server import Server

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GET = "chancery.v1.VisitService/GetVisit"
SCHEDULE = "chancery.v1.DeskService/ScheduleVisit"


class Collector:
    """A collector on this machine, and what it got."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def spans(self) -> dict[str, Any]:
        """The last span of each method."""
        return {
            span.name: span
            for body in self.bodies
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector, which servers that are started now are told of."""
    collector = Collector()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address)
    yield collector
    collector.server.shutdown()
    collector.server.server_close()


def attributes_of(span: Any) -> dict[str, str]:
    """What a span says."""
    return {each.key: each.value.string_value for each in span.attributes}


def test_a_call_is_a_span_of_the_trace_that_it_came_with(
    tmp_path: Path, collector: Collector
) -> None:
    """What was asked, who asked, and what callers make up are not in it."""
    began = time.time_ns()
    with guarded(SqliteFile(tmp_path / "desk.db"), tmp_path) as server:
        server.held("editor").record("visits/canary", scheduled())
        metadata = (("traceparent", f"00-{TRACE}-{PARENT}-01"),)
        server.held("reader").visits.GetVisit(get_visit("visits/canary"), metadata=metadata)
        with pytest.raises(grpc.RpcError):
            server.held("reader").visit("visits/no-canary")
        call: Any = server.held("reader").channel.unary_unary("/chancery.v1.VisitService/Canary")
        with pytest.raises(grpc.RpcError):
            call(b"")
        tokens = list(server.holders.tokens.values())
        assert server.stop() == 0  # what waits is sent at the end
    spans = collector.spans
    assert spans.keys() == {GET, SCHEDULE, "other"}
    span = spans[SCHEDULE]
    assert attributes_of(span) == {
        "rpc.system.name": "grpc",
        "rpc.method": SCHEDULE,
        "rpc.response.status_code": "OK",
    }
    assert began < span.start_time_unix_nano < span.end_time_unix_nano < time.time_ns()
    assert attributes_of(spans[GET])["rpc.response.status_code"] == "NOT_FOUND"
    assert attributes_of(spans["other"])["error.type"] == "UNIMPLEMENTED"
    sent = b"".join(collector.bodies)
    assert bytes.fromhex(TRACE) in sent
    assert bytes.fromhex(PARENT) in sent
    assert b"anary" not in sent
    assert "Édith".encode() not in sent
    assert not any(token.encode() in sent for token in tokens)
    assert b"chancery" in sent  # the name of the service


def test_a_collector_that_is_away_costs_a_line_and_no_call(
    tmp_path: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    with Server(tmp_path / "desk.db") as server:
        server.client().record("visits/x", scheduled())
        assert server.logged("traces failed")["level"] == "warning"
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() < began + 5
    assert all(line.startswith("{") for line in server.lines), server.lines


def test_traces_that_cannot_be_made_are_told_in_a_line(
    tmp_path: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with Server(tmp_path / "desk.db") as server:
        assert server.client().head == 0
        reason = server.logged("no traces")["reason"]
    assert reason == "OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf"
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_PROTOCOL")
    assert tracing.problem() == ""
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)
    assert tracing.problem().endswith("OpenTelemetry is missing: pip install 'chancery[tracing]'")


def test_without_an_endpoint_nothing_of_it_is_imported() -> None:
    """Nor the library of the metrics, but where they are shown."""
    code = "import sys, service.serve; from service.observe import tracing; tracing.begin()\n"
    code += "print([m for m in sys.modules if m.startswith(('opentelemetry', 'prometheus'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.returncode) == ("[]\n", 0)
    assert tracing.record is None
