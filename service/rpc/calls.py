"""What surrounds every call: parsing, bounds, errors, and one log line.

Requests arrive as bytes and are parsed here, since malformed ones would otherwise end
as INTERNAL; answers leave as bytes, since most are joined from stored ones.
"""

import asyncio
import itertools
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NoReturn, TypeVar, cast

import grpc
import structlog
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from domain.errors import InvalidValue
from domain.validation import NAME_LENGTH, a_name
from service.errors import Draining, FieldNotServed, MalformedRequest, TooManyCalls
from service.rpc.errors import failure_of

ACTOR = "chancery-actor"
UNVERIFIED = "unverified:"

logger = structlog.get_logger()

Context = grpc.aio.ServicerContext
Request = TypeVar("Request", bound=Message)
Answer = TypeVar("Answer")


def _new_request_id() -> str:
    """An id that no other call has: a random UUID of this process, and a number."""
    return f"{_PROCESS}-{next(_numbers)}"


_PROCESS = str(uuid.uuid4())
_numbers = itertools.count(1)


@dataclass(slots=True)
class Call:
    """A call that is being served.

    ``request_id`` is that of the change that the client asks for, or else an id of the
    call alone. ``code`` is how the call ended.
    """

    method: str
    context: "Context[Any, Any]"
    request_id: str = field(default_factory=_new_request_id)
    actor: str = ""
    code: str = "CANCELLED"
    began: float = field(default_factory=time.perf_counter)

    @property
    def seconds_left(self) -> float | None:
        """Until the client's deadline; None if it has none."""
        return self.context.time_remaining()


Unary = Callable[[Any, Call], Awaitable[bytes]]
Stream = Callable[[Any, Call], AsyncGenerator[bytes, None]]
# Gives, for a call, what answers each of its requests.
Exchange = Callable[[Call], Callable[[Any], Awaitable[bytes]]]


@dataclass
class Quota:
    """How many may be served at the same time, and how many are."""

    subject: str
    limit: int
    taken: int = 0


class Calls:
    """The calls of one server. So many are served at the same time; watches count alone."""

    def __init__(self, max_calls: int, max_watches: int) -> None:
        self.draining = asyncio.Event()
        self._calls = Quota("calls", max_calls)
        self._watches = Quota("watches", max_watches)

    def unary(self, method: str, request_type: type[Message], serve: Unary) -> Any:
        """A handler that gives one answer."""

        async def handle(raw: bytes, context: "Context[Any, Any]") -> bytes:
            call = Call(method, context)
            return await self._serve(
                call, self._calls, lambda: serve(parse(request_type, raw), call)
            )

        return grpc.unary_unary_rpc_method_handler(handle)

    def stream(self, method: str, request_type: type[Message], serve: Stream) -> Any:
        """A handler that gives many answers; it is cut off when the server drains."""

        async def served(request: Any, call: Call) -> AsyncGenerator[bytes, None]:
            async for frame in serve(request, call):
                yield frame
                if self.draining.is_set():
                    raise Draining

        return self._streaming(method, request_type, served, self._calls)

    def watch(self, method: str, request_type: type[Message], serve: Stream) -> Any:
        """A handler that gives answers until it ends of itself when the server drains."""
        return self._streaming(method, request_type, serve, self._watches)

    def exchange(self, method: str, request_type: type[Message], serve: Exchange) -> Any:
        """A handler that takes many requests and answers each before it reads the next.

        It is cut off when the server drains.
        """

        async def exchanged(call: Call) -> None:
            answer = serve(call)
            while (raw := await call.context.read()) is not grpc.aio.EOF:
                await _send(await answer(parse(request_type, raw)), call.context)
                if self.draining.is_set():
                    raise Draining

        async def handle(_requests: object, context: "Context[Any, Any]") -> None:
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

        async def handle(raw: bytes, context: "Context[Any, Any]") -> None:
            call = Call(method, context)
            await self._serve(call, quota, lambda: sent(raw, call))

        return grpc.unary_stream_rpc_method_handler(handle)

    async def _serve(
        self, call: Call, quota: Quota, work: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """Count a call as served, end it with what a client is to be told of an error, and log it.

        It is refused where the server is shutting down, or too many are served.
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
    """Write the log line of a call that has ended."""
    logger.info(
        "call",
        method=call.method,
        code=call.code,
        actor=call.actor,
        request_id=call.request_id,
        milliseconds=round((time.perf_counter() - call.began) * 1000, 3),
    )


async def _send(frame: bytes, context: "Context[Any, Any]") -> None:
    """Send a frame. A client that went away meanwhile has cancelled the call."""
    try:
        await context.write(frame)
    except grpc.aio.InternalError:
        raise asyncio.CancelledError("the client is gone") from None


async def _fail(error: Exception, call: Call) -> NoReturn:
    """End the call with what the client is to be told of the error."""
    failure = failure_of(error, call.request_id)
    call.code = failure.code.name
    if failure.code is grpc.StatusCode.INTERNAL:
        logger.error("defect", request_id=call.request_id, exc_info=error)
    await failure.abort(call.context)


def parse(request_type: type[Request], raw: bytes) -> Request:
    """The request of these bytes.

    :raises MalformedRequest: they are no message of the type.
    :raises FieldNotServed: there is a field that the type does not have. To ignore it
        would be to record another thing than was asked.
    """
    try:
        request = request_type.FromString(raw)
    except DecodeError:
        name = request_type.DESCRIPTOR.full_name
        raise MalformedRequest(f"the bytes are no {name}") from None
    size = request.ByteSize()
    request.DiscardUnknownFields()
    if request.ByteSize() != size:
        raise FieldNotServed(_unknown_field(request_type.FromString(raw)) or "(unknown)")
    return request


def _unknown_field(message: Message, path: str = "") -> str | None:
    """The path of the first field that is not in the contract, by its number."""
    unknown_fields: Iterable[Any] = cast(Any, UnknownFieldSet)(message)
    for unknown in unknown_fields:
        return f"{path}{unknown.field_number}"
    for named, value in message.ListFields():
        if named.message_type is not None:
            for item in value if named.is_repeated else [value]:
                if found := _unknown_field(item, f"{path}{named.name}."):
                    return found
    return None


def actor_of(context: "Context[Any, Any]") -> str:
    """Who calls, on the caller's own word.

    :raises InvalidValue: the metadata holds no name.
    """
    for key, value in context.invocation_metadata() or ():
        if key == ACTOR and value:
            try:
                return _unverified(value if isinstance(value, str) else value.decode())
            except ValueError:
                text = f"must be a name of at most {NAME_LENGTH - len(UNVERIFIED)} characters"
                raise InvalidValue.of(f"metadata {ACTOR}", text) from None
    return f"{UNVERIFIED}unknown"


@lru_cache(4096)
def _unverified(name: str) -> str:
    return str(a_name(UNVERIFIED + name))
