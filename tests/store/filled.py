"""Messages with every field set, made from the contract alone."""

import dataclasses
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from chancery.v1.event_pb2 import ChangeType, VisitEvent
from service.codec.fields import MESSAGES as MESSAGES
from tests.support.examples import examples

reproducible = settings(
    max_examples=examples(30),
    suppress_health_check=[HealthCheck.too_slow],
)


RECORDED = datetime(2023, 6, 1, 12, 30, 0, 123456, tzinfo=UTC)


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
        return chance.choice([number for number in field.enum_type.values_by_number if number])
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
    message.change_type = ChangeType.Value(f"CHANGE_TYPE_{topic.upper()}")
    for which in ("effective", "known"):
        day = getattr(message, f"{which}_time").ToDatetime().date().isoformat()
        if f"VisitEvent.{which}_period" not in without:
            setattr(message, f"{which}_period", day[: chance.choice([4, 7, 10])])
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


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
counts = st.integers(0, 2**31 - 1)
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: text,
    int: counts,
    bool: st.booleans(),
    date: st.dates(),
}


@cache
def of_type(hint: Any) -> st.SearchStrategy[Any]:
    """Anything that a field with this annotation can hold."""
    if hint in SCALARS:
        return SCALARS[hint]
    if get_origin(hint) is tuple:
        return st.lists(of_type(get_args(hint)[0]), max_size=3).map(tuple)
    if get_origin(hint) is UnionType:
        return st.none() | of_type(get_args(hint)[0])
    return st.sampled_from(hint) if issubclass(hint, Enum) else built(hint)


def built(cls: type[Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value object or an event with anything in its fields, but for these."""
    hints = get_type_hints(cls)
    names = [field.name for field in dataclasses.fields(cls) if field.name not in fields]
    return st.builds(cls, **fields, **{name: of_type(hints[name]) for name in names})
