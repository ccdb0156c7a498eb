"""Requests with every field set, and the paths of all fields in the contract's descriptors."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from chancery.v1 import (
    audit_service_pb2,
    desk_service_pb2,
    history_service_pb2,
    visit_service_pb2,
)
from chancery.v1.audit_service_pb2 import (
    ChangeFilter,
    ExportBundleRequest,
    GetCheckpointRequest,
    GetConsistencyProofRequest,
    GetInclusionProofRequest,
    GetTileRequest,
    ListChangesRequest,
    PositionRange,
)
from chancery.v1.desk_service_pb2 import ApplyChangesRequest
from chancery.v1.event_pb2 import (
    CHANGE_TYPE_SCHEDULED,
)
from chancery.v1.history_service_pb2 import (
    CompareVisitRequest,
    ListEventsRequest,
    ReadEventsRequest,
    WatchEventsRequest,
)
from chancery.v1.values_pb2 import (
    STATUS_SCHEDULED,
)
from chancery.v1.visit_pb2 import STANDING_OFFICIAL, AsOf
from chancery.v1.visit_service_pb2 import (
    COUNT_BY_PRINCIPAL,
    DAY_KIND_PLANNED,
    BatchGetVisitsRequest,
    CountVisitsRequest,
    DaysFilter,
    GetVisitRequest,
    ListVisitsRequest,
    VisitFilter,
)
from tests.rpc.whole_changes import STANDING, contexts_for, whole_changes
from tests.support.messages import (
    at,
    change,
    date,
    request,
)
from tests.support.server import Client

SERVICES = {
    "desk": desk_service_pb2.DESCRIPTOR.services_by_name["DeskService"],
    "visits": visit_service_pb2.DESCRIPTOR.services_by_name["VisitService"],
    "history": history_service_pb2.DESCRIPTOR.services_by_name["HistoryService"],
    "audit": audit_service_pb2.DESCRIPTOR.services_by_name["AuditService"],
}


@dataclass(frozen=True)
class Template:
    """A request that is right as it stands, and the call that takes it."""

    service: str
    method: str
    message: Message

    def call(self, client: Client) -> Callable[..., Any]:
        """The call of this client."""
        return getattr(getattr(client, self.service), self.method)  # type: ignore[no-any-return]


def _templates() -> Iterator[Template]:
    for name, each in whole_changes():
        for context in contexts_for(name, each):
            single = request(name, each, **context)
            method = single.DESCRIPTOR.name.removesuffix("Request")
            yield Template("desk", method, single)
            several = ApplyChangesRequest(changes=[change(name, each, **context)])
            yield Template("desk", "ApplyChanges", several)
    for as_of in (None, THEN, LONG_AGO):
        yield from _reads(as_of)
    for moments in ({"before": LONG_AGO, "after": THEN}, {"before": THEN, "after": LONG_AGO}):
        compared = CompareVisitRequest(name=STANDING, min_position=1, **moments)
        yield Template("history", "CompareVisit", compared)
    yield from _streams()
    yield from _audits()


def _reads(as_of: AsOf | None) -> Iterator[Template]:
    """The reads that take another moment, with all their other fields."""
    if as_of is not LONG_AGO:  # nothing was recorded then: see WAS_NOT_THERE
        get = GetVisitRequest(name=STANDING, as_of=as_of, min_position=1)
        yield Template("visits", "GetVisit", get)
    several = BatchGetVisitsRequest(names=[STANDING], as_of=as_of, min_position=1)
    yield Template("visits", "BatchGetVisits", several)
    listing = ListVisitsRequest(
        as_of=as_of,
        filter=VisitFilter(
            statuses=[STATUS_SCHEDULED],
            standings=[STANDING_OFFICIAL],
            principal="Antony Blinken",
            principal_country="US",
            host_country="CN",
            destination_country="CN",
            trip="Asia",
            days=DaysFilter(
                start=date("2023-02-01"), end=date("2023-02-28"), kinds=[DAY_KIND_PLANNED]
            ),
            under_way=True,
            related_to=STANDING,
            updated_since=at("2023-01-01"),
            heard_since=at("2023-01-01"),
            quiet_since=at("2023-12-31"),
            overdue=True,
        ),
        query="beijing",
        order_by="name desc" if as_of else "update_time desc",
        page_size=10,
        min_position=1,
    )
    yield Template("visits", "ListVisits", listing)
    counting = CountVisitsRequest(
        as_of=as_of,
        filter=listing.filter,
        query="beijing",
        count_by=[COUNT_BY_PRINCIPAL],
        min_position=1,
    )
    yield Template("visits", "CountVisits", counting)
    changes = ListEventsRequest(
        visit=STANDING,
        as_of=as_of,
        change_types=TYPES,
        backwards=True,
        page_size=10,
        min_position=1,
    )
    yield Template("history", "ListEvents", changes)


def _streams() -> Iterator[Template]:
    """The streams, with all their fields."""
    part: dict[str, Any] = {"visit": STANDING, "change_types": TYPES, "min_position": 1}
    replay = ReadEventsRequest(after_position=1, limit=10, backwards=True, **part)
    yield Template("history", "ReadEvents", replay)
    starts: list[dict[str, Any]] = [{"after_position": 1}, {"beginning": Empty()}, {"now": Empty()}]
    for start in starts:
        yield Template("history", "WatchEvents", WatchEventsRequest(**start, **part))


def _audits() -> Iterator[Template]:
    """The requests of AuditService, with all their fields."""
    which = ChangeFilter(
        visit=STANDING,
        actor="unverified:unknown",
        change_types=TYPES,
        recorded_from=at("2023-01-01"),
        recorded_until=at("2999-12-31"),
        known_from=at("2023-01-01"),
        known_until=at("2999-12-31"),
        first_position=1,
        last_position=2,
    )
    changes = ListChangesRequest(filter=which, backwards=True, page_size=10, min_position=1)
    yield Template("audit", "ListChanges", changes)
    checkpoint = GetCheckpointRequest(previous_size=1, min_position=1)
    yield Template("audit", "GetCheckpoint", checkpoint)
    inclusion = GetInclusionProofRequest(position=1, tree_size=2, min_position=1)
    yield Template("audit", "GetInclusionProof", inclusion)
    consistency = GetConsistencyProofRequest(first_size=1, second_size=2, min_position=1)
    yield Template("audit", "GetConsistencyProof", consistency)
    yield Template("audit", "GetTile", GetTileRequest(width=2, entries=True, min_position=1))
    for contents in ({"visit": STANDING}, {"range": PositionRange(first=1, last=2)}):
        bundle = ExportBundleRequest(
            previous_size=1, without_restricted=True, min_position=1, **contents
        )
        yield Template("audit", "ExportBundle", bundle)


TYPES = [CHANGE_TYPE_SCHEDULED]
DAY = at("2023-02-10")
THEN = AsOf(position=2, known_at=DAY, valid_at=DAY)
LONG_AGO = AsOf(recorded_at=DAY, known_at=DAY, valid_at=DAY)

TEMPLATES = list(_templates())
# Valid, but nothing was recorded then.
WAS_NOT_THERE = Template("visits", "GetVisit", GetVisitRequest(name=STANDING, as_of=LONG_AGO))

# Messages that count as one value: their fields are not walked through.
LEAVES = ("google.protobuf.Timestamp", "google.protobuf.FieldMask", "chancery.v1.Date")

# Fields that no client makes up, those of a tile that so short a log does not have, and those
# that no request may have.
NOT_WALKED = re.compile(
    r": (page_token|log_origin)|GetTile: (level|index)"
    r"|(CorrectChange|RetractChange): context.effective_|retracted_versions"
)


@dataclass(frozen=True)
class Spot:
    """A field of a request, as the steps to it; a repeated field stands for its first value."""

    template: Template
    steps: tuple[FieldDescriptor, ...]

    @property
    def field(self) -> FieldDescriptor:
        """The field itself."""
        return self.steps[-1]

    @property
    def path(self) -> str:
        """The path as errors name it: ``changes[0].context.basis[0].speaker``."""
        return ".".join(f"{step.name}[0]" if step.is_repeated else step.name for step in self.steps)

    def __str__(self) -> str:
        return f"{self.template.method}: {self.path}"

    def holding(self, value: Any) -> Message:
        """The request with this value in the field, meant to be recorded."""
        request, holder = self._to_be_recorded()
        if self.field.is_repeated:
            repeated = getattr(holder, self.field.name)
            del repeated[:]
            repeated.extend(value if isinstance(value, list) else [value])
        elif isinstance(value, Message):
            getattr(holder, self.field.name).CopyFrom(value)
        else:
            setattr(holder, self.field.name, value)
        return request

    def without(self) -> Message:
        """The request without the field, meant to be recorded."""
        request, holder = self._to_be_recorded()
        holder.ClearField(self.field.name)
        return request

    def first(self) -> Any:
        """The first value of a repeated field."""
        _, holder = self._to_be_recorded()
        return getattr(holder, self.field.name)[0]

    def _to_be_recorded(self) -> tuple[Message, Any]:
        """The request, and the message in it that has the field."""
        request = type(self.template.message)()
        request.CopyFrom(self.template.message)
        for each in getattr(request, "changes", [request]):
            if "context" in each.DESCRIPTOR.fields_by_name:
                each.context.validate_only = False
        holder: Any = request
        for step in self.steps[:-1]:
            holder = getattr(holder, step.name)
            holder = holder[0] if step.is_repeated else holder
        return request, holder


def _set_fields(
    template: Template, message: Message, before: tuple[FieldDescriptor, ...] = ()
) -> Iterator[Spot]:
    for field, value in message.ListFields():
        steps = (*before, field)
        yield Spot(template, steps)
        if field.message_type is not None and field.message_type.full_name not in LEAVES:
            yield from _set_fields(template, value[0] if field.is_repeated else value, steps)


def _described(method: str, message: Descriptor, before: str = "") -> Iterator[str]:
    for field in message.fields:
        path = f"{before}{field.name}[0]" if field.is_repeated else before + field.name
        spot = f"{method}: {path}"
        if not NOT_WALKED.search(spot):
            yield spot
            if field.message_type is not None and field.message_type.full_name not in LEAVES:
                yield from _described(method, field.message_type, f"{path}.")


def described() -> set[str]:
    """Every field of every request in the contract's descriptors."""
    return {
        spot
        for service in SERVICES.values()
        for method in service.methods
        if not method.client_streaming  # a change in a bulk load is read like one of ApplyChanges
        for spot in _described(method.name, method.input_type)
    }


# Each field once, in the first template that sets it.
SPOTS = list(
    {
        str(spot): spot
        for template in (WAS_NOT_THERE, *reversed(TEMPLATES))
        for spot in _set_fields(template, template.message)
    }.values()
)
