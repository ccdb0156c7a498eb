"""Any story as of any moment: the server answers what the domain's plain fold gives.

A client records a random story on a server; the domain then folds the changes in the server's
log. That the fold is right is what the stories in ``test_stories`` show.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import grpc
import pytest

from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import ListEventsRequest
from chancery.v1.visit_pb2 import AsOf, Visit
from chancery.v1.visit_service_pb2 import BatchGetVisitsRequest, GetVisitRequest
from domain.errors import VisitNotFound, VisitWithdrawn
from domain.events import Event
from domain.history import fold, was_told, why_invisible
from domain.times import LAST_INSTANT
from service import codec
from service.codec.clock import from_microseconds
from tests.model.serving import recorded
from tests.model.telling import random_history
from tests.rpc.asking import listed
from tests.rpc.watching import log
from tests.support.examples import examples
from tests.support.messages import bytes_of, instant
from tests.support.server import Client, failure

TICK = timedelta(microseconds=1)
MILLISECOND = timedelta(milliseconds=1)
SEEDS = range(100, 100 + examples(12))


@dataclass(frozen=True)
class Asked:
    """A moment; None means now. At most one of ``position`` and ``recorded_at`` is set."""

    known_at: datetime | None
    valid_at: datetime | None
    position: int | None = None
    recorded_at: datetime | None = None

    @property
    def message(self) -> AsOf:
        """As the contract has it."""
        fields: dict[str, Any] = {
            field: instant(time)
            for field in ("known_at", "valid_at", "recorded_at")
            if (time := getattr(self, field)) is not None
        }
        if self.position is not None:
            fields["position"] = self.position
        return AsOf(**fields)


@dataclass(frozen=True)
class Told:
    """A visit whose story was recorded, and its changes as they are in the server's log."""

    name: str
    recorded: Sequence[RecordedEvent]
    events: Sequence[Event]

    @classmethod
    def to(cls, client: Client, seed: int) -> "Told":
        """The visit of a random story, recorded on the server."""
        _, commands = random_history(seed)
        for command in commands:
            recorded(client, command)
        name = f"visits/{commands[0]['visit']}"
        changes = log(client, visit=name)
        events = [
            codec.event_from_bytes(
                each.event.SerializeToString(deterministic=True),
                from_microseconds(each.record_time.ToMicroseconds()),
            )
            for each in changes
        ]
        return cls(name, changes, events)

    def by_then(self, asked: Asked) -> list[tuple[RecordedEvent, Event]]:
        """The changes that were recorded by then."""
        return [
            (each, event)
            for each, event in zip(self.recorded, self.events, strict=True)
            if (asked.position is None or each.position <= asked.position)
            and (asked.recorded_at is None or event.timestamp <= _covered(asked.recorded_at))
        ]

    def expected(self, asked: Asked) -> bytes | str:
        """The visit as the domain folds it, in the contract's bytes; or why there is none."""
        known_at, valid_at = asked.known_at or LAST_INSTANT, asked.valid_at or LAST_INSTANT
        by_then = self.by_then(asked)
        events = [event for _, event in by_then]
        state = fold(events, known_at, valid_at)
        visit_id = self.name.removeprefix("visits/")
        if state.status is None:
            return reason_of(why_invisible(visit_id, events, known_at))
        first, last = by_then[0][0], by_then[-1][0]
        visit = Visit.FromString(codec.visit_to_bytes(visit_id, last.event.version, state))
        visit.position = last.position
        visit.create_time.CopyFrom(first.record_time)
        visit.update_time.CopyFrom(last.record_time)
        return visit.SerializeToString(deterministic=True)

    def changes(self, asked: Asked) -> list[RecordedEvent]:
        """The changes that count as of then."""
        known_at, valid_at = asked.known_at or LAST_INSTANT, asked.valid_at or LAST_INSTANT
        return [
            each
            for each, event in self.by_then(asked)
            if was_told(event, lambda version: self.events[version - 1], known_at, valid_at)
        ]


def reason_of(refusal: Exception) -> str:
    """The reason of the contract for why a visit did not exist."""
    if isinstance(refusal, VisitNotFound):
        assert isinstance(refusal, VisitWithdrawn)
        return "VISIT_WITHDRAWN"
    return f"{refusal.why.name}_BY_THEN"  # type: ignore[attr-defined]


def _covered(time: datetime) -> datetime:
    """The last instant that is asked about: a time in whole milliseconds covers its millisecond."""
    return time if time.microsecond % 1000 else time + MILLISECOND - TICK


def around(times: Sequence[datetime]) -> list[datetime | None]:
    """Now, each of the times, and the microsecond before it."""
    distinct = sorted(set(times))
    return [None, *distinct, *(time - TICK for time in distinct)]


def moments(story: Told, seed: int, number: int) -> list[Asked]:
    """A sample of the moments at which an answer may change."""
    positions = [event.position for event in story.recorded]
    known = around([event.known_instant for event in story.events])
    valid = around([event.effective_instant for event in story.events])
    records: list[dict[str, Any]] = [{}, {}, {}]
    records += [{"position": position} for position in [positions[0] - 1, *positions]]
    records += [
        {"recorded_at": event.timestamp - tick}
        for event in story.events
        for tick in (TICK, 0 * TICK)
    ]
    every = list(product(known, valid, records))
    chosen = random.Random(seed).sample(every, min(number, len(every)))
    return [Asked(known_at, valid_at, **record) for known_at, valid_at, record in chosen]


def single_answer(client: Client, name: str, asked: Asked) -> bytes | str:
    """What GetVisit answers as of a moment: the visit's bytes, or why there is none."""
    try:
        visit = client.visits.GetVisit(GetVisitRequest(name=name, as_of=asked.message)).visit
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.NOT_FOUND:
            raise
        return failure(error).reason
    visit.ClearField("allowed_changes")  # set if it is asked for as it is now
    return bytes(visit.SerializeToString(deterministic=True))


@pytest.fixture(scope="module")
def seen() -> Counter[str]:
    """What was met in all stories."""
    return Counter()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_moment_of_a_story_is_what_the_plain_fold_of_the_domain_gives(
    client: Client, seen: Counter[str], seed: int
) -> None:
    """Any of known_at, valid_at, and position or recorded_at, alone and together.

    GetVisit, BatchGetVisits, ListVisits and ListEvents all agree.
    """
    story = Told.to(client, seed)
    asked = moments(story, seed, 40)

    for each in asked:
        expected = story.expected(each)
        assert single_answer(client, story.name, each) == expected, each
        seen["visits"] += isinstance(expected, bytes)
        seen.update([expected] if isinstance(expected, str) else [])
    seen["stories"] += 1
    for each in asked[:5]:
        check_lists(client, story, each)


def test_every_answer_was_met(seen: Counter[str]) -> None:
    """It comes after the stories; another process may have had most of them."""
    wanted = ("NOT_RECORDED_BY_THEN", "NOT_KNOWN_BY_THEN", "NOT_IN_FORCE_BY_THEN", "visits")

    assert min(seen[each] for each in wanted) >= seen["stories"] // 4, seen


def check_lists(client: Client, story: Told, asked: Asked) -> None:
    """BatchGetVisits, ListVisits and ListEvents say what GetVisit says."""
    expected = story.expected(asked)
    names, moment = [story.name, "visits/nobody"], asked.message
    batch = client.visits.BatchGetVisits(BatchGetVisitsRequest(names=names, as_of=moment))
    visits = [v for v in listed(client, moment, page_size=1000) if v.name == story.name]
    changes = client.history.ListEvents(
        ListEventsRequest(visit=story.name, as_of=moment, page_size=1000)
    )
    found = [expected] if isinstance(expected, bytes) else []
    for visit in batch.visits:
        visit.ClearField("allowed_changes")
    assert bytes_of(batch.visits) == found, asked
    assert list(batch.missing) == names[len(found) :], asked
    assert bytes_of(visits) == found, asked
    assert bytes_of(changes.events) == bytes_of(story.changes(asked)), asked
