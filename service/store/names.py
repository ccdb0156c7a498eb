"""By what visits are found beside their ids: aliases and words, each with a table."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, delete, tuple_

from service.store.bulk import insert_rows
from service.store.entries import VisitRow
from service.store.tables import alias, word


def write_aliases(connection: Connection, rows: Collection[VisitRow]) -> None:
    """Make these the aliases of the visits; a visit that is new has none before."""
    if changed := [row.visit_id for row in rows if row.version > 1]:
        connection.execute(delete(alias).where(alias.c.visit_id.in_(changed)))
    pairs = [(a, row.visit_id) for row in rows for a in dict.fromkeys(row.aliases or ())]
    if pairs:
        insert_rows(connection, alias, [{"alias": a, "visit_id": v} for a, v in pairs])


def write_words(connection: Connection, changed: Mapping[str, tuple[str, str]]) -> None:
    """Have visits found by other words: those before, and those after, each behind a space."""
    gone, new = list[tuple[str, str]](), list[dict[str, Any]]()
    for visit_id, (before, after) in changed.items():
        if before != after:
            words_before, words_after = set(before.split()), set(after.split())
            gone += [(each, visit_id) for each in words_before - words_after]
            new += [{"word": w, "visit_id": visit_id} for w in words_after - words_before]
    if gone:
        connection.execute(delete(word).where(tuple_(word.c.word, word.c.visit_id).in_(gone)))
    if new:
        insert_rows(connection, word, new)
