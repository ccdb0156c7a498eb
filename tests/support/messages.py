"""Valid messages of the contract, and short ways to say them.

Each builder takes the fields that a test is about; the rest has the facts of a visit to
Beijing that was planned for February 2023. Times are text: "2023-02-03 18:00" is an
instant, "2023-02-03", "2023-02" and "2023" are a day, a month and a year.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.desk_service_pb2 import DESCRIPTOR as DESK
from chancery.v1.desk_service_pb2 import ApplyChangesRequest, Change
from chancery.v1.event_pb2 import (
    Amended,
    Cancelled,
    ChangeContext,
    Completed,
    Corrected,
    Deferred,
    DetailItems,
    Disclosed,
    Postponed,
    Rescheduled,
    Retracted,
    Scheduled,
    StatementRecorded,
)
from chancery.v1.values_pb2 import (
    ATTRIBUTION_ON_THE_RECORD,
    SIDE_GUEST,
    STATEMENT_KIND_CONFIRM,
    VISIT_KIND_OFFICIAL,
    Attribution,
    Basis,
    Condition,
    Date,
    Host,
    Place,
    Principal,
    Side,
    Statement,
    StatementKind,
    VisitDetails,
    Window,
)
from chancery.v1.visit_pb2 import AsOf, Visit
from chancery.v1.visit_service_pb2 import DAY_KIND_PLANNED, DayKind, DaysFilter, GetVisitRequest

METHODS = DESK.services_by_name["DeskService"].methods_by_name
# The name under which each change stands in the event, in Change, and in its own request.
TOPICS = {
    field.message_type.name: field.name
    for field in Change.DESCRIPTOR.oneofs_by_name["change"].fields
    if field.message_type is not None
}
METHOD_OF = {m.input_type.fields[-1].name: m.name for m in METHODS.values()}


# Times


def at(text: str) -> Timestamp:
    """An instant: "2023-02-03 18:00"; of a day, a month or a year, the first one."""
    full = text + "-01-01"[len(text) - 4 :] if len(text) < 10 else text
    return instant(datetime.fromisoformat(full).replace(tzinfo=UTC))


def instant(moment: datetime) -> Timestamp:
    """The timestamp of a time with a time zone."""
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def date(text: str) -> Date:
    """A day: "2023-02-05"."""
    year, month, day = map(int, text.split("-"))
    return Date(year=year, month=month, day=day)


# Values


def window(start: str = "2023-02-05", end: str = "", **fields: Any) -> Window:
    """A window from the first to the last day; of one day, if only one is given."""
    return Window(start=date(start), end=date(end or start), **fields)


def details(**fields: Any) -> VisitDetails:
    """The secretary of state's visit to Beijing."""
    defaults: dict[str, Any] = {
        "title": "The secretary of state to Beijing",
        "principal": Principal(name="Antony Blinken", office="Secretary of State", country="US"),
        "host": Host(country="CN"),
        "destinations": [Place(city="Beijing", country="CN")],
        "kind": VISIT_KIND_OFFICIAL,
    }
    return VisitDetails(**(defaults | fields))


def condition(text: str = "when conditions allow", side: Side.ValueType = SIDE_GUEST) -> Condition:
    """The words under which a side leaves a visit open."""
    return Condition(text=text, side=side)


def basis(
    side: Side.ValueType = SIDE_GUEST,
    attribution: Attribution.ValueType = ATTRIBUTION_ON_THE_RECORD,
    **fields: Any,
) -> Basis:
    """The word of a side, on the record if nothing else is said."""
    return Basis(side=side, attribution=attribution, **fields)


def much_said() -> list[Basis]:
    """Words that make a change of almost 1,000,000 bytes, which is the most there can be."""
    bird = "\U0001f54a"
    return [basis(quote=bird * 4000, url="https://example.org/" + bird * 975)] * 50


def context(effective: str = "", known: str = "", **fields: Any) -> ChangeContext:
    """A context with its times as text; the other fields as they are called."""
    for name, text in (("effective", effective), ("known", known)):
        if len(text) > len("2023-02-03"):
            fields[f"{name}_time"] = at(text)
        elif text:
            fields[f"{name}_period"] = text
    return ChangeContext(**fields)


# Changes, as their events carry them


def scheduled(planned: Window | None = None, **facts: Any) -> Scheduled:
    """A visit is planned."""
    return Scheduled(details=details(**facts), window=planned or window("2023-02-05", "2023-02-06"))


def disclosed(held: Window | None = None, **facts: Any) -> Disclosed:
    """A visit becomes known after it took place."""
    return Disclosed(details=details(**facts), held_window=held or window())


def postponed(words: Condition | None = None, **fields: Any) -> Postponed:
    """The visit is put off. With details it is the first that is heard of it."""
    return Postponed(condition=words, **fields)


def deferred(words: Condition | None = None, **fields: Any) -> Deferred:
    """The visit is left open under a condition."""
    return Deferred(condition=words or condition(), **fields)


def rescheduled(planned: Window | None = None, **fields: Any) -> Rescheduled:
    """The visit gets a new window."""
    return Rescheduled(window=planned or window("2023-06-18", "2023-06-19"), **fields)


def completed(held: Window | None = None) -> Completed:
    """The visit took place."""
    return Completed(held_window=held)


def cancelled(words: Condition | None = None, **fields: Any) -> Cancelled:
    """The visit is called off."""
    return Cancelled(condition=words, **fields)


def amended(
    *mask: str, planned: Window | None = None, held: Window | None = None, **facts: Any
) -> Amended:
    """Facts that are no status change; the mask names those that are given, if it is empty."""
    windows = (("window", planned), ("held_window", held))
    given = [path for path, value in windows if value is not None]
    facts = facts if facts or mask or given else {"purpose": "Talks"}
    return Amended(
        details=VisitDetails(**facts) if facts else None,
        update_mask=FieldMask(paths=mask or [*facts, *given]),
        window=planned,
        held_window=held,
    )


def added(**items: Any) -> Amended:
    """Single items are added to the lists of the details."""
    return Amended(added=DetailItems(**items))


def corrected(version: int, *mask: str, **fields: Any) -> Corrected:
    """An earlier change should have said this; the mask names all fields that are given."""
    paths = mask or list(fields)
    return Corrected(corrected_version=version, update_mask=FieldMask(paths=paths), **fields)


def stated(
    kind: StatementKind.ValueType = STATEMENT_KIND_CONFIRM,
    side: Side.ValueType = SIDE_GUEST,
    **fields: Any,
) -> StatementRecorded:
    """Somebody says something."""
    return StatementRecorded(statement=Statement(kind=kind, side=side, **fields))


def retracted(version: int = 1, merged_into: str = "") -> Retracted:
    """An earlier change was entered in error."""
    return Retracted(retracted_version=version, merged_into=merged_into)


# Requests


def topic_of(change: Message) -> str:
    """The name under which the change stands in its event: "postponed"."""
    return TOPICS[change.DESCRIPTOR.name]


def method_of(change: Message) -> str:
    """The method of DeskService that asks for the change: "PostponeVisit"."""
    return METHOD_OF[topic_of(change)]


def request(name: str, message: Message, **fields: Any) -> Any:
    """The request of the method that asks for the change, with a context of these fields."""
    request_type = GetMessageClass(METHODS[method_of(message)].input_type)
    return request_type(context=context(**fields), name=name, **{topic_of(message): message})


def change(name: str, message: Message, **fields: Any) -> Change:
    """The change as ApplyChanges takes it."""
    content: dict[str, Any] = {topic_of(message): message}
    return Change(context=context(**fields), name=name, **content)


def apply(*changes: Change) -> ApplyChangesRequest:
    """Several changes at once."""
    return ApplyChangesRequest(changes=changes)


def days_in(start: str = "", end: str = "", *kinds: int) -> DaysFilter:
    """Has a day of these kinds in this range, which is open at an end that is not given."""
    return DaysFilter(
        start=date(start) if start else None,
        end=date(end) if end else None,
        kinds=[DayKind.ValueType(kind) for kind in kinds],
    )


def planned_in(start: str = "", end: str = "") -> DaysFilter:
    """Planned for a day of this range."""
    return days_in(start, end, DAY_KIND_PLANNED)


def as_of(
    *,
    position: int | None = None,
    recorded_at: Timestamp | None = None,
    known_at: str = "",
    valid_at: str = "",
) -> AsOf:
    """The moment of the times that are given; what is not given is now."""
    moment = AsOf(
        recorded_at=recorded_at,
        known_at=at(known_at) if known_at else None,
        valid_at=at(valid_at) if valid_at else None,
    )
    if position is not None:
        moment.position = position
    return moment


def get_visit(name: str, **times: Any) -> GetVisitRequest:
    """Asks for a visit, as of the times that are given."""
    moment = as_of(**times)
    return GetVisitRequest(name=name, as_of=moment if moment.ListFields() else None)


def as_of_then(visit: Visit) -> Visit:
    """The visit as lists and questions about the past have it: they leave out what it allows."""
    past = Visit()
    past.CopyFrom(visit)
    past.ClearField("allowed_changes")
    return past


def bytes_of(events: Sequence[Message]) -> list[bytes]:
    """The serialized events, to compare byte by byte."""
    return [event.SerializeToString(deterministic=True) for event in events]
