"""Making the current-state table again from the log alone, and segments that are missing."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, delete, insert, select

from service.projections.drafts import visit_row
from service.projections.loading import visit_of
from service.store import tables
from service.store.log import segments
from service.store.log.batch import lock_head, visit_values
from service.store.states.lookups import write_aliases, write_words
from service.store.states.rows import VisitRow


def rebuild_visits(engine: Engine) -> int:
    """Replace all rows in one transaction, and give their number.

    The rows are the same, byte by byte, as those that were written with the changes.
    """
    log = tables.log.c
    with engine.begin() as connection:
        lock_head(connection)
        segments.fill(connection)
        for table in tables.STATES:
            connection.execute(delete(table))
        visit_ids = connection.execute(select(log.visit_id).distinct()).scalars().all()
        for visit_id in visit_ids:
            of_visit = select(tables.log).where(log.visit_id == visit_id).order_by(log.version)
            row, values = rebuilt(visit_id, connection.execute(of_visit).all())
            connection.execute(insert(tables.visit), values)
            write_aliases(connection, [row])
            write_words(connection, {visit_id: ("", row.facets.words)})
    return len(visit_ids)


def rebuilt(visit_id: str, rows: Sequence[Any]) -> tuple[VisitRow, dict[str, Any]]:
    """Where the rows of the log, all of one visit, leave it, and the columns of that.

    :raises LogDamaged: a row is not what was recorded.
    """
    row = visit_row(visit_of(visit_id, rows))
    values = visit_values(row, rows[-1].position, rows[-1].record_time)
    values["create_time"] = rows[0].record_time
    return row, values
