"""Following the log over cuts: each change once, in order, without a gap."""

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import grpc

from chancery.client.retry import GONE
from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import WatchEventsRequest, WatchEventsResponse

# How long one watch lasts, in seconds. It is then requested again, so that a server that fell
# silent is noticed, whatever the cause. A broken network is noticed sooner.
WATCH_SECONDS = 300.0
# The pause after a cut, in seconds: at first, and after repeated failures. Each is shortened at
# random by up to half.
FIRST_WAIT = 0.1
LONGEST_WAIT = 5.0


class Stream(Protocol):
    """The answer to a watch: frames that come as changes are recorded."""

    def __iter__(self) -> Iterator[WatchEventsResponse]: ...

    def cancel(self) -> Any:
        """End the call."""


class Follower(Iterator[RecordedEvent]):
    """The recorded changes of the log and then each new one, without end.

    If the stream is cut off (the server shuts down, the network breaks), the follower waits a
    little and resumes after the last change that it returned: none is missed and none comes
    twice. Any other failure raises :class:`grpc.RpcError`.

    ``position`` is the log position to resume after, also in a later run: every requested change
    up to it was returned. It is None until the first frame, if the follower starts at the end of
    the log. ``log_origin`` names the log that it belongs to, and is empty until the first frame:
    keep both. If the log is another one by then, since the database was restored, the follower
    raises an error of the code ``FAILED_PRECONDITION``.
    """

    def __init__(
        self,
        watch: Callable[..., Stream],
        request: WatchEventsRequest,
        on_cut: Callable[[grpc.RpcError | None], None] | None = None,
        on_resumed: Callable[[], None] | None = None,
    ) -> None:
        """``watch`` opens the stream for ``request``.

        ``on_cut`` is called whenever a stream ends or cannot be opened, with the error, or with
        None if the server ended it in an orderly way. ``on_resumed`` is called at the first frame
        after that.
        """
        self.position = None if request.HasField("now") else request.after_position
        self.log_origin = request.log_origin
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
        """End the iteration, even if another thread is waiting in it."""
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
        self._request.log_origin = self.log_origin
        self._stream = self._watch(self._request, timeout=WATCH_SECONDS)
        if self._closed.is_set():  # by another thread, before there was a stream to cancel
            self._stream.cancel()
        return self._stream

    def _take(self, frame: WatchEventsResponse) -> Iterator[RecordedEvent]:
        """The changes of a frame. ``position`` advances as they are returned."""
        self.log_origin = self.log_origin or frame.log_origin
        for event in frame.events.events:
            self.position = event.position
            if self._request.visit:  # an alias may belong to another visit after a cut
                self._request.visit = event.event.visit
            yield event
        self.position = frame.position
