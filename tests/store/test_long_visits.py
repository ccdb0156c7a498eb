"""A change costs what it costs on a new visit, however many changes the visit has."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.commands.change import Change
from tests.domain.builders import FEBRUARY, JUNE
from tests.store.builders import change
from tests.store.serving import Desk, desk_on, outcomes
from tests.support.place import SqliteFile

LONG = 1000
MEASURED = 60
Measure = Callable[[Callable[[], None]], float]


def next_change(visit_id: str, topic: str, number: int) -> Change:
    """The next change of a visit: its window differs from the one before."""
    window = (JUNE, FEBRUARY)[number % 2]
    values: dict[str, Any] = {"window": window} if topic == "rescheduled" else {}
    return change(visit_id, topic, **values)


def recorded(desk: Desk, asked: Change, measure: Measure) -> float:
    """What it takes to record a change."""
    task = desk.ask(asked)
    found = measure(desk.turn)
    assert outcomes(task)
    return found


def steps(work: Callable[[], None]) -> float:
    """How many functions are called."""
    calls = 0

    def count(_: object, event: str, __: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def seconds(work: Callable[[], None]) -> float:
    """How long this thread computes."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


@pytest.mark.slow
@pytest.mark.parametrize("topic", ["statement_recorded", "amended", "rescheduled"])
def test_a_change_of_a_long_visit_costs_at_most_twice_one_of_a_new_visit(
    tmp_path: Path, topic: str
) -> None:
    """In steps and in time, each at its best of many, which are measured in turns."""
    costs: dict[tuple[str, Measure], list[float]] = {}
    with desk_on(SqliteFile(tmp_path / "chancery.db")) as desk:
        for visit_id in ("long", "new"):
            desk.record(visit_id, "scheduled")
        for first in range(0, LONG, 100):
            numbers = range(first, first + 100)
            desk.record_all([next_change("long", topic, number) for number in numbers])
        for number in range(MEASURED):
            for visit_id in ("long", "new"):
                measure = (steps, seconds)[number % 2]
                cost = recorded(desk, next_change(visit_id, topic, number), measure)
                costs.setdefault((visit_id, measure), []).append(cost)
    for measure in (steps, seconds):
        assert min(costs["long", measure]) <= 2 * min(costs["new", measure])
