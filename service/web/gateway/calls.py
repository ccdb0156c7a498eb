"""Calls of the server for a request, which end when whoever sent the request is gone."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import grpc.aio
from starlette.requests import Request
from starlette.types import Receive

from service.web.gateway.callers import Metadata, metadata_of, seconds_of
from service.web.gateway.failures import Failed
from service.web.gateway.methods import Method
from service.web.gateway.protocols import Streamed


class Gone(Exception):
    """Whoever sent the request waits for no answer any more."""


@dataclass(frozen=True)
class Call:
    """A call that a request asks for: its method, its message, its caller and its deadline."""

    method: Method
    raw: bytes
    metadata: Metadata
    seconds: float | None

    @classmethod
    def of(cls, request: Request, method: Method, raw: bytes) -> "Call":
        """The call of a method that a request asks for.

        :raises Failed: its headers cannot be sent on.
        """
        return cls(method, raw, metadata_of(request), seconds_of(request))

    async def answer(self, channel: grpc.aio.Channel, receive: Receive) -> bytes:
        """The serialized answer.

        :raises Failed: the call failed.
        :raises Gone: there is nobody to answer.
        """
        call = self._begun(channel.unary_unary(self.method.path))
        watching = asyncio.ensure_future(_cancel_when_gone(call, receive))
        try:
            answer: bytes = await call
            return answer
        except grpc.aio.AioRpcError as error:
            raise Failed.of_call(error) from None
        except asyncio.CancelledError:
            if watching.done():
                raise Gone from None
            _check_ours()
            raise Failed.draining() from None
        finally:
            call.cancel()
            watching.cancel()

    async def frames(self, channel: grpc.aio.Channel, protocol: Streamed) -> AsyncIterator[bytes]:
        """What to send of the answers, one after the other, and of how the call ended.

        The call is cancelled as soon as nobody takes them any more.
        """
        call = failed = None
        try:
            call = self._begun(channel.unary_stream(self.method.path))
            async for raw in call:
                yield await protocol.frame(raw)
        except grpc.aio.AioRpcError as error:
            failed = Failed.of_call(error)
        except asyncio.CancelledError:
            _check_ours()
            failed = Failed.draining()
        except Failed as error:
            failed = error
        finally:
            if call is not None:
                call.cancel()
        yield protocol.end(failed)

    def _begun(self, method: Any) -> Any:
        """The call, once it is under way.

        :raises Failed: it has no time at all, or the channel is closed.
        """
        if self.seconds is not None and self.seconds < 0.001:  # gRPC might answer all the same
            raise Failed.late()
        try:
            return method(self.raw, timeout=self.seconds, metadata=self.metadata)
        except grpc.aio.UsageError:
            raise Failed.draining() from None


def _check_ours() -> None:
    """Raise CancelledError again if it was this task that was cancelled, not the call alone.

    A channel that is closed cancels its calls.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _cancel_when_gone(call: grpc.aio.Call, receive: Receive) -> None:
    """Cancel the call when the connection is closed. Requires that the body was read."""
    while (await receive())["type"] != "http.disconnect":
        pass
    call.cancel()
