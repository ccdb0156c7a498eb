"""Measuring a part beside a reference, and what machine it ran on."""

import os
import platform
import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.big_log import make_log


@dataclass(frozen=True)
class Bench:
    """How much to measure, and the folder for files."""

    folder: Path
    rounds: int
    seconds: float  # of each round, roughly
    events: int

    @cached_property
    def big_log(self) -> Path:
        """A log with so many events, made on first use."""
        file = self.folder / "big.db"
        make_log(file, self.events)
        return file


@dataclass(frozen=True)
class Sample:
    """So many calls or events in so many seconds, and the server's CPU seconds for them."""

    number: int
    seconds: float
    cpu: float = 0.0

    @property
    def a_second(self) -> float:
        """Calls or events a second."""
        return self.number / self.seconds

    @property
    def cpu_microseconds(self) -> float:
        """The server's CPU time for each."""
        return self.cpu / self.number * 1e6


@dataclass(frozen=True)
class Part:
    """What was measured: the rates of both sides, and the ratio of ours to the reference.

    If ``is_time`` is set, the ratio compares times, and the aim is an upper bound. Without an
    aim, the part only tells.
    """

    name: str
    reference_name: str
    unit: str
    ours: float
    reference: float
    ratios: list[float]
    aim: float | None
    cpu_microseconds: float
    is_time: bool = False

    @property
    def ratio(self) -> float:
        """The median ratio of the rounds."""
        return median(self.ratios)

    @property
    def is_reached(self) -> bool:
        """Whether the ratio reaches the aim, if there is one."""
        if self.aim is None:
            return True
        return self.ratio <= self.aim if self.is_time else self.ratio >= self.aim

    def figures(self) -> dict[str, Any]:
        """All figures, to write down."""
        return vars(self) | {
            "ratio": self.ratio,
            "lowest": min(self.ratios),
            "highest": max(self.ratios),
            "is_reached": self.is_reached,
        }


@dataclass(frozen=True)
class Aim:
    """The name of a part, its reference, and the ratio to reach, if any."""

    name: str
    reference_name: str
    ratio: float | None
    unit: str = "calls/s"
    is_time: bool = False


def compare(
    aim: Aim, rounds: int, ours: Callable[[], Sample], reference: Callable[[], Sample]
) -> Part:
    """Measure in rounds: in each ours, then the reference."""
    return compared(aim, [(ours(), reference()) for _ in range(rounds)])


def compared(aim: Aim, samples: Sequence[tuple[Sample, Sample]]) -> Part:
    """What was measured in rounds: ours and the reference of each."""
    ratios = [mine.a_second / other.a_second for mine, other in samples]
    return Part(
        name=aim.name,
        reference_name=aim.reference_name,
        unit=aim.unit,
        ours=median(mine.a_second for mine, _ in samples),
        reference=median(other.a_second for _, other in samples),
        ratios=[1 / ratio for ratio in ratios] if aim.is_time else ratios,
        aim=aim.ratio,
        cpu_microseconds=median(mine.cpu_microseconds for mine, _ in samples),
        is_time=aim.is_time,
    )


def times(
    name: str,
    reference_name: str,
    unit: str,
    pairs: Sequence[tuple[float, float]],
    aim: float | None,
) -> Part:
    """Times of ours, each with what it is held against: a time measured with it, or a bound."""
    return Part(
        name=name,
        reference_name=reference_name,
        unit=unit,
        ours=median(mine for mine, _ in pairs),
        reference=median(other for _, other in pairs),
        ratios=[mine / other for mine, other in pairs],
        aim=aim,
        cpu_microseconds=0.0,
        is_time=True,
    )


def server_cpu(name: str, samples: Sequence[Sample], microseconds: float) -> Part:
    """The CPU time that all processes of the server take for a change, and the most they may."""
    pairs = [(each.cpu_microseconds, microseconds) for each in samples]
    return times(name, f"{microseconds:.0f} µs", "µs", pairs, 1.0)


def machine(folder: Path) -> dict[str, Any]:
    """What the figures were measured on, and when."""
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return {
        "cores": os.cpu_count(),
        "CPU": model[1] if model else platform.machine(),
        "Python": platform.python_version(),
        "grpcio": version("grpcio"),
        "SQLite": sqlite3.sqlite_version,
        "syncs a second": round(syncs_a_second(folder)),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
    }


def syncs_a_second(folder: Path, seconds: float = 1.0) -> float:
    """How many writes the disk makes durable in a second."""
    block, number = b"-" * 4096, 0
    with (folder / "syncs").open("wb", buffering=0) as file:
        began = time.perf_counter()
        while (taken := time.perf_counter() - began) < seconds:
            file.write(block)
            os.fdatasync(file.fileno())
            number += 1
    return number / taken
