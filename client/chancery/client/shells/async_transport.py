"""Carrying out steps on a channel of grpc.aio, in the task that asks."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import suppress
from functools import cached_property
from typing import Any

import grpc
import grpc.aio

from chancery.client import errors
from chancery.client.methods import Method
from chancery.client.shells.channel import OPTIONS, Destination
from chancery.client.steps import Ask, Open, Pause, Read, Send, Step, Take


class Transport:
    """A channel to one server, for calls by one caller. It is made in the loop that first calls.

    ``lender`` has the channel, if it is another's.
    """

    def __init__(self, destination: Destination, lender: "Transport | None" = None) -> None:
        self.target = destination.target
        self.metadata = destination.metadata
        self._destination = destination
        self._lender = lender
        self._is_closed = False
        self._stubs: dict[Any, Any] = {}

    def for_caller(self, actor: str, token: str) -> "Transport":
        """The same channel, for calls by another caller.

        :raises ValueError: the token would be sent unencrypted, or something cannot be sent.
        """
        lent = Transport(self._destination, self._lender or self)
        lent.metadata = self._destination.metadata_of(actor, token)
        return lent

    @cached_property
    def channel(self) -> grpc.aio.Channel:
        """The channel itself."""
        if self._lender is not None:
            return self._lender.channel
        address, credentials = self._destination.address, self._destination.credentials
        if credentials is None:
            return grpc.aio.insecure_channel(address, options=OPTIONS)
        return grpc.aio.secure_channel(address, credentials, options=OPTIONS)

    def call(self, method: Method[Any, Any]) -> Any:
        """The method, to be called with a request.

        :raises ValueError: the connection is closed.
        """
        if self._is_closed or (self._lender is not None and self._lender._is_closed):
            raise ValueError("the connection is closed")
        if method.stub not in self._stubs:
            self._stubs[method.stub] = method.stub(self.channel)
        return getattr(self._stubs[method.stub], method.name)

    async def close(self, error: BaseException | None = None) -> None:
        """Close the channel, unless it is another's."""
        self._is_closed = True
        if self._lender is None:
            await self.channel.close()


class Exchange:
    """What one plan does with a server: its calls, and the one stream that it has open."""

    def __init__(
        self, transport: Transport, taken: Iterable[Any] | AsyncIterable[Any] = ()
    ) -> None:
        """``taken`` is what the caller hands over."""
        self._transport = transport
        self._taken = aiter(taken) if isinstance(taken, AsyncIterable) else _each(taken)
        self._closed = asyncio.Event()
        self._stream: Any = None
        self._timeout = 0.0

    @property
    def is_closed(self) -> bool:
        """Whether it was closed, perhaps in the middle of a step."""
        return self._closed.is_set()

    def close(self) -> None:
        """End it, even if another task is waiting in it."""
        self._closed.set()
        self._end_stream()

    async def perform(self, step: Step) -> Any:
        """The result of a step.

        :raises ChanceryError: the call or the stream failed.
        """
        if isinstance(step, Take):
            return await anext(self._taken, None)
        if isinstance(step, Pause):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), step.seconds)
            return None
        try:
            return await self._called(step)
        except grpc.RpcError as error:
            raise errors.of_call(error, self._transport.target, self._timeout) from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self.is_closed and task is not None and not task.cancelling():
                raise errors.Unavailable("it was closed") from None  # by another task
            raise

    async def _called(self, step: Step) -> Any:
        metadata = self._transport.metadata
        match step:
            case Ask(method, request, timeout):
                self._timeout = timeout
                call = self._transport.call(method)
                return await call(request, timeout=timeout, metadata=metadata)
            case Open(method, request, timeout):
                self._end_stream()
                self._timeout = timeout or 0.0
                asked = (request,) if request else ()
                self._stream = self._transport.call(method)(
                    *asked, timeout=timeout, metadata=metadata
                )
            case Send(request):
                await self._send(request)
            case Read():
                answer = await self._stream.read()
                return None if answer is grpc.aio.EOF else answer
        return None

    async def _send(self, request: Any) -> None:
        try:
            await self._stream.write(request)
        except asyncio.InvalidStateError:
            pass  # it is over: reading tells why
        except grpc.aio.AioRpcError:
            # It is INTERNAL then, whyever the call ended: gRPC hides that by its own failure.
            raise errors.Unavailable("the call ended while it was sent") from None

    def _end_stream(self) -> None:
        if self._stream is not None:
            self._stream.cancel()


async def _each(things: Iterable[Any]) -> AsyncIterator[Any]:
    for thing in things:
        yield thing
