"""From the requests of the contract to the arguments of commands and queries."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from chancery.v1 import (
    audit_service_pb2,
    desk_service_pb2,
    event_pb2,
    visit_pb2,
    visit_service_pb2,
)
from domain.checks import Context
from domain.errors import InvalidValue
from domain.standing import Standing
from domain.status import Status
from domain.validation import a_country, a_name, checked_fields
from service import codec
from service.audit.changes import ChangeQuery
from service.codec.clock import EPOCH, to_microseconds
from service.commands.change import Change
from service.limits import DEFAULT_PAGE, MAX_PAGE, QUERY_WORDS
from service.projections import words
from service.queries.as_of import AsOf
from service.store.log.reader import HIGHEST
from service.store.states.filters import VisitQuery

NAME = {"name": "visit_id"}
ORDERS = {**NAME, "update_time": "update_time", "window.start": "window_start"}


def change(message: desk_service_pb2.Change, actor: str, request_id: str, path: str = "") -> Change:
    """The change that a message asks for. ``path`` says where it is in the request.

    ``request_id`` stands in for a request id that the message does not have.

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
    """A digest that identifies the request. Validating it first does not change it."""
    content = desk_service_pb2.Change()
    content.CopyFrom(message)
    content.context.ClearField("validate_only")
    return hashlib.sha256(content.SerializeToString(deterministic=True)).digest()


def _context(message: event_pb2.ChangeContext, actor: str, request_id: str) -> Context:
    try:
        return Context(
            now=EPOCH,
            actor=actor,
            request_id=message.request_id or request_id,
            expected_version=(
                message.expected_version if message.HasField("expected_version") else None
            ),
            effective=codec.read_moment(message, "effective"),
            known=codec.read_moment(message, "known"),
            reason=message.reason,
            basis=codec.read_basis(message),
        )
    except InvalidValue as error:
        raise error.under("context") from None


@lru_cache(4096)
def visit_name(name: str, field: str = "name") -> str:
    """The id or alias in a required visits/{id}."""
    wanted = codec.visit_id(name, field)
    if not wanted:
        raise InvalidValue.of(field, 'is required: "visits/" and an id or alias')
    return _within(field, wanted)


def _within(field: str, value: str) -> str:
    try:
        return str(a_name(value))
    except ValueError as error:
        raise InvalidValue.of(field, str(error)) from None


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


def page_size(size: int) -> int:
    """How many items a page may have: 50 if 0, never more than 1000."""
    if size < 0:
        raise InvalidValue.of("page_size", "must not be negative")
    return min(size or DEFAULT_PAGE, MAX_PAGE)


def topics(change_types: Sequence[int]) -> list[str]:
    """The topics of events of these types."""
    return [_topic(number, f"change_types[{i}]") for i, number in enumerate(change_types)]


def _topic(number: int, field: str) -> str:
    if number == 0 or number not in event_pb2.ChangeType.values():
        raise InvalidValue.of(field, f"has no value {number}")
    name = event_pb2.ChangeType.Name(event_pb2.ChangeType.ValueType(number))
    return name.removeprefix("CHANGE_TYPE_").lower()


def visit_query(request: visit_service_pb2.ListVisitsRequest, now: datetime) -> VisitQuery:
    """Which visits a request lists, in which order. ``now`` is the time that it asks about."""
    order, descending = _order(request.order_by, ORDERS if not request.HasField("as_of") else NAME)
    query_words = words.split(_within("query", request.query))
    if request.query.strip() and not query_words:
        raise InvalidValue.of("query", "must have a word of letters or digits")
    if len(query_words) > QUERY_WORDS:
        raise InvalidValue.of("query", f"must have at most {QUERY_WORDS} words")
    try:
        return VisitQuery(
            words=query_words, order=order, descending=descending, **_filter(request.filter, now)
        )
    except InvalidValue as error:
        raise error.under("filter") from None


def change_query(message: audit_service_pb2.ChangeFilter) -> ChangeQuery:
    """Which changes match a filter."""
    try:
        query = ChangeQuery(
            visit=visit_name(message.visit, "visit") if message.visit else "",
            actor=_within("actor", message.actor),
            topics=topics(message.change_types),
            recorded_from=codec.read_instant(message, "recorded_from"),
            recorded_until=codec.read_instant(message, "recorded_until"),
            first_position=message.first_position,
            last_position=message.last_position,
        )
        _check_range(query.recorded_from, query.recorded_until, "recorded_from", "recorded_until")
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
    principal = words.fold(_within("principal", message.principal))
    window_from, window_until = _date_range(message)
    return {
        "statuses": _members(Status, message.statuses, "statuses"),
        "standings": _members(Standing, message.standings, "standings"),
        "principal": principal,
        "principal_country": _country("principal_country", message.principal_country),
        "host_country": _country("host_country", message.host_country),
        "trip": _within("trip", message.trip),
        "window_from": window_from,
        "window_until": window_until,
        "updated_since": _microseconds(message, "updated_since"),
        "quiet_since": _microseconds(message, "quiet_since"),
        "overdue_on": now.astimezone(UTC).date().isoformat() if message.overdue else None,
    }


def _members(domain_enum: Any, numbers: Sequence[int], field: str) -> list[str]:
    members = []
    for i, number in enumerate(numbers):
        found = codec.member(domain_enum, number, f"{field}[{i}]")
        if found is None:
            raise InvalidValue.of(f"{field}[{i}]", "must not be unspecified")
        members.append(found)
    return members


def _country(field: str, value: str) -> str:
    return str(checked_fields({field: a_country}, {field: value})[field])


def _date_range(message: visit_service_pb2.VisitFilter) -> tuple[str | None, str | None]:
    try:
        start, end = (codec.DATE.read(message.window_overlap, field) for field in ("start", "end"))
        if start and end and end < start:
            raise InvalidValue.of("end", f"must not be before the start, {start}")
    except InvalidValue as error:
        raise error.under("window_overlap") from None
    return _iso(start), _iso(end)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _microseconds(message: Any, field: str) -> int | None:
    instant = codec.read_instant(message, field)
    return to_microseconds(instant) if instant is not None else None
