"""Visits that are near to a name in the order of ids, aliases or words: some of them, quickly.

However many visits there are, a bounded number of index entries is read.
"""

import string
from collections.abc import Collection, Iterator
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, select

from service.store.tables import alias, visit, word

# Entries read on either side of the name in the order of ids, and of aliases, and with each word.
BESIDE = 20
# Letters at the beginning of an id that may be wrong in any way. Ids that begin like the name are
# beside it.
FIRST_LETTERS = 4

_LETTERS = f"{string.ascii_lowercase}{string.digits}-"


class Near(NamedTuple):
    """A visit, and by which of its names it was found: its id or a folded alias."""

    visit_id: str
    spelling: str


def near(connection: Connection, name: str, folded: str, words: Collection[str]) -> list[Near]:
    """Some visits, without withdrawn ones.

    ``name`` is what an id would look like, ``folded`` an alias, and ``words`` are words that
    the visits may have.
    """
    by_alias: dict[str, list[str]] = {}
    for spelling, visit_id in _beside(connection, alias.c.alias, folded, alias.c.visit_id):
        by_alias.setdefault(visit_id, []).append(spelling)
    found = {row[0] for row in _beside(connection, visit.c.visit_id, name)} | by_alias.keys()
    for each in words:
        of_word = select(word.c.visit_id).where(word.c.word == each).limit(BESIDE)
        found.update(connection.execute(of_word).scalars())
    found.update(_slips(name))
    there = select(visit.c.visit_id).where(visit.c.visit_id.in_(found), visit.c.status != "")
    return [
        Near(visit_id, spelling)
        for visit_id in connection.execute(there).scalars()
        for spelling in (visit_id, *by_alias.get(visit_id, ()))
    ]


def _beside(
    connection: Connection, column: Column[Any], value: str, *more: Column[Any]
) -> Iterator[Any]:
    """The entries of an index before and after a value."""
    entries = select(column, *more).limit(BESIDE)
    return chain(
        connection.execute(entries.where(column >= value).order_by(column)),
        connection.execute(entries.where(column < value).order_by(column.desc())),
    )


def _slips(name: str) -> Iterator[str]:
    """The name without any one letter, with two exchanged, and with others in its beginning."""
    for i in range(len(name)):
        yield name[:i] + name[i + 1 :]
        yield name[:i] + name[i + 1 : i + 2] + name[i] + name[i + 2 :]
    for i in range(FIRST_LETTERS):
        for letter in _LETTERS:
            yield name[:i] + letter + name[i:]
            yield name[:i] + letter + name[i + 1 :]
