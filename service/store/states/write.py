"""Writing the current-state table: bringing visits to where their changes leave them."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from service.store.engines.bulk import NEW_ROWS, execute_values, insert_rows
from service.store.errors import Conflict
from service.store.states.lookups import write_aliases, write_lookups
from service.store.states.rows import Lookups, VisitRow
from service.store.tables import visit

# An update needs, beside the columns of the table, the version that the visit has before it.
_BEFORE = "version_before"
_ASSIGNMENTS = ", ".join(
    f"{column.name} = new.{column.name}"
    for column in visit.columns
    if column.name not in ("visit_id", "create_time")
)
# It begins with UPDATE, since Python's sqlite3 counts no rows of a statement that begins with WITH.
_UPDATE_VISITS = (
    f"UPDATE visit SET {_ASSIGNMENTS} "
    f"FROM {NEW_ROWS} "
    f"WHERE visit.visit_id = new.visit_id AND visit.version = new.{_BEFORE}"
)


def write_states(
    connection: Connection, changes: Iterable[tuple[int, VisitRow]], record_time: int
) -> None:
    """Bring the current-state table to where these changes leave their visits.

    Each is a position and the row that the change leaves, in the order of the positions. All
    have the same ``record_time`` (microseconds).

    :raises Conflict: a visit is not at the version before its change.
    :raises IntegrityError: a visit whose first change this is exists already.
    """
    created: dict[str, dict[str, Any]] = {}
    updated: dict[str, dict[str, Any]] = {}
    aliases: dict[str, VisitRow] = {}
    lookups: dict[str, tuple[Lookups, Lookups]] = {}
    for position, row in changes:
        rows = created if row.version_before == 0 or row.visit_id in created else updated
        rows[row.visit_id] = _update(rows.get(row.visit_id), row, position, record_time)
        if row.aliases is not None:
            aliases[row.visit_id] = row
        before, _ = lookups.get(row.visit_id) or (row.lookups_before, None)
        lookups[row.visit_id] = before, row.facets.lookups
    if created:
        insert_rows(connection, visit, [_inserted(row) for row in created.values()])
    if updated:
        count = execute_values(connection, visit, _UPDATE_VISITS, list(updated.values()))
        if count != len(updated):
            raise Conflict
    if aliases:
        write_aliases(connection, aliases.values())
    write_lookups(connection, lookups)


def visit_values(row: VisitRow, position: int, record_time: int) -> dict[str, Any]:
    """The columns of a visit after its first change."""
    values = {
        "visit_id": row.visit_id,
        "version": row.version,
        "position": position,
        "create_time": record_time,
        "update_time": record_time,
        "state": row.state,
        **vars(row.facets),
        "words": row.facets.lookups.words,
    }
    del values["lookups"]
    return values


def _update(
    earlier: dict[str, Any] | None, row: VisitRow, position: int, record_time: int
) -> dict[str, Any]:
    """The parameters of ``_UPDATE_VISITS`` for a visit.

    ``earlier`` are those of an earlier change of the visit in the same batch.
    """
    values = {_BEFORE: row.version_before, **visit_values(row, position, record_time)}
    if earlier is not None:
        if row.version_before != earlier["version"]:
            raise Conflict
        values[_BEFORE] = earlier[_BEFORE]
    return values


def _inserted(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != _BEFORE}
