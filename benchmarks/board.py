"""What the status board costs: its pages, its live lines, and the calls beside it.

``python -m benchmarks.board [VISITS]`` measures a server with so many visits (10,000) and its
board, writes ``benchmarks/results/board.json`` and ends with status 1 if it misses an aim.
"""

import asyncio
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc.aio
import httpx
import psutil

from benchmarks.load import quantile
from benchmarks.processes import HOST, Location, Running, chancery
from benchmarks.results import report
from chancery.client import Connection, draft
from chancery.v1.visit_service_pb2 import GetVisitRequest
from examples import invented_visits
from service.cli.notation.lines import read_changes

VISITS = 10_000
STORY = Path(invented_visits.__file__).with_name("beijing-2023.jsonl")
PATHS = {
    "a visit": "/visits/blinken-beijing-2023",
    "home": "/",
    "visits": "/visits",
    "calendar": "/calendar",
    "changes": "/changes",
}
# The aims: milliseconds of the median, and KB of a page.
MILLISECONDS = {"a visit": 30.0, "home": 100.0}
KILOBYTES = {"a visit": 60.0}
PAGES, PAGES_A_SECOND, LINES, SECONDS = 60, 20, 200, 10.0
GET = "/chancery.v1.VisitService/GetVisit"
ASKED = GetVisitRequest(name="visits/blinken-beijing-2023").SerializeToString()


def main() -> None:
    """Measure everything, print the figures and write them down."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else VISITS
    with board(number) as (running, address):
        measures = (pages, live_lines, calls_beside_pages)
        asked: dict[str, Callable[[], dict[str, Any]]] = {
            each.__name__: partial(_run, each, running, address) for each in measures
        }
        asked["stop"] = partial(_run, stop, running, address)
        report("board", {"visits": lambda: {"number": number}, **asked})


def _run(
    measure: Callable[[Running, str], Coroutine[Any, Any, dict[str, Any]]],
    running: Running,
    address: str,
) -> dict[str, Any]:
    return asyncio.run(measure(running, address))


@contextmanager
def board(number: int) -> Iterator[tuple[Running, str]]:
    """A server with so many visits, and the address of its board."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        web = f"{HOST}:{free.getsockname()[1]}"
    with TemporaryDirectory(prefix="chancery-benchmark-") as folder:
        place = Location(f"sqlite:///{folder}/chancery.db", ("--web", web))
        with chancery(place) as running:
            with Connection(running.address, actor="benchmark", timeout=60) as connection:
                fill(connection, number)
            yield running, f"http://{web}"


def fill(connection: Connection, number: int) -> None:
    """Record the story of Beijing, the invented visits, and so many more of the last years."""
    for change in read_changes(STORY.read_bytes()):
        connection.record(change)
    now = datetime.now(UTC)
    invented_visits.record(connection, now)
    hosts = ("FR", "DE", "CN", "BR", "IN", "KE", "US", "JP")
    changes = (
        draft.schedule(
            f"visit-{n}",
            title=f"A visit of the year, number {n}",
            principal=f"Minister {n}, country=PT",
            host=hosts[n % len(hosts)],
            window=(now + timedelta(n % 3000 - 1500)).date(),
            known=now - timedelta(n % 2000 + 2),
        )
        for n in range(number)
    )
    for _ in connection.import_changes(changes):
        pass


async def pages(_running: Running, address: str) -> dict[str, Any]:
    """Milliseconds and KB of each page, asked one after another by one client."""
    found: dict[str, Any] = {}
    async with httpx.AsyncClient(base_url=address, timeout=60, verify=False) as client:
        for name, path in PATHS.items():
            took = []
            for _ in range(PAGES):
                began = time.perf_counter()
                answer = await client.get(path)
                took.append((time.perf_counter() - began) * 1000)
                answer.raise_for_status()
            median, size = quantile(took, 0.5), len(answer.content) / 1000
            found[name] = {
                "median ms": round(median, 1),
                "p99 ms": round(quantile(took, 0.99), 1),
                "KB": round(size, 1),
            }
            if name in MILLISECONDS:
                found[f"reaches {MILLISECONDS[name]:.0f} ms, {name}"] = median <= MILLISECONDS[name]
            if name in KILOBYTES:
                found[f"reaches {KILOBYTES[name]:.0f} KB, {name}"] = size <= KILOBYTES[name]
    return found


async def opened(stack: AsyncExitStack, address: str, number: int, after: int) -> list[Any]:
    """Live lines after a position, each as what it tells, line by line."""
    limits = httpx.Limits(max_connections=number)
    client = httpx.AsyncClient(base_url=address, timeout=60, limits=limits, verify=False)
    await stack.enter_async_context(client)
    lines = []
    for _ in range(number):
        answer = client.stream("GET", "/live", params={"after": after})
        told = (await stack.enter_async_context(answer)).aiter_lines()
        await anext(told)
        lines.append(told)
    return lines


async def live_lines(running: Running, address: str) -> dict[str, Any]:
    """What 200 live lines take, and how soon all are told of a change."""
    shows = process_of(running, address)
    before, took = shows.memory_info().rss, []
    async with AsyncExitStack() as stack:
        with Connection(running.address, actor="benchmark") as connection:
            lines = await opened(stack, address, LINES, connection.info().head_position)
            held = shows.memory_info().rss - before
            cpu = sum(shows.cpu_times()[:2])
            await asyncio.sleep(3)
            idle = sum(shows.cpu_times()[:2]) - cpu
            for number in range(10):
                began = time.perf_counter()
                change = draft.amend("blinken-beijing-2023", title=f"Blinken to China {number}")
                await asyncio.to_thread(connection.record, change)
                await asyncio.gather(*map(until_told, lines))
                took.append((time.perf_counter() - began) * 1000)
    return {
        "lines": LINES,
        "KiB each": round(held / LINES / 1024, 1),
        "ms from the call until all are told": round(quantile(took, 0.5), 1),
        "CPU share while nothing happens": round(idle / 3, 4),
    }


async def until_told(line: Any) -> None:
    """Read on until a change was told."""
    while not (await anext(line)).startswith("data: "):
        pass


async def calls_beside_pages(running: Running, address: str) -> dict[str, Any]:
    """p99 of GetVisit alone, and while pages of a visit are drawn 20 times a second."""
    found: dict[str, Any] = {}
    async with (
        grpc.aio.insecure_channel(running.address) as channel,
        httpx.AsyncClient(base_url=address, timeout=60, verify=False) as client,
    ):
        method: Any = channel.unary_unary(GET)
        for name in ("alone", f"beside {PAGES_A_SECOND} pages a second"):
            drawing = asyncio.ensure_future(draw(client)) if name != "alone" else None
            took, until = [], time.monotonic() + SECONDS
            while time.monotonic() < until:
                began = time.perf_counter()
                await method(ASKED)
                took.append((time.perf_counter() - began) * 1000)
                await asyncio.sleep(0.005)
            if drawing is not None:
                drawing.cancel()
                await asyncio.wait([drawing])
            median, p99 = (round(quantile(took, each), 2) for each in (0.5, 0.99))
            found[name] = {"median ms": median, "p99 ms": p99}
    return found


async def draw(client: httpx.AsyncClient) -> None:
    """Ask for pages of a visit, so many a second."""
    async with asyncio.TaskGroup() as asked:
        while True:
            asked.create_task(client.get(PATHS["a visit"]))
            await asyncio.sleep(1 / PAGES_A_SECOND)


async def stop(running: Running, address: str) -> dict[str, Any]:
    """Seconds until the server has ended, and its board, with 200 open live lines."""
    supervisor, shows = psutil.Process(running.pid), process_of(running, address)
    async with AsyncExitStack() as stack:
        await opened(stack, address, LINES, 0)
        began = time.perf_counter()
        supervisor.terminate()
        await asyncio.to_thread(psutil.wait_procs, [shows], 20)
        board = time.perf_counter() - began
        await asyncio.to_thread(psutil.wait_procs, [supervisor], 20)
    return {"the board, s": round(board, 2), "all, s": round(time.perf_counter() - began, 2)}


def process_of(running: Running, address: str) -> psutil.Process:
    """The process that shows the board."""
    port = int(address.rpartition(":")[2])
    for each in psutil.Process(running.pid).children():
        if {known.laddr.port for known in each.net_connections() if not known.raddr} == {port}:
            return each
    raise AssertionError("no process shows the board")


if __name__ == "__main__":
    main()
