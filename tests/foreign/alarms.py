"""Prometheus reads a server, its rules sound, and each panel of the dashboard shows something.

``make alarms`` runs this file; ``make test`` leaves it out, by its name.
"""

import itertools
import json
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chancery.v1.history_service_pb2 import WatchEventsRequest
from tests.observe.scraping import METRICS, address_of
from tests.support.holders import guarded
from tests.support.messages import scheduled
from tests.support.place import SqliteFile
from tests.support.ports import free_port
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
DASHBOARD = json.loads((DEPLOY / "grafana.json").read_text())
EXPRESSIONS = [
    (panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel["targets"]
]
# Here nothing fails.
CAN_BE_EMPTY = {"Calls that failed"}


def run(*command: object) -> str:
    """Run a program, which must succeed, and give what it said."""
    words = [str(each) for each in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_rules_are_rules() -> None:
    assert "11 rules found" in run("promtool", "check", "rules", DEPLOY / "alarms.yaml")


def test_each_alarm_sounds_when_it_should_and_at_no_other_time() -> None:
    assert "SUCCESS" in run("promtool", "test", "rules", "tests/foreign/alarms.test.yaml")


@pytest.mark.parametrize("unit", ["chancery.service", "chancery-backup.timer", "patroni.service"])
def test_systemd_has_nothing_to_say_of_the_units(tmp_path: Path, unit: str) -> None:
    """With the program and the user of this machine."""
    for path in [*DEPLOY.glob("chancery*"), DEPLOY / "cluster" / "patroni.service"]:
        text = re.sub(r"/opt/\w+/bin/\w+", str(BIN / "chancery"), path.read_text())
        (tmp_path / path.name).write_text(re.sub(r"User=\w+", "User=root", text))
    assert run("systemd-analyze", "verify", "--man=no", tmp_path / unit) == ""


class Prometheus:
    """A Prometheus that reads one server each second."""

    def __init__(self, folder: Path, target: str) -> None:
        self._address = f"127.0.0.1:{free_port()}"
        settings = {
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [{"job_name": "chancery", "static_configs": [{"targets": [target]}]}],
        }
        (folder / "prometheus.yml").write_text(json.dumps(settings))
        self.process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address={self._address}",
            ],
            stderr=subprocess.DEVNULL,
        )

    def asked(self, expression: str) -> list[Any]:
        """What it answers to an expression now."""
        expression = expression.replace("$instance", ".*").replace("$__rate_interval", "10s")
        query = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(f"http://{self._address}/api/v1/query?{query}") as answer:
            return list(json.load(answer)["data"]["result"])

    def has_read(self) -> bool:
        """Whether it has read the server for a while."""
        try:
            return bool(
                self.asked("rate(chancery_round_changes_sum[10s]) > 0 and up offset 5s == 1")
            )
        except OSError:
            return False


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus beside a server on which something goes on."""
    folder = tmp_path_factory.mktemp("prometheus")
    with guarded(SqliteFile(folder / "desk.db"), folder, *METRICS) as server:
        editor = server.held("editor")
        watch = editor.history.WatchEvents(WatchEventsRequest(after_position=0))
        next(watch)
        found = Prometheus(folder, address_of(server))
        try:
            numbers = itertools.count()

            def goes_on() -> bool:
                """Let something go on, and say whether enough of it was read."""
                number = next(numbers)
                editor.record(f"visits/v{number}", scheduled())
                editor.visit(f"visits/v{number}")
                time.sleep(0.1)
                return number > 30 and found.has_read()

            wait_until(goes_on)
            yield found
        finally:
            found.process.terminate()
            found.process.wait(20)
            watch.cancel()


@pytest.mark.parametrize(("title", "expression"), EXPRESSIONS)
def test_each_panel_has_something_to_show(
    prometheus: Prometheus, title: str, expression: str
) -> None:
    answered = prometheus.asked(expression)
    if title not in CAN_BE_EMPTY:
        assert answered
        assert not any(each["value"][1] == "NaN" for each in answered)
