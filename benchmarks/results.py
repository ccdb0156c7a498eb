"""Figures: printed, written down, and compared with the aims."""

import json
import os
import platform
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.plot import RESULTS, draw


def write(figures: Mapping[str, Any], name: str, folder: Path = RESULTS) -> None:
    """Write the figures down, and draw them."""
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.json"
    file.write_text(json.dumps(figures, indent=2) + "\n")
    file.with_suffix(".svg").write_text(draw(figures))


def report(name: str, measures: Mapping[str, Callable[[], dict[str, Any]]]) -> None:
    """Measure, print the figures and write them down; end with status 1 if they miss an aim.

    A figure whose name begins with ``reaches`` says whether an aim is reached.
    """
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    figures: dict[str, Any] = {"machine": machine}
    missed = []
    for part, measure in measures.items():
        figures[part] = found = measure()
        print(json.dumps({part: found}, indent=2), flush=True)
        missed += [
            f"{part}: {key}" for key in found if key.startswith("reaches") and not found[key]
        ]
    (RESULTS / f"{name}.json").write_text(json.dumps(figures, indent=2) + "\n")
    if missed:
        sys.exit(f"Not reached: {', '.join(missed)}")
