"""What docs/operating.md says can be done, and the metrics, alarms and dashboard are there."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.observe.metrics import SHOWN
from tests.observe.scraping import METRICS, Scrape, address_of
from tests.support.holders import GuardedServer, guarded
from tests.support.messages import scheduled
from tests.support.place import SqliteFile
from tests.support.ports import free_port
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "operating.md").read_text()
METRICS_DOCUMENT = (ROOT / "docs" / "metrics.md").read_text()
DASHBOARD = json.loads((ROOT / "deploy" / "grafana.json").read_text())
ALARMS = (ROOT / "deploy" / "alarms.yaml").read_text()
BIN = Path(sys.executable).parent
COMMANDS = re.findall(r"^\$ (.*)$", DOCUMENT, re.MULTILINE)
SAMPLE = re.compile(r"\bchancery_\w+")


def test_the_commands_serve_look_and_back_up(tmp_path: Path) -> None:
    settings = (ROOT / "deploy" / "chancery.toml").read_text()
    assert f"```toml\n{settings}```" in DOCUMENT
    address = f"127.0.0.1:{free_port()}"
    settings = settings.replace("127.0.0.1:50051", address)
    settings = settings.replace("127.0.0.1:9464", f"127.0.0.1:{free_port()}")
    (tmp_path / "chancery.toml").write_text(settings)
    env = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "CHANCERY_TARGET": address}
    export, shown, umask, serve, *others = COMMANDS

    def run(command: str) -> str:
        """Run a command, which must succeed, and return its output."""
        line = ["bash", "-c", f"{export}\n{umask}\n{command}"]
        done = subprocess.run(
            line, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    assert re.search(r"^database +sqlite:///desk.db +file", run(shown), re.MULTILINE)
    line = f"{export}; {umask}; exec {serve.removesuffix(' &')}"
    with subprocess.Popen(["bash", "-c", line], cwd=tmp_path, env=env) as server:
        try:
            log = tmp_path / "chancery.log"
            wait_until(lambda: log.exists() and '"listening"' in log.read_text())
            printed = {command: run(command) for command in others}
        finally:
            server.terminate()
    assert server.returncode == 0
    assert printed["chancery health --timeout 2"] == "SERVING\n"
    (backup,) = (tmp_path / "backups").iterdir()
    assert backup.stat().st_size
    found = json.loads((tmp_path / "found.json").read_text())["findings"]
    assert not [each for each in found if each["part"] in ("settings", "server", "log", "key")]


@pytest.fixture(scope="module")
def scrape(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scrape]:
    """All that a server shows that knows its callers, after a change and a question."""
    folder = tmp_path_factory.mktemp("shown")
    with guarded(SqliteFile(folder / "desk.db"), folder, *METRICS) as server:
        server.held("editor").record("visits/x", scheduled())
        server.held("reader").visit("visits/x")
        wait_until(lambda: has_all(server), 20)
        yield Scrape(address_of(server))


def has_all(server: GuardedServer) -> bool:
    """Whether an edge and the core have reported what was done."""
    scrape = Scrape(address_of(server))
    position = scrape.value("chancery_log_position")
    return position == 1 and scrape.value("chancery_round_changes_count") == 1


def test_the_reference_lists_all_metrics_with_their_types_and_labels(scrape: Scrape) -> None:
    rows = re.findall(r"^\| `(chancery_\w+)` \| (\w+) \| (.*?) \|", METRICS_DOCUMENT, re.MULTILINE)
    listed = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    shown = {}
    for family in scrape.families.values():
        labels = {name for sample in family.samples for name in sample.labels} - {"le"}
        name = f"{family.name}_total" if family.type == "counter" else family.name
        shown[name] = family.type, labels
    assert listed == shown
    assert [name for name, *_ in rows] == [metric.name for metric in SHOWN]


def test_the_dashboard_asks_for_all_metrics_and_for_no_others(scrape: Scrape) -> None:
    targets = [each for panel in DASHBOARD["panels"] for each in panel["targets"]]
    asked = {name for each in targets for name in SAMPLE.findall(each["expr"])}
    assert asked <= scrape.names
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked}
    assert families == {metric.name for metric in SHOWN}


def test_the_alarms_are_of_metrics_that_there_are_and_the_document_lists_them(
    scrape: Scrape,
) -> None:
    expressions = re.findall(r"expr: (.*?)\n +(?:for|labels):", ALARMS, re.DOTALL)
    asked = {name for each in expressions for name in SAMPLE.findall(each)}
    assert asked <= scrape.names
    alarms = re.findall(r"- alert: (\w+).*?severity: (\w+)", ALARMS, re.DOTALL)
    assert len(expressions) == len(alarms)
    assert re.findall(r"^\| `(Chancery\w+)` \| (\w+) \|", DOCUMENT, re.MULTILINE) == alarms


def test_the_codes_and_labels_that_alarms_name_are_those_of_metrics() -> None:
    named = set(re.findall(r"\{(\w+)[=~!]", ALARMS)) | set(re.findall(r"by \(([^)]*)\)", ALARMS))
    words = {word.strip() for each in named for word in each.split(",")}
    assert words <= {label for each in SHOWN for label in each.labels} | {"job", "instance", "le"}
