"""pyright, too, finds nothing in a project that uses the client, and finds wrong calls.

``make types`` runs this, since it takes pyright from the registry of Node.
"""

import json
import subprocess
from pathlib import Path

from tests.client.test_wheel import EXAMPLES, PROJECT, WRONG, WRONG_LINES
from tests.support import wheels

PYRIGHT = Path(__file__).with_name("node_modules") / ".bin" / "pyright"


def test_pyright_complains_of_wrong_calls_and_not_of_a_project(tmp_path: Path) -> None:
    wheel = wheels.built(wheels.CLIENT, tmp_path / "wheel")
    python = wheels.client_environment(tmp_path / "caller", wheel)
    project = tmp_path / "project"
    project.mkdir()
    for number, script in enumerate([*EXAMPLES, f"# pyright: strict\n{PROJECT}", WRONG]):
        (project / f"script{number}.py").write_text(script)

    pyright = [str(PYRIGHT), "--pythonpath", str(python), "--outputjson", str(project)]
    done = subprocess.run(pyright, capture_output=True, text=True, timeout=120, cwd=project)

    assert done.stderr == ""
    found = json.loads(done.stdout)["generalDiagnostics"]
    assert {(Path(each["file"]).name, each["range"]["start"]["line"] + 1) for each in found} == {
        (f"script{len(EXAMPLES) + 1}.py", number) for number in WRONG_LINES
    }
