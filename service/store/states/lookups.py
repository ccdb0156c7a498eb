"""The look-up tables: the aliases, words, labels and days by which visits are found."""

from collections.abc import Collection, Iterator, Mapping, Set
from typing import Any

from sqlalchemy import Connection, Table, delete

from service.store.engines.bulk import delete_rows, insert_rows
from service.store.states.rows import Days, Label, Lookups, VisitRow
from service.store.tables import alias, days, label, word

Row = dict[str, Any]


def write_aliases(connection: Connection, rows: Collection[VisitRow]) -> None:
    """Replace the aliases of these visits. A new visit has none before."""
    if changed := [row.visit_id for row in rows if row.version_before > 0]:
        connection.execute(delete(alias).where(alias.c.visit_id.in_(changed)))
    pairs = [(a, row.visit_id) for row in rows for a in dict.fromkeys(row.aliases or ())]
    if pairs:
        insert_rows(connection, alias, [{"alias": a, "visit_id": v} for a, v in pairs])


def write_lookups(connection: Connection, changed: Mapping[str, tuple[Lookups, Lookups]]) -> None:
    """Replace what visits are found by; by id, this is what it was before and what it is after.

    Only what differs is written, with two statements for each table at most.
    """
    gone: dict[Table, list[Row]] = {}
    new: dict[Table, list[Row]] = {}
    for visit_id, (before, after) in changed.items():
        if before == after:
            continue
        was = now = set[str]()
        if before.words != after.words:
            was, now = _words(before), _words(after)
        _add(gone, visit_id, was - now, before.labels - after.labels, before.days - after.days)
        _add(new, visit_id, now - was, after.labels - before.labels, after.days - before.days)
    for table, rows in gone.items():
        delete_rows(connection, table, rows)
    for table, rows in new.items():
        insert_rows(connection, table, rows)


def rows_of(visit_id: str, lookups: Lookups) -> dict[Table, list[Row]]:
    """The rows that are written for a visit, by their tables."""
    found: dict[Table, list[Row]] = {}
    _add(found, visit_id, _words(lookups), lookups.labels, lookups.days)
    return found


def _words(lookups: Lookups) -> set[str]:
    return set(lookups.words.split())


def _add(
    rows: dict[Table, list[Row]],
    visit_id: str,
    words: Set[str],
    labels: Set[tuple[Label, str]],
    these_days: Set[Days],
) -> None:
    """Add the rows of a visit, by their tables."""
    if words:
        rows.setdefault(word, []).extend([{"word": w, "visit_id": visit_id} for w in words])
    if labels:
        rows.setdefault(label, []).extend([r for of in labels for r in _label(visit_id, *of)])
    if these_days:
        found = [{**each._asdict(), "visit_id": visit_id} for each in these_days]
        rows.setdefault(days, []).extend(found)


def _label(visit_id: str, kind: Label, value: str) -> Iterator[Row]:
    """The row of a label; of a visit that another one names, also that of the other direction."""
    yield {"kind": kind.value, "value": value, "visit_id": visit_id}
    if kind is Label.NAMES:
        yield {"kind": Label.NAMED_BY.value, "value": visit_id, "visit_id": value}
