"""HistoryService: replay and follow. Stored bytes are copied into frames, not decoded."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

from chancery.v1 import error_pb2
from chancery.v1 import history_service_pb2 as messages
from domain.errors import InvalidValue, Refusal
from domain.times import LAST_INSTANT
from service import codec
from service.codec import wire
from service.limits import ANSWER_BYTES, FRAME_BYTES
from service.live.log_view import LogView
from service.live.ring import Selection
from service.live.watch import FrameKind
from service.queries.as_of import AsOfQueries
from service.queries.folding import Comparison
from service.queries.freshness import Freshness
from service.queries.history import HistoryQueries, See
from service.queries.moments import AsOf, Cutoff
from service.queries.visits import VisitQueries
from service.rpc import page_tokens, requests
from service.rpc.answers import ROOM_FOR_FLAGS, annotation, check_then, fitting, shown
from service.rpc.call import Call
from service.rpc.calls import Send
from service.rpc.errors import failure_of
from service.store.log.reader import EventQuery
from service.store.log.rows import EventRow

# Numbers of the fields of answers. All answers with events have them in the same field.
LIST_ANNOTATIONS = messages.ListEventsResponse.ANNOTATIONS_FIELD_NUMBER
LIST_TOKEN = messages.ListEventsResponse.NEXT_PAGE_TOKEN_FIELD_NUMBER
LIST_POSITION = messages.ListEventsResponse.VIEW_POSITION_FIELD_NUMBER
HEAD_POSITION = messages.ReadEventsResponse.HEAD_POSITION_FIELD_NUMBER
READ_ORIGIN = messages.ReadEventsResponse.LOG_ORIGIN_FIELD_NUMBER
MORE_EVENTS = messages.CompareVisitResponse.MORE_EVENTS_FIELD_NUMBER
BEFORE = messages.CompareVisitResponse.BEFORE_FIELD_NUMBER
BEFORE_MISSING = messages.CompareVisitResponse.BEFORE_MISSING_FIELD_NUMBER
AFTER = messages.CompareVisitResponse.AFTER_FIELD_NUMBER
AFTER_MISSING = messages.CompareVisitResponse.AFTER_MISSING_FIELD_NUMBER
FIELD_CHANGES = messages.CompareVisitResponse.FIELD_CHANGES_FIELD_NUMBER
MORE_FIELD_CHANGES = messages.CompareVisitResponse.MORE_FIELD_CHANGES_FIELD_NUMBER
COMPARED_POSITION = messages.CompareVisitResponse.VIEW_POSITION_FIELD_NUMBER

_Watch = messages.WatchEventsResponse
WATCH_POSITION = _Watch.POSITION_FIELD_NUMBER
WATCH_ORIGIN = _Watch.LOG_ORIGIN_FIELD_NUMBER
# The number of the field of each kind of frame.
WATCH_FIELDS = {
    FrameKind.EVENTS: _Watch.EVENTS_FIELD_NUMBER,
    FrameKind.CAUGHT_UP: _Watch.CAUGHT_UP_FIELD_NUMBER,
    FrameKind.FELL_BEHIND: _Watch.FELL_BEHIND_FIELD_NUMBER,
    FrameKind.PROGRESS: _Watch.PROGRESS_FIELD_NUMBER,
    FrameKind.CLOSING: _Watch.CLOSING_FIELD_NUMBER,
}


@dataclass(frozen=True)
class HistoryServicer:
    """Sends events as they are stored."""

    SERVICE: ClassVar = messages.DESCRIPTOR.services_by_name["HistoryService"]

    history: HistoryQueries
    visits: VisitQueries
    past: AsOfQueries
    freshness: Freshness
    log_view: LogView

    async def ListEvents(self, request: messages.ListEventsRequest, call: Call) -> bytes:
        """Changes page by page, the oldest or the newest first."""
        size = requests.page_size(request.page_size)
        as_of = requests.as_of(request)
        after = page_tokens.after(request, self.log_view.head.origin)
        topics = requests.topics(request.change_types)
        await self.freshness.reach(request.min_position, call)
        head = self.log_view.head.position
        query = EventQuery(
            after=head + 1 if request.backwards else 0,
            until=head,
            visit_id=await self._visit_id(request.visit),
            topics=topics,
            backwards=request.backwards,
        )
        rows: Sequence[EventRow]
        known_at = LAST_INSTANT
        if as_of is not None:
            cutoff = await self.past.cutoff(as_of)
            known_at = cutoff.known_at
            rows, last, position = await self._list_as_of(query, after, size, cutoff)
        else:
            if after is not None:
                query = replace(query, after=page_tokens.position(after))
            page = await self.history.page(query, size)
            last = page.rows[-1].position if page.has_more else None
            rows, position = page.rows, query.until
        parts = [shown(call, row.frame_prefix + row.body) for row in rows]
        positions = [row.position for row in rows]
        found = await self.history.annotations(positions, position, known_at)
        parts += [
            wire.bytes_field(LIST_ANNOTATIONS, annotation(at, each)) for at, each in found.items()
        ]
        if last is not None:
            token = page_tokens.token(request, last, self.log_view.head.origin)
            parts.append(wire.bytes_field(LIST_TOKEN, token.encode()))
        return b"".join(parts) + wire.number_field(LIST_POSITION, position)

    async def _list_as_of(
        self, query: EventQuery, after: Any, size: int, cutoff: Cutoff
    ) -> tuple[Sequence[EventRow], Any, int]:
        """Rows of changes, what the next page begins after, and the position.

        All pages are read at the position of the first one.
        """
        if after is not None:
            position, last_position = page_tokens.position_and_last(after, cutoff.position)
            cutoff = replace(cutoff, position=position)
            query = replace(query, after=page_tokens.position(last_position))
        if query.backwards:
            query = replace(query, after=min(query.after, cutoff.position + 1))
        query = replace(query, until=cutoff.position)
        rows, last = await self.past.events(query, size, cutoff)
        return rows, last and [cutoff.position, last], cutoff.position

    async def ReadEvents(
        self, request: messages.ReadEventsRequest, call: Call
    ) -> AsyncGenerator[bytes, None]:
        """Changes as a stream of frames, up to the present head."""
        if request.limit < 0:
            raise InvalidValue.of("limit", "must not be negative")
        topics = requests.topics(request.change_types)
        self.freshness.check_origin(requests.log_origin(request))
        await self.freshness.reach(request.min_position, call)
        await self.freshness.check_position("after_position", request.after_position)
        head = self.log_view.head
        after = request.after_position
        query = EventQuery(
            after=(after or head.position + 1) if request.backwards else after,
            until=head.position,
            visit_id=await self._visit_id(request.visit),
            topics=topics,
            backwards=request.backwards,
        )
        tail = wire.number_field(HEAD_POSITION, head.position)
        first_tail = tail + wire.string_field(READ_ORIGIN, head.origin)
        is_first = True
        size, see = FRAME_BYTES - len(first_tail), partial(shown, call)
        async for frame in self.history.frames(query, request.limit, size, see):
            yield frame + (first_tail if is_first else tail)
            is_first = False
        if is_first:
            yield first_tail

    async def WatchEvents(
        self, request: messages.WatchEventsRequest, call: Call, send: Send
    ) -> None:
        """Changes as a stream of frames, without end."""
        start = request.WhichOneof("start")
        if start is None:
            raise InvalidValue.of("start", "is required: after_position, beginning or now")
        topics = frozenset(requests.topics(request.change_types))
        self.freshness.check_origin(requests.log_origin(request))
        await self.freshness.reach(request.min_position, call)
        await self.freshness.check_position("after_position", request.after_position)
        visit_id = None
        if request.visit:
            visit_id = await self.visits.resolve_awaited(
                requests.visit_name(request.visit, "visit")
            )
        after, head = request.after_position, self.log_view.head
        if start == "now":
            after = head.position
        origin = wire.string_field(WATCH_ORIGIN, head.origin)

        async def send_with_origin(frame: bytes) -> None:
            """Send a frame, which readers may share, and with the first one the log's origin."""
            nonlocal origin
            first, origin = origin, b""
            await send(frame + first)

        selection = Selection(visit_id, topics, call.caller.role.sees_restricted)
        encode = partial(_watch_frame, partial(shown, call))
        await self.history.watch(selection, after, encode, send_with_origin)

    async def CompareVisit(self, request: messages.CompareVisitRequest, call: Call) -> bytes:
        """What differs in a visit between two moments."""
        name = requests.visit_name(request.name)
        one = requests.as_of(request, "before") or AsOf()
        other = requests.as_of(request, "after") or AsOf()
        await self.freshness.reach(request.min_position, call)
        before = await self.past.cutoff(one, "before")
        after = await self.past.cutoff(other, "after")
        position = self.log_view.head.position
        compared = await self.past.compare(name, before, after)
        see = partial(shown, call)
        return await self.past.reads.run(_comparison, compared, position, see)

    async def _visit_id(self, name: str) -> str | None:
        """The id of the visit whose events are wanted; None for all visits."""
        if not name:
            return None
        return await self.visits.resolve(requests.visit_name(name, "visit"))


def _watch_frame(see: See, kind: FrameKind, position: int, members: Sequence[bytes]) -> bytes:
    """The serialized WatchEventsResponse."""
    frame = wire.bytes_field(WATCH_FIELDS[kind], see(b"".join(members)))
    return frame + wire.number_field(WATCH_POSITION, position)


def _comparison(compared: Comparison, position: int, see: See) -> bytes:
    """The serialized CompareVisitResponse, joined from stored and encoded bytes.

    What is too much is left out: first of the changes, then of the fields.
    """
    states = [
        b"" if isinstance(state, Refusal) else state for state in (compared.before, compared.after)
    ]
    check_then("before", *states)
    tail = [wire.number_field(COMPARED_POSITION, position)]
    for number, missing, state in (
        (BEFORE, BEFORE_MISSING, compared.before),
        (AFTER, AFTER_MISSING, compared.after),
    ):
        if isinstance(state, Refusal):
            reason = error_pb2.ErrorReason.Value(f"ERROR_REASON_{failure_of(state, '').reason}")
            tail.append(wire.number_field(missing, reason))
        else:
            tail.append(wire.bytes_field(number, state))
    fields = [
        wire.bytes_field(FIELD_CHANGES, change.SerializeToString())
        for change in codec.differences(*states)
    ]
    events = [see(row.frame_prefix + row.body) for row in compared.changes]
    room = ANSWER_BYTES - sum(map(len, tail)) - ROOM_FOR_FLAGS
    fitting_fields = fitting(fields, room)
    fitting_events = fitting(events, room - sum(map(len, fitting_fields)))
    tail.append(wire.number_field(MORE_FIELD_CHANGES, int(len(fitting_fields) < len(fields))))
    tail.append(wire.number_field(MORE_EVENTS, int(len(fitting_events) < len(events))))
    return b"".join([*fitting_events, *fitting_fields, *tail])
