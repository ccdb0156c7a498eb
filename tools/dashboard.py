"""Draw deploy/grafana.json as docs/dashboard.svg, with what a busy server of a minute shows.

``python -m tools.dashboard`` needs Prometheus on the PATH. The panels, their places and their
expressions are those of the file; Prometheus reads the server and answers the expressions; the
lines are drawn here, and look different in Grafana.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from html import escape
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from chancery.client import ChanceryError, Connection

ROOT = Path(__file__).parents[1]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana.json").read_text())
PICTURE = ROOT / "docs" / "dashboard.svg"
SERVER, METRICS, PROMETHEUS = "127.0.0.1:50951", "127.0.0.1:50952", "127.0.0.1:50953"
SECONDS = 60
# Pixels of a column and a row of the dashboard's grid, and between panels.
COLUMN, ROW, GAP = 50, 22, 6
COLOURS = ("#2f6f9f", "#c2571a", "#3d8b4f", "#8a4fa3", "#a8862b", "#b23a5c", "#4b5a66", "#1f9a9a")
SHOWN_LINES = 5


class Line(NamedTuple):
    """A line of a panel: its legend, and its values at their times."""

    legend: str
    points: Sequence[tuple[float, float]]


def main() -> None:
    """Measure for a minute, and draw."""
    with tempfile.TemporaryDirectory() as name, _running(Path(name)):
        begin = time.time()
        _be_busy(begin + SECONDS)
        panels = [_panel(panel, begin) for panel in DASHBOARD["panels"]]
    height = max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in DASHBOARD["panels"]) * ROW
    style = "text{font:11px sans-serif;fill:#333}.t{font-weight:bold;font-size:12px}"
    style += ".v{font-size:22px}.s{font-size:9px;fill:#666}"
    PICTURE.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {24 * COLUMN} {height}" '
        f'role="img" aria-label="The dashboard">\n<style>{style}</style>\n'
        f'<rect width="100%" height="100%" fill="#f4f5f6"/>\n{"".join(panels)}</svg>\n'
    )


@contextmanager
def _running(folder: Path) -> Iterator[None]:
    """A server with metrics, and a Prometheus that reads it each second."""
    settings = {
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [{"job_name": "chancery", "static_configs": [{"targets": [METRICS]}]}],
    }
    (folder / "prometheus.yml").write_text(json.dumps(settings))
    server = [sys.executable, "-m", "service.cli", "serve", "--database", f"sqlite:///{folder}/a"]
    server += ["--listen", SERVER, "--metrics-listen", METRICS, "--edges", "2"]
    prometheus = ["prometheus", f"--config.file={folder}/prometheus.yml"]
    prometheus += [f"--storage.tsdb.path={folder}/data", f"--web.listen-address={PROMETHEUS}"]
    started = [subprocess.Popen(each, stderr=subprocess.DEVNULL) for each in (server, prometheus)]
    try:
        time.sleep(4)
        yield
    finally:
        for process in started:
            process.terminate()
            process.wait(20)


def _be_busy(until: float) -> None:
    """Record, ask and follow, now more and now less, and ask for what is not there as well."""
    numbers = count(1)

    def desk() -> None:
        with Connection(SERVER) as chancery:
            while time.time() < until:
                number = next(numbers)
                chancery.schedule(f"v{number}", title="T", principal="Ana Example", host="FR")
                for asked in range(20 if int(time.time()) % 20 < 10 else 5):
                    with suppress(ChanceryError):  # it may not be recorded yet
                        chancery.visit(f"v{max(1, number - asked)}")
                time.sleep(0.002)

    def reader() -> None:
        with Connection(SERVER) as chancery:
            for event in chancery.follow(after=0):
                if event.position % 50 == 0 and time.time() > until:
                    return

    threads = [threading.Thread(target=each, daemon=True) for each in (desk,) * 6 + (reader,) * 3]
    for thread in threads:
        thread.start()
    for thread in threads[:6]:
        thread.join()


def _panel(panel: dict[str, Any], begin: float) -> str:
    """A panel as SVG."""
    place = panel["gridPos"]
    x, y = place["x"] * COLUMN, place["y"] * ROW
    width, height = place["w"] * COLUMN - GAP, place["h"] * ROW - GAP
    lines = [line for target in panel["targets"] for line in _lines(target, begin)]
    inside = _values(lines) if panel["type"] == "stat" else _curves(lines, width, height)
    return (
        f'<g transform="translate({x},{y})"><rect width="{width}" height="{height}" rx="3" '
        f'fill="#fff" stroke="#ddd"/><text class="t" x="8" y="17">{escape(panel["title"])}</text>'
        f'<text class="s" x="{width - 8}" y="16" text-anchor="end">'
        f"{_unit(panel)}</text>{inside}</g>\n"
    )


def _unit(panel: dict[str, Any]) -> str:
    names = {"reqps": "a second", "cps": "a second", "s": "seconds", "percentunit": "cores"}
    unit = panel["fieldConfig"]["defaults"]["unit"]
    return names.get(unit, "" if unit == "none" else unit)


def _lines(target: dict[str, str], begin: float) -> list[Line]:
    """What Prometheus answers to a target's expression, over the minute."""
    expression = target["expr"].replace("$instance", ".*").replace("$__rate_interval", "5s")
    asked = {"query": expression, "start": begin + 5, "end": begin + SECONDS, "step": 1}
    address = f"http://{PROMETHEUS}/api/v1/query_range?{urllib.parse.urlencode(asked)}"
    with urllib.request.urlopen(address) as answer:
        found = json.load(answer)["data"]["result"]
    lines = []
    for each in found:
        legend = target["legendFormat"]
        for label, value in each["metric"].items():
            legend = legend.replace(f"{{{{{label}}}}}", value.removeprefix("chancery.v1."))
        points = [(float(at), float(value)) for at, value in each["values"] if value != "NaN"]
        lines.append(Line(legend, points))
    return sorted(lines, key=lambda line: -max((value for _, value in line.points), default=0))


def _values(lines: Sequence[Line]) -> str:
    """The last values, side by side."""
    return "".join(
        f'<text class="v" x="{10 + 98 * at}" y="52">{_short(line.points[-1][1])}</text>'
        f'<text class="s" x="{10 + 98 * at}" y="68">{escape(line.legend)}</text>'
        for at, line in enumerate(lines)
    )


def _curves(lines: Sequence[Line], width: int, height: int) -> str:
    """The lines, the highest value, and the legend of the first ones."""
    values = [value for line in lines for _, value in line.points]
    top = max(values, default=0) or 1
    times = [at for line in lines for at, _ in line.points] or [0.0]
    first, span = min(times), max(times) - min(times) or 1
    floor, room = height - 34, height - 34 - 36
    parts = [
        f'<path d="M8 36H{width - 8}M8 {floor}H{width - 8}" stroke="#e4e4e4"/>'
        f'<text class="s" x="8" y="32">{_short(top)}</text>'
    ]
    for at, line in enumerate(lines[:SHOWN_LINES]):
        colour = COLOURS[at % len(COLOURS)]
        points = " ".join(
            f"{8 + (width - 16) * (when - first) / span:.1f},{floor - room * value / top:.1f}"
            for when, value in line.points
        )
        x, y = 10 + (at % 3) * (width - 16) // 3, floor + 14 + 12 * (at // 3)
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.4"/>'
            f'<text class="s" x="{x}" y="{y}" style="fill:{colour}">{escape(line.legend)}</text>'
        )
    return "".join(parts)


def _short(value: float) -> str:
    for limit, unit in ((1 << 30, "Gi"), (1 << 20, "Mi")):
        if value >= limit:
            return f"{value / limit:.3g} {unit}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
