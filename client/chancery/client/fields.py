"""Between the contract's messages and this package's values, by the names of their fields."""

from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeVar

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.struct_pb2 import Value as JsonValue
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.client import words
from chancery.client.value import Value
from chancery.v1.values_pb2 import Date

V = TypeVar("V", bound=Value)
Converter = Callable[[Any], Any]

_WORDS: dict[str, words.Words[Any]] = {
    "Status": words.STATUS,
    "Standing": words.STANDING,
    "Side": words.SIDE,
    "Attribution": words.ATTRIBUTION,
    "VisitKind": words.VISIT_KIND,
    "StatementKind": words.STATEMENT_KIND,
    "Relation": words.RELATION,
    "ChangeType": words.CHANGE_TYPE,
    "Stance": words.STANCE,
    "WindowEnding": words.WINDOW_ENDING,
    "CountBy": words.COUNT_BY,
    "Role": words.ROLE,
}


def read(kind: type[V], message: Message, /, **more: object) -> V:
    """The value of a kind that a message says; ``more`` are fields that are not in the message."""
    known: Any = kind
    for name, convert in _reading(known, message.DESCRIPTOR):
        if name not in more:
            more[name] = convert(message)
    return kind(**more)


@cache
def _reading(kind: Any, descriptor: Descriptor) -> list[tuple[str, Converter]]:
    names = {each.name for each in fields(kind)}
    return [(each.name, _converter(each)) for each in descriptor.fields if each.name in names]


def _converter(field: FieldDescriptor) -> Converter:
    """From a message to the value of one of its fields."""
    name, single = field.name, _single(field)
    if field.is_repeated:
        return lambda message: tuple(map(single, getattr(message, name)))
    is_mask = field.message_type is not None and field.message_type.name == "FieldMask"
    if field.has_presence and not is_mask:  # an unset mask names nothing, as an empty one
        return lambda message: single(getattr(message, name)) if message.HasField(name) else None
    return lambda message: single(getattr(message, name))


def _single(field: FieldDescriptor) -> Converter:
    """From the content of a field to a value."""
    if field.enum_type is not None:
        known = _WORDS[field.enum_type.name]
        return lambda number: known.of(number) if number else None
    if field.message_type is None:
        return lambda content: content
    name = field.message_type.name
    return _WELL_KNOWN.get(name) or (lambda content: read(Value.KINDS[name], content))


def content_at(path: str, value: JsonValue, descriptor: Descriptor) -> Any:
    """The content of the field at a path of a message, which is told in protobuf's JSON mapping.

    None if there is none. Of a field that is newer than this client, it is the JSON value.
    """
    content = MessageToDict(value) if value.WhichOneof("kind") else None
    name, _, rest = path.partition(".")
    field = descriptor.fields_by_name.get(name)
    if field is None or content is None:
        return content
    if rest and field.message_type is not None:
        return content_at(rest, value, field.message_type)
    message = ParseDict({name: content}, GetMessageClass(descriptor)(), ignore_unknown_fields=True)
    return _converter(field)(message)


def instant(content: Timestamp) -> datetime:
    """An instant, in UTC."""
    return content.ToDatetime(tzinfo=UTC)


_WELL_KNOWN: dict[str, Converter] = {
    "Timestamp": instant,
    "Date": lambda content: date(content.year, content.month, content.day),
    "FieldMask": lambda content: tuple(content.paths),
}


def write(value: Value, message: Any) -> None:
    """Say in a message what a value says.

    :raises ValueError: a word is none of the contract's.
    :raises TypeError: a field holds something of another type.
    """
    for field in message.DESCRIPTOR.fields:
        content = getattr(value, field.name, None)
        if field.is_repeated:
            add(content or (), message, field.name)
        elif content:
            put(message, field.name, content)


def add(contents: Iterable[Any], message: Any, name: str) -> None:
    """Add to the list in a field of a message.

    :raises ValueError: a word is none of the contract's.
    :raises TypeError: something is of another type.
    """
    field = message.DESCRIPTOR.fields_by_name[name]
    for content in contents:
        if field.message_type is not None:
            write(_demanded(content, field), getattr(message, name).add())
        else:
            getattr(message, name).append(_plain(content, field))


def put(message: Any, name: str, content: Any) -> None:
    """Say one thing in a field of a message.

    :raises ValueError: a word is none of the contract's.
    :raises TypeError: it is of another type.
    """
    field = message.DESCRIPTOR.fields_by_name[name]
    if field.message_type is None:
        setattr(message, field.name, _plain(content, field))
        return
    inner = getattr(message, field.name)
    if field.message_type.name == "Date":
        inner.CopyFrom(day(content))
    elif field.message_type.name == "FieldMask":
        inner.paths.extend(content)
    else:
        inner.SetInParent()
        write(_demanded(content, field), inner)


def _demanded(content: Any, field: FieldDescriptor) -> Value:
    """The content of a field that has to be of the type that the field has."""
    assert field.message_type is not None
    kind = Value.KINDS[field.message_type.name]
    if not isinstance(content, kind):
        raise TypeError(f"{field.name}: give a {kind.__name__}, not {content!r}")
    return content


def _plain(content: Any, field: FieldDescriptor) -> Any:
    """A word as a number of the contract, or another plain value as it is."""
    expected = {FieldDescriptor.CPPTYPE_BOOL: bool, FieldDescriptor.CPPTYPE_INT32: int}
    fits: bool = isinstance(content, expected.get(field.cpp_type, str))
    if not fits:
        raise TypeError(f"{field.name}: {content!r} has the wrong type")
    return _WORDS[field.enum_type.name].parse(content) if field.enum_type else content


def day(content: date) -> Date:
    """A day as a message."""
    return Date(year=content.year, month=content.month, day=content.day)


def timestamp(moment: Any) -> Timestamp:
    """An instant as a message."""
    result = Timestamp()
    result.FromDatetime(moment)
    return result
