"""``make tables``: the notebook runs in Jupyter, from its first cell to its last."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import Desk
from tests.client.pandas.checked import PYTHON
from tests.docs.travels import NOTEBOOK, RECORD, SAID
from tests.exchange.records.record import xml
from tests.support.server import Server

ROOT = Path(__file__).parents[3]
SCRIPT = """\
import json, sys
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(notebook)
NotebookClient(notebook, timeout=120).execute()
print(json.dumps([cell.outputs for cell in notebook.cells if cell.cell_type == "code"]))
"""


@pytest.fixture(scope="module")
def outputs(server: Server, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """All that the cells answer where a few visits of the record are."""
    file = tmp_path_factory.mktemp("record") / "few.xml"
    file.write_bytes(xml(*RECORD))
    Desk(server.address).does(f"import {file}")
    path = f"{ROOT / 'client'}:{ROOT / 'protos'}"
    env = os.environ | {"CHANCERY_TARGET": server.address, "PYTHONPATH": path}
    done = subprocess.run(
        [PYTHON, "-c", SCRIPT, NOTEBOOK], env=env, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    return [output for cell in json.loads(done.stdout) for output in cell]


def test_the_notebook_prints_what_it_prints_in_the_tests(outputs: list[dict[str, Any]]) -> None:
    """And nothing to complain of, such as a warning."""
    streams = [(output["name"], output["text"]) for output in outputs if "text" in output]
    assert {name for name, _ in streams} == {"stdout"}
    assert "".join(text for _, text in streams) == SAID


def test_the_notebook_makes_tables(outputs: list[dict[str, Any]]) -> None:
    shown = [output["data"]["text/plain"].split() for output in outputs if "data" in output]
    visits, days, first, *_ = shown
    assert visits[-6:] == ["2023-06-17", "2023-06-19", "Antony", "Blinken", "CN", "Beijing"]
    assert days[:2] == ["2012", "1"]
    assert first.count("2012-01-17") == first.count("2014-08-13") == 1


def test_the_notebook_draws_plots(outputs: list[dict[str, Any]]) -> None:
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 2
