"""Contract messages of a visit to Beijing, and the requests that record them."""

import datetime
from collections.abc import Callable
from typing import NamedTuple

from google.protobuf.message import Message

from chancery.v1 import desk_service_pb2 as desk
from chancery.v1.event_pb2 import (
    ChangeContext,
    Postponed,
    Rescheduled,
    Scheduled,
    StatementRecorded,
)
from chancery.v1.values_pb2 import (
    SIDE_GUEST,
    STATEMENT_KIND_CONFIRM,
    VISIT_KIND_OFFICIAL,
    Date,
    Host,
    Place,
    Principal,
    Statement,
    VisitDetails,
    Window,
)

Fact = Scheduled | Postponed | Rescheduled | StatementRecorded


class Method(NamedTuple):
    """The method of DeskService that records a change, its request, and the change's field."""

    name: str
    request: Callable[..., Message]
    field: str


METHODS: dict[type[Fact], Method] = {
    Scheduled: Method("ScheduleVisit", desk.ScheduleVisitRequest, "scheduled"),
    Postponed: Method("PostponeVisit", desk.PostponeVisitRequest, "postponed"),
    Rescheduled: Method("RescheduleVisit", desk.RescheduleVisitRequest, "rescheduled"),
    StatementRecorded: Method("RecordStatement", desk.RecordStatementRequest, "statement_recorded"),
}


def date(text: str) -> Date:
    """A day: "2023-02-05"."""
    day = datetime.date.fromisoformat(text)
    return Date(year=day.year, month=day.month, day=day.day)


def scheduled() -> Scheduled:
    """A visit is planned."""
    details = VisitDetails(
        title="The secretary of state to Beijing",
        principal=Principal(name="Antony Blinken", office="Secretary of State", country="US"),
        host=Host(country="CN"),
        destinations=[Place(city="Beijing", country="CN")],
        kind=VISIT_KIND_OFFICIAL,
    )
    window = Window(start=date("2023-02-05"), end=date("2023-02-06"))
    return Scheduled(details=details, window=window)


def rescheduled() -> Rescheduled:
    """The visit gets a new window."""
    return Rescheduled(window=Window(start=date("2023-06-18"), end=date("2023-06-19")))


def stated() -> StatementRecorded:
    """The guest says something."""
    statement = Statement(
        kind=STATEMENT_KIND_CONFIRM, side=SIDE_GUEST, text="We have no information"
    )
    return StatementRecorded(statement=statement)


def request(name: str, fact: Fact, request_id: str = "") -> Message:
    """The request of the method that records a change of the visit with this name."""
    method = METHODS[type(fact)]
    context = ChangeContext(request_id=request_id)
    return method.request(name=name, context=context, **{method.field: fact})


def change(name: str, fact: Fact, request_id: str) -> desk.Change:
    """The same, as an item of ImportChanges."""
    field = METHODS[type(fact)].field
    result = desk.Change(name=name, context=ChangeContext(request_id=request_id))
    getattr(result, field).CopyFrom(fact)
    return result
