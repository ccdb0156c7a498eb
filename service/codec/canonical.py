"""Serialized events in their one canonical form: parsed and serialized again, the same bytes.

So a change has one serialization, and nothing can hide in it: no unknown field, no field twice,
no longer way to write a number.
"""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError

from chancery.v1.event_pb2 import ChangeType, VisitEvent

_NUMBER_OF = {
    field.name: ChangeType.Value(f"CHANGE_TYPE_{field.name.upper()}")
    for field in VisitEvent.DESCRIPTOR.oneofs_by_name["change"].fields
}
_NEWER = "a newer version may have written it"


class NotCanonical(ValueError):
    """The bytes are not a VisitEvent as this version writes it; the message says why."""


def read_canonical(body: bytes) -> VisitEvent:
    """The event that these bytes are, or its header alone, if the content was destroyed.

    This does not look at the values of enums: see ``check_values``.

    :raises NotCanonical: the bytes are not in canonical form.
    """
    try:
        message = VisitEvent.FromString(body)
    except DecodeError:
        raise NotCanonical("the bytes are not a VisitEvent") from None
    message.DiscardUnknownFields()
    if message.SerializeToString(deterministic=True) != body:
        raise NotCanonical(_why_other(body))
    change = message.WhichOneof("change")
    if change is not None and _NUMBER_OF[change] != message.change_type:
        raise NotCanonical(
            f"the change is {change}, but change_type says {_name_of(message.change_type)}"
        )
    return message


def check_values(message: VisitEvent) -> None:
    """Check that every enum value is known.

    :raises NotCanonical: one is not.
    """
    for path, number in _unknown_values(message):
        raise NotCanonical(f"the value {number} of {path} is not known: {_NEWER}")


def _why_other(body: bytes) -> str:
    """Why bytes that can be parsed are not in canonical form."""
    message = VisitEvent.FromString(body)
    whole = message.ByteSize()
    message.DiscardUnknownFields()
    if message.ByteSize() != whole:
        return f"it has a field that this version does not know: {_NEWER}"
    return "the bytes are not in canonical form"


def _unknown_values(message: Any, within: str = "") -> Iterator[tuple[str, int]]:
    """The path and the number of each enum value that this version does not know."""
    for field, value in message.ListFields():
        path = within + field.name
        for each in value if field.is_repeated else (value,):
            if field.type == FieldDescriptor.TYPE_MESSAGE:
                yield from _unknown_values(each, f"{path}.")
            elif field.type == FieldDescriptor.TYPE_ENUM and not _is_known(field, each):
                yield path, each


def _is_known(field: FieldDescriptor, number: int) -> bool:
    kind = field.enum_type
    return kind is None or number in kind.values_by_number


def _name_of(change_type: int) -> str:
    known = ChangeType.DESCRIPTOR.values_by_number.get(change_type)
    return str(change_type) if known is None else known.name.removeprefix("CHANGE_TYPE_").lower()
