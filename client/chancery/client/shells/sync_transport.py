"""Carrying out steps on a channel of grpcio, in the thread that asks."""

import queue
import threading
from collections.abc import Iterable
from typing import Any

import grpc

from chancery.client import errors
from chancery.client.methods import Method
from chancery.client.shells.channel import OPTIONS, Destination
from chancery.client.steps import Ask, Open, Pause, Read, Send, Step, Take


class Transport:
    """A channel to one server, for calls by one caller. ``lender`` has it, if it is another's."""

    def __init__(self, destination: Destination, lender: "Transport | None" = None) -> None:
        self.target = destination.target
        self.metadata = destination.metadata
        self._destination = destination
        self._lender = lender
        address, credentials = destination.address, destination.credentials
        if lender is not None:
            self.channel: grpc.Channel = lender.channel
        elif credentials is None:
            self.channel = grpc.insecure_channel(address, options=OPTIONS)
        else:
            self.channel = grpc.secure_channel(address, credentials, options=OPTIONS)
        self._is_closed = False
        self._stubs: dict[Any, Any] = {}

    def for_caller(self, actor: str, token: str) -> "Transport":
        """The same channel, for calls by another caller.

        :raises ValueError: the token would be sent unencrypted, or something cannot be sent.
        """
        lent = Transport(self._destination, self._lender or self)
        lent.metadata = self._destination.metadata_of(actor, token)
        return lent

    def call(self, method: Method[Any, Any]) -> Any:
        """The method, to be called with a request.

        :raises ValueError: the connection is closed.
        """
        # gRPC would crash.
        if self._is_closed or (self._lender is not None and self._lender._is_closed):
            raise ValueError("the connection is closed")
        if method.stub not in self._stubs:
            self._stubs[method.stub] = method.stub(self.channel)
        return getattr(self._stubs[method.stub], method.name)

    def close(self, error: BaseException | None = None) -> None:
        """Close the channel, because of an error if there is one, unless it is another's."""
        self._is_closed = True
        if self._lender is not None:
            return
        if isinstance(error, KeyboardInterrupt):
            # gRPC may wait without end for a call that Ctrl-C cut off while it began.
            threading.Thread(target=self.channel.close, daemon=True).start()
        else:
            self.channel.close()


class Exchange:
    """What one plan does with a server: its calls, and the one stream that it has open."""

    def __init__(self, transport: Transport, taken: Iterable[Any] = ()) -> None:
        """``taken`` is what the caller hands over."""
        self._transport = transport
        self._taken = iter(taken)
        self._closed = threading.Event()
        self._stream: Any = None
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._timeout = 0.0

    @property
    def is_closed(self) -> bool:
        """Whether it was closed, perhaps in the middle of a step."""
        return self._closed.is_set()

    def close(self) -> None:
        """End it, even if another thread is waiting in it."""
        self._closed.set()
        self._end_stream()

    def perform(self, step: Step) -> Any:
        """The result of a step.

        :raises ChanceryError: the call or the stream failed.
        """
        if isinstance(step, Take):
            return next(self._taken, None)
        if isinstance(step, Pause):
            return self._closed.wait(step.seconds)
        try:
            return self._called(step)
        except grpc.RpcError as error:
            raise errors.of_call(error, self._transport.target, self._timeout) from None

    def _called(self, step: Step) -> Any:
        metadata = self._transport.metadata
        match step:
            case Ask(method, request, timeout):
                self._timeout = timeout
                return self._transport.call(method)(request, timeout=timeout, metadata=metadata)
            case Open(method, request, timeout):
                self._end_stream()
                self._timeout, self._requests = timeout or 0.0, queue.SimpleQueue()
                asked = request or iter(self._requests.get, None)
                self._stream = self._transport.call(method)(
                    asked, timeout=timeout, metadata=metadata
                )
                if self.is_closed:  # by another thread, before there was a stream to end
                    self._end_stream()
            case Send(request):
                self._requests.put(request)
            case Read():
                return next(self._stream, None)
        return None

    def _end_stream(self) -> None:
        self._requests.put(None)
        if self._stream is not None:
            self._stream.cancel()
