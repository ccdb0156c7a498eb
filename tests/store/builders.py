"""Changes for the writer and for the commands, and ways to hold the writer up or make it fail."""

import itertools
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from chancery.v1.event_pb2 import Postponed, VisitEvent
from domain.checks import Context
from domain.terms import Side, StatementKind
from domain.times import Moment
from domain.values import Statement, VisitDetails
from service import main
from service.codec.clock import EPOCH
from service.commands.change import Change, Outcome
from service.store.engines.database import Database
from service.store.engines.opening import open_database
from service.store.log.appends import Append, Entry
from service.store.log.writer import Writer
from service.store.states.rows import Facets, StatusTimes, VisitRow
from tests.domain.builders import DETAILS, FEBRUARY, JUNE, condition
from tests.support.place import Place, SqliteFile, place_of

SECONDS = 60.0
_numbers = itertools.count(1)


def url(file: Path) -> str:
    """The database URL of a file."""
    return SqliteFile(file).url


# For the writer


def body(visit_id: str, version: int, **fields: Any) -> bytes:
    """The serialized event of a postponement."""
    message = VisitEvent(
        visit=f"visits/{visit_id}", version=version, postponed=Postponed(), **fields
    )
    return message.SerializeToString(deterministic=True)


def entry(
    visit_id: str,
    version: int,
    request_id: str | None = None,
    *,
    actor: str = "desk",
    reason: str = "",
    aliases: Sequence[str] | None = None,
) -> Entry:
    """A change with the state that it leaves."""
    request_id = request_id or f"request-{next(_numbers)}"
    return Entry(
        visit_id=visit_id,
        version=version,
        topic="postponed",
        body=body(visit_id, version, actor=actor, request_id=request_id, reason=reason),
        actor=actor,
        request_id=request_id,
        request_digest=b"digest",
        row=VisitRow(
            visit_id, version, b"state", StatusTimes.RECORD, Facets("postponed"), aliases=aliases
        ),
    )


def append(*entries: Entry) -> Append:
    """Entries to record together; the append can be waited for."""
    return Append(entries, done=threading.Event())


# For the commands

VALUES: dict[str, dict[str, Any]] = {
    "scheduled": {"details": DETAILS, "window": FEBRUARY},
    "disclosed": {"details": DETAILS, "held_window": FEBRUARY},
    "postponed": {"condition": None},
    "deferred": {"condition": condition()},
    "rescheduled": {"window": JUNE},
    "completed": {"held_window": None},
    "cancelled": {"condition": None},
    "amended": {
        "details": VisitDetails(title="Another title"),
        "window": None,
        "update_mask": ("title",),
        "correction": False,
    },
    "statement_recorded": {"statement": Statement(StatementKind.REPORT, Side.PRESS)},
    "retracted": {"retracted_version": 1, "merged_into": ""},
}


def change(
    visit_id: str,
    topic: str,
    request_id: str = "",
    *,
    actor: str = "desk",
    expected_version: int | None = None,
    effective: Moment | None = None,
    known: Moment | None = None,
    **values: Any,
) -> Change:
    """A change to record, with the minimum of values and a request id of its own."""
    context = Context(
        now=EPOCH,
        actor=actor,
        request_id=request_id or f"request-{next(_numbers)}",
        expected_version=expected_version,
        effective=effective,
        known=known,
    )
    return Change(visit_id, topic, VALUES[topic] | values, context, b"digest")


class Service(main.Service):
    """The whole service on one log, without its edge."""

    async def record(
        self, visit_id: str, topic: str, request_id: str = "", **asked: Any
    ) -> Outcome:
        """Record one change."""
        (outcome,) = await self.commands.record([change(visit_id, topic, request_id, **asked)])
        return outcome


@asynccontextmanager
async def serving(
    where: Place | Path,
    *,
    cached_visits: int = 10_000,
    clock: Callable[[], int] | None = None,
) -> AsyncIterator[Service]:
    """The service on a log, closed at the end."""
    service = Service(open_database(place_of(where).url), cached_visits, clock)
    service.visits.listen()
    try:
        yield service
    finally:
        service.close()


# The database, read past the service


def stored(where: Place | Path, statement: str) -> list[Any]:
    """The rows, straight from the engine."""
    return place_of(where).rows(statement)


def logged(where: Place | Path) -> list[tuple[str, int]]:
    """The visit and version of each change in the log, in order."""
    return stored(where, "SELECT visit_id, version FROM log ORDER BY position")


# Appends that are committed together


def together(database: Database, writer: Writer, *appends: Append) -> list[Exception | None]:
    """Let the writer gather these appends in one batch, and return each one's error, or None.

    An empty append goes first, so that all the others wait while it is written.
    """
    with Held(database) as held:
        writer.submit(append())
        held.wait()
        for each in appends:
            writer.submit(each)
    for each in appends:
        assert each.done is not None
        assert each.done.wait(SECONDS)
    return [each.error for each in appends]


def errors(found: Sequence[Exception | None]) -> list[type | None]:
    """Their types."""
    return [None if error is None else type(error) for error in found]


# Faults. Listeners are never removed, since the writer may be calling them.


class Held:
    """Holds the writer at the beginning of its next transactions until it is let go."""

    def __init__(self, database: Database) -> None:
        self._arrived = threading.Event()
        self._open = threading.Event()
        event.listen(database.writer, "begin", self._begin)

    def _begin(self, _connection: object) -> None:
        self._arrived.set()
        self._open.wait(SECONDS)

    def wait(self) -> None:
        """Wait until the writer is held."""
        assert self._arrived.wait(SECONDS), "the writer did not come"

    def let_go(self) -> None:
        """Let the writer go on."""
        self._open.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.let_go()


class Commits:
    """Counts the writer's commits; those for which ``fails`` is true fail, as on a broken disk."""

    def __init__(self, database: Database, fails: Callable[[int], bool] = lambda _: False) -> None:
        self.number = 0
        self._fails = fails
        self._is_active = True
        event.listen(database.writer, "commit", self._commit)

    def _commit(self, _connection: object) -> None:
        self.number += 1
        if self._is_active and self._fails(self.number):
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorname = "SQLITE_IOERR"
            raise OperationalError("COMMIT", {}, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._is_active = False
