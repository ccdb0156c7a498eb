"""pandas takes the rows of results as they are.

``make tables`` runs this, in an environment of its own: pandas takes long to install.
"""

import json
import pickle
import subprocess
from pathlib import Path
from typing import Any

from chancery.client import Connection
from tests.support.server import Server

PYTHON = Path(__file__).parents[3] / ".venv-pandas" / "bin" / "python"
SCRIPT = """\
import json, pickle, sys
import pandas
frame = pandas.DataFrame(pickle.load(sys.stdin.buffer))
told = {name: str(kind) for name, kind in frame.dtypes.items()}
print(json.dumps([len(frame), told]))
"""


def framed(rows: list[dict[str, object]]) -> Any:
    """How many rows a data frame of them has, and the types of its columns."""
    done = subprocess.run(
        [PYTHON, "-c", SCRIPT], input=pickle.dumps(rows), capture_output=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_visits_and_changes_make_data_frames(own_server: Server) -> None:
    """Times have the zone UTC; days are dates."""
    with Connection(own_server.address) as chancery:
        for number in range(150):
            chancery.schedule(f"a-{number:03}", title="x", principal="y", known="2023-01-01")
        chancery.complete("a-149", held_window="2023-03-26", known="2023-03-27")
        visits, visit_types = framed(chancery.visits().rows())
        changes, change_types = framed(chancery.history().rows())
    assert (visits, visit_types["known_time"]) == (150, "datetime64[us, UTC]")
    assert (visit_types["held_start"], visit_types["version"]) == ("object", "int64")
    assert (changes, change_types["record_time"]) == (151, "datetime64[us, UTC]")
