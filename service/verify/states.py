"""Verifying the current states of a database: they must follow from the log alone."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, select

from service.projections.loading import history_of
from service.projections.rebuild import rebuilt
from service.store import tables
from service.store.engines.bulk import look_up
from service.store.errors import LogDamaged
from service.store.log.rows import LogRow
from service.store.states.lookups import rows_of
from service.store.states.rows import VisitRow
from service.store.tables import log
from service.tlog.tiles import WIDTH
from service.verify.report import WITHDRAWN, Progress, Report
from service.verify.rules import AgainstRules, Replay

_BY_VISIT = select(*(log.c[name] for name in LogRow._fields)).order_by(
    log.c.visit_id, log.c.version
)
_STATE = select(tables.visit).where(tables.visit.c.visit_id == bindparam("of"))
NOUNS = {tables.word: "words", tables.label: "labels", tables.days: "days"}
_ALIASES = select(tables.alias.c.alias).where(tables.alias.c.visit_id == bindparam("of"))


def check_states(connection: Connection, report: Report, progress: Progress) -> None:
    """Derive the current state of each visit again, and compare it with what is stored.

    Counts the visits in the report, by their status.

    :raises LogDamaged: something is not as it should be.
    """
    done, visits, expected = report.changes, 0, Counter[Table]()
    with connection.execute(_BY_VISIT.execution_options(yield_per=WIDTH)) as results:
        rows = map(LogRow._make, results)
        for visit_id, changes in groupby(rows, attrgetter("visit_id")):
            history = list(changes)
            row, values = _rebuilt(visit_id, history)
            _check_state(connection, history[-1].position, values)
            expected.update(_check_lookups(connection, history[-1], row))
            report.states[values["status"] or WITHDRAWN] += 1
            done, visits = done + len(history), visits + 1
            progress(done, 2 * report.changes)
    expected[tables.visit] = visits
    for table in tables.STATES:
        count = connection.execute(select(func.count()).select_from(table)).scalar_one()
        if count != expected[table]:
            raise LogDamaged(
                report.changes,
                f"the table {table.name} has {count} rows after this entry, not {expected[table]}",
            )


def _rebuilt(visit_id: str, history: Sequence[LogRow]) -> tuple[VisitRow, dict[str, Any]]:
    """What the changes of a visit lead to, each of which must be by the rules."""
    try:
        _check_rules(visit_id, history)
        return rebuilt(visit_id, history)
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
        raise LogDamaged(
            history[-1].position,
            f"this or an earlier change cannot be applied to visits/{visit_id}: {error}",
        ) from None


def _check_rules(visit_id: str, history: Sequence[LogRow]) -> None:
    replay = Replay(visit_id)
    for row, event in zip(history, history_of(history), strict=True):
        try:
            replay.follow(event)
        except AgainstRules as error:
            raise LogDamaged(row.position, str(error)) from None


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


def _check_lookups(connection: Connection, last: LogRow, row: VisitRow) -> Counter[Table]:
    """Look for the rows by which a visit is found, and return how many each table has to have.

    The last change of the visit is given. Rows too many are found when all are counted.
    """
    visit, aliases = f"visits/{last.visit_id}", set(row.aliases or ())
    if set(connection.execute(_ALIASES, {"of": last.visit_id}).scalars()) != aliases:
        raise LogDamaged(last.position, f"{visit} has other aliases after this entry")
    numbers = Counter({tables.alias: len(aliases)})
    for table, rows in rows_of(last.visit_id, row.facets.lookups).items():
        key = list(rows[0])
        found = look_up(connection, table, key, [tuple(each.values()) for each in rows], key)
        if len(found) != len(rows):
            raise LogDamaged(last.position, f"{visit} has other {NOUNS[table]} after this entry")
        numbers[table] = len(rows)
    return numbers
