"""What every call has in common: parsing, bounds, errors, and one log line.

Requests arrive as bytes and are parsed here: gRPC would answer a malformed one with INTERNAL.
Answers leave as bytes, since most are joined from stored ones.
"""

import asyncio
import itertools
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar

import grpc
import structlog
from google.protobuf.message import Message

from service.errors import Draining, TooManyCalls
from service.rpc.actor import actor_of
from service.rpc.errors import failure_of
from service.rpc.parse import parse

logger = structlog.get_logger()

ServicerContext = grpc.aio.ServicerContext
Answer = TypeVar("Answer")

# Together they make an id that no other call has.
_PROCESS = str(uuid.uuid4())
_numbers = itertools.count(1)


def _new_request_id() -> str:
    return f"{_PROCESS}-{next(_numbers)}"


@dataclass(slots=True)
class Call:
    """A call that is being served.

    ``request_id`` is the one that the client gave its change, or else an id of the call.
    ``code`` is the status code that the call ended with.
    """

    method: str
    context: "ServicerContext[Any, Any]"
    request_id: str = field(default_factory=_new_request_id)
    actor: str = ""
    code: str = "CANCELLED"
    began: float = field(default_factory=time.perf_counter)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the client's deadline; None if it set none."""
        return self.context.time_remaining()


Unary = Callable[[Any, Call], Awaitable[bytes]]
Stream = Callable[[Any, Call], AsyncGenerator[bytes, None]]
# Makes, for a call, the function that answers each of its requests.
Exchange = Callable[[Call], Callable[[Any], Awaitable[bytes]]]


@dataclass
class Quota:
    """How many calls may be served at the same time, and how many are."""

    subject: str
    limit: int
    taken: int = 0


class Calls:
    """Serves the calls of one server, up to a number at a time. Watches are counted apart."""

    def __init__(self, max_calls: int, max_watches: int) -> None:
        self.draining = asyncio.Event()
        self._calls = Quota("calls", max_calls)
        self._watches = Quota("watches", max_watches)

    def unary(self, method: str, request_type: type[Message], serve: Unary) -> Any:
        """A handler for calls with one answer."""

        async def handle(raw: bytes, context: "ServicerContext[Any, Any]") -> bytes:
            call = Call(method, context)
            return await self._serve(
                call, self._calls, lambda: serve(parse(request_type, raw), call)
            )

        return grpc.unary_unary_rpc_method_handler(handle)

    def stream(self, method: str, request_type: type[Message], serve: Stream) -> Any:
        """A handler for calls with many answers. It cuts them off when the server drains."""

        async def served(request: Any, call: Call) -> AsyncGenerator[bytes, None]:
            async for frame in serve(request, call):
                yield frame
                if self.draining.is_set():
                    raise Draining

        return self._streaming(method, request_type, served, self._calls)

    def watch(self, method: str, request_type: type[Message], serve: Stream) -> Any:
        """A handler for endless calls, which end by themselves when the server drains."""
        return self._streaming(method, request_type, serve, self._watches)

    def exchange(self, method: str, request_type: type[Message], serve: Exchange) -> Any:
        """A handler for calls with many requests. It answers each before it reads the next.

        It cuts calls off when the server drains.
        """

        async def exchanged(call: Call) -> None:
            answer = serve(call)
            while (raw := await call.context.read()) is not grpc.aio.EOF:
                await _send(await answer(parse(request_type, raw)), call.context)
                if self.draining.is_set():
                    raise Draining

        async def handle(_requests: object, context: "ServicerContext[Any, Any]") -> None:
            call = Call(method, context)
            await self._serve(call, self._calls, lambda: exchanged(call))

        return grpc.stream_stream_rpc_method_handler(handle)

    def _streaming(
        self, method: str, request_type: type[Message], serve: Stream, quota: Quota
    ) -> Any:
        async def sent(raw: bytes, call: Call) -> None:
            async with aclosing(serve(parse(request_type, raw), call)) as frames:
                async for frame in frames:
                    await _send(frame, call.context)

        async def handle(raw: bytes, context: "ServicerContext[Any, Any]") -> None:
            call = Call(method, context)
            await self._serve(call, quota, lambda: sent(raw, call))

        return grpc.unary_stream_rpc_method_handler(handle)

    async def _serve(
        self, call: Call, quota: Quota, work: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """Do the work of a call, report an error to its client, and log the call.

        The call is refused if the server is shutting down or serves too many already.
        """
        try:
            if self.draining.is_set():
                raise Draining
            if quota.taken >= quota.limit:
                raise TooManyCalls(quota.subject, quota.limit)
            quota.taken += 1
            try:
                call.actor = actor_of(call.context)
                answer = await work()
            finally:
                quota.taken -= 1
            call.code = "OK"
            return answer
        except Exception as error:
            await _fail(error, call)
        finally:
            _log(call)


def _log(call: Call) -> None:
    """Write the log line of a call that ended."""
    logger.info(
        "call",
        method=call.method,
        code=call.code,
        actor=call.actor,
        request_id=call.request_id,
        milliseconds=round((time.perf_counter() - call.began) * 1000, 3),
    )


async def _send(frame: bytes, context: "ServicerContext[Any, Any]") -> None:
    """Send a frame. If the client is gone, the call counts as cancelled."""
    try:
        await context.write(frame)
    except grpc.aio.InternalError:
        raise asyncio.CancelledError("the client is gone") from None


async def _fail(error: Exception, call: Call) -> NoReturn:
    """End the call with the error."""
    failure = failure_of(error, call.request_id)
    call.code = failure.code.name
    if failure.code is grpc.StatusCode.INTERNAL:
        logger.error("defect", request_id=call.request_id, exc_info=error)
    await failure.abort(call.context)
