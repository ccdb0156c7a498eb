"""How fast the official record, a desk's table and playbooks come in, and everything goes out.

``python -m benchmarks.exchange`` measures the command line against a server, prints the figures,
writes ``benchmarks/results/exchange.json`` and ends with status 1 if it misses an aim. The official
record is that of the folder that CHANCERY_DATA names; without it, that part is left out.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.processes import chancery
from benchmarks.results import report

ROWS = 10_000
# Every so many rows, one is broken.
BROKEN = 4
FORMATS = (
    *("visits", "visits-json", "icalendar", "jsonld"),
    *("changes", "playbooks", "changes-csv", "atom"),
)


def main() -> None:
    """Measure everything, print the figures and write them down."""
    with TemporaryDirectory(prefix="chancery-benchmark-") as name:
        folder = Path(name)
        measures: dict[str, Callable[[], dict[str, Any]]] = {
            "a desk's table": partial(table, folder),
        }
        data = Path(os.environ.get("CHANCERY_DATA", ""), "historyatstate", "secretary-travels")
        if files := sorted(data.glob("*.xml")):
            measures["the official record"] = partial(record, folder, files)
        else:
            print("CHANCERY_DATA has no official record: it is left out", file=sys.stderr)
        report("exchange", measures)


def table(folder: Path) -> dict[str, Any]:
    """A table of which every fourth row is broken: the others are recorded."""
    file, tenth, told = folder / "rows.csv", folder / "tenth.csv", folder / "report.csv"
    file.write_text(_rows(ROWS))
    tenth.write_text(_rows(ROWS // 10))
    with chancery(folder / "table.db") as server:
        _, _, small = _run(server.address, "import", tenth, "--report", told)
        seconds, answer, large = _run(server.address, "import", file, "--report", told)
    named = len(told.read_text().splitlines()) - 1
    return {
        "rows": ROWS,
        "seconds": round(seconds, 1),
        "rows a second": round(ROWS / seconds),
        "memory, MiB": round(large / 1024),
        "memory for a tenth, MiB": round(small / 1024),
        "answer": answer,
        "reaches all that are broken, by name": named == ROWS // BROKEN,
    }


def record(folder: Path, files: list[Path]) -> dict[str, Any]:
    """All files together, in, in again, and out in each format; then in from those."""
    figures: dict[str, Any] = {}
    told = folder / "report.csv"
    with chancery(folder / "record.db") as server:
        for name in ("in", "in again"):
            seconds, answer, _ = _run(server.address, "import", *files, "--report", told)
            figures |= {f"{name}, seconds": round(seconds, 1), f"{name}, answer": answer}
        for form in FORMATS:
            out = folder / form
            seconds, _, _ = _run(server.address, "export", "--format", form, "--output", out)
            figures[f"out, {form}, seconds"] = round(seconds, 1)
    for form in ("changes", "playbooks"):
        with chancery(folder / f"{form}.db") as server:
            seconds, answer, _ = _run(server.address, "import", folder / form)
        figures[f"in from {form}, seconds"] = round(seconds, 1)
        figures[f"reaches all of {form}"] = " 0 were refused" in answer
    return figures


def _rows(number: int) -> str:
    """A table; what is broken differs from row to row."""
    lines = ["visit,change,known,title,principal,host,from"]
    broken = (
        ("{0}", "schedule", "03/04/2025", "T", "Ana", "FR", "2025"),
        ("{0}", "schedul", "2025", "T", "Ana", "FR", "2025"),
        ("No id", "schedule", "2025", "T", "Ana", "FR", "2025"),
        ("{0}", "schedule", "2025", "T", "Ana", "XX", "2025"),
    )
    for row in range(number):
        whole = ("{0}", "schedule", "2025-01-10", "Ana in Paris", "Ana Silva", "FR", "2025-02")
        cells = broken[row // BROKEN % len(broken)] if row % BROKEN == 0 else whole
        lines.append(",".join(cells).format(f"row-{number}-{row}"))
    return "\n".join(lines) + "\n"


def _run(address: str, *command: str | Path) -> tuple[float, str, int]:
    """How long a command took, what it said, and the most KiB of memory that it had."""
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "service.cli", *command, "--target", address],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        answer = process.stdout.read().strip()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0  # it has been waited for
    return time.perf_counter() - began, answer, usage.ru_maxrss


if __name__ == "__main__":
    main()
