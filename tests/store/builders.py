"""Changes for the writer and for the commands, and ways to make the writer fail."""

import itertools
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from chancery.v1.event_pb2 import ChangeType, Postponed, VisitEvent
from domain.checks import Context
from domain.terms import Side, StatementKind
from domain.times import Moment
from domain.values import Statement, VisitDetails
from service.codec.clock import EPOCH
from service.commands.change import Change
from service.store.engines.database import Database
from service.store.log.entry import Entry
from service.store.states.rows import Facets, VisitRow
from tests.domain.builders import DETAILS, FEBRUARY, JUNE, condition
from tests.support.place import Place, SqliteFile, place_of

SECONDS = 60.0
# Noon of 1 June 2023, in microseconds.
NOON = 1_685_620_800_000_000
_numbers = itertools.count(1)


def url(file: Path) -> str:
    """The database URL of a file."""
    return SqliteFile(file).url


# For the writer


def body(visit_id: str, version: int, **fields: Any) -> bytes:
    """The serialized event of a postponement."""
    message = VisitEvent(
        visit=f"visits/{visit_id}",
        version=version,
        change_type=ChangeType.CHANGE_TYPE_POSTPONED,
        postponed=Postponed(),
        **fields,
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
            visit_id,
            version,
            b"state",
            version - 1,
            Facets("postponed"),
            aliases=aliases,
        ),
    )


# For the commands

# No two visits share an alias.
WITHOUT_ALIASES = replace(DETAILS, aliases=())
VALUES: dict[str, dict[str, Any]] = {
    "scheduled": {"details": WITHOUT_ALIASES, "window": FEBRUARY},
    "disclosed": {"details": WITHOUT_ALIASES, "held_window": FEBRUARY},
    "postponed": {"condition": None},
    "deferred": {"condition": condition()},
    "rescheduled": {"window": JUNE},
    "completed": {"held_window": None},
    "cancelled": {"condition": None},
    "corrected": {"corrected_version": 1, "reason": "A balloon", "update_mask": ("reason",)},
    "statement_recorded": {"statement": Statement(StatementKind.REPORT, Side.PRESS)},
    "retracted": {"retracted_version": 1, "merged_into": ""},
}


def another_title() -> dict[str, Any]:
    """An amendment of the title, to one that no visit has yet."""
    details = VisitDetails(title=f"Title {next(_numbers)}")
    return {"details": details, "update_mask": ("title",)}


def change(
    visit_id: str,
    topic: str,
    request_id: str = "",
    *,
    actor: str = "desk",
    expected_version: int | None = None,
    effective: Moment | None = None,
    known: Moment | None = None,
    digest: bytes = b"digest",
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
    least = another_title() if topic == "amended" else VALUES[topic]
    return Change(visit_id, topic, least | values, context, digest)


# Waiting


# The database, read past the service


def stored(where: Place | Path, statement: str) -> list[Any]:
    """The rows, straight from the engine."""
    return place_of(where).rows(statement)


def logged(where: Place | Path) -> list[tuple[str, int]]:
    """The visit and version of each change in the log, in order."""
    return stored(where, "SELECT visit_id, version FROM log ORDER BY position")


# Faults


def broken_disk() -> Exception:
    """What SQLAlchemy raises if the disk is broken."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR"
    return OperationalError("COMMIT", {}, error)


class Commits:
    """Counts the writer's commits. Those for which ``fails`` is true fail, and commit nothing."""

    def __init__(self, database: Database, fails: Callable[[int], bool] = lambda _: False) -> None:
        self.number = 0
        self._writer = database.writer
        self._fails = fails

    def _commit(self, _connection: object) -> None:
        self.number += 1
        if self._fails(self.number):
            raise broken_disk()

    def __enter__(self) -> Self:
        event.listen(self._writer, "commit", self._commit)
        return self

    def __exit__(self, *error: object) -> None:
        event.remove(self._writer, "commit", self._commit)
