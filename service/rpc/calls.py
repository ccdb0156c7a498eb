"""What every call has in common: parsing, bounds, errors, and one log line.

Requests arrive as bytes and are parsed here: gRPC would answer a malformed one with INTERNAL.
Those that the core parses are passed on as they are. Answers leave as bytes, since most are
joined from stored ones.

To gRPC all methods take a stream of requests: of a unary one it calls the handler only once the
request is there, and nothing would end a call whose request never comes.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, NoReturn

import grpc
import structlog
from google.protobuf.message import Message

from chancery.v1 import audit_service_pb2
from service.access.caller import Caller, Role
from service.errors import Draining, MethodNotServed, NotInTime, NotPermitted
from service.limits import (
    IMPORT_SECONDS,
    IMPORTS,
    STREAM_BYTES,
    STREAMS,
    SWEEP_SECONDS,
    UNREAD_BYTES,
    WAITING_CALLS,
    WATCHES_ON_CONNECTION,
)
from service.live.turns import PARTY
from service.observe import tracing
from service.observe.counting import counts
from service.observe.metrics import NOBODY
from service.observe.record import AccessRecord
from service.rpc.access import Doors
from service.rpc.call import Call, ServicerContext
from service.rpc.errors import Failed, failure_of
from service.rpc.parse import RequestKind
from service.rpc.places import Places

logger = structlog.get_logger()

# Seconds within which gRPC cancels a call whose client is gone.
GONE_SECONDS = 0.05

# Codes of calls whose callers were refused, and what is asked of the audit service.
REFUSED = {"UNAUTHENTICATED", "PERMISSION_DENIED"}
RECORDED = {
    f"{method.containing_service.full_name}/{method.name}"
    for method in audit_service_pb2.DESCRIPTOR.services_by_name["AuditService"].methods
}
# Characters of a request that the record of access has.
ASKED_LENGTH = 500

Roles = frozenset[Role]
# Whoever has any role may read.
ANY_ROLE = frozenset({Role.READER})

Unary = Callable[[Any, Call], Awaitable[bytes]]
Stream = Callable[[Any, Call], AsyncGenerator[bytes, None]]
Send = Callable[[bytes], Awaitable[None]]
Watch = Callable[[Any, Call, Send], Awaitable[None]]
# Makes, for a call, the function that answers each of its requests, with one or more messages.
Exchange = Callable[[Call], Callable[[Any], Awaitable[Sequence[bytes]]]]


class Calls:
    """Serves the calls of one server, up to a number of each kind at a time.

    Of each method it is said who may call it: whoever has one of some roles, or everybody if there
    are none. Who may not is refused before the request is looked at.
    """

    def __init__(
        self, max_calls: int, max_watches: int, doors: Doors, record: AccessRecord | None = None
    ) -> None:
        self.draining = asyncio.Event()
        self._doors = doors
        self._record = record
        self._calls = Places("calls", max_calls)
        self._streams = Places("streams", STREAMS)
        self._imports = Places("imports", IMPORTS)
        self._watches = Places("watches", max_watches, WATCHES_ON_CONNECTION)
        self._waits = Places("calls that wait for min_position", WAITING_CALLS)
        self._unread = Places("bytes of streams that are not read", UNREAD_BYTES, wait=True)

    def unary(self, method: str, roles: Roles, request: RequestKind, serve: Unary) -> Any:
        """A handler for calls with one answer."""

        async def work(call: Call) -> bytes:
            return await serve(await _request(call, request), call)

        async def handle(_requests: object, context: "ServicerContext[Any, Any]") -> bytes:
            answer: bytes = await self._serve(Call(method, context), roles, self._calls, work)
            return answer

        return grpc.stream_unary_rpc_method_handler(handle)

    def stream(self, method: str, roles: Roles, request: RequestKind, serve: Stream) -> Any:
        """A handler for calls with many answers. It cuts them off when the server drains."""

        async def work(call: Call) -> None:
            asked = await _request(call, request)
            call.ends_at = math.inf
            async with aclosing(serve(asked, call)) as frames:
                async for frame in frames:
                    await self._send(call, frame, STREAM_BYTES)
                    if self.draining.is_set():
                        raise Draining

        return self._lasting(method, roles, self._streams, work)

    def watch(self, method: str, roles: Roles, request: RequestKind, serve: Watch) -> Any:
        """A handler for endless calls, which end by themselves when the server drains."""

        async def work(call: Call) -> None:
            asked = await _request(call, request)
            call.ends_at = math.inf
            await serve(asked, call, partial(self._send, call))

        return self._lasting(method, roles, self._watches, work)

    def exchange(self, method: str, roles: Roles, request: RequestKind, serve: Exchange) -> Any:
        """A handler for calls with many requests. It answers each before it reads the next.

        It cuts calls off when the server drains.
        """

        async def work(call: Call) -> None:
            answer = serve(call)
            while (raw := await self._next(call)) is not grpc.aio.EOF:
                for message in await answer(request.parsed(raw)):
                    await self._send(call, message)
                if self.draining.is_set():
                    raise Draining

        return self._lasting(method, roles, self._imports, work)

    def refusal(self, method: str) -> Any:
        """A handler for calls of a method that the server does not have, whatever they send."""

        async def work(_call: Call) -> None:
            raise MethodNotServed(method)

        return self._lasting(method, ANY_ROLE, self._calls, work)

    async def check_reader(self, context: "ServicerContext[Any, Any]") -> None:
        """End a call that is served elsewhere, unless its caller has a role."""
        try:
            _check(self._doors.who(context, ANY_ROLE), ANY_ROLE)
        except Exception as error:
            await _fail(error, Call("", context))

    def sweep(self) -> None:
        """End the calls whose time is over, from now on."""
        asyncio.get_running_loop().call_later(SWEEP_SECONDS, self.sweep)
        now = time.perf_counter()
        for places in (self._calls, self._waits, self._streams, self._imports, self._watches):
            for call in [each for each in places if isinstance(each, Call) and each.ends_at < now]:
                call.end(NotInTime(round(call.ends_at - call.began)))

    def _lasting(
        self, method: str, roles: Roles, places: Places, work: Callable[[Call], Awaitable[None]]
    ) -> Any:
        """A handler for calls that may last: one ends once its caller would not be admitted."""

        async def admitted(call: Call) -> None:
            async with self._doors.while_admitted(call.caller):
                await work(call)

        async def handle(_requests: object, context: "ServicerContext[Any, Any]") -> None:
            await self._serve(Call(method, context), roles, places, admitted)

        return grpc.stream_stream_rpc_method_handler(handle)

    async def _serve(
        self, call: Call, roles: Roles, places: Places, work: Callable[[Call], Awaitable[Any]]
    ) -> Any:
        """Admit a call and do its work, or end it with the error."""
        try:
            if self.draining.is_set():
                raise Draining
            call.caller = self._doors.who(call.context, roles)
            _check(call.caller, roles)
            call.begin(places, self._waits)
            PARTY.set(call.party)
            try:
                answer = await work(call)
            finally:
                call.leave()
            call.code = "OK"
            return answer
        except Exception as error:
            await _fail(call.because or error, call)
        except asyncio.CancelledError:
            if not call.was_ended():
                raise
            await _fail(call.because or Draining(), call)
        finally:
            _log(call)
            if self._record is not None and (call.code in REFUSED or call.method in RECORDED):
                _note(call, self._record)

    async def _next(self, call: Call) -> Any:
        """The next message of a call, which may give way to others while there is none."""
        call.may_take(IMPORT_SECONDS)
        call.may_give_way = True
        raw = await call.context.read()
        call.may_give_way = False
        call.ends_at = math.inf
        return raw

    async def _send(self, call: Call, frame: bytes, held: int = 0) -> None:
        """Send a frame, while so many bytes are held. If the client is gone, the call is cancelled.

        :raises TooManyCalls: too much is held for clients that do not read, most of it by this one.
        """
        self._unread.take(call, max(held, len(frame)))
        try:
            await call.context.write(frame)
        except grpc.aio.InternalError:
            raise asyncio.CancelledError("the client is gone") from None
        finally:
            self._unread.leave(call)


def _check(caller: Caller, roles: Roles) -> None:
    """Let in whoever has one of the roles, or everybody if there are none.

    :raises NotPermitted: the caller has none of them.
    """
    if not caller.role.may(roles):
        raise NotPermitted(role.value for role in roles)


async def _request(call: Call, request: RequestKind) -> Any:
    """The only message of a call.

    :raises MalformedRequest: there is none, or another one.
    """
    raw = await call.context.read()
    if raw is grpc.aio.EOF or await call.context.read() is not grpc.aio.EOF:
        await asyncio.sleep(GONE_SECONDS)  # a call whose client is gone is cancelled meanwhile
        raise request.not_one()
    call.has_message()
    call.asked = request.parsed(raw)
    return call.asked


def _log(call: Call) -> None:
    """Count a call that ended, make its span, and write its log line."""
    seconds = time.perf_counter() - call.began
    if tracing.record is not None:
        sent = call.context.invocation_metadata() or ()
        tracing.record(call.method, sent, call.code, seconds)
    counts.call(
        call.method, call.caller.role.value if call.caller.name else NOBODY, call.code, seconds
    )
    logger.info(
        "call",
        method=call.method,
        code=call.code,
        actor=call.caller.name,
        request_id=call.request_id,
        milliseconds=round(seconds * 1000, 3),
    )


def _note(call: Call, record: AccessRecord) -> None:
    """Record who read what of the audit service, or was refused."""
    is_message = isinstance(call.asked, Message)
    record.note(
        method=call.method,
        code=call.code,
        caller=call.caller.name,
        role=call.caller.role.value if call.caller.is_known else "",
        peer=call.context.peer(),
        call=call.id,
        asked=str(call.asked).replace("\n", " ")[:ASKED_LENGTH] if is_message else "",
    )


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
