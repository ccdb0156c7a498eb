"""DeskService at the edge: requests are passed on to the core as they are."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import grpc

from chancery.v1 import desk_service_pb2 as messages
from domain.errors import VisitNotFound, VisitWithdrawn
from service.codec import wire
from service.limits import ANSWER_BYTES, CHANGE_SHARE, CHANGES_AT_CORE, LARGE_AT_CORE, SLOW_BYTES
from service.link.edge import CoreLink
from service.link.frames import Answer
from service.live.log_view import LogView
from service.live.turns import Turns
from service.queries.visits import VisitQueries
from service.rpc.call import Call
from service.rpc.errors import VISIT_NOT_FOUND, VISIT_WITHDRAWN, Failed, code_of, missing_visit

NOT_FOUND = grpc.StatusCode.NOT_FOUND.value[0]

IMPORT_ORIGIN = messages.ImportChangesResponse.LOG_ORIGIN_FIELD_NUMBER


@dataclass(frozen=True)
class DeskServicer:
    """Records changes, each as its event will carry it; see ``recording`` for what follows.

    Callers take turns, so that one with many changes waits behind itself. An answer leaves once
    the view is at what the core had told before: who reads next on this edge finds the change.
    """

    SERVICE: ClassVar = messages.DESCRIPTOR.services_by_name["DeskService"]

    core: CoreLink
    log_view: LogView
    visits: VisitQueries
    small: Turns = field(default_factory=lambda: Turns(CHANGES_AT_CORE, CHANGE_SHARE))
    large: Turns = field(default_factory=lambda: Turns(LARGE_AT_CORE, 1))

    def handler(self, method: str) -> Callable[..., Any]:
        """What serves the calls of a method."""
        return self._import if method == "ImportChanges" else partial(self._record, method)

    async def _record(self, method: str, request: bytes, call: Call) -> bytes:
        answer = await self._ask(method, request, call)
        call.request_id = answer.request_id or call.id
        await self.log_view.settle()
        if answer.code == NOT_FOUND:
            await self._tell_which_is_meant(answer)
        return _body(answer)

    async def _ask(self, method: str, request: bytes, call: Call, **more: Any) -> Answer:
        """Ask the core, when it is this caller's turn."""
        turns = self.large if len(request) > SLOW_BYTES else self.small
        await turns.take(call.party)
        call.may_give_way = False  # from here on it may be recorded
        try:
            return await self.core.ask(
                method, request, call.caller.name, call.id, sharer=call.party.sharer, **more
            )
        finally:
            turns.leave(call.party)

    async def _tell_which_is_meant(self, answer: Answer) -> None:
        """Add to a refusal which visits may be meant. The core has no time to look for them.

        :raises VisitNotFound: a change is of a visit that does not exist.
        :raises VisitWithdrawn: it is of one that was merged into another.
        """
        reason, visit_id, path = missing_visit(answer.body)
        error: VisitNotFound | None = None
        if reason == VISIT_NOT_FOUND and (nearest := await self.visits.nearest(visit_id)):
            error = VisitNotFound(visit_id, nearest)
        elif reason == VISIT_WITHDRAWN:
            with suppress(VisitNotFound):  # only this call, of which nothing is recorded, opens it
                _, row = await self.visits.find(visit_id)
                if stays := await self.visits.stays(row):
                    error = VisitWithdrawn(visit_id, stays)
        if error is not None:
            error.path = path
            raise error

    def _import(self, call: Call) -> Callable[[bytes], Awaitable[Sequence[bytes]]]:
        first = 0
        origin = wire.string_field(IMPORT_ORIGIN, self.log_view.head.origin)

        async def answer(request: bytes) -> Sequence[bytes]:
            nonlocal first, origin
            found = await self._ask("ImportChanges", request, call, first=first, waits=True)
            first += found.changes
            await self.log_view.settle()
            results = list(wire.split(_body(found), ANSWER_BYTES - len(origin)))
            results[0] += origin
            origin = b""
            return results

        return answer


def _body(answer: Answer) -> bytes:
    """The serialized response.

    :raises Failed: the answer is a failure.
    """
    if answer.code:
        raise Failed(code_of(answer.code), answer.message, answer.body)
    return answer.body


async def ask_for_checkpoint(core: CoreLink, size: int) -> str:
    """The signed checkpoint of a size, or of the log as it is now if that is 0.

    :raises Failed: the core cannot sign it.
    """
    return _body(await core.checkpoint(size)).decode()


async def reach_end(core: CoreLink, log_view: LogView) -> None:
    """Wait until every change that can have a record time up to now is known.

    :raises Failed: the core cannot tell.
    """
    now = log_view.now_microseconds()
    end = await core.end()
    if isinstance(end, Answer):
        _body(end)
        return
    if end.record_time <= now:  # the clock of the database is slow
        await asyncio.sleep((now - end.record_time + 1) / 1e6)
    await log_view.see(end.size)
