"""A span of OpenTelemetry for each call, if the operator asks for it and the extra is installed.

Otherwise nothing of it is imported, and a call pays for one comparison.
"""

import importlib.util
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from importlib import metadata
from typing import Any

import structlog

from service.limits import TRACES_END_SECONDS, TRACES_FAILED_SECONDS
from service.observe.counting import counts
from service.observe.metrics import OTHER

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
ONLY = "http/protobuf"
# What a call brings along of the trace that it is part of.
PARENT = ("traceparent", "tracestate")
# Codes with which a server has failed, and not the client; see the conventions for gRPC.
FAILED = frozenset(
    ("UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS")
)

# Of a call that ended: its method, its metadata, its code, and the seconds that it took.
Record = Callable[[str, Iterable[Any], str, float], None]

logger = structlog.get_logger()

# Makes a span of a call that ended; None while nobody wants any.
record: Record | None = None


def problem() -> str:
    """Why there are no traces although they were asked for; empty if there are, or were not."""
    asked = [name for name in ENDPOINTS if os.environ.get(name)]
    if not asked:
        return ""
    try:
        found = importlib.util.find_spec("opentelemetry.exporter.otlp.proto.http")
    except (ImportError, ValueError):
        found = None
    if found is None:
        return f"{asked[0]} is set, and OpenTelemetry is missing: pip install 'chancery[tracing]'"
    for name in PROTOCOLS:
        if os.environ.get(name, ONLY) != ONLY:
            return f"{name} must be {ONLY}"
    return ""


def begin() -> Callable[[], None]:
    """Make spans from now on, if they are asked for and nothing stands against it.

    Returns what sends those that wait; it takes a second at most.
    """
    global record
    if problem() or not any(os.environ.get(name) for name in ENDPOINTS):
        return lambda: None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    for name in ("opentelemetry", "urllib3"):
        log = logging.getLogger(name)
        log.addHandler(_Complaints())
        log.propagate = False
    version = metadata.version("chancery")
    ours = Resource({"service.name": "chancery", "service.version": version})
    provider = TracerProvider(resource=ours.merge(OTELResourceDetector().detect()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    record = _recorder(provider.get_tracer("chancery", version))

    def send() -> None:
        sending = threading.Thread(target=provider.force_flush, daemon=True)
        sending.start()
        sending.join(TRACES_END_SECONDS)

    return send


def _recorder(tracer: Any) -> Record:
    """What makes a span of a call that ended. It has nothing of what was asked, and no names."""
    from opentelemetry.trace import SpanKind, Status, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    extract = TraceContextTextMapPropagator().extract
    failed = Status(StatusCode.ERROR)

    def record(method: str, sent: Iterable[Any], code: str, seconds: float) -> None:
        end = time.time_ns()
        name = method if method in counts.methods else OTHER
        attributes = {
            "rpc.system.name": "grpc",
            "rpc.method": name,
            "rpc.response.status_code": code,
        }
        if code in FAILED:
            attributes["error.type"] = code
        span = tracer.start_span(
            name,
            extract({key: value for key, value in sent if key in PARENT}),
            SpanKind.SERVER,
            attributes,
            start_time=end - int(seconds * 1e9),
        )
        if code in FAILED:
            span.set_status(failed)
        span.end(end)

    return record


class _Complaints(logging.Handler):
    """Tells what the library complains of as a log line, once a minute, and without tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._next = 0.0
        self._untold = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Log the complaint, or count it."""
        if time.monotonic() < self._next:
            self._untold += 1
            return
        self._next = time.monotonic() + TRACES_FAILED_SECONDS
        logger.warning("traces failed", reason=record.getMessage()[:200], untold=self._untold)
        self._untold = 0
