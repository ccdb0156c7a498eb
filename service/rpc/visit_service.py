"""VisitService: the status of visits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from chancery.v1 import visit_service_pb2 as messages
from domain.errors import InvalidValue
from domain.standing import Standing
from domain.status import Status
from service import codec
from service.codec import wire
from service.errors import InvalidPageToken, TooLarge
from service.limits import ANSWER_BYTES, BATCH_NAMES, PAGE_BYTES
from service.live.log_view import LogView
from service.queries.as_of import AsOfQueries
from service.queries.counts import Group
from service.queries.freshness import Freshness
from service.queries.visits import VisitQueries, listed
from service.rpc import page_tokens, requests
from service.rpc.answers import ROOM_FOR_FLAGS, check_then, fitting
from service.rpc.call import Call
from service.store.log.reader import HIGHEST

# Numbers of the fields of answers.
VISIT = messages.GetVisitResponse.VISIT_FIELD_NUMBER
POSITION = messages.GetVisitResponse.VIEW_POSITION_FIELD_NUMBER
BATCH_VISITS = messages.BatchGetVisitsResponse.VISITS_FIELD_NUMBER
BATCH_MISSING = messages.BatchGetVisitsResponse.MISSING_FIELD_NUMBER
BATCH_REMAINING = messages.BatchGetVisitsResponse.REMAINING_FIELD_NUMBER
BATCH_POSITION = messages.BatchGetVisitsResponse.VIEW_POSITION_FIELD_NUMBER
LIST_VISITS = messages.ListVisitsResponse.VISITS_FIELD_NUMBER
LIST_TOKEN = messages.ListVisitsResponse.NEXT_PAGE_TOKEN_FIELD_NUMBER
LIST_POSITION = messages.ListVisitsResponse.VIEW_POSITION_FIELD_NUMBER

# How the values of some facets are named in the contract.
VALUE_NAMES: dict[str, Callable[[str], str]] = {
    "status": lambda value: codec.status_name(Status(value)),
    "standing": lambda value: codec.standing_name(Standing(value)),
}
# The types of the values by which visits are ordered. Ids are strings.
KEY_TYPES: dict[str, tuple[type, ...]] = {
    "update_time": (int,),
    "last_heard_time": (int,),
    "window_start": (str, type(None)),
    "held_start": (str, type(None)),
}


@dataclass(frozen=True)
class VisitServicer:
    """Joins answers from the serialized visits that are stored."""

    SERVICE: ClassVar = messages.DESCRIPTOR.services_by_name["VisitService"]

    visits: VisitQueries
    past: AsOfQueries
    freshness: Freshness
    log_view: LogView

    async def GetVisit(self, request: messages.GetVisitRequest, call: Call) -> bytes:
        """One visit, now or as of another moment."""
        name, as_of = requests.visit_name(request.name), requests.other_moment(request)
        await self.freshness.reach(request.min_position, call)
        if as_of is None:
            state, position = await self.visits.visit(name)
        else:
            cutoff = await self.past.cutoff(as_of)
            state, position = await self.past.visit(name, cutoff), cutoff.position
            check_then("as_of", state)
        return wire.bytes_field(VISIT, state) + wire.number_field(POSITION, position)

    async def BatchGetVisits(self, request: messages.BatchGetVisitsRequest, call: Call) -> bytes:
        """Several visits in one answer."""
        if not 1 <= len(request.names) <= BATCH_NAMES:
            raise InvalidValue.of("names", f"must be 1 to {BATCH_NAMES}")
        names = [requests.visit_name(name, f"names[{i}]") for i, name in enumerate(request.names)]
        as_of = requests.other_moment(request)
        await self.freshness.reach(request.min_position, call)
        if as_of is None:
            found, missing, position = await self.visits.visits(names)
        else:
            cutoff = await self.past.cutoff(as_of)
            found, missing = await self.past.visits(names, cutoff)
            position = cutoff.position
        gone = [wire.bytes_field(BATCH_MISSING, f"visits/{name}".encode()) for name in missing]
        absent = set(missing)
        there = [name for name in names if name not in absent]
        left = [wire.bytes_field(BATCH_REMAINING, f"visits/{name}".encode()) for name in there]
        visits = [wire.bytes_field(BATCH_VISITS, state) for state in found]
        room = ANSWER_BYTES - sum(map(len, gone)) - sum(map(len, left)) - ROOM_FOR_FLAGS
        fits = fitting(visits, room)
        if visits and not fits:
            raise TooLarge.by("as_of", f"{there[0]} as it was then", len(visits[0]), room)
        end = wire.number_field(BATCH_POSITION, position)
        return b"".join([*fits, *gone, *left[len(fits) :], end])

    async def ListVisits(self, request: messages.ListVisitsRequest, call: Call) -> bytes:
        """Visits page by page."""
        if request.HasField("as_of"):
            states, last, position = await self._list_as_of(request, call)
            check_then("as_of", *states)
        else:
            states, last, position = await self._list_now(request, call)
        parts = [wire.bytes_field(LIST_VISITS, state) for state in states]
        if last is not None:
            token = page_tokens.token(request, last, self.log_view.head.origin)
            parts.append(wire.bytes_field(LIST_TOKEN, token.encode()))
        return b"".join(parts) + wire.number_field(LIST_POSITION, position)

    async def CountVisits(self, request: messages.CountVisitsRequest, call: Call) -> bytes:
        """How many visits meet a filter, in all and group by group."""
        by = requests.count_by(request.count_by)
        as_of = requests.as_of(request)
        now = self.log_view.now() if as_of is None else as_of.valid_at or self.log_view.now()
        query = requests.visit_query(request, now)
        await self.freshness.reach(request.min_position, call)
        if as_of is None:
            counts, position = await self.visits.count(query, by)
        else:
            cutoff = await self.past.cutoff(as_of)
            counts, position = await self.past.count(query, by, cutoff), cutoff.position
        return messages.CountVisitsResponse(
            visit_count=counts.total.number,
            more=counts.total.more,
            groups=map(_group, request.count_by, by, counts.groups),
            view_position=position,
        ).SerializeToString()

    async def _list_now(
        self, request: messages.ListVisitsRequest, call: Call
    ) -> tuple[Sequence[bytes], Any, int]:
        """Visits as they are now, what the next page begins after, and the position."""
        size = requests.page_size(request.page_size)
        query = requests.listed_query(request, self.log_view.now())
        after = page_tokens.after(request, self.log_view.head.origin)
        if after is not None:
            query = replace(query, after=_sort_key(after, query.order))
        await self.freshness.reach(request.min_position, call)
        rows, position = await self.visits.list_visits(query, size + 1)
        states: list[bytes] = []
        length = 0
        for row in rows[:size]:
            states.append(listed(row))
            length += len(states[-1])
            if length > PAGE_BYTES:
                break
        if len(states) == len(rows):
            return states, None, position
        last = rows[len(states) - 1]
        return states, [getattr(last, query.order), last.visit_id], position

    async def _list_as_of(
        self, request: messages.ListVisitsRequest, call: Call
    ) -> tuple[Sequence[bytes], Any, int]:
        """Visits as they were then, what the next page begins after, and the position.

        All pages are read at the position of the first one.
        """
        as_of = requests.as_of(request)
        assert as_of is not None
        size = requests.page_size(request.page_size)
        asked_about = as_of.valid_at or self.log_view.now()
        query = requests.listed_query(request, asked_about)
        after = page_tokens.after(request, self.log_view.head.origin)
        await self.freshness.reach(request.min_position, call)
        cutoff = await self.past.cutoff(as_of)
        if after is not None:
            position, last_id = page_tokens.position_and_last(after, cutoff.position)
            cutoff = replace(cutoff, position=position)
            query = replace(query, after=_sort_key([last_id, last_id], query.order))
        states, last = await self.past.list_visits(query, size, cutoff)
        return states, last and [cutoff.position, last], cutoff.position


def _group(number: int, facet: str, group: Group) -> messages.CountGroup:
    """The serialized counts of one facet."""
    named = VALUE_NAMES.get(facet, str)
    return messages.CountGroup(
        count_by=messages.CountBy.ValueType(number),
        counts=[
            messages.ValueCount(value=named(value), visit_count=counted.number, more=counted.more)
            for value, counted in group.values
        ],
        more_values=group.more,
    )


def _sort_key(after: Any, order: str) -> tuple[Any, str]:
    """The order column and the id of the last visit of the page before."""
    if type(after) is list and len(after) == 2:
        value, visit_id = after
        is_of_order = type(value) in KEY_TYPES.get(order, (str,)) and type(visit_id) is str
        if is_of_order and (type(value) is not int or -HIGHEST <= value <= HIGHEST):
            return value, visit_id
    raise InvalidPageToken(page_tokens.FOREIGN)
