"""How long the board's pages take with ten thousand visits on record.

``python -m benchmarks.board`` loads them by ``import_changes`` and prints the milliseconds in
which each page is answered: the median and the slowest of some rounds. All visits are entered
within a minute, which is the hardest case for what changed lately. Most were held long ago; some
hundreds are planned, wait, are overdue or disputed.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.processes import chancery
from chancery.client import AsyncConnection, Connection, draft
from chancery.v1.desk_service_pb2 import Change
from examples import invented_visits
from service.web.app import make_app
from service.web.board import Board, BoardSettings

VISITS, LIVELY = 10_000, 20
ROUNDS = 15
COUNTRIES = (
    "FR DE IT ES PT SE NO FI DK NL BE AT CH PL CZ GR TR EG KE NG ZA IN JP KR BR AR CL".split()  # noqa: SIM905
)
# Each page, and the milliseconds that it may take; None if there is no aim.
PAGES = {
    "/": 100.0,
    "/visits": None,
    "/visits?status=scheduled&standing=disputed": None,
    "/calendar": None,
    "/changes": None,
    f"/?known={datetime.now(UTC) - timedelta(30):%Y-%m-%d}": None,
}


def changes(now: datetime) -> Iterator[Change]:
    """The changes of ten thousand visits."""
    lively = 0
    for number in range(LIVELY):
        for _, change in invented_visits.entries(now - timedelta(hours=9 * number)):
            change.name += f"-{number}"
            change.context.request_id = f"lively-{lively}"
            lively += 1
            yield change
    for number in range(VISITS - 17 * LIVELY):
        day = (now - timedelta(days=20 + number % 2500)).date()
        basis = invented_visits.said("guest", "Foreign Ministry")
        host = COUNTRIES[number % len(COUNTRIES)]
        scheduled = draft.schedule(
            f"held-{number}",
            title=f"Minister {number} to {host}",
            principal=f"Minister {number % 700}",
            host=host,
            destinations=f"City {number % 90}, {host}",
            window=(day, day + timedelta(2)),
            known=day - timedelta(15),
            basis=basis,
        )
        held = draft.complete(f"held-{number}", known=day + timedelta(3), basis=basis)
        for change in (scheduled, held):
            change.context.request_id = f"{change.WhichOneof('change')}-{number}"
            yield change


async def measured(address: str) -> dict[str, list[float]]:
    """The milliseconds in which each page was answered."""
    found: dict[str, list[float]] = {path: [] for path in PAGES}
    async with AsyncConnection(address, timeout=30) as connection:
        transport = httpx.ASGITransport(make_app(Board(connection, BoardSettings())))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as web:
            for _ in track(range(ROUNDS), "Measuring", console=Console(stderr=True)):
                for path, times in found.items():
                    began = time.perf_counter()
                    answer = await web.get(path)
                    times.append((time.perf_counter() - began) * 1000)
                    answer.raise_for_status()
    return found


def main() -> None:
    """Load, measure, and print the figures."""
    with TemporaryDirectory() as folder, chancery(Path(folder) / "chancery.db") as server:
        with Connection(server.address, timeout=60) as connection:
            results = connection.import_changes(changes(datetime.now(UTC)))
            refused = [each.error for each in results if each.error]
        if refused:
            sys.exit(f"{len(refused)} changes were refused: {refused[0]}")
        found = asyncio.run(measured(server.address))
    table = Table("Milliseconds", "Median", "Slowest", "Aim")
    missed = []
    for path, times in found.items():
        aim = PAGES[path]
        table.add_row(path, f"{median(times):.0f}", f"{max(times):.0f}", f"{aim or ''}")
        if aim and median(times) > aim:
            missed.append(path)
    Console(width=100).print(table)
    if missed:
        sys.exit(f"Not reached: {', '.join(missed)}")


if __name__ == "__main__":
    main()
