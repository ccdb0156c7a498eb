"""Following the log over cuts: each change once, in order, without a gap."""

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import grpc

from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import WatchEventsRequest, WatchEventsResponse

# A watch is asked for anew this often, so that a server which no longer tells anything
# is noticed however it broke. A watch of which the network broke is noticed sooner.
WATCH_SECONDS = 300.0
FIRST_WAIT = 0.1
LONGEST_WAIT = 5.0

# How a call ends whose server went away. CANCELLED is what gRPC makes of one that reached a
# server at its very end; where this client cancels, it asks for no answer any more.
GONE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


class Stream(Protocol):
    """The answer to a watch."""

    def __iter__(self) -> Iterator[WatchEventsResponse]: ...

    def cancel(self) -> Any:
        """End it."""


class Follower(Iterator[RecordedEvent]):
    """The changes of the log, those that stand in it and each that comes, without end.

    Where the stream is cut off (a server that shuts down, a network that breaks), it waits
    a little and resumes behind the last change that it handed back: none is missed, and
    none comes twice. Any other failure is raised as :class:`grpc.RpcError`.

    ``position`` is the log position behind which to follow again: all changes asked for
    up to it were handed back. None until the first frame of a follower that begins now.
    """

    def __init__(
        self,
        watch: Callable[..., Stream],
        request: WatchEventsRequest,
        on_cut: Callable[[grpc.RpcError | None], None] | None = None,
        on_resumed: Callable[[], None] | None = None,
    ) -> None:
        """``watch`` opens a stream.

        ``on_cut`` hears of each stream that ended, and of each try that failed, with None
        for an orderly end; ``on_resumed`` of the first frame after that.
        """
        self.position = None if request.HasField("now") else request.after_position
        self._watch = watch
        self._request = request
        self._on_cut = on_cut or (lambda error: None)
        self._on_resumed = on_resumed or (lambda: None)
        self._closed = threading.Event()
        self._stream: Stream | None = None
        self._events = self._follow()

    def __next__(self) -> RecordedEvent:
        if self._closed.is_set():
            raise StopIteration
        return next(self._events)

    def close(self) -> None:
        """End the iteration, also that of another thread that waits in it."""
        self._closed.set()
        if self._stream is not None:
            self._stream.cancel()

    def _follow(self) -> Iterator[RecordedEvent]:
        wait, is_cut = FIRST_WAIT, False
        while not self._closed.is_set():
            cut: grpc.RpcError | None = None
            try:
                for frame in self._open():
                    if is_cut:
                        wait, is_cut = FIRST_WAIT, False
                        self._on_resumed()
                    yield from self._take(frame)
            except grpc.RpcError as error:
                if self._closed.is_set():
                    return
                if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                    continue
                if error.code() not in GONE:
                    raise
                cut = error
            finally:
                if self._stream is not None:
                    self._stream.cancel()
            is_cut = True
            self._on_cut(cut)
            self._closed.wait(wait * random.uniform(0.5, 1))
            wait = min(2 * wait, LONGEST_WAIT)

    def _open(self) -> Iterable[WatchEventsResponse]:
        if self.position is not None:
            self._request.after_position = self.position
        self._stream = self._watch(self._request, timeout=WATCH_SECONDS)
        if self._closed.is_set():  # meanwhile, by another thread that saw no stream yet
            self._stream.cancel()
        return self._stream

    def _take(self, frame: WatchEventsResponse) -> Iterator[RecordedEvent]:
        """The changes of a frame; the position goes along as they are handed back."""
        for event in frame.events.events:
            self.position = event.position
            if self._request.visit:  # an alias may be another visit's by the time of a cut
                self._request.visit = event.event.visit
            yield event
        kind = frame.WhichOneof("frame")
        if kind is not None:
            self.position = getattr(frame, kind).position
