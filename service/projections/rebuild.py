"""Rebuilding the current-state table, and segments that are missing, from the log alone."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy import bindparam as param

from service.projections.loading import visit_of
from service.projections.state_rows import visit_row
from service.store import tables
from service.store.log import segments
from service.store.log.head import lock_head
from service.store.log.rows import LogRow
from service.store.states.lookups import write_aliases, write_lookups
from service.store.states.rows import NOWHERE, VisitRow
from service.store.states.write import visit_values
from service.store.tables import log

_VISIT_IDS = select(log.c.visit_id).distinct()
_HISTORY = (
    select(*(log.c[name] for name in LogRow._fields))
    .where(log.c.visit_id == param("of"))
    .order_by(log.c.version)
)


def rebuild_visits(engine: Engine) -> int:
    """Replace the current state of all visits in one transaction, and return their number.

    The rows are byte by byte the same as those that were written with the changes.

    :raises LogDamaged: a row of the log is not what was recorded.
    """
    with engine.begin() as connection:
        lock_head(connection)
        segments.fill(connection)
        for table in tables.STATES:
            connection.execute(delete(table))
        visit_ids = connection.execute(_VISIT_IDS).scalars().all()
        for visit_id in visit_ids:
            history = connection.execute(_HISTORY, {"of": visit_id})
            row, values = rebuilt(visit_id, list(map(LogRow._make, history)))
            connection.execute(insert(tables.visit), values)
            write_aliases(connection, [row])
            write_lookups(connection, {visit_id: (NOWHERE, row.facets.lookups)})
        connection.execute(update(tables.head).values(folding=tables.FOLDING))
    return len(visit_ids)


def fold_again(engine: Engine) -> None:
    """Rebuild the current state of all visits if its words are folded in another way.

    :raises LogDamaged: a row of the log is not what was recorded.
    """
    with engine.connect() as connection:
        folding = connection.scalar(select(tables.head.c.folding))
    if folding != tables.FOLDING:
        rebuild_visits(engine)


def rebuilt(visit_id: str, rows: Sequence[LogRow]) -> tuple[VisitRow, dict[str, Any]]:
    """The row that all changes of a visit lead to, and the values of its columns.

    :raises LogDamaged: a row of the log is not what was recorded.
    """
    row = visit_row(visit_of(visit_id, rows))
    values = visit_values(row, rows[-1].position, rows[-1].record_time)
    values["create_time"] = rows[0].record_time
    return row, values
