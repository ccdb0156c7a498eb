"""What becomes slower as a log grows: the same questions for logs of several sizes.

``python -m benchmarks.growth`` measures, writes ``benchmarks/results/growth.json`` and
``growth.png``, and ends with status 1 if it misses an aim. ``python -m benchmarks.growth FOLDER``
keeps the logs there, and uses those that exist: making the longest takes more than ten minutes.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

import grpc
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.big_log import make_log
from benchmarks.measuring import machine
from benchmarks.processes import chancery
from benchmarks.questions import Log, questions
from benchmarks.results import write

SIZES = (10_000, 1_000_000, 10_000_000)
ROUNDS = 7
# For each question in each round: so many calls, or as many as fit into so many seconds.
CALLS = 30
SECONDS = 3.0
# The aims.
RATIO, START_SECONDS, MEMORY = 1.3, 2.0, 200_000_000
START, HELD = "Start, until it listens, ms", "Memory after start, MB"


def main() -> None:
    """Measure everything, print the figures and write them down."""
    console, progress = Console(width=110), Console(stderr=True)
    with ExitStack() as stack:
        given = sys.argv[1:]
        folder = Path(given[0] if given else stack.enter_context(TemporaryDirectory()))
        logs = [_log(folder, size) for size in track(SIZES, "Making the logs", console=progress)]
        found: dict[str, list[list[float]]] = defaultdict(list)
        for number in track(range(ROUNDS), "Measuring", console=progress):
            for name, of_logs in _round(logs, number):
                found[name].append(of_logs)
        figures = {
            name: [median(of_log) for of_log in zip(*rounds, strict=True)]
            for name, rounds in found.items()
        }
        measured_on = machine(folder)
    missed = [name for name, figure in figures.items() if not _is_reached(name, figure)]
    console.print(_table(figures, missed))
    of_run = {"machine": measured_on, "sizes": SIZES, "aim": RATIO}
    write(of_run | {"medians": figures, "missed": missed}, "growth")
    if missed:
        sys.exit(f"Not reached: {'; '.join(missed)}")


def _log(folder: Path, changes: int) -> Log:
    file = folder / f"{changes}.db"
    if not file.exists():
        make_log(file, changes)
    return Log(file, changes)


def _round(logs: Sequence[Log], number: int) -> Iterator[tuple[str, list[float]]]:
    """The milliseconds that freshly started servers take for each question.

    Each call goes to one log after the other, since the speed of a machine fluctuates.
    """
    with ExitStack() as stack:
        channels, started = [], []
        for log in logs:
            began = time.perf_counter()
            server = stack.enter_context(chancery(log.file))
            started.append(((time.perf_counter() - began) * 1000, server.memory_bytes() / 1e6))
            channels.append(stack.enter_context(grpc.insecure_channel(server.address)))
            grpc.channel_ready_future(channels[-1]).result()
        yield START, [listening for listening, _ in started]
        yield HELD, [held for _, held in started]
        asked = [questions(log, Random(number), CALLS) for log in logs]
        for of_logs in zip(*asked, strict=True):
            methods: list[grpc.UnaryUnaryMultiCallable[bytes, bytes]] = [
                channel.unary_unary(method)
                for channel, (_, method, _) in zip(channels, of_logs, strict=True)
            ]
            requests = zip(*(requests for _, _, requests in of_logs), strict=True)
            yield of_logs[0][0], _milliseconds(methods, requests)


def _milliseconds(
    methods: Sequence[Callable[[bytes], bytes]], requests: Iterable[Sequence[bytes]]
) -> list[float]:
    """The median time of each method's calls, in milliseconds."""
    taken: list[list[float]] = [[] for _ in methods]
    until = time.perf_counter() + SECONDS
    for each in requests:
        for call, request, times in zip(methods, each, taken, strict=True):
            began = time.perf_counter()
            call(request)
            times.append((time.perf_counter() - began) * 1000)
        if time.perf_counter() > until:
            break
    return list(map(median, taken))


def _is_reached(name: str, figures: Sequence[float]) -> bool:
    if name == START:
        return max(figures) <= START_SECONDS * 1000
    if name == HELD:
        return max(figures) <= MEMORY / 1e6
    return max(figures) <= RATIO * figures[0]


def _table(figures: dict[str, list[float]], missed: Sequence[str]) -> Table:
    shown = Table("Milliseconds", *(f"{size:,}" for size in SIZES), "Most to least")
    for name, sizes in figures.items():
        ratio = f"{max(sizes) / sizes[0]:.2f}"
        if name in missed:
            ratio = f"[bold red]{ratio}[/]"
        shown.add_row(name, *(f"{figure:,.2f}" for figure in sizes), ratio)
    return shown


if __name__ == "__main__":
    main()
