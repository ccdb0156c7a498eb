"""Messages with every field set, made from the contract alone."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from chancery.v1 import event_pb2, visit_pb2
from chancery.v1.event_pb2 import VisitEvent
from domain import terms, values
from domain.status import Status
from service.codec import fields
from tests.support.examples import examples

reproducible = settings(
    max_examples=examples(60),
    suppress_health_check=[HealthCheck.too_slow],
)


RECORDED = datetime(2023, 6, 1, 12, 30, 0, 123456, tzinfo=UTC)
# The message of each class whose fields the codec lists.
MESSAGES: dict[type[Any], Any] = {
    cls: getattr(visit_pb2, cls.__name__, None) or getattr(event_pb2, cls.__name__)
    for cls in fields.FIELDS
}


def fill(message: Message, chance: random.Random, without: str = "") -> None:
    """Set every field, and every field inside it; none of a oneof."""
    descriptor = cast(Descriptor, message.DESCRIPTOR)
    for field in descriptor.fields:
        if field.containing_oneof is None and field.full_name != without:
            fill_field(message, field, chance, without)


def fill_field(message: Any, field: FieldDescriptor, chance: random.Random, without: str) -> None:
    if field.message_type is not None:
        repeated = getattr(message, field.name)
        for part in [repeated.add() for _ in range(2)] if field.is_repeated else [repeated]:
            fill_message(part, chance, without)
    elif field.is_repeated:
        getattr(message, field.name).extend(scalar(field, chance) for _ in range(3))
    else:
        setattr(message, field.name, scalar(field, chance))


def fill_message(part: Any, chance: random.Random, without: str) -> None:
    part.SetInParent()
    name = part.DESCRIPTOR.full_name
    if name == "google.protobuf.Timestamp":
        part.seconds = chance.randint(-62_135_596_800, 253_402_300_799)
        part.nanos = chance.randint(0, 999_999) * 1000
    elif name == "google.protobuf.FieldMask":
        part.paths.extend(["window", f"details.{chance.random()}"])
    elif name == "chancery.v1.Date":
        day = date.fromordinal(chance.randint(1, date.max.toordinal()))
        part.year, part.month, part.day = day.year, day.month, day.day
    else:
        fill(part, chance, without)


def scalar(field: FieldDescriptor, chance: random.Random) -> Any:
    """A value that is not the default."""
    if field.enum_type is not None:
        return chance.choice([v.number for v in field.enum_type.values if v.number])
    if field.type == FieldDescriptor.TYPE_BOOL:
        return True
    if field.type == FieldDescriptor.TYPE_STRING:
        text = "".join(chance.choice("aZ0 \n\u00e9\u4e2d\U0001f30d") for _ in range(5)) + "."
        named = field.full_name.endswith((".visit", "RelatedVisit.name", ".merged_into"))
        return "visits/" + text if named else text
    return chance.randint(1, 2**31 - 1)


def filled_event(topic: str, seed: int = 0, without: str = "") -> VisitEvent:
    """An event in which every field of its change and of itself is set."""
    message, chance = VisitEvent(), random.Random(seed)
    fill(message, chance, without)
    fill_message(getattr(message, topic), chance, without)
    return message


def bytes_of(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)


def paths(descriptor: Descriptor, before: str = "") -> Iterator[tuple[str, FieldDescriptor]]:
    """The fields of a message, and of the contract's messages inside it, by path."""
    for field in descriptor.fields:
        path = f"{before}{field.name}"
        yield path, field
        inner = field.message_type
        if inner is not None and inner.full_name.startswith("chancery."):
            yield from paths(inner, path + ".")


def present(message: Any, path: str) -> bool:
    """Whether a field is set, in any element of a repeated one."""
    name, _, rest = path.partition(".")
    field = message.DESCRIPTOR.fields_by_name[name]
    members = getattr(message, name) if field.is_repeated else [getattr(message, name)]
    if rest:
        return any(present(member, rest) for member in members)
    return field in [found for found, _ in message.ListFields()]


def value_strategy(cls: type[Any]) -> st.SearchStrategy[Any]:
    """A value object with any values in its fields."""
    return st.deferred(lambda: BUILT[cls])


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


counts = st.integers(0, 2**31 - 1)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def several(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=3).map(tuple)


def members(cls: type[Enum]) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(cls)


windows = value_strategy(values.Window)


conditions = value_strategy(values.Condition)


details = value_strategy(values.VisitDetails)


BUILT: dict[type[Any], st.SearchStrategy[Any]] = {
    values.Window: st.builds(
        values.Window, optional(st.dates()), optional(st.dates()), st.booleans(), text
    ),
    values.Principal: st.builds(values.Principal, text, text, text, text),
    values.Counterpart: st.builds(values.Counterpart, text, text),
    values.Host: st.builds(values.Host, text, text, several(value_strategy(values.Counterpart))),
    values.Place: st.builds(values.Place, text, text),
    values.Basis: st.builds(
        values.Basis,
        members(terms.Side),
        text,
        members(terms.Attribution),
        counts,
        text,
        text,
        optional(st.dates()),
        text,
    ),
    values.Condition: st.builds(values.Condition, text, members(terms.Side), text),
    values.Statement: st.builds(
        values.Statement,
        members(terms.StatementKind),
        members(terms.Side),
        text,
        text,
        members(Status),
        optional(windows),
        optional(conditions),
        st.integers(0, 2**63 - 1),
        text,
    ),
    values.RelatedVisit: st.builds(values.RelatedVisit, text, members(terms.Relation)),
    values.VisitDetails: st.builds(
        values.VisitDetails,
        text,
        optional(value_strategy(values.Principal)),
        optional(value_strategy(values.Host)),
        several(value_strategy(values.Place)),
        members(terms.VisitKind),
        text,
        text,
        several(text),
        several(value_strategy(values.RelatedVisit)),
        members(terms.Side),
    ),
}
