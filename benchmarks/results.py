"""What was measured: told, written down, and held against what is aimed at."""

import json
import os
import platform
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def report(results: Path, measures: Mapping[str, Callable[[], dict[str, Any]]]) -> None:
    """Measure, tell, and write it down; end with status 1 where a figure is not reached.

    A figure that begins with ``reaches`` says whether one is.
    """
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    figures: dict[str, Any] = {"machine": machine}
    missed = []
    for name, measure in measures.items():
        figures[name] = found = measure()
        print(json.dumps({name: found}, indent=2), flush=True)
        missed += [
            f"{name}: {key}" for key in found if key.startswith("reaches") and not found[key]
        ]
    results.write_text(json.dumps(figures, indent=2) + "\n")
    if missed:
        sys.exit(f"Not reached: {', '.join(missed)}")
