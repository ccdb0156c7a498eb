"""Verifying the current states of a database: they must follow from the log alone."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from service.projections.rebuild import rebuilt
from service.store import tables
from service.store.errors import LogDamaged
from service.store.log.rows import LogRow
from service.store.states.rows import VisitRow
from service.store.tables import log
from service.tlog.tiles import WIDTH
from service.verify.report import WITHDRAWN, Progress, Report

_BY_VISIT = select(*(log.c[name] for name in LogRow._fields)).order_by(
    log.c.visit_id, log.c.version
)
_STATE = select(tables.visit).where(tables.visit.c.visit_id == bindparam("of"))
_ALIASES = select(tables.alias.c.alias).where(tables.alias.c.visit_id == bindparam("of"))
_WORDS = select(func.count()).where(
    tables.word.c.visit_id == bindparam("of"),
    tables.word.c.word.in_(bindparam("words", expanding=True)),
)


def check_states(connection: Connection, report: Report, progress: Progress) -> None:
    """Derive the current state of each visit again, and compare it with what is stored.

    Counts the visits in the report, by their status.

    :raises LogDamaged: something is not as it should be.
    """
    done, visits, aliases, words = report.changes, 0, 0, 0
    with connection.execute(_BY_VISIT.execution_options(yield_per=WIDTH)) as results:
        rows = map(LogRow._make, results)
        for visit_id, changes in groupby(rows, attrgetter("visit_id")):
            history = list(changes)
            row, values = _rebuilt(visit_id, history)
            names, found_by = set(row.aliases or ()), set(row.facets.words.split())
            _check_state(connection, history[-1].position, values)
            _check_lookups(connection, history[-1], names, found_by)
            report.states[values["status"] or WITHDRAWN] += 1
            done, visits = done + len(history), visits + 1
            aliases, words = aliases + len(names), words + len(found_by)
            progress(done, 2 * report.changes)
    for table, expected in zip(tables.STATES, (visits, aliases, words), strict=True):
        count = connection.execute(select(func.count()).select_from(table)).scalar_one()
        if count != expected:
            raise LogDamaged(
                report.changes,
                f"the table {table.name} has {count} rows after this entry, not {expected}",
            )


def _rebuilt(visit_id: str, history: Sequence[LogRow]) -> tuple[VisitRow, dict[str, Any]]:
    """What the changes of a visit lead to. They may be changes that no command would record."""
    try:
        return rebuilt(visit_id, history)
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
        raise LogDamaged(
            history[-1].position,
            f"this or an earlier change cannot be applied to visits/{visit_id}: {error}",
        ) from None


def _check_state(connection: Connection, position: int, values: dict[str, Any]) -> None:
    """Compare the stored row of a visit, whose last change is at a position, with these values."""
    visit_id = values["visit_id"]
    row = connection.execute(_STATE, {"of": visit_id}).one_or_none()
    if row is None:
        raise LogDamaged(position, f"visits/{visit_id} has no current state after this entry")
    stored = row._asdict()
    if differing := [column for column in values if values[column] != stored[column]]:
        raise LogDamaged(
            position,
            f"the current state of visits/{visit_id} after this entry has other values of "
            f"{', '.join(differing)}",
        )


def _check_lookups(
    connection: Connection, last: LogRow, aliases: set[str], words: set[str]
) -> None:
    """Compare the stored aliases and words of a visit, whose last change is given, with these."""
    visit = f"visits/{last.visit_id}"
    if set(connection.execute(_ALIASES, {"of": last.visit_id}).scalars()) != aliases:
        raise LogDamaged(last.position, f"{visit} has other aliases after this entry")
    found = connection.execute(_WORDS, {"of": last.visit_id, "words": sorted(words)})
    if found.scalar_one() != len(words):
        raise LogDamaged(last.position, f"{visit} has other words after this entry")
