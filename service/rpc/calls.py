"""What every call has in common: parsing, bounds, errors, and one log line.

Requests arrive as bytes and are parsed here: gRPC would answer a malformed one with INTERNAL.
Those without a type are passed on as they are, and parsed by the core.
Answers leave as bytes, since most are joined from stored ones.
"""

import asyncio
import itertools
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, NoReturn

import grpc
import structlog
from google.protobuf.message import Message

from service.access.caller import ANYBODY, Role
from service.errors import Draining, MethodNotServed, TooManyCalls
from service.rpc.access import Doors
from service.rpc.errors import Failed, failure_of
from service.rpc.parse import parse, parsed

logger = structlog.get_logger()

ServicerContext = grpc.aio.ServicerContext

_numbers = itertools.count(1)


@cache
def _process() -> str:
    """An id that no other process has."""
    return str(uuid.uuid4())


class Call:
    """A call that is being served.

    ``id`` is one that no other call has, and ``request_id`` the one that the client gave its
    change, or else that of the call. ``code`` is the status code that the call ended with.
    ``caller`` is nobody in particular until the call is admitted.
    """

    __slots__ = ("began", "caller", "code", "context", "id", "method", "request_id")

    def __init__(self, method: str, context: "ServicerContext[Any, Any]") -> None:
        self.method = method
        self.context = context
        self.began = time.perf_counter()
        self.id = self.request_id = f"{_process()}-{next(_numbers)}"
        self.caller = ANYBODY
        self.code = "CANCELLED"

    def seconds_left(self) -> float | None:
        """Seconds until the client's deadline; None if it set none."""
        return self.context.time_remaining()


Roles = frozenset[Role]
# Whoever has any role may read.
ANY_ROLE = frozenset({Role.READER})

Unary = Callable[[Any, Call], Awaitable[bytes]]
Stream = Callable[[Any, Call], AsyncGenerator[bytes, None]]
Send = Callable[[bytes], Awaitable[None]]
Watch = Callable[[Any, Call, Send], Awaitable[None]]
# Makes, for a call, the function that answers each of its requests, with one or more messages.
Exchange = Callable[[Call], Callable[[Any], Awaitable[Sequence[bytes]]]]


@dataclass
class Quota:
    """How many calls may be served at the same time, and how many are."""

    subject: str
    limit: int
    taken: int = 0


class Calls:
    """Serves the calls of one server, up to a number at a time. Watches are counted apart.

    Of each method it is said who may call it: whoever has one of some roles, or everybody if there
    are none. Who may not is refused before the request is looked at.
    """

    def __init__(self, max_calls: int, max_watches: int, doors: Doors) -> None:
        self.draining = asyncio.Event()
        self._doors = doors
        self._calls = Quota("calls", max_calls)
        self._watches = Quota("watches", max_watches)

    def unary(
        self, method: str, roles: Roles, request_type: type[Message] | None, serve: Unary
    ) -> Any:
        """A handler for calls with one answer."""

        async def handle(raw: bytes, context: "ServicerContext[Any, Any]") -> bytes:
            call = Call(method, context)
            try:
                self._begin(call, roles, self._calls)
                try:
                    answer = await serve(parsed(request_type, raw), call)
                finally:
                    self._calls.taken -= 1
                call.code = "OK"
                return answer
            except Exception as error:
                await _fail(error, call)
            finally:
                _log(call)

        return grpc.unary_unary_rpc_method_handler(handle)

    def stream(self, method: str, roles: Roles, request_type: type[Message], serve: Stream) -> Any:
        """A handler for calls with many answers. It cuts them off when the server drains."""

        async def sent(raw: bytes, call: Call) -> None:
            async with aclosing(serve(parse(request_type, raw), call)) as frames:
                async for frame in frames:
                    await _send(call.context, frame)
                    if self.draining.is_set():
                        raise Draining

        async def handle(raw: bytes, context: "ServicerContext[Any, Any]") -> None:
            call = Call(method, context)
            await self._serve(call, roles, self._calls, lambda: sent(raw, call))

        return grpc.unary_stream_rpc_method_handler(handle)

    def watch(self, method: str, roles: Roles, request_type: type[Message], serve: Watch) -> Any:
        """A handler for endless calls, which end by themselves when the server drains."""

        async def handle(raw: bytes, context: "ServicerContext[Any, Any]") -> None:
            call = Call(method, context)
            send = partial(_send, context)
            await self._serve(
                call, roles, self._watches, lambda: serve(parse(request_type, raw), call, send)
            )

        return grpc.unary_stream_rpc_method_handler(handle)

    def exchange(
        self, method: str, roles: Roles, request_type: type[Message] | None, serve: Exchange
    ) -> Any:
        """A handler for calls with many requests. It answers each before it reads the next.

        It cuts calls off when the server drains.
        """

        async def exchanged(call: Call) -> None:
            answer = serve(call)
            while (raw := await call.context.read()) is not grpc.aio.EOF:
                for message in await answer(parsed(request_type, raw)):
                    await _send(call.context, message)
                if self.draining.is_set():
                    raise Draining

        async def handle(_requests: object, context: "ServicerContext[Any, Any]") -> None:
            call = Call(method, context)
            await self._serve(call, roles, self._calls, lambda: exchanged(call))

        return grpc.stream_stream_rpc_method_handler(handle)

    def refusal(self, method: str) -> Any:
        """A handler for calls of a method that the server does not have, whatever they send."""

        async def refuse() -> None:
            raise MethodNotServed(method)

        async def handle(_requests: object, context: "ServicerContext[Any, Any]") -> None:
            await self._serve(Call(method, context), ANY_ROLE, self._calls, refuse)

        return grpc.stream_stream_rpc_method_handler(handle)

    async def check_reader(self, context: "ServicerContext[Any, Any]") -> None:
        """End a call that is served elsewhere, unless its caller has a role."""
        try:
            self._doors.admit(context, ANY_ROLE)
        except Exception as error:
            await _fail(error, Call("", context))

    async def _serve(
        self, call: Call, roles: Roles, quota: Quota, work: Callable[[], Awaitable[None]]
    ) -> None:
        """Do the work of a call with many messages, as ``unary`` does that of one.

        It may last, and ends as soon as its caller would not be admitted any more.
        """
        try:
            self._begin(call, roles, quota)
            try:
                async with self._doors.while_admitted(call.caller):
                    await work()
            finally:
                quota.taken -= 1
            call.code = "OK"
        except Exception as error:
            await _fail(error, call)
        finally:
            _log(call)

    def _begin(self, call: Call, roles: Roles, quota: Quota) -> None:
        """Begin to serve a call. Raises as well what ``Doors.admit`` does.

        :raises Draining: the server is shutting down.
        :raises TooManyCalls: it serves too many already.
        """
        if self.draining.is_set():
            raise Draining
        call.caller = self._doors.admit(call.context, roles)
        if quota.taken >= quota.limit:
            raise TooManyCalls(quota.subject, quota.limit)
        quota.taken += 1


def _log(call: Call) -> None:
    """Write the log line of a call that ended."""
    logger.info(
        "call",
        method=call.method,
        code=call.code,
        actor=call.caller.name,
        request_id=call.request_id,
        milliseconds=round((time.perf_counter() - call.began) * 1000, 3),
    )


async def _send(context: "ServicerContext[Any, Any]", frame: bytes) -> None:
    """Send a frame. If the client is gone, the call counts as cancelled."""
    try:
        await context.write(frame)
    except grpc.aio.InternalError:
        raise asyncio.CancelledError("the client is gone") from None


async def _fail(error: Exception, call: Call) -> NoReturn:
    """End the call with the error."""
    if isinstance(error, Failed):
        failed = error
    else:
        failed = Failed.of(failure_of(error, call.request_id))
        if failed.code is grpc.StatusCode.INTERNAL:
            logger.error("defect", request_id=call.request_id, exc_info=error)
    call.code = failed.code.name
    trailer = (("grpc-status-details-bin", failed.status),)
    await call.context.abort(failed.code, failed.message, trailer)
