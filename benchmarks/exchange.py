"""How fast the official record, a desk's table and playbooks come in, and everything goes out.

``python -m benchmarks.exchange`` measures the command line against a server, beside calls of a bare
method, prints the figures, writes ``benchmarks/results/exchange.json`` and ends with status 1 if it
misses an aim. The official record is that of the folder that CHANCERY_DATA names; without it, a
sample of the same size is taken.
"""

import os
import re
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import travels
from benchmarks.desk import ANSWER, CALLERS, call_all
from benchmarks.processes import Running, bare, chancery
from benchmarks.results import report

ROUNDS = 3
ROWS = 10_000
# Every so many rows, one is broken.
BROKEN = 4
# The most that ten times the rows may add to the memory of an import.
MORE_MIB = 6
FORMATS = (
    *("visits", "visits-json", "icalendar", "jsonld"),
    *("changes", "playbooks", "changes-csv", "atom"),
)
LOSSLESS = ("changes", "playbooks")
BARE_CALLS = 2_000
BARE_BYTES = 500
# The command line, which tells at its end how much memory it had at most.
COMMAND = """
import sys
from service.cli import main
try:
    main()
finally:
    with open("/proc/self/status") as status:
        print(next(line for line in status if line.startswith("VmHWM")), file=sys.stderr)
"""


@dataclass(frozen=True)
class Done:
    """What a command said, how long it took, the CPU time of command and server, its memory.

    ``bare`` is how many calls of the bare method went in a second just before it.
    """

    answer: str
    seconds: float
    cpu: float
    mib: float
    bare: float


class Rounds:
    """Commands that are run in rounds, each after calls of a bare method."""

    def __init__(self, reference: Running) -> None:
        self._reference = reference
        self._done: dict[str, list[Done]] = {}

    def run(self, name: str, server: Running, *command: str | Path) -> Done:
        """Run a command, and keep its figures under a name."""
        calls = [(ANSWER, b"-" * BARE_BYTES)] * BARE_CALLS
        bare_calls = BARE_CALLS / call_all(self._reference, calls, CALLERS)
        cpu, began = _cpu(server), time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, *command, "--target", server.address],
            capture_output=True,
            text=True,
        )
        seconds, cpu = time.perf_counter() - began, _cpu(server) - cpu
        memory = re.search(r"VmHWM:\s+(\d+) kB\s+$", done.stderr)
        if memory is None:
            raise RuntimeError(f"{command} failed: {done.stderr}")
        found = Done(done.stdout.strip(), seconds, cpu, int(memory[1]) / 1024, bare_calls)
        self._done.setdefault(name, []).append(found)
        return found

    def figures(self, number: int) -> dict[str, Any]:
        """The medians of the rounds, in each of which so many came in or went out."""
        return {name: _figures(number, done) for name, done in self._done.items()}


def _cpu(server: Running) -> float:
    """The CPU seconds so far of a server, and of all commands that have ended."""
    commands = resource.getrusage(resource.RUSAGE_CHILDREN)
    return server.cpu_seconds() + commands.ru_utime + commands.ru_stime


def _figures(number: int, done: list[Done]) -> dict[str, Any]:
    seconds = median(each.seconds for each in done)
    ratios = [number / each.seconds / each.bare for each in done]
    return {
        "seconds": round(seconds, 1),
        "a second": round(number / seconds),
        "to bare calls": round(median(ratios), 2),
        "lowest": round(min(ratios), 2),
        "highest": round(max(ratios), 2),
        "CPU, us each": round(median(each.cpu for each in done) / number * 1e6),
        "memory, MiB": round(max(each.mib for each in done)),
    }


def main() -> None:
    """Measure everything, print the figures and write them down."""
    data = Path(os.environ.get("CHANCERY_DATA", ""), "historyatstate", "secretary-travels")
    with TemporaryDirectory(prefix="chancery-benchmark-") as name, bare() as reference:
        folder = Path(name)
        official = sorted(data.glob("*.xml"))
        files = official or travels.write(folder / "travels")
        record_name = "the official record" if official else "a sample of travels"
        report(
            "exchange",
            {
                "a desk's table": partial(table, folder, reference),
                record_name: partial(record, folder, files, reference),
            },
        )


def table(folder: Path, reference: Running) -> dict[str, Any]:
    """A table of which every fourth row is broken: the others are recorded."""
    file, tenth, told = folder / "rows.csv", folder / "tenth.csv", folder / "report.csv"
    file.write_text(_rows(ROWS))
    tenth.write_text(_rows(ROWS // 10))
    rounds, before = Rounds(reference), Rounds(reference)
    for number in range(ROUNDS):
        with chancery(folder / f"table-{number}.db") as server:
            small = before.run("tenth", server, "import", tenth, "--report", told)
            large = rounds.run("rows in", server, "import", file, "--report", told)
    named = len(told.read_text().splitlines()) - 1
    return {
        "number": ROWS,
        **rounds.figures(ROWS),
        "memory for a tenth, MiB": round(small.mib),
        "answer": large.answer,
        "reaches all that are broken, by name": named == ROWS // BROKEN,
        "reaches flat memory": large.mib - small.mib < MORE_MIB,
    }


def record(folder: Path, files: list[Path], reference: Running) -> dict[str, Any]:
    """All files together, in, in again, and out in each format; then in from those."""
    rounds, told, outs = Rounds(reference), folder / "report.csv", folder / "out"
    outs.mkdir()
    back = set()
    for number in range(ROUNDS):
        with chancery(folder / f"record-{number}.db") as server:
            first = rounds.run("visits in", server, "import", *files, "--report", told)
            again = rounds.run("visits in again", server, "import", *files, "--report", told)
            for form in FORMATS:
                out = ("export", "--format", form, "--output", outs / form)
                rounds.run(f"{form} out", server, *out)
        for form in LOSSLESS:
            with chancery(folder / f"{form}-{number}.db") as server:
                back.add(rounds.run(f"{form} in", server, "import", outs / form).answer)
    visits = int(first.answer.split()[1])
    whole = f"Recorded {visits} changes; 0 were recorded before, 0 were refused"
    return {
        "number": visits,
        **rounds.figures(visits),
        "answer": first.answer,
        "answer to it again": again.answer,
        "reaches that nothing is recorded twice": again.answer.startswith("Recorded 0 changes"),
        "reaches that all that went out comes in": back == {whole},
    }


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


if __name__ == "__main__":
    main()
