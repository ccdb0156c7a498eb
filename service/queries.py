"""Asking: the status of visits now, and the history; ``service.as_of`` asks about the past."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from domain.errors import InvalidValue, VisitNotFound, VisitWithdrawn
from domain.rules import an_id
from service import codec, wire
from service.application import VisitApplication
from service.errors import AliasAmbiguous, PositionBeyondHead, ViewNotFresh
from service.live.ring import Selection
from service.live.watch import Frame, watch
from service.store.listing import VisitQuery
from service.store.reader import EventFrame, EventPage, EventQuery
from service.store.segments import EVENTS

# What is read ahead at a time; a change has at most as many bytes.
PAGE_BYTES = 1 << 20
FRESH_SECONDS = 10.0
BEHIND_SECONDS = 0.5


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
        head = self.application.view.head
        if min_position > head.position:
            # An answer is to be on its way before the caller's deadline.
            seconds = FRESH_SECONDS if within is None else max(0.0, within * 0.9 - 0.05)
            try:
                await asyncio.wait_for(self.application.view.reach(min_position), seconds)
            except TimeoutError:
                raise ViewNotFresh(min_position, head.position) from None

    async def visit(self, name: str) -> tuple[bytes, int]:
        """A visit by its id or alias.

        :raises VisitNotFound: there is none, or it was withdrawn.
        :raises AliasAmbiguous: several visits have this alias.
        """
        application = self.application
        state = application.view.current.use(name)
        if state is not None:
            return state, application.view.head.position
        position, row = await self._row(name)
        if not row.status:
            raise VisitWithdrawn(row.visit_id, codec.merged_into(row.state))
        state = whole_state(row)
        if position == application.view.head.position:
            application.view.current.keep(row.visit_id, state)
        return state, position

    async def visits(self, names: Sequence[str]) -> tuple[list[bytes], list[str], int]:
        """Those visits that there are, and the names of the others, in order."""
        ids = await self.ids(names)
        position, rows = await self._read_visits(list(set(ids.values())))
        states = {
            name: whole_state(rows[visit_id])
            for name, visit_id in ids.items()
            if rows[visit_id].status
        }
        missing = [name for name in names if name not in states]
        return [states[name] for name in names if name in states], missing, position

    async def ids(self, names: Sequence[str]) -> dict[str, str]:
        """The ids of those visits that there are, withdrawn ones too, by their ids or aliases."""
        application, reader = self.application, self.application.reader
        _, known = await application.read(reader.visits, list(set(names)))
        ids = {name: name for name in names if name in known}
        aliases = {name: name.casefold() for name in names if name not in known}
        if aliases:
            found = await application.read(reader.visits_with_alias, list(set(aliases.values())))
            for name, alias in aliases.items():
                if len(of_alias := found.get(alias, [])) == 1:
                    ids[name] = of_alias[0]
        return ids

    async def list_visits(self, query: VisitQuery, limit: int) -> tuple[Sequence[Any], int]:
        """Up to ``limit`` rows of the current-state table, and the position."""
        application = self.application
        position, rows = await application.read(application.reader.list_visits, query, limit)
        await application.view.see(position)
        return rows, position

    async def resolve(self, name: str) -> str:
        """The id of a visit, withdrawn or not, from its id or alias."""
        _, row = await self._row(name)
        return str(row.visit_id)

    async def changes_of(self, name: str) -> tuple[int, str, int]:
        """The position, the id of a visit from its id or alias, and how many changes it has."""
        position, row = await self._row(name)
        return position, row.visit_id, row.version

    async def _row(self, name: str) -> tuple[int, Any]:
        """The position, and the row of a visit, withdrawn or not, by its id or alias."""
        application, reader = self.application, self.application.reader
        position, rows = await self._read_visits([name])
        if not rows:
            alias = name.casefold()
            found = (await application.read(reader.visits_with_alias, [alias])).get(alias, [])
            if not found:
                raise VisitNotFound(name)
            if len(found) > 1:
                raise AliasAmbiguous(name, found)
            position, rows = await self._read_visits(found)
        (row,) = rows.values()
        return position, row

    async def _read_visits(self, visit_ids: Sequence[str]) -> tuple[int, dict[str, Any]]:
        """Rows of the current-state table, and the position, which the view has reached.

        What is committed may be read a moment before this process takes note of it.
        """
        application = self.application
        position, rows = await application.read(application.reader.visits, visit_ids)
        await application.view.see(position)
        return position, rows

    async def check_position(self, field: str, position: int) -> None:
        """Refuse a position that is negative or beyond the head.

        Where others record changes as well, this one may be behind: it waits a little.
        """
        if position < 0:
            raise InvalidValue.of(field, "must not be negative")
        application = self.application
        if position > application.view.head.position and application.database.is_shared:
            with suppress(TimeoutError):
                await asyncio.wait_for(application.view.reach(position), BEHIND_SECONDS)
        if position > self.application.view.head.position:
            raise PositionBeyondHead(field, position, self.application.view.head.position)

    async def frames(self, query: EventQuery, limit: int, size: int) -> AsyncIterator[bytes]:
        """The changes, joined up to ``size`` bytes. 0: no limit.

        Each frame is read while the one before is used.
        """
        remaining = limit or query.until
        parts: list[bytes] = []
        length = 0
        reading: asyncio.Future[EventFrame] | None = self._frame(query, remaining, size)
        try:
            while reading is not None:
                frame = await reading
                remaining -= frame.number
                query = replace(query, after=frame.position)
                has_more = frame.has_more and remaining
                reading = self._frame(query, remaining, size) if has_more else None
                if parts and length + len(frame.events) > size:
                    yield b"".join(parts)
                    parts, length = [], 0
                parts.append(frame.events)
                length += len(frame.events)
            if length:
                yield b"".join(parts)
        finally:
            if reading is not None:
                reading.cancel()

    def _frame(self, query: EventQuery, limit: int, size: int) -> "asyncio.Future[EventFrame]":
        application = self.application
        limit = min(limit, EVENTS)
        return asyncio.ensure_future(application.read(application.reader.frame, query, limit, size))

    async def page(self, query: EventQuery, limit: int, size: int = PAGE_BYTES) -> EventPage:
        """Up to ``limit`` changes, and up to ``size`` bytes if that is more than one."""
        application = self.application
        return await application.read(application.reader.events, query, limit, size)

    def watch(self, selection: Selection, after: int) -> AsyncIterator[Frame]:
        """The changes behind a position, and each that comes, until the server ends."""
        return watch(self.application.view.ring, self.page, selection, after)

    async def awaited(self, name: str) -> str:
        """The id of a visit that may not be there yet, from its id or alias.

        :raises InvalidValue: there is none, and none can come under that name.
        """
        try:
            return await self.resolve(name)
        except VisitNotFound:
            try:
                return str(an_id(name))
            except ValueError as error:
                text = f"is no visit's alias, and no visit can get this id: {error}"
                raise InvalidValue.of("visit", text) from None


def whole_state(row: Any) -> bytes:
    """The serialized Visit of a row of the current-state table."""
    tail = wire.visit_tail(
        row.effective_time, row.known_time, row.position, row.create_time, row.update_time
    )
    return bytes(row.state + tail)
