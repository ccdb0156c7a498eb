"""How fields of values and events are read from messages, and written to them.

Fields have the same names on both sides, so each class needs only a table of how its fields
are converted. A field of a message that is not in the table is refused by its name. Reading
checks no rules of the domain, so that everything stored can be read. It refuses only what the
domain has no value for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from typing import Any

from chancery.v1 import event_pb2, values_pb2
from domain import events as domain
from domain import terms, values
from domain.errors import InvalidValue
from domain.status import Status
from service.codec.kept import kept
from service.codec.names import NUMBERS, member, visit_id, visit_name
from service.errors import FieldNotServed


@dataclass(frozen=True)
class Conversion:
    """How a field is read from a message, and how its value is written to it.

    ``attribute`` is the name of the value, if it is another than that of the field.
    """

    read: Callable[[Any, str], Any]
    write: Callable[[Any, str, Any], None]
    attribute: str = ""


def _read_date(message: Any, field: str) -> date | None:
    if not message.HasField(field):
        return None
    day = getattr(message, field)
    try:
        return date(day.year, day.month, day.day)
    except ValueError:
        raise InvalidValue.of(
            field,
            f"{day.year}-{day.month}-{day.day} is not a day of the calendar: year 1 to 9999, "
            "month 1 to 12 and day are all required",
        ) from None


def _write_date(message: Any, field: str, day: date | None) -> None:
    if day is not None:
        target = getattr(message, field)
        target.year, target.month, target.day = day.year, day.month, day.day


def _write_plain(message: Any, field: str, value: Any) -> None:
    if value:
        setattr(message, field, value)


def _an(domain_enum: type[Enum]) -> Conversion:
    def write(message: Any, field: str, value: Any) -> None:
        if value is not None:
            setattr(message, field, NUMBERS[domain_enum][value])

    return Conversion(
        lambda message, field: member(domain_enum, getattr(message, field), field), write
    )


def one(cls: type[Any]) -> Conversion:
    """The conversion of a field that holds one value object, or none."""

    def write(message: Any, field: str, value: Any) -> None:
        if value is not None:
            target = getattr(message, field)
            target.SetInParent()
            target.MergeFromString(serialized(value))

    return Conversion(
        lambda message, field: (
            read_value(cls, getattr(message, field), field) if message.HasField(field) else None
        ),
        write,
    )


def one_or(empty: Any) -> Conversion:
    """The conversion of a field that holds one value object, ``empty`` if it is not set."""
    found = one(type(empty))

    def write(message: Any, field: str, value: Any) -> None:
        if value is not empty and value != empty:
            found.write(message, field, value)

    return Conversion(lambda message, field: found.read(message, field) or empty, write)


def many(cls: type[Any]) -> Conversion:
    """The conversion of a repeated field of value objects."""

    def read(message: Any, field: str) -> Any:
        return tuple(
            read_value(cls, item, f"{field}[{i}]") for i, item in enumerate(getattr(message, field))
        )

    def write(message: Any, field: str, items: Any) -> None:
        repeated = getattr(message, field)
        for item in items:
            repeated.add().MergeFromString(serialized(item))

    return Conversion(read, write)


PLAIN = Conversion(getattr, _write_plain)
DATE = Conversion(_read_date, _write_date)
LIST = Conversion(
    lambda message, field: tuple(getattr(message, field)),
    lambda message, field, value: getattr(message, field).extend(value),
)
VISIT_NAME = Conversion(
    lambda message, field: visit_id(getattr(message, field), field),
    lambda message, field, value: _write_plain(message, field, visit_name(value)),
)
MASK = Conversion(
    lambda message, field: tuple(getattr(message, field).paths),
    lambda message, field, value: value and getattr(message, field).paths.extend(value),
)

Fields = Mapping[str, Conversion]

FIELDS: dict[type[Any], Fields] = {
    values.Window: {"start": DATE, "end": DATE, "approximate": PLAIN, "as_stated": PLAIN},
    values.Principal: {
        "name": PLAIN,
        "office": PLAIN,
        "country": PLAIN,
        "organisation": PLAIN,
        "other_names": LIST,
    },
    values.Counterpart: {"name": PLAIN, "office": PLAIN, "country": PLAIN, "other_names": LIST},
    values.Host: {
        "country": PLAIN,
        "organisation": PLAIN,
        "counterparts": many(values.Counterpart),
    },
    values.Place: {"city": PLAIN, "country": PLAIN, "other_names": LIST},
    values.Basis: {
        "side": _an(terms.Side),
        "country": PLAIN,
        "organisation": PLAIN,
        "speaker": PLAIN,
        "attribution": _an(terms.Attribution),
        "source_count": PLAIN,
        "outlet": PLAIN,
        "url": PLAIN,
        "published": DATE,
        "quote": PLAIN,
    },
    values.Condition: {
        "text": PLAIN,
        "side": _an(terms.Side),
        "country": PLAIN,
        "organisation": PLAIN,
        "speaker": PLAIN,
    },
    values.Statement: {
        "kind": _an(terms.StatementKind),
        "side": _an(terms.Side),
        "country": PLAIN,
        "organisation": PLAIN,
        "speaker": PLAIN,
        "text": PLAIN,
        "claimed_status": _an(Status),
        "claimed_window": one(values.Window),
        "condition": one(values.Condition),
        "about_version": PLAIN,
    },
    values.RelatedVisit: {"name": VISIT_NAME, "relation": _an(terms.Relation)},
    values.VisitDetails: {
        "title": PLAIN,
        "principal": one(values.Principal),
        "host": one(values.Host),
        "destinations": many(values.Place),
        "kind": _an(terms.VisitKind),
        "purpose": PLAIN,
        "trip": PLAIN,
        "aliases": LIST,
        "related": many(values.RelatedVisit),
        "initiated_by": _an(terms.Side),
    },
    values.OtherNames: {"name": PLAIN, "other_names": LIST},
    values.DetailItems: {
        "aliases": LIST,
        "related": many(values.RelatedVisit),
        "principal_other_names": LIST,
        "counterpart_other_names": many(values.OtherNames),
        "city_other_names": many(values.OtherNames),
    },
}

_DETAILS = {"details": one(values.VisitDetails)}
_CONDITION = {"condition": one(values.Condition)}
_WINDOW = {"window": one(values.Window)}
_HELD_WINDOW = {"held_window": one(values.Window)}
_WINDOW_GIVEN_UP = {"window_given_up": one(values.Window)}
_AMENDED_DETAILS = {"details": one_or(values.NO_DETAILS), "update_mask": MASK}
FIELDS |= {
    domain.Scheduled: _DETAILS | _WINDOW,
    domain.Disclosed: _DETAILS | _HELD_WINDOW,
    domain.Postponed: _CONDITION | _DETAILS | _WINDOW_GIVEN_UP,
    domain.Deferred: _CONDITION | _DETAILS | _WINDOW_GIVEN_UP,
    domain.Rescheduled: _WINDOW | _DETAILS | _WINDOW_GIVEN_UP,
    domain.Completed: _HELD_WINDOW,
    domain.Cancelled: _CONDITION | _DETAILS | _WINDOW_GIVEN_UP,
    domain.Amended: _AMENDED_DETAILS
    | _WINDOW
    | _HELD_WINDOW
    | {"added": one_or(values.NO_ITEMS), "removed": one_or(values.NO_ITEMS)},
    domain.Corrected: _AMENDED_DETAILS
    | _WINDOW
    | _WINDOW_GIVEN_UP
    | _HELD_WINDOW
    | _CONDITION
    | {
        "corrected_version": PLAIN,
        "reason": replace(PLAIN, attribute="right_reason"),
        "basis": replace(many(values.Basis), attribute="right_basis"),
    },
    domain.StatementRecorded: {"statement": one(values.Statement)},
    domain.Retracted: {
        "retracted_version": PLAIN,
        "retracted_versions": LIST,
        "merged_into": VISIT_NAME,
    },
}

_IN_EVENTS = (domain.Event, values.OtherNames, values.DetailItems)
MESSAGES = {
    cls: getattr(event_pb2 if issubclass(cls, _IN_EVENTS) else values_pb2, cls.__name__)
    for cls in FIELDS
}
# The values that are read from a message without fields.
UNSET = {
    cls: {field: conversion.read(MESSAGES[cls](), field) for field, conversion in fields.items()}
    for cls, fields in FIELDS.items()
}


def read_fields(cls: type[Any], message: Any) -> dict[str, Any]:
    """The values of a message's fields, as the class has them.

    :raises InvalidValue: a date does not exist, an enum value is unknown, or a name is not
        the name of a visit.
    :raises FieldNotServed: the domain has no such field.
    """
    fields, found = FIELDS[cls], UNSET[cls].copy()
    for descriptor, _ in message.ListFields():  # most messages have few of their fields set
        field = descriptor.name
        if field not in fields:
            raise FieldNotServed.of(field)
        found[field] = fields[field].read(message, field)
    return found


def write_fields(fields: Fields, value: Any, message: Any) -> None:
    """Write the attributes of a value into a message."""
    for field, conversion in fields.items():
        conversion.write(message, field, getattr(value, conversion.attribute or field))


@kept
def serialized(value: Any) -> bytes:
    """The serialized message of a value."""
    message = MESSAGES[type(value)]()
    write_fields(FIELDS[type(value)], value, message)
    return bytes(message.SerializeToString(deterministic=True))


def read_value(cls: type[Any], message: Any, path: str) -> Any:
    """A value object from its message, found at ``path`` in the request."""
    try:
        return cls(**read_fields(cls, message))
    except InvalidValue as error:
        raise error.under(path) from None
