"""What all processes of a server counted, as Prometheus reads it.

Only the process that shows the metrics imports this: the others do without the library.
"""

import itertools
import platform
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import metadata
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import ThreadingWSGIServer, make_wsgi_app
from prometheus_client.registry import Collector

from service.limits import METRICS_CLIENT_SECONDS, METRICS_SILENT_SECONDS
from service.observe.counting import Gauge, Report
from service.observe.metrics import (
    BUILD_INFO,
    CALL,
    CALL_SECONDS,
    CALLS,
    CPU_SECONDS,
    HEALTH,
    PROCESSES,
    RESTARTS,
    SHOWN,
    Kind,
    Metric,
)

Labels = tuple[str, ...]
Numbers = dict[Labels, list[float]]
_NAMED = {metric.name: metric for metric in SHOWN}


class Totals(Collector):
    """What was reported. Each message is taken, and each scrape answered, under one lock.

    Gauges of a process that was silent for 10 s are not shown. ``own`` is what this process adds
    at each scrape.
    """

    def __init__(self, own: Callable[[], Iterable[Gauge]] = tuple) -> None:
        self._lock = threading.Lock()
        self._own = own
        self._added: dict[str, Numbers] = defaultdict(dict)
        self._restarts: Mapping[str, int] = {}
        # The last report of each process, and when it came.
        self._last: dict[int, tuple[float, Report]] = {}
        self._services: set[Labels] = set()

    def take(self, report: Report) -> None:
        """Add what a process reports."""
        with self._lock:
            self._last[report.pid] = time.monotonic(), report
            self._services |= {each for name, each, _ in report.gauges if name == HEALTH.name}
            for (name, labels), numbers in report.added:
                _add(self._added[name], labels, numbers)

    def take_restarts(self, restarts: Mapping[str, int]) -> None:
        """Take note of how many processes of each kind were started again."""
        with self._lock:
            self._restarts = restarts

    def collect(self) -> Iterator[Any]:
        """All metrics, as the library wants them."""
        with self._lock:
            gauges = self._gauges()
            shown = {name: dict(numbers) for name, numbers in self._added.items()}
            calls = shown.pop(CALL.name, {})
            shown[CALLS.name], shown[CALL_SECONDS.name] = {}, {}
            for labels, numbers in calls.items():
                _add(shown[CALLS.name], labels, [sum(numbers[:-1])])
                _add(shown[CALL_SECONDS.name], labels[:1], numbers)
            shown[CPU_SECONDS.name] = shown.get(CPU_SECONDS.name, {}) | gauges[CPU_SECONDS.name]
            shown[RESTARTS.name] = {(who,): [float(n)] for who, n in self._restarts.items()}
            families = [
                _gauge(metric, gauges.get(metric.name, {}))
                if metric.kind is Kind.GAUGE
                else _growing(metric, shown.get(metric.name, {}))
                for metric in SHOWN
            ]
        yield from families

    def _gauges(self) -> dict[str, dict[Labels, list[float]]]:
        """The values that there are now, by metric and labels."""
        until = time.monotonic() - METRICS_SILENT_SECONDS
        self._last = {pid: last for pid, last in self._last.items() if last[0] >= until}
        found: dict[str, dict[Labels, list[float]]] = defaultdict(lambda: defaultdict(list))
        for _, report in self._last.values():
            found[PROCESSES.name][report.process,].append(1)
            for name, labels, value in report.gauges:
                found[name][labels].append(value)
        for metric, labels, value in self._own():
            found[metric.name][labels].append(value)
        for service in self._services:  # nobody says how one is: no edge answers
            found[HEALTH.name].setdefault(service, [0])
        found[BUILD_INFO.name][metadata.version("chancery"), platform.python_version()] = [1]
        return found


def serve(totals: Totals, listening: socket.socket) -> None:
    """Answer whoever asks on this socket, in threads, until the process ends."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(totals)
    server = _Server(listening, make_wsgi_app(registry))
    threading.Thread(target=server.serve_forever, daemon=True).start()


class _Handler(WSGIRequestHandler):
    timeout = METRICS_CLIENT_SECONDS

    def log_message(self, *_: Any) -> None:
        """Log nothing: each scrape would be a line."""


class _Server(ThreadingWSGIServer):
    """The library's server, on a socket that listens already."""

    def __init__(self, listening: socket.socket, answer: Any) -> None:
        where = listening.getsockname()[:2]
        super().__init__(where, _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.server_name, self.server_port = where
        self.setup_environ()
        self.set_app(answer)


def _add(numbers: Numbers, labels: Labels, added: list[float]) -> None:
    before = numbers.get(labels) or [0.0] * len(added)
    numbers[labels] = [one + other for one, other in zip(before, added, strict=True)]


def _gauge(metric: Metric, values: Mapping[Labels, list[float]]) -> Any:
    family = GaugeMetricFamily(metric.name, metric.meaning, labels=metric.labels)
    for labels, each in sorted(values.items()):
        family.add_metric(labels, metric.combine(each))
    return family


def _growing(metric: Metric, values: Mapping[Labels, list[float]]) -> Any:
    """A counter or a histogram. One without labels is there from the beginning."""
    if not values and not metric.labels:
        values = {(): [0.0] * (len(metric.bounds) + 2)}
    if metric.kind is Kind.COUNTER:
        counter = CounterMetricFamily(metric.name, metric.meaning, labels=metric.labels)
        for labels, (number, *_) in sorted(values.items()):
            counter.add_metric(labels, number)
        return counter
    histogram = HistogramMetricFamily(metric.name, metric.meaning, labels=metric.labels)
    for labels, (*buckets, total) in sorted(values.items()):
        histogram.add_metric(labels, _cumulated(metric.bounds, buckets), total)
    return histogram


def _cumulated(bounds: tuple[float, ...], buckets: list[float]) -> list[tuple[str, float]]:
    """The buckets as Prometheus wants them: each with all that is less."""
    names = (*map(str, bounds), "+Inf")
    return list(zip(names, itertools.accumulate(buckets), strict=True))
