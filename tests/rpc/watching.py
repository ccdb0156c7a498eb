"""A watch that is read frame by frame; each is checked against what holds for all frames."""

from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty

from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import (
    ReadEventsRequest,
    WatchEventsRequest,
    WatchEventsResponse,
)
from tests.support.server import SECONDS, Client

MIB = 1 << 20

BEGINNING: Mapping[str, Any] = {"beginning": Empty()}
NOW: Mapping[str, Any] = {"now": Empty()}

# A client that takes little more than it reads: gRPC does not widen its window by an estimate,
# nor the system its buffer.
UNREAD = ("grpc.http2.bdp_probe", 0), ("grpc.tcp_receive_buffer_size", 1 << 16)


# The watches of this test, which ends them.
OPEN: list["Watch"] = []


class Watch:
    """An open watch, the frames read so far, and their changes."""

    def __init__(self, client: Client, *, seconds: float = SECONDS, **request: Any) -> None:
        self.frames: list[WatchEventsResponse] = []
        self.events: list[RecordedEvent] = []
        self.position = request.get("after_position", 0)
        self._call = client.history.WatchEvents(WatchEventsRequest(**request), timeout=seconds)
        OPEN.append(self)

    @property
    def kinds(self) -> list[str]:
        """What the frames are, in order."""
        return [kind_of(frame) for frame in self.frames]

    @property
    def code(self) -> grpc.StatusCode:
        """The code that it ended with, once it has."""
        code: grpc.StatusCode = self._call.code()
        return code

    def next(self) -> WatchEventsResponse:
        """The next frame."""
        frame = next(self._call)
        before, self.position = self.position, position_of(frame)
        positions = [event.position for event in frame.events.events]
        assert frame.ByteSize() <= MIB
        assert bool(positions) == (kind_of(frame) == "events")
        assert positions == sorted(set(positions))
        assert all(before < position <= self.position for position in positions)
        assert before <= self.position
        self.frames.append(frame)
        self.events += frame.events.events
        return frame

    def until(self, kind: str) -> "Watch":
        """Read up to and including a frame of that kind."""
        while kind_of(self.next()) != kind:
            pass
        return self

    def to(self, position: int) -> "Watch":
        """Read until everything up to a position was delivered."""
        while self.position < position:
            self.next()
        return self

    def rest(self) -> "Watch":
        """Read to the end of the stream."""
        try:
            while True:
                self.next()
        except StopIteration:
            return self

    def cancel(self) -> None:
        """Leave."""
        self._call.cancel()


def kind_of(frame: WatchEventsResponse) -> str:
    """The kind of a frame: "events", "caught_up" and so on."""
    kind = frame.WhichOneof("frame")
    assert kind is not None
    return kind


def position_of(frame: WatchEventsResponse) -> int:
    """The position to resume after, whatever the frame's kind."""
    return int(frame.position)


def caught_up(client: Client, **request: Any) -> Watch:
    """A watch, read until it has caught up."""
    return Watch(client, **request).until("caught_up")


def log(client: Client, **request: Any) -> list[RecordedEvent]:
    """The log, or a part of it, as ReadEvents replays it."""
    frames = client.history.ReadEvents(ReadEventsRequest(**request))
    return [event for frame in frames for event in frame.events]
