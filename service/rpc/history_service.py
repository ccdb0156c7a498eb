"""HistoryService: replay and follow. Stored bytes are copied into frames, not decoded."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from chancery.v1 import error_pb2
from chancery.v1 import history_service_pb2 as messages
from domain.errors import InvalidValue, Refusal
from service import codec
from service.codec import wire
from service.limits import FRAME_BYTES, PAGE_BYTES
from service.live.ring import Selection
from service.live.watch import Frame, Kind
from service.queries.as_of import AsOf, AsOfQueries, Comparison, Cutoff
from service.queries.freshness import Freshness
from service.queries.history import HistoryQueries
from service.queries.visits import VisitQueries
from service.rpc import page_tokens, requests
from service.rpc.calls import Call
from service.rpc.errors import failure_of
from service.store.log.reader import EventQuery

_Watched = messages.WatchEventsResponse
# Of each kind of frame of a watch: the number of its field, and of the position in it.
WATCH_FIELDS = {
    Kind.EVENTS: (_Watched.EVENTS_FIELD_NUMBER, _Watched.Events.POSITION_FIELD_NUMBER),
    Kind.CAUGHT_UP: (_Watched.CAUGHT_UP_FIELD_NUMBER, _Watched.CaughtUp.POSITION_FIELD_NUMBER),
    Kind.FELL_BEHIND: (
        _Watched.FELL_BEHIND_FIELD_NUMBER,
        _Watched.FellBehind.POSITION_FIELD_NUMBER,
    ),
    Kind.PROGRESS: (_Watched.PROGRESS_FIELD_NUMBER, _Watched.Progress.POSITION_FIELD_NUMBER),
    Kind.CLOSING: (_Watched.CLOSING_FIELD_NUMBER, _Watched.Closing.POSITION_FIELD_NUMBER),
}


@dataclass(frozen=True)
class HistoryServicer:
    """Events leave as they are stored."""

    SERVICE: ClassVar = messages.DESCRIPTOR.services_by_name["HistoryService"]

    history: HistoryQueries
    visits: VisitQueries
    past: AsOfQueries
    freshness: Freshness

    async def ListEvents(self, request: messages.ListEventsRequest, call: Call) -> bytes:
        """Changes page by page, the oldest first."""
        size = requests.page_size(request.page_size)
        as_of, behind = requests.as_of(request), page_tokens.behind(request)
        await self.freshness.reach(request.min_position, call.seconds_left)
        query = EventQuery(
            after=0,
            until=self.history.log_view.head.position,
            visit_id=await self._visit_id(request.visit),
            topics=requests.topics(request.change_types),
        )
        if as_of is not None:
            cutoff = await self.past.cutoff(as_of)
            rows, token, position = await self._list_as_of(query, behind, size, cutoff)
        else:
            if behind is not None:
                query = replace(query, after=page_tokens.position(behind))
            page = await self.history.page(query, size)
            token = page.rows[-1].position if page.has_more else None
            rows, position = page.rows, query.until
        parts = [row.frame_prefix + row.body for row in rows]
        if token is not None:
            parts.append(wire.bytes_field(2, page_tokens.token(request, token).encode()))
        return b"".join(parts) + wire.number_field(3, position)

    async def _list_as_of(
        self, query: EventQuery, behind: Any, size: int, cutoff: Cutoff
    ) -> tuple[Sequence[Any], Any, int]:
        """Rows of changes, what the next page begins behind, and the position.

        All pages are of the position of the first one.
        """
        if behind is not None:
            position, after = page_tokens.of_moment(behind, cutoff.position)
            cutoff = replace(cutoff, position=position)
            query = replace(query, after=page_tokens.position(after))
        query = replace(query, until=cutoff.position)
        rows, last = await self.past.events(query, size, cutoff)
        return rows, last and [cutoff.position, last], cutoff.position

    async def ReadEvents(
        self, request: messages.ReadEventsRequest, call: Call
    ) -> AsyncGenerator[bytes, None]:
        """Changes as a stream of frames, up to the head as it is now."""
        if request.limit < 0:
            raise InvalidValue.of("limit", "must not be negative")
        await self.freshness.reach(request.min_position, call.seconds_left)
        await self.freshness.check_position("after_position", request.after_position)
        head = self.history.log_view.head.position
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
        async for frame in self.history.frames(query, request.limit, FRAME_BYTES - len(tail)):
            is_first = False
            yield frame + tail
        if is_first:
            yield tail

    async def WatchEvents(
        self, request: messages.WatchEventsRequest, call: Call
    ) -> AsyncGenerator[bytes, None]:
        """Changes as a stream of frames, without end."""
        start = request.WhichOneof("start")
        if start is None:
            raise InvalidValue.of("start", "is required: after_position, beginning or now")
        topics = frozenset(requests.topics(request.change_types))
        await self.freshness.reach(request.min_position, call.seconds_left)
        await self.freshness.check_position("after_position", request.after_position)
        visit_id = None
        if request.visit:
            visit_id = await self.visits.resolve_awaited(
                requests.visit_name(request.visit, "visit")
            )
        after = request.after_position
        if start == "now":
            after = self.history.log_view.head.position
        async for frame in self.history.watch(Selection(visit_id, topics), after):
            yield _watch_frame(frame)

    async def CompareVisit(self, request: messages.CompareVisitRequest, call: Call) -> bytes:
        """What differs in a visit between two moments."""
        name = requests.visit_name(request.name)
        as_of = requests.as_of(request, "before")
        if as_of is None:
            raise InvalidValue.of("before", "is required; an empty message is now")
        other = requests.as_of(request, "after") or AsOf()
        await self.freshness.reach(request.min_position, call.seconds_left)
        before = await self.past.cutoff(as_of, "before")
        after = await self.past.cutoff(other, "after")
        position = self.history.log_view.head.position
        return _comparison(await self.past.compare(name, before, after), position)

    async def _visit_id(self, name: str) -> str | None:
        """The id of the visit whose events are asked for; None for all."""
        if not name:
            return None
        return await self.visits.resolve(requests.visit_name(name, "visit"))


def _watch_frame(frame: Frame) -> bytes:
    """The serialized WatchEventsResponse."""
    number, position_number = WATCH_FIELDS[frame.kind]
    position = wire.number_field(position_number, frame.position)
    return wire.bytes_field(number, b"".join((*frame.members, position)))


def _comparison(compared: Comparison, position: int) -> bytes:
    """The serialized CompareVisitResponse; its fields of bytes are joined as they are."""
    parts: list[bytes] = []
    size = PAGE_BYTES
    for row in compared.changes:
        size -= len(row.frame_prefix) + len(row.body)
        if size < 0 and parts:
            break
        parts.append(row.frame_prefix + row.body)
    parts.append(wire.number_field(2, int(len(parts) < len(compared.changes))))
    states = []
    for number, state in ((3, compared.before), (5, compared.after)):
        if isinstance(state, Refusal):
            reason = error_pb2.ErrorReason.Value(f"ERROR_REASON_{failure_of(state, '').reason}")
            parts.append(wire.number_field(number + 1, reason))
        else:
            parts.append(wire.bytes_field(number, state))
        states.append(b"" if isinstance(state, Refusal) else state)
    parts += [
        wire.bytes_field(7, change.SerializeToString()) for change in codec.differences(*states)
    ]
    return b"".join(parts) + wire.number_field(8, position)
