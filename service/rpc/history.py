"""HistoryService: replay. Stored bytes are copied into frames, not decoded."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from chancery.v1 import history_service_pb2 as messages
from domain.errors import InvalidValue
from service import wire
from service.errors import InvalidPageToken
from service.queries import Queries
from service.rpc import paging, requests
from service.rpc.calls import Call
from service.store.reader import LAST, EventQuery

# A change has at most 1,000,000 bytes, so there is always room for one in a frame.
FRAME_BYTES = 1 << 20


@dataclass(frozen=True)
class HistoryServicer:
    """Events leave as they are stored."""

    queries: Queries

    async def ListEvents(self, request: messages.ListEventsRequest, call: Call) -> bytes:
        """Changes page by page, the oldest first."""
        requests.refuse_as_of(request)
        size = requests.page_size(request.page_size)
        after = _after(paging.behind(request))
        await self.queries.fresh(request.min_position, call.seconds_left)
        head = self.queries.application.head.position
        query = EventQuery(
            after=after,
            until=head,
            visit_id=await self._visit_id(request.visit),
            topics=requests.topics(request.change_types),
        )
        rows = await self.queries.page(query, size + 1)
        parts: list[bytes] = []
        length = 0
        for row in rows[:size]:
            length += len(row.frame_prefix) + len(row.body)
            if length > FRAME_BYTES and parts:
                break
            parts.append(row.frame_prefix + row.body)
        if len(parts) < len(rows):
            token = paging.token(request, rows[len(parts) - 1].position)
            parts.append(wire.bytes_field(2, token.encode()))
        return b"".join(parts) + wire.number_field(3, head)

    async def ReadEvents(
        self, request: messages.ReadEventsRequest, call: Call
    ) -> AsyncIterator[bytes]:
        """Changes as a stream of frames, up to the head as it is now."""
        if request.limit < 0:
            raise InvalidValue.of("limit", "must not be negative")
        await self.queries.fresh(request.min_position, call.seconds_left)
        self.queries.check_position("after_position", request.after_position)
        head = self.queries.application.head.position
        after = request.after_position
        query = EventQuery(
            after=(after or head + 1) if request.backwards else after,
            until=head,
            visit_id=await self._visit_id(request.visit),
            topics=requests.topics(request.change_types),
            backwards=request.backwards,
        )
        tail = wire.number_field(2, head)
        is_first = True
        async for frame in self._frames(query, request.limit, FRAME_BYTES - len(tail)):
            is_first = False
            yield frame + tail
        if is_first:
            yield tail

    async def _frames(self, query: EventQuery, limit: int, size: int) -> AsyncIterator[bytes]:
        """The events, joined up to ``size`` bytes."""
        parts: list[bytes] = []
        length = 0
        async for rows in self.queries.events(query, limit):
            for row in rows:
                added = len(row.frame_prefix) + len(row.body)
                if parts and length + added > size:
                    yield b"".join(parts)
                    parts, length = [], 0
                parts += (row.frame_prefix, row.body)
                length += added
        if parts:
            yield b"".join(parts)

    async def _visit_id(self, name: str) -> str | None:
        """The id of the visit whose events are asked for; None for all."""
        if not name:
            return None
        return await self.queries.resolve(requests.visit_name(name, "visit"))


def _after(behind: object) -> int:
    if behind is None:
        return 0
    if type(behind) is not int or not 0 <= behind <= LAST:
        raise InvalidPageToken("must be a next_page_token of this service")
    return behind
