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
from functools import partial
from typing import Any

from chancery.v1 import event_pb2, values_pb2
from domain import events as domain
from domain import terms, values
from domain.copies import made
from domain.errors import InvalidValue
from domain.status import Status
from service.codec.kept import kept
from service.codec.names import NUMBERS, member, visit_id, visit_name
from service.errors import FieldNotServed


@dataclass(frozen=True)
class Conversion:
    """How a field that is set is read, and how its value is written to a message.

    ``read`` gets what the message has in the field, and the field's name. ``unset`` is the value
    of a field that is not set. ``attribute`` is the name of the value, if it is another than that
    of the field.
    """

    read: Callable[[Any, str], Any]
    write: Callable[[Any, str, Any], None]
    unset: Any = None
    attribute: str = ""


def read_date(day: Any, field: str) -> date:
    """A day of the calendar.

    :raises InvalidValue: it is none.
    """
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

    return Conversion(partial(member, domain_enum), write)


def one(cls: type[Any]) -> Conversion:
    """The conversion of a field that holds one value object, or none."""

    def write(message: Any, field: str, value: Any) -> None:
        if value is not None:
            target = getattr(message, field)
            target.SetInParent()
            target.MergeFromString(serialized(value))

    return Conversion(lambda value, field: read_value(cls, value, field), write)


def one_or(empty: Any) -> Conversion:
    """The conversion of a field that holds one value object, ``empty`` if it is not set."""
    found = one(type(empty))

    def write(message: Any, field: str, value: Any) -> None:
        if value is not empty and value != empty:
            found.write(message, field, value)

    return Conversion(found.read, write, empty)


def many(cls: type[Any]) -> Conversion:
    """The conversion of a repeated field of value objects."""

    def read(items: Any, field: str) -> Any:
        return tuple([read_value(cls, item, f"{field}[{i}]") for i, item in enumerate(items)])

    def write(message: Any, field: str, items: Any) -> None:
        repeated = getattr(message, field)
        for item in items:
            repeated.add().MergeFromString(serialized(item))

    return Conversion(read, write, ())


TEXT, NUMBER, FLAG = (
    Conversion(lambda value, _field: value, _write_plain, unset) for unset in ("", 0, False)
)
DATE = Conversion(read_date, _write_date)
LIST = Conversion(
    lambda items, _field: tuple(items),
    lambda message, field, value: getattr(message, field).extend(value),
    (),
)
VISIT_NAME = Conversion(
    visit_id,
    lambda message, field, value: _write_plain(message, field, visit_name(value)),
    "",
)
MASK = Conversion(
    lambda mask, _field: tuple(mask.paths),
    lambda message, field, value: value and getattr(message, field).paths.extend(value),
    (),
)

Fields = Mapping[str, Conversion]

FIELDS: dict[type[Any], Fields] = {
    values.Window: {"start": DATE, "end": DATE, "approximate": FLAG, "as_stated": TEXT},
    values.Principal: {
        "name": TEXT,
        "office": TEXT,
        "country": TEXT,
        "organisation": TEXT,
        "other_names": LIST,
    },
    values.Counterpart: {"name": TEXT, "office": TEXT, "country": TEXT, "other_names": LIST},
    values.Host: {
        "country": TEXT,
        "organisation": TEXT,
        "counterparts": many(values.Counterpart),
    },
    values.Place: {"city": TEXT, "country": TEXT, "other_names": LIST},
    values.Basis: {
        "side": _an(terms.Side),
        "country": TEXT,
        "organisation": TEXT,
        "speaker": TEXT,
        "attribution": _an(terms.Attribution),
        "source_count": NUMBER,
        "outlet": TEXT,
        "url": TEXT,
        "published": DATE,
        "quote": TEXT,
    },
    values.Condition: {
        "text": TEXT,
        "side": _an(terms.Side),
        "country": TEXT,
        "organisation": TEXT,
        "speaker": TEXT,
    },
    values.Statement: {
        "kind": _an(terms.StatementKind),
        "side": _an(terms.Side),
        "country": TEXT,
        "organisation": TEXT,
        "speaker": TEXT,
        "text": TEXT,
        "claimed_status": _an(Status),
        "claimed_window": one(values.Window),
        "condition": one(values.Condition),
        "about_version": NUMBER,
    },
    values.RelatedVisit: {"name": VISIT_NAME, "relation": _an(terms.Relation)},
    values.VisitDetails: {
        "title": TEXT,
        "principal": one(values.Principal),
        "host": one(values.Host),
        "destinations": many(values.Place),
        "kind": _an(terms.VisitKind),
        "purpose": TEXT,
        "trip": TEXT,
        "aliases": LIST,
        "related": many(values.RelatedVisit),
        "initiated_by": _an(terms.Side),
    },
    values.OtherNames: {"name": TEXT, "other_names": LIST},
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
        "corrected_version": NUMBER,
        "reason": replace(TEXT, attribute="right_reason"),
        "basis": replace(many(values.Basis), attribute="right_basis"),
    },
    domain.StatementRecorded: {"statement": one(values.Statement)},
    domain.Retracted: {
        "retracted_version": NUMBER,
        "retracted_versions": LIST,
        "merged_into": VISIT_NAME,
    },
}

_IN_EVENTS = (domain.Event, values.OtherNames, values.DetailItems)
MESSAGES = {
    cls: getattr(event_pb2 if issubclass(cls, _IN_EVENTS) else values_pb2, cls.__name__)
    for cls in FIELDS
}
# What an object must be given for a field that is not set, since its class has no default.
REQUIRED = {
    cls: {
        attribute: conversion.unset
        for field, conversion in fields.items()
        if not hasattr(cls, attribute := conversion.attribute or field)
    }
    for cls, fields in FIELDS.items()
}


def read_fields(cls: type[Any], message: Any) -> dict[str, Any]:
    """The values of all fields of a message, as the class has them.

    :raises InvalidValue: a date does not exist, an enum value is unknown, or a name is not
        the name of a visit.
    :raises FieldNotServed: the domain has no such field.
    """
    found = read_attributes(cls, message)
    return {
        field: found.get(conversion.attribute or field, conversion.unset)
        for field, conversion in FIELDS[cls].items()
    }


def read_attributes(cls: type[Any], message: Any) -> dict[str, Any]:
    """What an object of the class must be given: the fields that are set, and few others.

    Raises what ``read_fields`` does.
    """
    fields, found = FIELDS[cls], REQUIRED[cls].copy()
    for descriptor, value in message.ListFields():  # most messages have few of their fields set
        field = descriptor.name
        if (conversion := fields.get(field)) is None:
            raise FieldNotServed.of(field)
        found[conversion.attribute or field] = conversion.read(value, field)
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
        return made(cls, read_attributes(cls, message))
    except InvalidValue as error:
        raise error.under(path) from None
