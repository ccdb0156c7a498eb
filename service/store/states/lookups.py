"""The look-up tables: the aliases and the words by which visits are found."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, delete

from service.store.engines.bulk import execute_values, insert_rows
from service.store.states.rows import VisitRow
from service.store.tables import alias, word

_DELETE_WORDS = "DELETE FROM word WHERE (word, visit_id) IN ({values})"


def write_aliases(connection: Connection, rows: Collection[VisitRow]) -> None:
    """Replace the aliases of these visits. A new visit has none before."""
    if changed := [row.visit_id for row in rows if row.version_before > 0]:
        connection.execute(delete(alias).where(alias.c.visit_id.in_(changed)))
    pairs = [(a, row.visit_id) for row in rows for a in dict.fromkeys(row.aliases or ())]
    if pairs:
        insert_rows(connection, alias, [{"alias": a, "visit_id": v} for a, v in pairs])


def write_words(connection: Connection, changed: Mapping[str, tuple[str, str]]) -> None:
    """Replace the words of visits.

    For each visit id these are its words before and after, each word with a space before it.
    """
    gone, new = list[dict[str, Any]](), list[dict[str, Any]]()
    for visit_id, (before, after) in changed.items():
        if before != after:
            words_before, words_after = set(before.split()), set(after.split())
            gone += [{"word": w, "visit_id": visit_id} for w in words_before - words_after]
            new += [{"word": w, "visit_id": visit_id} for w in words_after - words_before]
    if gone:
        execute_values(connection, word, _DELETE_WORDS, gone)
    if new:
        insert_rows(connection, word, new)
