"""What the contract calls visits, the members of enums, and the types of change."""

from enum import Enum
from typing import Any

from chancery.v1 import event_pb2, values_pb2, visit_pb2
from domain import events as domain
from domain import terms
from domain.errors import InvalidValue
from domain.standing import Stance, Standing
from domain.state import Ending
from domain.status import Status, StatusChange

VISITS = "visits/"


def visit_name(visit_id: str) -> str:
    """The name visits/{id}; empty for an empty id."""
    return VISITS + visit_id if visit_id else ""


def visit_id(name: str, field: str = "name") -> str:
    """The id or alias in visits/{id}; empty for an empty name.

    :raises InvalidValue: the name does not begin with "visits/".
    """
    if name and (not name.startswith(VISITS) or name == VISITS):
        raise InvalidValue.of(field, 'must be "visits/" and the id of a visit')
    return name.removeprefix(VISITS)


def _numbers(domain_enum: type[Enum], prefix: str, wire_enum: Any) -> dict[Any, int]:
    return {member: wire_enum.Value(f"{prefix}_{member.name}") for member in domain_enum}


NUMBERS: dict[type[Enum], dict[Any, Any]] = {
    Status: _numbers(Status, "STATUS", values_pb2.Status),
    Standing: _numbers(Standing, "STANDING", visit_pb2.Standing),
    Stance: _numbers(Stance, "STANCE", visit_pb2.Stance),
    Ending: _numbers(Ending, "WINDOW_ENDING", visit_pb2.WindowEnding),
    terms.Side: _numbers(terms.Side, "SIDE", values_pb2.Side),
    terms.Attribution: _numbers(terms.Attribution, "ATTRIBUTION", values_pb2.Attribution),
    terms.VisitKind: _numbers(terms.VisitKind, "VISIT_KIND", values_pb2.VisitKind),
    terms.StatementKind: _numbers(terms.StatementKind, "STATEMENT_KIND", values_pb2.StatementKind),
    terms.Relation: _numbers(terms.Relation, "RELATION", values_pb2.Relation),
}
MEMBERS = {
    domain_enum: {number: member for member, number in numbers.items()}
    for domain_enum, numbers in NUMBERS.items()
}


def member(domain_enum: type[Enum], number: int, field: str) -> Any:
    """The member with that number; None for 0, which means unspecified.

    :raises InvalidValue: there is no such member.
    """
    if number == 0:
        return None
    try:
        return MEMBERS[domain_enum][number]
    except KeyError:
        allowed = ", ".join(f"{n} ({m.name})" for n, m in MEMBERS[domain_enum].items())
        raise InvalidValue.of(field, f"has no value {number}; allowed: {allowed}") from None


EVENT_TYPES = {event_type.TOPIC: event_type for event_type in domain.EVENT_TYPES}
# The contract's types of change, by the topics of events.
CHANGE_TYPES = {
    topic: event_pb2.ChangeType.Value(f"CHANGE_TYPE_{topic.upper()}") for topic in EVENT_TYPES
}
# Those of the changes of a table's columns.
_OF_STATUS_CHANGES = {
    event_type.STATUS_CHANGE: CHANGE_TYPES[event_type.TOPIC] for event_type in domain.EVENT_TYPES
}


def status_name(status: Status) -> str:
    """The name of the contract's value: STATUS_POSTPONED."""
    return values_pb2.Status.Name(NUMBERS[Status][status])


def standing_name(standing: Standing) -> str:
    """The name of the contract's value: STANDING_DISPUTED."""
    return visit_pb2.Standing.Name(NUMBERS[Standing][standing])


def change_type_name(change: StatusChange) -> str:
    """The name of the contract's type of change: CHANGE_TYPE_POSTPONED."""
    return event_pb2.ChangeType.Name(_OF_STATUS_CHANGES[change])


def topic_name(topic: str) -> str:
    """The name of the contract's type of change for the topic of an event."""
    return event_pb2.ChangeType.Name(CHANGE_TYPES[topic])
