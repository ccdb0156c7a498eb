"""How fast the service is, compared with references that are measured in the same run.

``python -m benchmarks.speed`` measures, writes ``benchmarks/results/speed.json`` and
``speed.png``, and ends with status 1 if it misses an aim. With ``--quick`` it takes less than a
minute, leaves the figures of full runs alone, and ends with 0.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.bulk import bulk_load, imports_at_once
from benchmarks.calls import (
    changes_and_libraries,
    durable_changes,
    get_visit,
    one_after_another,
)
from benchmarks.databases import on_postgresql
from benchmarks.live import arrivals
from benchmarks.logs import load_visit, replay, replay_and_umadb
from benchmarks.measuring import Bench, Part, machine
from benchmarks.plot import RESULTS
from benchmarks.processes import HAS_EMMETT
from benchmarks.reads import reads_beside_writer, two_edges
from benchmarks.results import write

# What both forms measure, and what only the long one does.
MAIN: list[Callable[[Bench], Part | list[Part]]] = [
    get_visit,
    durable_changes,
    changes_and_libraries,
    one_after_another,
    bulk_load,
    replay,
    replay_and_umadb,
    on_postgresql,
    arrivals,
    load_visit,
]
MORE: list[Callable[[Bench], Part | list[Part]]] = [
    imports_at_once,
    reads_beside_writer,
    two_edges,
]
COLUMNS = ["Ours", "Its", "Ratio and spread", "Aim", "Reached", "CPU µs"]
WIDTH = 130


def main() -> None:
    """Measure everything, print the figures and write them down."""
    is_quick = "--quick" in sys.argv[1:]
    console = Console()
    console.width = max(console.width, WIDTH)
    with TemporaryDirectory(prefix="chancery-benchmark-") as name:
        folder = Path(name)
        bench = Bench(folder, 3, 0.3, 50_000) if is_quick else Bench(folder, 15, 1.5, 1_000_000)
        found = machine(folder)
        console.print(", ".join(f"{key} {value}" for key, value in found.items()))
        progress = Console(stderr=True)
        parts: list[Part] = []
        for measure in track(MAIN if is_quick else MAIN + MORE, "Measuring", console=progress):
            measured = measure(bench)
            parts += [measured] if isinstance(measured, Part) else measured
    console.print(table(parts))
    if not HAS_EMMETT:
        console.print("Emmett was left out: Node.js with npm is not installed")
    results = Path(mkdtemp(prefix="chancery-speed-")) if is_quick else RESULTS
    write({"machine": found, "parts": [part.figures() for part in parts]}, "speed", results)
    console.print(f"Written to {results}", soft_wrap=True)
    missed = [f"{part.name} to {part.reference_name}" for part in parts if not part.is_reached]
    if missed and not is_quick:
        sys.exit(f"Not reached: {'; '.join(missed)}")


def table(parts: Sequence[Part]) -> Table:
    """All figures for a person: rates a second or times, and our CPU for each call or event."""
    shown = Table("What", "Held against", "Unit")
    for column in COLUMNS:
        shown.add_column(column, justify="right")
    for part in parts:
        cpu = part.cpu_microseconds
        shown.add_row(
            part.name,
            part.reference_name,
            part.unit,
            _figure(part.ours),
            _figure(part.reference),
            f"{part.ratio:.2f} ({min(part.ratios):.2f} to {max(part.ratios):.2f})",
            "" if part.aim is None else f"{'≤' if part.is_time else '≥'} {part.aim}",
            _reached(part),
            _figure(cpu) if cpu else "",
        )
    return shown


def _reached(part: Part) -> str:
    if part.aim is None:
        return ""
    return "yes" if part.is_reached else "[bold red]no[/]"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"


if __name__ == "__main__":
    main()
