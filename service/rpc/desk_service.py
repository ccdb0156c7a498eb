"""DeskService at the edge: requests are passed on to the core as they are."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from chancery.v1 import desk_service_pb2 as messages
from service.link.edge import CoreLink
from service.link.frames import Answer
from service.live.log_view import LogView
from service.rpc.calls import Call
from service.rpc.errors import Failed, code_of


@dataclass(frozen=True)
class DeskServicer:
    """Records changes, each as its event will carry it; see ``recording`` for what follows.

    An answer leaves once the view is at what the core had told before: who reads next on this
    edge finds the change.
    """

    SERVICE: ClassVar = messages.DESCRIPTOR.services_by_name["DeskService"]

    core: CoreLink
    log_view: LogView

    def handler(self, method: str) -> Callable[..., Any]:
        """What serves the calls of a method."""
        return self._import if method == "ImportChanges" else partial(self._record, method)

    async def _record(self, method: str, request: bytes, call: Call) -> bytes:
        answer = await self.core.ask(method, request, call.actor, call.id)
        call.request_id = answer.request_id or call.id
        await self.log_view.settle()
        return _body(answer)

    def _import(self, call: Call) -> Callable[[bytes], Awaitable[bytes]]:
        first = 0

        async def answer(request: bytes) -> bytes:
            nonlocal first
            found = await self.core.ask(
                "ImportChanges", request, call.actor, call.id, first=first, waits=True
            )
            first += found.changes
            await self.log_view.settle()
            return _body(found)

        return answer


def _body(answer: Answer) -> bytes:
    """The serialized response.

    :raises Failed: the answer is a failure.
    """
    if answer.code:
        raise Failed(code_of(answer.code), answer.message, answer.body)
    return answer.body


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
