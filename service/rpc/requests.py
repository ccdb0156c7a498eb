"""From the requests of the contract to the arguments of commands and queries."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from chancery.v1 import (
    audit_service_pb2,
    desk_service_pb2,
    event_pb2,
    values_pb2,
    visit_pb2,
    visit_service_pb2,
)
from domain.checks import Context
from domain.errors import InvalidValue
from domain.standing import Standing
from domain.status import Status
from domain.text import clean_line
from domain.validation import Rule, a_country, a_name, checked_fields
from service import codec
from service.audit.changes import ChangeQuery
from service.codec.clock import EPOCH, to_microseconds
from service.commands.change import Change
from service.limits import DEFAULT_PAGE, MAX_PAGE, QUERY_WORDS
from service.projections import words
from service.queries.moments import AsOf
from service.rpc.texts import one_line
from service.store.log.reader import HIGHEST
from service.store.states.filters import VisitQuery, WantedDays
from service.store.states.rows import DayKind

# The facets of visits by which they are counted.
FACETS: dict[int, str] = {
    visit_service_pb2.COUNT_BY_STATUS: "status",
    visit_service_pb2.COUNT_BY_STANDING: "standing",
    visit_service_pb2.COUNT_BY_HOST_COUNTRY: "host_country",
    visit_service_pb2.COUNT_BY_PRINCIPAL: "principal",
}
NAME = {"name": "visit_id"}
# By the contract's names, the columns by which visits are ordered.
ORDERS = {
    **NAME,
    "update_time": "update_time",
    "last_heard_time": "last_heard_time",
    "window.start": "window_start",
    "held_window.start": "held_start",
}
_DAY_KIND_OF: dict[int, DayKind] = {
    visit_service_pb2.DAY_KIND_PLANNED: DayKind.PLANNED,
    visit_service_pb2.DAY_KIND_HELD: DayKind.HELD,
    visit_service_pb2.DAY_KIND_FORMER: DayKind.FORMER,
    visit_service_pb2.DAY_KIND_CLAIMED: DayKind.CLAIMED,
}
# The days that a question without kinds is about.
_DAY_KINDS = (DayKind.PLANNED, DayKind.HELD)


def change(message: desk_service_pb2.Change, actor: str, request_id: str, path: str = "") -> Change:
    """The change that a message asks for. ``path`` says where it is in the request.

    ``request_id`` stands in for a request id that the message does not have. The texts of the
    message are clean.

    :raises InvalidValue: a value that the domain cannot express.
    """
    topic = message.WhichOneof("change")
    if topic is None:
        raise InvalidValue.of("change", "is required").under(path)
    try:
        return Change(
            visit_id=codec.visit_id(message.name),
            topic=topic,
            values=codec.read_change(topic, getattr(message, topic)),
            context=_context(message.context, actor, request_id),
            request_digest=_digest(message),
            path=path,
        )
    except InvalidValue as error:
        raise error.under(path) from None


def _digest(message: desk_service_pb2.Change) -> bytes:
    """A digest of what is asked for, whatever its request id. Validating does not change it."""
    content = desk_service_pb2.Change()
    content.CopyFrom(message)
    content.context.ClearField("validate_only")
    content.context.ClearField("request_id")
    return hashlib.sha256(content.SerializeToString(deterministic=True)).digest()


def _context(message: event_pb2.ChangeContext, actor: str, request_id: str) -> Context:
    try:
        return Context(
            now=EPOCH,
            actor=actor,
            request_id=one_line(message.request_id) or request_id,
            expected_version=(
                message.expected_version if message.HasField("expected_version") else None
            ),
            effective=codec.asked_moment(message, "effective"),
            known=codec.asked_moment(message, "known"),
            reason=message.reason,
            basis=codec.read_basis(message),
            sources=codec.read_basis(message, "sources"),
            note=message.note,
        )
    except InvalidValue as error:
        raise error.under("context") from None


@lru_cache(4096)
def visit_name(name: str, field: str = "name") -> str:
    """The id or alias in a required visits/{id}."""
    wanted = codec.visit_id(_within(field, name, clean_line), field)
    if not wanted:
        raise InvalidValue.of(field, 'is required: "visits/" and an id or alias')
    return _within(field, wanted)


def _within(field: str, value: str, rule: Rule = a_name) -> str:
    return str(checked_fields({field: rule}, {field: value})[field])


def other_moment(request: Any) -> AsOf | None:
    """The moment that a request asks about; None for now, which an empty one is too."""
    asked = as_of(request)
    return asked if asked != AsOf() else None


def as_of(request: Any, field: str = "as_of") -> AsOf | None:
    """The moment that a request asks about in that field; None if it is not set."""
    if not request.HasField(field):
        return None
    message: visit_pb2.AsOf = getattr(request, field)
    try:
        return AsOf(
            position=message.position if message.HasField("position") else None,
            recorded_at=codec.read_instant(message, "recorded_at"),
            known_at=codec.read_instant(message, "known_at"),
            valid_at=codec.read_instant(message, "valid_at"),
        )
    except InvalidValue as error:
        raise error.under(field) from None


def log_origin(request: Any) -> str:
    """The log that a request names; empty if it names none."""
    return _within("log_origin", request.log_origin)


def page_size(size: int) -> int:
    """How many items a page may have: 50 if 0, never more than 1000."""
    if size < 0:
        raise InvalidValue.of("page_size", "must not be negative")
    return min(size or DEFAULT_PAGE, MAX_PAGE)


def check_members(numbers: Sequence[int], enum: Any, field: str) -> None:
    """Refuse members of a filter that are more than the values of their enum, or doubles.

    :raises InvalidValue: there are such.
    """
    most = len(enum.values()) - 1  # without the unspecified one
    if len(numbers) > most:
        raise InvalidValue.of(field, f"must have at most {most} members, one for each value")
    if len(set(numbers)) < len(numbers):
        raise InvalidValue.of(field, "must not have the same member twice")


def topics(change_types: Sequence[int]) -> list[str]:
    """The topics of events of these types."""
    check_members(change_types, event_pb2.ChangeType, "change_types")
    return [_topic(number, f"change_types[{i}]") for i, number in enumerate(change_types)]


def _topic(number: int, field: str) -> str:
    if number == 0 or number not in event_pb2.ChangeType.values():
        raise InvalidValue.of(field, f"has no value {number}")
    name = event_pb2.ChangeType.Name(event_pb2.ChangeType.ValueType(number))
    return name.removeprefix("CHANGE_TYPE_").lower()


def listed_query(request: visit_service_pb2.ListVisitsRequest, now: datetime) -> VisitQuery:
    """Which visits a request lists, in which order. ``now`` is the time that it asks about."""
    order, descending = _order(request.order_by, ORDERS if not request.HasField("as_of") else NAME)
    return replace(visit_query(request, now), order=order, descending=descending)


def visit_query(
    request: visit_service_pb2.ListVisitsRequest | visit_service_pb2.CountVisitsRequest,
    now: datetime,
) -> VisitQuery:
    """Which visits a request asks about. ``now`` is the time that it asks about."""
    query = _within("query", request.query)
    query_words = words.wanted(query)
    if query and not query_words:
        raise InvalidValue.of("query", "must have a word of letters or digits")
    if len(query_words) > QUERY_WORDS:
        raise InvalidValue.of(
            "query",
            f"must have at most {QUERY_WORDS} words; two characters of a script without blanks "
            "count as one",
        )
    try:
        return VisitQuery(words=query_words, **_filter(request.filter, now))
    except InvalidValue as error:
        raise error.under("filter") from None


def count_by(numbers: Sequence[int]) -> list[str]:
    """The facets by which visits are counted."""
    check_members(numbers, visit_service_pb2.CountBy, "count_by")
    for i, number in enumerate(numbers):
        if number not in FACETS:
            raise InvalidValue.of(f"count_by[{i}]", f"has no value {number}")
    return [FACETS[number] for number in numbers]


def change_query(message: audit_service_pb2.ChangeFilter) -> ChangeQuery:
    """Which changes match a filter."""
    try:
        query = ChangeQuery(
            visit=visit_name(message.visit, "visit") if message.visit else "",
            actor=_within("actor", message.actor),
            topics=topics(message.change_types),
            recorded_from=codec.read_instant(message, "recorded_from"),
            recorded_until=codec.read_instant(message, "recorded_until"),
            known_from=codec.read_instant(message, "known_from"),
            known_until=codec.read_instant(message, "known_until"),
            first_position=message.first_position,
            last_position=message.last_position,
        )
        _check_range(query.recorded_from, query.recorded_until, "recorded_from", "recorded_until")
        _check_range(query.known_from, query.known_until, "known_from", "known_until")
        for field in ("first_position", "last_position"):
            if getattr(query, field) < 0:
                raise InvalidValue.of(field, "must not be negative")
        last = query.last_position or HIGHEST
        _check_range(query.first_position, last, "first_position", "last_position")
    except InvalidValue as error:
        raise error.under("filter") from None
    return query


def _check_range(first: Any, last: Any, field: str, last_field: str) -> None:
    if first is not None and last is not None and first > last:
        raise InvalidValue.of(field, f"must not be after {last_field}")


def _order(order_by: str, orders: Mapping[str, str]) -> tuple[str, bool]:
    name, _, direction = order_by.partition(" ")
    if (name or "name") not in orders or direction not in ("", "desc"):
        allowed = ", ".join(f'"{name}"' for name in orders)
        among = "" if orders is ORDERS else " if as_of is set"
        raise InvalidValue.of(
            "order_by", f'must be one of {allowed}, optionally followed by " desc"{among}'
        )
    return orders[name or "name"], direction == "desc"


def _filter(message: visit_service_pb2.VisitFilter, now: datetime) -> dict[str, Any]:
    related_to = message.related_to
    return {
        "statuses": _members(Status, values_pb2.Status, message.statuses, "statuses"),
        "standings": _members(Standing, visit_pb2.Standing, message.standings, "standings"),
        "principal": words.fold(_within("principal", message.principal)),
        "principal_country": _country("principal_country", message.principal_country),
        "host_country": _country("host_country", message.host_country),
        "destination_country": _country("destination_country", message.destination_country),
        "trip": words.fold(_within("trip", message.trip)),
        "days": _days(message.days) if message.HasField("days") else None,
        "under_way": message.under_way,
        "overdue_at": to_microseconds(now) if message.overdue else None,
        "related_to": visit_name(related_to, "related_to") if related_to else "",
        "updated_since": _microseconds(message, "updated_since"),
        "heard_since": _microseconds(message, "heard_since"),
        "quiet_since": _microseconds(message, "quiet_since"),
    }


def _members(domain_enum: Any, enum: Any, numbers: Sequence[int], field: str) -> list[str]:
    check_members(numbers, enum, field)
    members = []
    for i, number in enumerate(numbers):
        found = codec.member(domain_enum, number, f"{field}[{i}]")
        if found is None:
            raise InvalidValue.of(f"{field}[{i}]", "must not be unspecified")
        members.append(found)
    return members


def _country(field: str, value: str) -> str:
    return _within(field, value, a_country)


def _days(message: visit_service_pb2.DaysFilter) -> WantedDays:
    try:
        kinds = _day_kinds(message.kinds)
        start, end = (
            codec.read_date(getattr(message, field), field) if message.HasField(field) else None
            for field in ("start", "end")
        )
        if start is None and end is None:
            raise InvalidValue.of("start", "is required if there is no end")
        if start and end and end < start:
            raise InvalidValue.of("end", f"must not be before the start, {start}")
    except InvalidValue as error:
        raise error.under("days") from None
    return WantedDays(kinds, (start or date.min).isoformat(), (end or date.max).isoformat())


def _day_kinds(numbers: Sequence[int]) -> Sequence[DayKind]:
    check_members(numbers, visit_service_pb2.DayKind, "kinds")
    for i, number in enumerate(numbers):
        if number not in _DAY_KIND_OF:
            raise InvalidValue.of(f"kinds[{i}]", f"has no value {number}")
    return [_DAY_KIND_OF[number] for number in numbers] or _DAY_KINDS


def _microseconds(message: Any, field: str) -> int | None:
    instant = codec.read_instant(message, field)
    return to_microseconds(instant) if instant is not None else None
