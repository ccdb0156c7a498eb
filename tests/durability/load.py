"""Writers at work on a server, what it acknowledged, and the check that this is true."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import Message

from chancery.v1.history_service_pb2 import ReadEventsRequest
from tests.store import logbook
from tests.support import messages
from tests.support.server import Client


@dataclass(frozen=True)
class Acknowledged:
    """A change that was acknowledged: its position, its bytes, and when that was."""

    request_id: str
    position: int
    event: bytes
    replayed: bool = False
    told_at: float = field(default_factory=time.monotonic, compare=False)


def acknowledged(answer: Any) -> Acknowledged:
    """The change that an answer of DeskService acknowledges."""
    recorded = answer.event
    return Acknowledged(
        recorded.event.request_id,
        recorded.position,
        recorded.SerializeToString(deterministic=True),
        answer.replayed,
    )


def log_of(client: Client, after: int = 0, min_position: int = 0) -> dict[int, bytes]:
    """The log as the server replays it: the bytes of each change, by position."""
    request = ReadEventsRequest(after_position=after, min_position=min_position)
    frames = client.history.ReadEvents(request)
    events = [event for frame in frames for event in frame.events]
    return {event.position: event.SerializeToString(deterministic=True) for event in events}


def log_in(file: Path) -> dict[int, bytes]:
    """The log as it is in the file; no server is needed."""
    return {
        row.position: row.recorded.SerializeToString(deterministic=True)
        for row in logbook.read(file)
    }


def differences(told: Iterable[Acknowledged], log: dict[int, bytes]) -> list[str]:
    """Where the acknowledgements and the log differ; empty if they agree."""
    found = []
    positions: dict[int, str] = {}
    for each in told:
        if each.position not in log:
            found.append(f"{each.request_id} was lost: position {each.position} is empty")
        elif log[each.position] != each.event:
            found.append(f"{each.request_id} was altered: position {each.position} has other bytes")
        if positions.setdefault(each.position, each.request_id) != each.request_id:
            found.append(f"{each.request_id} has the position of {positions[each.position]}")
    return found


def not_told(told: Iterable[Acknowledged], log: dict[int, bytes]) -> list[int]:
    """The positions in the log that nobody was told of."""
    return sorted(log.keys() - {each.position for each in told})


@dataclass
class Writer:
    """A caller that records one change after the other on one visit, from a thread.

    A failed call ends its work. When the work goes on, it asks for that change again, with the
    same request id.
    """

    name: str
    visit: str
    told: list[Acknowledged] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    failures: list[grpc.StatusCode] = field(default_factory=list)
    pending: tuple[str, Message] | None = None
    _number: int = 0

    def work(self, client: Client, until: Callable[[], bool]) -> None:
        """Record changes until there is enough, or a call fails."""
        try:
            while self.pending is not None or not until():
                self.pending = self.pending or self._next()
                request_id, change = self.pending
                self.asked.add(request_id)
                answer = client.record(self.visit, change, actor="load", request_id=request_id)
                self.told.append(acknowledged(answer))
                self.pending = None
        except grpc.RpcError as error:
            self.failures.append(error.code())

    def _next(self) -> tuple[str, Message]:
        self._number += 1
        text = f"{self.name} says the {self._number}th thing"
        return f"{self.name}-{self._number}", messages.stated(text=text)


class Load:
    """Writers that work at the same time."""

    def __init__(self, writers: Sequence[Writer]) -> None:
        self.writers = writers
        self._threads: list[threading.Thread] = []
        self._enough = threading.Event()

    @classmethod
    def on_visits(cls, number: int) -> "Load":
        """As many writers, two on each visit."""
        return cls([Writer(f"writer-{i}", f"visits/visit-{i // 2}") for i in range(number)])

    def schedule(self, client: Client) -> list[Acknowledged]:
        """Record the visits that the writers write on."""
        visits = sorted({writer.visit for writer in self.writers})
        return [acknowledged(client.record(v, messages.scheduled())) for v in visits]

    def start(self, client: Client, changes: int | None = None) -> None:
        """Let all work, each until so many more changes are acknowledged, or without end."""
        self._enough.clear()
        for writer in self.writers:
            until = self._until(writer, changes)
            self._threads.append(threading.Thread(target=writer.work, args=(client, until)))
        for thread in self._threads:
            thread.start()

    def _until(self, writer: Writer, changes: int | None) -> Callable[[], bool]:
        if changes is None:
            return self._enough.is_set
        enough = len(writer.told) + changes
        return lambda: len(writer.told) >= enough

    def stop(self) -> None:
        """Let all end after their current call."""
        self._enough.set()
        self.join()

    def join(self) -> None:
        """Wait for all to end."""
        while self._threads:
            self._threads.pop().join()

    @property
    def told(self) -> list[Acknowledged]:
        """Everything that was acknowledged to them."""
        return [each for writer in self.writers for each in list(writer.told)]

    def told_more_than(self, number: int) -> bool:
        """Whether more changes than that were acknowledged to them."""
        return len(self.told) > number

    @property
    def asked(self) -> set[str]:
        """The request ids that all used."""
        return {request_id for writer in self.writers for request_id in writer.asked}

    @property
    def failures(self) -> set[grpc.StatusCode]:
        """How calls failed."""
        return {code for writer in self.writers for code in writer.failures}
