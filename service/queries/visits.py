"""Questions about visits now. Those about the past are in ``as_of``."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.errors import InvalidValue, VisitNotFound, VisitWithdrawn
from domain.validation import a_visit_id
from service import codec
from service.codec import wire
from service.limits import COUNTED_VALUES
from service.live.log_view import LogView
from service.live.reads import Reads
from service.projections.words import fold
from service.queries.counts import Counted, Counts, Group
from service.queries.nearest import nearest_ids
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
        """
        state = self.log_view.current.use(name)
        if state is not None:
            return state, self.log_view.head.position
        position, row = await self.find(name)
        if not row.status:
            raise VisitWithdrawn(row.visit_id, await self.stays(row))
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
        aliases = {name: fold(name) for name in names if name not in known}
        if aliases:
            found = await read(reader.visits_with_alias, list(set(aliases.values())))
            ids |= {name: found[alias] for name, alias in aliases.items() if alias in found}
        return ids

    async def list_visits(self, query: VisitQuery, limit: int) -> tuple[Sequence[StoredVisit], int]:
        """Up to ``limit`` rows of the current-state table, and the position.

        :raises VisitNotFound: there is no such visit as the query asks for related ones of.
        """
        query = await self.with_ids(query)
        position, rows = await self.reads.run(self.reads.reader.list_visits, query, limit)
        await self.log_view.see(position)
        return rows, position

    async def with_ids(self, query: VisitQuery) -> VisitQuery:
        """The query with the id of the visit that it names, perhaps by an alias.

        :raises VisitNotFound: there is no such visit.
        """
        if not query.related_to:
            return query
        return replace(query, related_to=await self.resolve(query.related_to))

    async def count(self, query: VisitQuery, by: Sequence[str]) -> tuple[Counts, int]:
        """How many visits match, in all and by these facets, and the position.

        :raises VisitNotFound: there is no such visit as the query asks for related ones of.
        """
        query = await self.with_ids(query)
        run, reader = self.reads.run, self.reads.reader
        position, total, counts = await run(reader.count_visits, query, by, COUNTED_VALUES + 1)
        await self.log_view.see(position)
        groups = []
        for facet, of_facet in zip(by, counts, strict=True):
            values = [(value, number) for value, number, _ in of_facet]
            if facet == "principal":
                _, rows = await run(reader.visits, [each.visit_id for each in of_facet])
                names = [codec.principal_name(rows[each.visit_id].state) for each in of_facet]
                values = [(name, number) for name, (_, number) in zip(names, values, strict=True)]
            groups.append(Group.of(values))
        return Counts(Counted.of(total), groups), position

    async def find(self, name: str) -> tuple[int, StoredVisit]:
        """The position, and the row of a visit by its id or alias, even if it was withdrawn.

        :raises VisitNotFound: there is no such visit.
        """
        position, rows = await self._rows([name])
        if not rows:
            alias = fold(name)
            by_alias = await self.reads.run(self.reads.reader.visits_with_alias, [alias])
            if alias not in by_alias:
                raise VisitNotFound(name, await self.nearest(name))
            position, rows = await self._rows([by_alias[alias]])
        (row,) = rows.values()
        return position, row

    async def nearest(self, name: str) -> list[str]:
        """The ids of up to three visits that may be meant by a name that no visit has."""
        return await self.reads.run(nearest_ids, self.reads.reader, name)

    async def stays(self, row: StoredVisit) -> str:
        """The id of the visit that stays for a withdrawn one, after all mergers; empty if none."""
        merged_into = ""
        while not row.status and (merged_into := codec.merged_into(row.state)):
            _, rows = await self._rows([merged_into])
            row = rows[merged_into]
        return merged_into if row.status else ""

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


def listed(row: StoredVisit) -> bytes:
    """The serialized Visit of a row of the current-state table, as lists have it."""
    return bytes(row.state + wire.visit_tail(row.position, row.create_time, row.update_time))


def whole_state(row: StoredVisit) -> bytes:
    """The serialized Visit of a row of the current-state table, which is not withdrawn."""
    return listed(row) + codec.allowed_changes(row.status)
