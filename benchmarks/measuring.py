"""Measuring a part beside a reference, and what machine it ran on."""

import os
import platform
import re
import sqlite3
import time
from collections.abc import Callable
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


@dataclass(frozen=True)
class Part:
    """What was measured: the rates of both sides, and the ratio of ours to the reference.

    If ``is_time`` is set, the ratio compares times, and the aim is an upper bound.
    """

    name: str
    reference_name: str
    unit: str
    ours: float
    reference: float
    ratios: list[float]
    aim: float
    cpu_microseconds: float
    is_time: bool = False

    @property
    def ratio(self) -> float:
        """The median ratio of the rounds."""
        return median(self.ratios)

    @property
    def is_reached(self) -> bool:
        """Whether the ratio reaches the aim."""
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
    """The name of a part, its reference, and the ratio to reach."""

    name: str
    reference_name: str
    ratio: float
    unit: str = "calls"
    is_time: bool = False


def compare(
    aim: Aim, rounds: int, ours: Callable[[], Sample], reference: Callable[[], Sample]
) -> Part:
    """Measure in rounds: in each ours, then the reference."""
    samples = [(ours(), reference()) for _ in range(rounds)]
    ratios = [mine.a_second / other.a_second for mine, other in samples]
    return Part(
        name=aim.name,
        reference_name=aim.reference_name,
        unit=aim.unit,
        ours=median(mine.a_second for mine, _ in samples),
        reference=median(other.a_second for _, other in samples),
        ratios=[1 / ratio for ratio in ratios] if aim.is_time else ratios,
        aim=aim.ratio,
        cpu_microseconds=median(mine.cpu / mine.number * 1e6 for mine, _ in samples),
        is_time=aim.is_time,
    )


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
