"""Histories for ``linearizable``, from clients of a real server."""

import itertools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from chancery.v1.history_service_pb2 import ReadEventsRequest
from chancery.v1.visit_service_pb2 import BatchGetVisitsRequest, GetVisitRequest
from tests.durability.linearizable import Change, Entry, Log, Read, Recorded, Refused
from tests.support import messages
from tests.support.server import Client, failure

CALLS = 12
RETRY = 0.02
# How often a client asks again for a change whose answer it does not know, and how many do.
TRIES = 500
PERSISTENT = 0.7


class Desk:
    """A client with a connection of its own, which makes one call after the other.

    ``known`` has the versions and the position that the clients know from each other.
    """

    def __init__(
        self, number: int, client: Client, known: "Known", chance: random.Random, prefix: str
    ) -> None:
        self._number = number
        self._client = client
        self._known = known
        self._chance = chance
        self._ids = (f"{prefix}-{number}-{i}" for i in itertools.count())

    def work(self) -> list[Change | Read]:
        """Make all calls, and return those that were answered or may have been recorded."""
        return [call for _ in range(CALLS) for call in self._one()]

    def _one(self) -> Iterator[Change | Read]:
        visit = self._chance.choice(list(self._known.versions))
        if self._chance.random() < 0.5:
            yield from self._read(visit)
        else:
            expected = max(1, self._known.versions[visit] - (self._chance.random() < 0.1))
            yield self.change(visit, messages.stated(), expected)

    def change(self, visit: str, message: Any, expected: int) -> Change:
        """Ask for a change, and mostly ask again while the answer is unknown."""
        request_id, began = next(self._ids), time.monotonic()
        tries = TRIES if self._chance.random() < PERSISTENT or not expected else 1
        for _ in range(tries):
            last = time.monotonic()
            try:
                answer = self._client.record(
                    visit, message, request_id=request_id, expected_version=expected or None
                )
            except grpc.RpcError as error:
                if error.code() is grpc.StatusCode.UNAVAILABLE:
                    time.sleep(RETRY)
                    continue
                if error.code() is not grpc.StatusCode.ABORTED:
                    raise
                actual = Refused(int(failure(error).metadata["actual_version"]))
                self._known.note(visit, actual.version)
                # Had it been recorded before, it would not be refused now.
                ended = time.monotonic()
                return Change(self._number, visit, request_id, expected, last, actual, ended)
            recorded = Recorded(answer.visit.version, answer.event.position)
            ended = time.monotonic()
            self._known.note(visit, *recorded)
            return Change(self._number, visit, request_id, expected, began, recorded, ended)
        return Change(self._number, visit, request_id, expected, began)

    def _read(self, visit: str) -> Iterator[Read]:
        least = self._known.position if self._chance.random() < 0.5 else 0
        began = time.monotonic()
        try:
            if self._chance.random() < 0.7:
                asked = GetVisitRequest(name=visit, min_position=least)
                answer: Any = self._client.visits.GetVisit(asked)
                found = answer.visit
            else:
                batch = BatchGetVisitsRequest(names=[visit], min_position=least)
                answer = self._client.visits.BatchGetVisits(batch)
                (found,) = answer.visits
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            return
        ended, position = time.monotonic(), answer.view_position
        self._known.note(visit, found.version, position)
        yield Read(self._number, visit, least, began, found.version, position, ended)


class Known:
    """What the clients have told each other: versions of visits, and the last position."""

    def __init__(self, visits: Sequence[str]) -> None:
        self.versions = dict.fromkeys(visits, 0)
        self.position = 0

    def note(self, visit: str, version: int, position: int = 0) -> None:
        """Take note of what was told. Between two threads, the earlier may win: that is no harm."""
        self.versions[visit] = max(self.versions[visit], version)
        self.position = max(self.position, position)


def history(
    clients: Sequence[Client], name: str, chance: random.Random
) -> tuple[list[Change | Read], Log]:
    """What the clients were told at the same time about visits of their own, and the log of it."""
    visits = [f"visits/{name}-{i}" for i in range(3)]
    known, after = Known(visits), clients[0].head
    desks = [
        Desk(number, client, known, random.Random(chance.random()), name)
        for number, client in enumerate(clients)
    ]
    calls: list[Change | Read] = [
        desks[0].change(visit, messages.scheduled(), expected=0) for visit in visits
    ]
    with ThreadPoolExecutor(len(desks)) as pool:
        working = [pool.submit(desk.work) for desk in desks]
        calls += [call for each in working for call in each.result()]
    # Whatever is recorded at all comes before this one.
    end = desks[0].change(visits[0], messages.stated(), expected=0)
    assert isinstance(end.answer, Recorded)
    request = ReadEventsRequest(after_position=after, min_position=end.answer.position)
    frames = _read(lambda: list(clients[0].history.ReadEvents(request)))
    log = {
        each.position: Entry(each.event.visit, each.event.request_id)
        for frame in frames
        for each in frame.events
        if each.event.visit in visits and each.position < end.answer.position
    }
    return calls, log


def _read(call: Callable[[], Any]) -> Any:
    """What a call answers, as soon as it can."""
    while True:
        try:
            return call()
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            time.sleep(RETRY)
