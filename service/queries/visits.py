"""Questions about visits now. Those about the past are in ``as_of``."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import InvalidValue, VisitNotFound, VisitWithdrawn
from domain.validation import a_visit_id
from service import codec
from service.codec import wire
from service.errors import AliasAmbiguous
from service.live.log_view import LogView
from service.live.reads import Reads
from service.store.states.filters import VisitQuery
from service.store.states.rows import StoredVisit


@dataclass(frozen=True)
class VisitQueries:
    """Gives serialized Visits, each with the log position that it reflects."""

    reads: Reads
    log_view: LogView

    async def visit(self, name: str) -> tuple[bytes, int]:
        """A visit by its id or alias, and the position.

        :raises VisitNotFound: there is no such visit.
        :raises VisitWithdrawn: the visit was withdrawn.
        :raises AliasAmbiguous: several visits have this alias.
        """
        state = self.log_view.current.use(name)
        if state is not None:
            return state, self.log_view.head.position
        position, row = await self.find(name)
        if not row.status:
            raise VisitWithdrawn(row.visit_id, codec.merged_into(row.state))
        state = whole_state(row)
        if position == self.log_view.head.position:
            self.log_view.current.keep(row.visit_id, state)
        return state, position

    async def visits(self, names: Sequence[str]) -> tuple[list[bytes], list[str], int]:
        """The visits that exist, the names of the others, and the position."""
        ids = await self.ids(names)
        position, rows = await self._rows(list(set(ids.values())))
        states = {
            name: whole_state(rows[visit_id])
            for name, visit_id in ids.items()
            if rows[visit_id].status
        }
        missing = [name for name in names if name not in states]
        return [states[name] for name in names if name in states], missing, position

    async def ids(self, names: Sequence[str]) -> dict[str, str]:
        """The ids of existing visits, including withdrawn ones, by their ids or aliases."""
        read, reader = self.reads.run, self.reads.reader
        _, known = await read(reader.visits, list(set(names)))
        ids = {name: name for name in names if name in known}
        aliases = {name: name.casefold() for name in names if name not in known}
        if aliases:
            found = await read(reader.visits_with_alias, list(set(aliases.values())))
            for name, alias in aliases.items():
                if len(of_alias := found.get(alias, [])) == 1:
                    ids[name] = of_alias[0]
        return ids

    async def list_visits(self, query: VisitQuery, limit: int) -> tuple[Sequence[StoredVisit], int]:
        """Up to ``limit`` rows of the current-state table, and the position."""
        position, rows = await self.reads.run(self.reads.reader.list_visits, query, limit)
        await self.log_view.see(position)
        return rows, position

    async def find(self, name: str) -> tuple[int, StoredVisit]:
        """The position, and the row of a visit by its id or alias, even if it was withdrawn.

        :raises VisitNotFound: there is no such visit.
        :raises AliasAmbiguous: several visits have this alias.
        """
        position, rows = await self._rows([name])
        if not rows:
            alias = name.casefold()
            by_alias = await self.reads.run(self.reads.reader.visits_with_alias, [alias])
            found = by_alias.get(alias, [])
            if not found:
                raise VisitNotFound(name)
            if len(found) > 1:
                raise AliasAmbiguous(name, found)
            position, rows = await self._rows(found)
        (row,) = rows.values()
        return position, row

    async def resolve(self, name: str) -> str:
        """The id of a visit by its id or alias. Raises what ``find`` does."""
        _, row = await self.find(name)
        return str(row.visit_id)

    async def resolve_awaited(self, name: str) -> str:
        """The id of a visit that may not exist yet, by its id or alias.

        :raises InvalidValue: there is no such visit, and the name cannot be the id of a new one.
        """
        try:
            return await self.resolve(name)
        except VisitNotFound:
            try:
                return str(a_visit_id(name))
            except ValueError as error:
                text = f"is neither the alias of a visit nor a possible id: {error}"
                raise InvalidValue.of("visit", text) from None

    async def _rows(self, visit_ids: Sequence[str]) -> tuple[int, dict[str, StoredVisit]]:
        """The position, and rows of the current-state table by their ids.

        A commit may be readable a moment before this process learns of it, so this waits for
        the log view.
        """
        position, rows = await self.reads.run(self.reads.reader.visits, visit_ids)
        await self.log_view.see(position)
        return position, rows


def whole_state(row: StoredVisit) -> bytes:
    """The serialized Visit of a row of the current-state table."""
    tail = wire.visit_tail(
        row.effective_time, row.known_time, row.position, row.create_time, row.update_time
    )
    return bytes(row.state + tail)
