"""VisitService: what is the status."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chancery.v1 import visit_service_pb2 as messages
from domain.errors import InvalidValue
from service import wire
from service.as_of import AsOfQueries
from service.errors import InvalidPageToken
from service.queries import PAGE_BYTES, Queries, whole_state
from service.rpc import paging, requests
from service.rpc.calls import Call
from service.store.reader import LAST

BATCH_NAMES = 1000


@dataclass(frozen=True)
class VisitServicer:
    """Answers are joined from the serialized visits that are stored."""

    queries: Queries
    past: AsOfQueries

    async def GetVisit(self, request: messages.GetVisitRequest, call: Call) -> bytes:
        """One visit, now or as of another moment."""
        name, as_of = requests.visit_name(request.name), requests.as_of(request)
        await self.queries.fresh(request.min_position, call.seconds_left)
        if as_of is None:
            state, position = await self.queries.visit(name)
        else:
            moment = await self.past.moment(as_of)
            state, position = await self.past.visit(name, moment), moment.position
        return wire.bytes_field(1, state) + wire.number_field(2, position)

    async def BatchGetVisits(self, request: messages.BatchGetVisitsRequest, call: Call) -> bytes:
        """Several visits in one answer."""
        if not 1 <= len(request.names) <= BATCH_NAMES:
            raise InvalidValue.of("names", f"must be 1 to {BATCH_NAMES}")
        names = [requests.visit_name(name, f"names[{i}]") for i, name in enumerate(request.names)]
        as_of = requests.as_of(request)
        await self.queries.fresh(request.min_position, call.seconds_left)
        if as_of is None:
            found, missing, position = await self.queries.visits(names)
        else:
            moment = await self.past.moment(as_of)
            found, missing = await self.past.visits(names, moment)
            position = moment.position
        parts = [wire.bytes_field(1, state) for state in found]
        parts += [wire.bytes_field(2, f"visits/{name}".encode()) for name in missing]
        return b"".join(parts) + wire.number_field(3, position)

    async def ListVisits(self, request: messages.ListVisitsRequest, call: Call) -> bytes:
        """Visits page by page."""
        if request.HasField("as_of"):
            states, behind, position = await self._list_as_of(request, call)
        else:
            states, behind, position = await self._list_now(request, call)
        parts = [wire.bytes_field(1, state) for state in states]
        if behind is not None:
            parts.append(wire.bytes_field(2, paging.token(request, behind).encode()))
        return b"".join(parts) + wire.number_field(3, position)

    async def _list_now(
        self, request: messages.ListVisitsRequest, call: Call
    ) -> tuple[Sequence[bytes], Any, int]:
        """Visits as they stand, what the next page begins behind, and the position."""
        size = requests.page_size(request.page_size)
        query = requests.visit_query(request, self.queries.application.now())
        behind = paging.behind(request)
        if behind is not None:
            query = replace(query, behind=_sort_key(behind, query.order))
        await self.queries.fresh(request.min_position, call.seconds_left)
        rows, position = await self.queries.list_visits(query, size + 1)
        states: list[bytes] = []
        length = 0
        for row in rows[:size]:
            states.append(whole_state(row))
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
        """Visits as they stood, what the next page begins behind, and the position.

        All pages are of the position of the first one.
        """
        as_of = requests.as_of(request)
        assert as_of is not None
        size = requests.page_size(request.page_size)
        asked_about = as_of.valid_at or self.queries.application.now()
        query = requests.visit_query(request, asked_about)
        behind = paging.behind(request)
        await self.queries.fresh(request.min_position, call.seconds_left)
        moment = await self.past.moment(as_of)
        if behind is not None:
            position, last_id = paging.of_moment(behind, moment.position)
            moment = replace(moment, position=position)
            query = replace(query, behind=_sort_key([last_id, last_id], query.order))
        states, last = await self.past.list_visits(query, size, moment)
        return states, last and [moment.position, last], moment.position


def _sort_key(behind: Any, order: str) -> tuple[Any, str]:
    """The values of the last visit of the page before: of its order column, and its id."""
    if type(behind) is list and len(behind) == 2:
        value, visit_id = behind
        is_of_order = type(value) in _KEY_TYPES.get(order, (str,)) and type(visit_id) is str
        if is_of_order and (type(value) is not int or 0 <= value <= LAST):
            return value, visit_id
    raise InvalidPageToken("must be a next_page_token of this service")


_KEY_TYPES: dict[str, tuple[type, ...]] = {
    "update_time": (int,),
    "window_start": (str, type(None)),
}
