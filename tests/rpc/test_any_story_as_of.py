"""Any story as of any moment: the server answers what the domain's plain fold gives.

A client records the story on a server; the domain and its naive transcription then fold the
changes in the server's log.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, pairwise, product
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from chancery.v1.desk_service_pb2 import Change
from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import ListEventsRequest
from chancery.v1.visit_pb2 import AsOf, Visit
from chancery.v1.visit_service_pb2 import (
    BatchGetVisitsRequest,
    GetVisitRequest,
)
from domain import events as happened
from domain.checks import Context
from domain.events import Event
from domain.history import fold
from domain.times import LAST_INSTANT, TICK, Moment, Precision
from domain.values import Basis
from domain.visit import Visit as DomainVisit
from service import codec
from service.codec.clock import from_microseconds
from service.codec.fields import FIELDS, NUMBERS, many, write_fields
from tests.domain import naive
from tests.domain.answers import answer
from tests.domain.builders import at, blank_visit
from tests.domain.strategies import BASES, SENSIBLE, Step, allowed
from tests.rpc.asking import listed
from tests.rpc.watching import log
from tests.support.examples import examples
from tests.support.messages import bytes_of, instant, scheduled
from tests.support.server import Client, failure

# When the changes took effect and became known. They are recorded long after.
TIMES = [
    at("2023-01-10 09:00"),
    at("2023-01-10 15:00"),
    at("2023-01-20 12:00"),
    at("2023-02-03 12:00"),
    at("2023-02-14 12:00"),
    at("2023-03-01 12:00"),
]
TOLD = at("2024-01-01 12:00")

EVENT_TYPES = {event.TOPIC: event for event in happened.EVENT_TYPES}
COMMANDS = {
    "schedule": "scheduled",
    "disclose": "disclosed",
    "postpone": "postponed",
    "defer": "deferred",
    "reschedule": "rescheduled",
    "complete": "completed",
    "cancel": "cancelled",
    "amend": "amended",
    "record_statement": "statement_recorded",
    "retract": "retracted",
}

STATUS_CHANGES = {
    command for command, topic in COMMANDS.items() if EVENT_TYPES[topic].STATUS_CHANGE
}
PRECISIONS = st.sampled_from([Precision.INSTANT, Precision.INSTANT, Precision.DAY])

# Stories


@st.composite
def told_stories(draw: st.DrawFn, length: int) -> list[Step]:
    """Steps for one visit, each chosen for the state that the steps before it leave."""
    visit, now = blank_visit(), TOLD
    story: list[Step] = []
    for _ in range(draw(st.integers(length // 2, length))):
        now += timedelta(minutes=1)
        story.append(draw(told_steps(visit, now)))
        story[-1].give(visit)
    return story


@st.composite
def told_steps(draw: st.DrawFn, visit: DomainVisit, now: datetime) -> Step:
    """A step that a visit is likely to take; retractions and amendments are common."""
    if visit.state.status is None:
        commands = ["schedule", "schedule", "schedule", "disclose"]
    else:
        commands = [*allowed(visit), "retract", "amend", "amend"]
    command = draw(st.sampled_from(commands))
    values = draw(SENSIBLE[command])
    if command == "retract":
        values = values | {"retracted_version": draw(st.integers(1, visit.version))}
    effective, known = draw(told_times(visit, command in STATUS_CHANGES))
    asked = Context(now, "desk", "request", effective=effective, known=known, basis=draw(BASES))
    return Step(command, asked, values)


@st.composite
def told_times(
    draw: st.DrawFn, visit: DomainVisit, is_status_change: bool
) -> tuple[Moment | None, Moment | None]:
    """When a change took effect and when it became known; None if it is recorded as it happens.

    Changes take effect in any order, but a change of status no earlier than the one before it.
    """
    stands = visit.state.status_change
    first = 0
    if is_status_change and stands is not None:
        first = sum(time < stands.effective_moment.instant for time in TIMES)
    if first == len(TIMES) or not draw(st.integers(0, 7)):
        return None, None
    effective = draw(st.integers(first, len(TIMES) - 1))
    known = draw(st.none() | st.integers(effective, len(TIMES) - 1))
    precision = draw(PRECISIONS)
    return Moment(TIMES[effective], precision), (
        None if known is None else Moment(TIMES[known], precision)
    )


# Recording them on a server

_numbers = count(1)


@pytest.fixture(scope="module", autouse=True)
def _another_visit(client: Client) -> None:
    """The visit that others are merged into."""
    client.record("visits/another-visit", scheduled(), effective="2023-01-01")


def tell(client: Client, steps: Sequence[Step]) -> str:
    """Record the steps of a new visit, and return its name.

    The server takes what the domain takes, and refuses what it refuses.
    """
    name = f"visits/told-{next(_numbers)}"
    visit = blank_visit()
    for step in steps:
        refused = step.give(visit)
        assert is_taken(client, name, step) == (refused is None), (step, refused)
    return name


def is_taken(client: Client, name: str, step: Step) -> bool:
    """Whether the server records the step."""
    try:
        client.record(name, change_of(step), **context_of(step))
    except grpc.RpcError as error:
        if error.code() in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION):
            return False
        raise
    return True


def change_of(step: Step) -> Any:
    """The change as the contract has it."""
    topic = COMMANDS[step.command]
    message_type = Change.DESCRIPTOR.fields_by_name[topic].message_type
    assert message_type is not None
    message = GetMessageClass(message_type)()
    values = {"merged_into": ""} | step.values
    write_fields(FIELDS[EVENT_TYPES[topic]], SimpleNamespace(**values), message)
    return message


def context_of(step: Step) -> dict[str, Any]:
    """The same for the times and the basis; the server makes the request id."""
    fields: dict[str, Any] = {}
    for which in ("effective", "known"):
        moment = getattr(step.context, which)
        if moment is not None:
            fields[f"{which}_time"] = instant(moment.instant)
            fields[f"{which}_precision"] = NUMBERS[Precision][moment.precision]
    holder = Change().context
    write_fields(BASIS, SimpleNamespace(basis=step.context.basis), holder)
    return fields | {"basis": list(holder.basis)}


BASIS = {"basis": many(Basis)}


# Moments


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


def around(times: Sequence[datetime]) -> list[datetime | None]:
    """Now, each of the times, the microsecond before it, and the middle between it and the next."""
    distinct = sorted(set(times))
    between = [one + (other - one) / 2 for one, other in pairwise(distinct)]
    return [None, *distinct, *(time - TICK for time in distinct), *between]


def moments(
    recorded: Sequence[RecordedEvent], events: Sequence[Event], seed: int, number: int
) -> list[Asked]:
    """A sample of the moments at which an answer may change."""
    positions = [event.position for event in recorded]
    known = around([event.known_moment.instant for event in events])
    valid = around([event.effective_moment.instant for event in events])
    records: list[dict[str, Any]] = [{}, {}, {}]
    records += [{"position": position} for position in [positions[0] - 1, *positions]]
    records += [
        {"recorded_at": event.timestamp - tick} for event in events for tick in (TICK, 0 * TICK)
    ]
    every = list(product(known, valid, records))
    chosen = random.Random(seed).sample(every, min(number, len(every)))
    return [Asked(known_at, valid_at, **record) for known_at, valid_at, record in chosen]


# What is expected


@dataclass(frozen=True)
class Told:
    """A visit whose story was recorded, and its changes as they are in the server's log."""

    name: str
    recorded: Sequence[RecordedEvent]
    events: Sequence[Event]

    @classmethod
    def to(cls, client: Client, steps: Sequence[Step]) -> "Told":
        """The visit, with these steps recorded on the server."""
        name = tell(client, steps)
        recorded = log(client, visit=name)
        events = [
            codec.event_from_bytes(
                each.event.SerializeToString(deterministic=True),
                from_microseconds(each.record_time.ToMicroseconds()),
            )
            for each in recorded
        ]
        return cls(name, recorded, events)

    def by_then(self, asked: Asked) -> list[tuple[RecordedEvent, Event]]:
        """The changes that were recorded by then."""
        return [
            (each, event)
            for each, event in zip(self.recorded, self.events, strict=True)
            if (asked.position is None or each.position <= asked.position)
            and (asked.recorded_at is None or event.timestamp <= asked.recorded_at)
        ]

    def expected(self, asked: Asked) -> bytes | str:
        """The visit as the domain folds it, in the contract's bytes; or why there is none."""
        known_at, valid_at = asked.known_at or LAST_INSTANT, asked.valid_at or LAST_INSTANT
        by_then = self.by_then(asked)
        events = [event for _, event in by_then]
        view = fold(events, known_at, valid_at)
        plainly = naive.as_of(events, known_at, valid_at, LAST_INSTANT)
        assert answer(view) == plainly
        if view.status is None:
            return why(events, known_at)
        first, last = by_then[0][0], by_then[-1][0]
        visit_id = self.name.removeprefix("visits/")
        state = codec.visit_to_bytes(visit_id, last.event.version, view)
        visit = Visit.FromString(state)
        assert view.status_change is not None
        visit.effective_time.FromDatetime(view.status_change.effective_moment.instant)
        visit.known_time.FromDatetime(view.status_change.known_moment.instant)
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
            if naive.known_time(event) <= known_at
            and (isinstance(event, happened.Retracted) or naive.effective_time(event) <= valid_at)
        ]


def why(events: Sequence[Event], known_at: datetime) -> str:
    """Why a visit has no status as of a moment, given the changes recorded by then."""
    if not events:
        return "NOT_RECORDED_BY_THEN"
    known = [event for event in events if naive.known_time(event) <= known_at]
    if not any(isinstance(event, naive.STATUS_CHANGES) for event in known):
        return "NOT_KNOWN_BY_THEN"
    if naive.as_of(events, known_at, LAST_INSTANT, LAST_INSTANT).status is None:
        return "VISIT_WITHDRAWN"
    return "NOT_IN_FORCE_BY_THEN"


# The promise


def single_answers(client: Client, name: str, asked: Sequence[Asked]) -> Iterator[bytes | str]:
    """What GetVisit answers as of each moment: the visit's bytes, or why there is none."""
    calls = [
        client.visits.GetVisit.future(GetVisitRequest(name=name, as_of=each.message))
        for each in asked
    ]
    for call in calls:
        error = call.exception()
        if error is None:
            yield call.result().visit.SerializeToString(deterministic=True)
        else:
            assert isinstance(error, grpc.RpcError)
            assert error.code() == grpc.StatusCode.NOT_FOUND, error
            yield failure(error).reason


@pytest.mark.timeout(600)  # if it fails, hypothesis takes its time to find the shortest story
def test_every_moment_of_every_story_is_what_the_plain_fold_of_the_domain_gives(
    client: Client,
) -> None:
    """Any of known_at, valid_at, and position or recorded_at, alone and together.

    GetVisit, BatchGetVisits, ListVisits and ListEvents all agree.
    """
    seen: Counter[str] = Counter()

    @settings(
        max_examples=examples(40),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(told_stories(14), st.integers(0, 1 << 30))
    def check(steps: list[Step], seed: int) -> None:
        story = Told.to(client, steps)
        asked = moments(story.recorded, story.events, seed, 50)
        note(f"{story.name} holds: {[event.TOPIC for event in story.events]}")
        expected = {each: story.expected(each) for each in asked}
        got = single_answers(client, story.name, asked)
        for each, single in zip(asked, got, strict=True):
            assert single == expected[each], each
        for each in asked[:5]:
            check_lists(client, story, each, expected[each])
        found = [each for each in expected.values() if isinstance(each, bytes)]
        seen.update(each for each in expected.values() if isinstance(each, str))
        seen.update(type(event).__name__ for event in story.events)
        seen["changes without times"] += sum(not event.has_own_times for event in story.events)
        seen["different answers"] += len(set(found))

    check()

    assert min(seen["Amended"], seen["Retracted"]) > 20, seen
    assert min(seen["changes without times"], seen["different answers"]) > 20, seen
    for reason in (
        "NOT_RECORDED_BY_THEN",
        "NOT_KNOWN_BY_THEN",
        "NOT_IN_FORCE_BY_THEN",
        "VISIT_WITHDRAWN",
    ):
        assert seen[reason] > 50, seen


def check_lists(client: Client, story: Told, asked: Asked, expected: bytes | str) -> None:
    """BatchGetVisits, ListVisits and ListEvents say what GetVisit says."""
    names, moment = [story.name, "visits/nobody"], asked.message
    batch = client.visits.BatchGetVisits(BatchGetVisitsRequest(names=names, as_of=moment))
    visits = [v for v in listed(client, moment, page_size=1000) if v.name == story.name]
    changes = client.history.ListEvents(
        ListEventsRequest(visit=story.name, as_of=moment, page_size=1000)
    )
    found = [expected] if isinstance(expected, bytes) else []
    assert bytes_of(batch.visits) == found, asked
    assert list(batch.missing) == names[len(found) :], asked
    assert bytes_of(visits) == found, asked
    assert bytes_of(changes.events) == bytes_of(story.changes(asked)), asked
