"""VisitService: what is the status."""

from dataclasses import dataclass, replace
from typing import Any

from chancery.v1 import visit_service_pb2 as messages
from domain.errors import InvalidValue
from service import wire
from service.errors import InvalidPageToken
from service.queries import Queries, whole_state
from service.rpc import paging, requests
from service.rpc.calls import Call
from service.store.reader import LAST

BATCH_NAMES = 1000
PAGE_BYTES = 1 << 20


@dataclass(frozen=True)
class VisitServicer:
    """Answers are joined from the serialized visits that are stored."""

    queries: Queries

    async def GetVisit(self, request: messages.GetVisitRequest, call: Call) -> bytes:
        """One visit, now or as of another moment."""
        name, as_of = requests.visit_name(request.name), requests.as_of(request)
        await self.queries.fresh(request.min_position, call.seconds_left)
        state, position = await self.queries.visit(name, as_of)
        return wire.bytes_field(1, state) + wire.number_field(2, position)

    async def BatchGetVisits(self, request: messages.BatchGetVisitsRequest, call: Call) -> bytes:
        """Several visits in one answer."""
        requests.refuse_as_of(request)
        if not 1 <= len(request.names) <= BATCH_NAMES:
            raise InvalidValue.of("names", f"must be 1 to {BATCH_NAMES}")
        names = [requests.visit_name(name, f"names[{i}]") for i, name in enumerate(request.names)]
        await self.queries.fresh(request.min_position, call.seconds_left)
        found, missing, position = await self.queries.visits(names)
        parts = [wire.bytes_field(1, state) for state in found]
        parts += [wire.bytes_field(2, f"visits/{name}".encode()) for name in missing]
        return b"".join(parts) + wire.number_field(3, position)

    async def ListVisits(self, request: messages.ListVisitsRequest, call: Call) -> bytes:
        """Visits page by page."""
        requests.refuse_as_of(request)
        size = requests.page_size(request.page_size)
        query = requests.visit_query(request, self.queries.application.now())
        behind = paging.behind(request)
        if behind is not None:
            query = replace(query, behind=_sort_key(behind, query.order))
        await self.queries.fresh(request.min_position, call.seconds_left)
        rows, position = await self.queries.list_visits(query, size + 1)
        parts, length = [], 0
        for row in rows[:size]:
            parts.append(wire.bytes_field(1, whole_state(row)))
            length += len(parts[-1])
            if length > PAGE_BYTES:
                break
        if len(parts) < len(rows):
            last = rows[len(parts) - 1]
            token = paging.token(request, [getattr(last, query.order), last.visit_id])
            parts.append(wire.bytes_field(2, token.encode()))
        return b"".join(parts) + wire.number_field(3, position)


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
