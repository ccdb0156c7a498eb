"""Serialized events in their one canonical form: parsed and serialized again, the same bytes.

So a change has one serialization, and nothing can hide in it: no unknown field, no field twice,
no longer way to write a number.
"""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.event_pb2 import ChangeType, VisitEvent

_NUMBER_OF = {
    field.name: ChangeType.Value(f"CHANGE_TYPE_{field.name.upper()}")
    for field in VisitEvent.DESCRIPTOR.oneofs_by_name["change"].fields
}
# The times that were told as a period, each beside its period.
_PERIODS = {"effective_period": "effective_time", "known_period": "known_time"}
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
    """Check what a server always or never writes, whatever the values mean.

    The type of change is given, every enum value is known, a time is in whole microseconds and
    stands beside its period, and no message is empty but the change itself.

    :raises NotCanonical: that is not so.
    """
    if not message.change_type:
        raise NotCanonical("it does not say which type of change it is")
    for problem in _problems(message):
        raise NotCanonical(problem)


def _why_other(body: bytes) -> str:
    """Why bytes that can be parsed are not in canonical form."""
    message = VisitEvent.FromString(body)
    whole = message.ByteSize()
    message.DiscardUnknownFields()
    if message.ByteSize() != whole:
        return f"it has a field that this version does not know: {_NEWER}"
    return "the bytes are not in canonical form"


def _problems(message: Any, within: str = "") -> Iterator[str]:
    """What no server writes in a message, which is at the path ``within``."""
    for field, value in message.ListFields():
        path = within + field.name
        for each in value if field.is_repeated else (value,):
            if field.message_type is Timestamp.DESCRIPTOR:
                if each.nanos % 1000:
                    yield f"{path} is finer than a microsecond"
            elif field.type == FieldDescriptor.TYPE_MESSAGE:
                if not each.ListFields() and field.containing_oneof is None:
                    yield f"{path} is empty"
                yield from _problems(each, f"{path}.")
            elif field.type == FieldDescriptor.TYPE_ENUM and not _is_known(field, each):
                yield f"the value {each} of {path} is not known: {_NEWER}"
        if path in _PERIODS and not message.HasField(_PERIODS[path]):
            yield f"{path} is without {_PERIODS[path]}"


def _is_known(field: FieldDescriptor, number: int) -> bool:
    kind = field.enum_type
    return kind is None or number in kind.values_by_number


def _name_of(change_type: int) -> str:
    known = ChangeType.DESCRIPTOR.values_by_number.get(change_type)
    return str(change_type) if known is None else known.name.removeprefix("CHANGE_TYPE_").lower()
