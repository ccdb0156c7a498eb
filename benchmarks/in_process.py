"""The core in this process, without an edge, and changes for it."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.processes import sqlite
from domain.checks import Context
from domain.terms import Side, StatementKind, VisitKind
from domain.values import (
    Basis,
    Condition,
    Host,
    Place,
    Principal,
    Statement,
    VisitDetails,
    Window,
)
from service.codec.clock import EPOCH
from service.commands.application import VisitApplication
from service.commands.change import Change
from service.commands.core import Core
from service.commands.round import Task
from service.store.engines.opening import open_database

DETAILS = VisitDetails(
    title="The secretary of state to Beijing",
    principal=Principal("Antony Blinken", office="Secretary of State", country="US"),
    host=Host(country="CN"),
    destinations=(Place("Beijing", "CN"),),
    kind=VisitKind.WORKING,
    purpose="To keep lines of communication open",
    aliases=("blinken-china",),
)
# The values of each kind of change, unless a benchmark gives others.
VALUES: Mapping[str, dict[str, Any]] = {
    "scheduled": {"details": DETAILS, "window": Window(date(2023, 2, 5), date(2023, 2, 6))},
    "postponed": {"condition": None},
    "deferred": {"condition": Condition("when conditions allow", Side.GUEST)},
    "rescheduled": {"window": Window(date(2023, 6, 18), date(2023, 6, 19))},
    "completed": {"held_window": None},
    "amended": {
        "details": VisitDetails(title="Another title"),
        "window": None,
        "update_mask": ("title",),
    },
    "statement_recorded": {"statement": Statement(StatementKind.REPORT, Side.PRESS)},
}
_numbers = itertools.count(1)


@contextmanager
def application(file: Path) -> Iterator[VisitApplication]:
    """The application on a SQLite file; it is closed at the end."""
    with closing(VisitApplication(open_database(sqlite(file).url))) as opened:
        yield opened


def record(application: VisitApplication, calls: Sequence[Sequence[Change]], callers: int) -> None:
    """Record the changes of each call. Each caller waits for its answer before its next call."""
    core = Core(application, lambda _first, _changes: None)
    waiting = iter(calls)

    def ask() -> None:
        for changes in itertools.islice(waiting, 1):
            core.ask(Task(changes, done=answered))

    def answered(task: Task) -> None:
        if task.error is not None:
            raise task.error
        ask()

    for _ in range(callers):
        ask()
    while not core.is_idle:
        core.round()
        core.slice()


def change(
    visit_id: str, topic: str, request_id: str = "", basis: tuple[Basis, ...] = (), **values: Any
) -> Change:
    """A change to record; without a request id it gets one of its own."""
    context = Context(
        now=EPOCH,
        actor="desk",
        request_id=request_id or f"request-{next(_numbers)}",
        basis=basis,
    )
    return Change(visit_id, topic, VALUES[topic] | values, context, b"digest")
