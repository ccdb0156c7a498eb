"""The questions for a log of any size, and one change."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from sqlite3 import connect
from typing import Any
from uuid import uuid4

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from benchmarks import messages
from benchmarks.big_log import CHANGES, id_of
from benchmarks.load import GET, STATE
from chancery.v1.audit_service_pb2 import GetInclusionProofRequest
from chancery.v1.values_pb2 import STATUS_COMPLETED, STATUS_POSTPONED
from chancery.v1.visit_pb2 import STANDING_DISPUTED, STANDING_OFFICIAL, AsOf
from chancery.v1.visit_service_pb2 import (
    DAY_KIND_FORMER,
    DayKind,
    DaysFilter,
    GetVisitRequest,
    ListVisitsRequest,
    VisitFilter,
)
from service.codec.clock import from_microseconds
from service.rpc import page_tokens
from service.tlog.tiles import WIDTH

LIST = "/chancery.v1.VisitService/ListVisits"
PROOF = "/chancery.v1.AuditService/GetInclusionProof"


@dataclass(frozen=True)
class Log:
    """A log made by ``big_log``."""

    file: Path
    changes: int

    @property
    def visits(self) -> int:
        """How many visits it has."""
        return self.changes // CHANGES

    @cached_property
    def record_times(self) -> tuple[int, int]:
        """When the first and the last of the changes made by ``big_log`` were recorded."""
        ends = "SELECT record_time FROM log WHERE position IN (1, ?) ORDER BY position"
        with closing(connect(self.file)) as log:
            first, last = log.execute(ends, [self.changes])
        return first[0], last[0]

    @cached_property
    def origin(self) -> str:
        """The name of the log, which its page tokens are bound to."""
        with closing(connect(self.file)) as log:
            return str(log.execute("SELECT origin FROM head").fetchone()[0])


def questions(log: Log, random: Random, calls: int) -> Iterator[tuple[str, str, Sequence[bytes]]]:
    """Each question's name, its method, and so many requests."""
    some = [id_of(number) for number in random.sample(range(log.visits), calls)]
    others = [id_of(number) for number in random.sample(range(log.visits), calls)]
    tiles = random.sample(range(log.changes // WIDTH), calls)

    def ask(name: str, method: str, requests: Sequence[Message]) -> Any:
        return name, method, [request.SerializeToString() for request in requests]

    gets = [GetVisitRequest(name=f"visits/{each}") for each in some]
    yield ask("GetVisit, not asked for before", GET, gets)
    yield ask("GetVisit, asked for before", GET, gets)
    past = [
        GetVisitRequest(name=f"visits/{each}", as_of=AsOf(position=log.changes)) for each in others
    ]
    yield ask("GetVisit as of a position", GET, past)
    proofs = [GetInclusionProofRequest(position=each * WIDTH + 100) for each in tiles]
    yield ask("GetInclusionProof, not asked for before", PROOF, proofs)
    yield ask("GetInclusionProof, asked for before", PROOF, proofs)
    for name, request in _lists(log):
        yield ask(f"ListVisits, {name}", LIST, [request] * calls)
        deep = id_of(log.visits * 3 // 4)
        if not request.order_by:
            request.page_token = page_tokens.token(request, [deep, deep], log.origin)
            yield ask(f"ListVisits, {name}, deep page", LIST, [request] * calls)
    yield ask("RecordStatement", STATE, [_statement(visit) for visit in others])


def _statement(visit: str) -> Message:
    return messages.request(f"visits/{visit}", messages.stated(), str(uuid4()))


def _lists(log: Log) -> Iterator[tuple[str, ListVisitsRequest]]:
    """Pages of visits: all, and for each filter one with few matches and one with many."""
    yield "all", ListVisitsRequest()
    for order in ("update_time desc", "last_heard_time", "window.start", "held_window.start desc"):
        yield f"by {order}", ListVisitsRequest(order_by=order)
    for name, few, many in _filters(log):
        if few is not None:
            yield f"{name}, few", ListVisitsRequest(filter=few)
        if many is not None:
            yield f"{name}, many", ListVisitsRequest(filter=many)
    yield "words, one", ListVisitsRequest(query=id_of(log.visits // 2))
    yield "words, few", ListVisitsRequest(query="xanth zephyr")
    yield "words, many", ListVisitsRequest(query="antony")
    by_country = VisitFilter(host_country="FR", statuses=[STATUS_POSTPONED])
    yield "country and status, none", ListVisitsRequest(filter=by_country)
    recent = "update_time desc"
    by_trip = VisitFilter(trip="winter tour")
    yield "trip, few, by update_time", ListVisitsRequest(filter=by_trip, order_by=recent)
    by_country = VisitFilter(host_country="FR")
    yield "host, many, by update_time", ListVisitsRequest(filter=by_country, order_by=recent)


def _filters(log: Log) -> list[tuple[str, VisitFilter | None, VisitFilter | None]]:
    """The name of each filter, with one that matches few visits and one that matches many."""
    first, last = map(from_microseconds, log.record_times)
    began, ended = Timestamp(), Timestamp()
    began.FromDatetime(first)
    ended.FromDatetime(last)
    return [
        (
            "statuses",
            VisitFilter(statuses=[STATUS_POSTPONED]),
            VisitFilter(statuses=[STATUS_COMPLETED, STATUS_POSTPONED]),
        ),
        (
            "standings",
            VisitFilter(standings=[STANDING_DISPUTED]),
            VisitFilter(standings=[STANDING_OFFICIAL]),
        ),
        (
            "principal",
            VisitFilter(principal="Xanthippe Quill"),
            VisitFilter(principal="Antony Blinken"),
        ),
        (
            "principal country",
            VisitFilter(principal_country="IS"),
            VisitFilter(principal_country="US"),
        ),
        ("host country", VisitFilter(host_country="FJ"), VisitFilter(host_country="CN")),
        ("trip", VisitFilter(trip="winter tour"), VisitFilter(trip="spring tour")),
        (
            "destination country",
            VisitFilter(destination_country="FJ"),
            VisitFilter(destination_country="CN"),
        ),
        ("days", _days("1999-05-01", "1999-05-31"), _days("2023-05-01", "2023-05-31")),
        (
            "former days",
            _days("1999-05-04", "1999-05-04", DAY_KIND_FORMER),
            _days("2023-05-04", "2023-05-04", DAY_KIND_FORMER),
        ),
        ("updated since", VisitFilter(updated_since=ended), VisitFilter(updated_since=began)),
        ("heard since", VisitFilter(heard_since=ended), VisitFilter(heard_since=began)),
        ("quiet since", VisitFilter(quiet_since=began), VisitFilter(quiet_since=ended)),
        ("overdue", VisitFilter(overdue=True), None),
    ]


def _days(start: str, end: str, *kinds: DayKind.ValueType) -> VisitFilter:
    days = DaysFilter(start=messages.date(start), end=messages.date(end), kinds=kinds)
    return VisitFilter(days=days)
