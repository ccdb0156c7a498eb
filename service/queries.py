"""Asking: the status of visits now and as of any moment, and the history."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from domain.errors import InvalidValue, VisitNotFound, VisitWithdrawn
from domain.history import fold, why_invisible
from domain.times import LAST_INSTANT
from service import codec, wire
from service.application import VisitApplication
from service.clock import to_microseconds
from service.drafts import times_of
from service.errors import AliasAmbiguous, PositionBeyondHead, ViewNotFresh
from service.mapping import events_of
from service.store.reader import EventQuery, VisitQuery

PAGE_EVENTS = 500
FRESH_SECONDS = 10.0


@dataclass(frozen=True)
class AsOf:
    """The moment as of which a question is asked; what is None is now."""

    position: int | None = None
    recorded_at: datetime | None = None
    known_at: datetime | None = None
    valid_at: datetime | None = None


@dataclass(frozen=True)
class Queries:
    """Answers as serialized messages, each with the log position that it reflects."""

    application: VisitApplication

    async def fresh(self, min_position: int, within: float | None) -> None:
        """Wait until the view is at least at that position.

        :raises ViewNotFresh: it was not within so many seconds, or 10 where it is None.
        """
        if min_position < 0:
            raise InvalidValue.of("min_position", "must not be negative")
        head = self.application.head
        if min_position > head.position:
            # An answer is to be on its way before the caller's deadline.
            seconds = FRESH_SECONDS if within is None else max(0.0, within * 0.9 - 0.05)
            try:
                await asyncio.wait_for(self.application.reach(min_position), seconds)
            except TimeoutError:
                raise ViewNotFresh(min_position, head.position) from None

    async def visit(self, name: str, as_of: AsOf | None = None) -> tuple[bytes, int]:
        """A visit by its id or alias.

        :raises VisitNotFound: there is none, or it was withdrawn.
        :raises AliasAmbiguous: several visits have this alias.
        :raises NotVisibleThen: it was not recorded, known or in force by then.
        """
        if as_of is not None:
            return await self._visit_as_of(name, as_of)
        application = self.application
        state = application.current.use(name)
        if state is not None:
            return state, application.head.position
        position, row = await self._row(name)
        if not row.status:
            raise VisitWithdrawn(row.visit_id, codec.merged_into(row.state))
        state = whole_state(row)
        if position == application.head.position:
            application.current.keep(row.visit_id, state)
        return state, position

    async def visits(self, names: Sequence[str]) -> tuple[list[bytes], list[str], int]:
        """Those visits that there are, and the names of the others, in order."""
        application, reader = self.application, self.application.reader
        _, known = await application.read(reader.visits, list(set(names)))
        aliases = {name: name.casefold() for name in names if name not in known}
        ids: dict[str, list[str]] = {}
        if aliases:
            ids = await application.read(reader.visits_with_alias, list(set(aliases.values())))
        ids_of = {name: ids.get(alias, []) for name, alias in aliases.items()}
        ids_of |= {name: [name] for name in known}
        wanted = {found[0] for found in ids_of.values() if len(found) == 1}
        position, rows = await application.read(reader.visits, list(wanted))
        states = {
            name: whole_state(rows[found[0]])
            for name, found in ids_of.items()
            if len(found) == 1 and rows[found[0]].status
        }
        missing = [name for name in names if name not in states]
        return [states[name] for name in names if name in states], missing, position

    async def list_visits(self, query: VisitQuery, limit: int) -> tuple[Sequence[Any], int]:
        """Up to ``limit`` rows of the current-state table, and the position."""
        application = self.application
        position, rows = await application.read(application.reader.list_visits, query, limit)
        return rows, position

    async def resolve(self, name: str) -> str:
        """The id of a visit, withdrawn or not, from its id or alias."""
        _, row = await self._row(name)
        return str(row.visit_id)

    async def _row(self, name: str) -> tuple[int, Any]:
        """The position, and the row of a visit, withdrawn or not, by its id or alias."""
        application, reader = self.application, self.application.reader
        position, rows = await application.read(reader.visits, [name])
        if not rows:
            alias = name.casefold()
            found = (await application.read(reader.visits_with_alias, [alias])).get(alias, [])
            if not found:
                raise VisitNotFound(name)
            if len(found) > 1:
                raise AliasAmbiguous(name, found)
            position, rows = await application.read(reader.visits, found)
        (row,) = rows.values()
        return position, row

    async def _visit_as_of(self, name: str, as_of: AsOf) -> tuple[bytes, int]:
        application = self.application
        position = await self._recorded_position(as_of)
        visit_id = await self.resolve(name)
        rows = await application.read(application.reader.history, visit_id, position=position)
        events = events_of(rows)
        known_at = as_of.known_at or LAST_INSTANT
        view = fold(events, known_at, as_of.valid_at or LAST_INSTANT)
        if view.status_change is None:
            raise why_invisible(visit_id, events, known_at)
        state = codec.visit_to_bytes(visit_id, rows[-1].version, view)
        created, updated = rows[0].record_time, rows[-1].record_time
        tail = wire.visit_tail(*times_of(view.status_change), rows[-1].position, created, updated)
        return state + tail, position

    async def _recorded_position(self, as_of: AsOf) -> int:
        """The last position that was recorded by then.

        :raises InvalidValue: a moment in the future.
        :raises PositionBeyondHead: a position beyond the head.
        """
        application, now = self.application, self.application.now()
        for field in ("recorded_at", "known_at", "valid_at"):
            moment = getattr(as_of, field)
            if moment is not None and moment > now:
                raise InvalidValue.of(f"as_of.{field}", "must not lie in the future")
        if as_of.position is not None:
            self.check_position("as_of.position", as_of.position)
            return as_of.position
        if as_of.recorded_at is None:
            return application.head.position
        recorded_at = to_microseconds(as_of.recorded_at)
        if recorded_at >= application.head.record_time:
            await application.barrier()
        return await application.read(application.reader.position_at, recorded_at)

    def check_position(self, field: str, position: int) -> None:
        """Refuse a position that is negative or beyond the head."""
        if position < 0:
            raise InvalidValue.of(field, "must not be negative")
        if position > self.application.head.position:
            raise PositionBeyondHead(field, position, self.application.head.position)

    async def events(self, query: EventQuery, limit: int) -> AsyncIterator[Sequence[Any]]:
        """The changes in pages, each read while the one before is used. 0: no limit."""
        remaining = limit or query.until
        reading = asyncio.ensure_future(self.page(query, min(remaining, PAGE_EVENTS)))
        try:
            while rows := await reading:
                remaining -= len(rows)
                query = replace(query, after=rows[-1].position)
                reading = asyncio.ensure_future(self.page(query, min(remaining, PAGE_EVENTS)))
                yield rows
        finally:
            reading.cancel()

    async def page(self, query: EventQuery, limit: int) -> Sequence[Any]:
        """Up to ``limit`` changes."""
        if limit <= 0:
            return []
        application = self.application
        return await application.read(application.reader.events, query, limit)


def whole_state(row: Any) -> bytes:
    """The serialized Visit of a row of the current-state table."""
    tail = wire.visit_tail(
        row.effective_time, row.known_time, row.position, row.create_time, row.update_time
    )
    return bytes(row.state + tail)
