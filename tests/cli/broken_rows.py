"""Long tables of which every fourth row is broken, and what an import makes of them."""

import csv
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tests.exchange.table.table import row, table
from tests.support.processes import run
from tests.support.server import Server

WHOLE = {
    "change": "schedule",
    "known": "2025-01-10",
    "start": "2025-02",
    "title": "Ana in Paris",
    "principal": "Ana Silva",
    "host": "FR",
}
EVERY = 4
# Each way in which a row is broken: what its cells say instead, and the column that is named.
BROKEN = (
    ({"known": "03/04/2025"}, "known"),
    ({"known": "2099-01-01"}, "known"),  # the server refuses it
    ({"change": "schedul"}, "change"),
    ({"visit": "No id"}, "visit"),
    ({"host": "XX"}, "host"),
    ({"start": "2025-13"}, "from"),
    ({"kind": "nice"}, "kind"),
    ({"title": ""}, "title"),
    ({"title": "x" * 5000}, "title"),
    ({"title": "Ana, unclosed"}, "title"),  # its quote is left open
    ({"destinations": "Paris, France"}, "destinations"),
)
# How much more memory an import may have than one of a tenth of its rows.
MORE_MIB = 6
# How long ten thousand rows may take on a machine that is busy.
SECONDS = 120
# The command line, which tells at its end how much memory it had at most.
COMMAND = """
import sys
from service.cli import main
{before}
try:
    main()
finally:
    with open("/proc/self/status") as status:
        print(next(line for line in status if line.startswith("VmHWM")), file=sys.stderr)
"""


class Done(NamedTuple):
    """How an import ended: its exit status, its answer, what it reported, and its memory."""

    status: int
    answer: str
    reported: list[dict[str, str]]
    mib: float


def rows(number: int, name: str) -> tuple[bytes, list[str]]:
    """A table of visits with this name, and what is wrong with it, by line and column."""
    lines, wrong = [], []
    for index in range(number):
        cells = {"visit": f"{name}-{number}-{index}", **WHOLE}
        if index % EVERY == 0:
            instead, column = BROKEN[index // EVERY % len(BROKEN)]
            cells |= instead
            wrong.append(f"line {index + 2}, column {column}")
        lines.append(row(**cells).replace('unclosed"', "unclosed"))
    return table(*lines), wrong


def imported(server: Server, folder: Path, data: bytes, before: str = "") -> Done:
    """Import a table, in a process that first runs some code."""
    file, report = folder / "rows.csv", folder / "report.csv"
    file.write_bytes(data)
    command = ("import", file, "--report", report, "--target", server.address)
    done = run("-c", COMMAND.format(before=before), *command, timeout=SECONDS)
    reported = list(csv.DictReader(report.read_text("utf-8-sig").splitlines()))
    _, kilobytes, _ = done.stderr.split()
    return Done(done.returncode, done.stdout, reported, int(kilobytes) / 1024)


def growth(server: Server, folder: Path, number: int, name: str, before: str = "") -> float:
    """Import a tenth of so many rows, then all: how much more memory those had, in MiB.

    All rows but the broken ones are recorded, and each of these is named by line and column.
    """
    tenth = imported(server, folder, rows(number // 10, name)[0], before)
    data, wrong = rows(number, name)
    done = imported(server, folder, data, before)
    broken, fates = number // EVERY, Counter(each["outcome"] for each in done.reported)
    assert fates.keys() == {"refused", "unreadable"}
    assert fates.total() == len(wrong) == broken
    assert done.status == 1
    assert done.answer == (
        f"Recorded {number - broken} changes; 0 were recorded before, {fates['refused']} were "
        f"refused, {fates['unreadable']} could not be read\n"
    )
    assert sorted(each["where"] for each in done.reported) == sorted(wrong)
    return done.mib - tenth.mib
