"""Who has which name: no two visits share an alias, and none is another's id.

Aliases are compared folded, and with an id in each way in which one would write it.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from enum import Enum, auto

from sqlalchemy import Connection

from domain.errors import AliasTaken
from domain.visit import Visit
from service.projections.state_rows import aliases_of, has_aliases_of, written_aliases
from service.projections.words import as_id, fold
from service.store.engines.bulk import look_up
from service.store.tables import alias as alias_table
from service.store.tables import visit as visit_table


class Kind(Enum):
    """What a name may be."""

    ID = auto()
    ALIAS = auto()


# An id, or a folded alias.
Key = tuple[Kind, str]


class Names:
    """The names that visits have in the log, and those that changes gave them since.

    ``connect`` gives a connection for each look-up.
    """

    def __init__(self, connect: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._connect = connect
        # Who has a name by the log; None if nobody has it.
        self._stored: dict[Key, str | None] = {}
        self._given: dict[Key, set[str]] = {}

    def look_up_new(self, visit_ids: Collection[str]) -> None:
        """Find out who has the names that these visits get as they are opened."""
        self._look_up([(Kind.ALIAS, fold(visit_id)) for visit_id in visit_ids])

    def check(self, before: Visit | None, after: Visit, visits: Mapping[str, Visit]) -> None:
        """Check the names that a change gives a visit. ``visits`` are as the round leaves them.

        :raises AliasTaken: another visit has one of them.
        """
        is_new = before is None or before.version == 0
        if before is not None and not is_new and has_aliases_of(after, before):
            return
        had = aliases_of(before) if before else ()
        gained = [alias for alias in written_aliases(after) if fold(alias) not in had]
        wanted = {key: alias for alias in gained for key in _keys(alias)}
        if is_new:
            wanted.setdefault((Kind.ALIAS, fold(after.id)), after.id)
        self._look_up(wanted)
        for key, written in wanted.items():
            for other in sorted(self._holders(key, visits) - {after.id}):
                if other not in visits or _has(visits[other], key):
                    raise AliasTaken(written, other)
        for alias in gained:
            self._given.setdefault((Kind.ALIAS, fold(alias)), set()).add(after.id)
        if is_new:
            self._given.setdefault((Kind.ID, after.id), set()).add(after.id)

    def _holders(self, key: Key, visits: Mapping[str, Visit]) -> set[str]:
        """The visits that have a name by the log, or that were given it since."""
        stored = self._stored[key]
        given = {other for other in self._given.get(key, ()) if other in visits}
        return given if stored is None else given | {stored}

    def _look_up(self, keys: Collection[Key]) -> None:
        """Find out who has these names, all at once."""
        missing = [key for key in keys if key not in self._stored]
        if not missing:
            return
        ids = [(name,) for kind, name in missing if kind is Kind.ID]
        aliases = [(name,) for kind, name in missing if kind is Kind.ALIAS]
        with self._connect() as connection:
            of_ids = look_up(connection, visit_table, ("visit_id",), ids, ("visit_id",))
            rows = look_up(connection, alias_table, ("alias",), aliases, ("alias", "visit_id"))
        self._stored |= dict.fromkeys(missing)
        self._stored |= {(Kind.ID, row[0]): row[0] for row in of_ids}
        self._stored |= {(Kind.ALIAS, row[0]): row[1] for row in rows}


def _keys(alias: str) -> list[Key]:
    """What nobody else may have beside this alias: itself, and an id that is written like it."""
    ids = dict.fromkeys((alias.casefold(), as_id(alias), fold(alias)))
    return [(Kind.ALIAS, fold(alias)), *((Kind.ID, each) for each in ids)]


def _has(visit: Visit, key: Key) -> bool:
    kind, name = key
    return visit.version > 0 and (
        visit.id == name if kind is Kind.ID else name in aliases_of(visit)
    )
