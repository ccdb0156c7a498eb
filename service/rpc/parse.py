"""From the bytes of a request to its message."""

from collections.abc import Iterable
from typing import Any, TypeVar, cast

from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from service.errors import FieldNotServed, MalformedRequest

Request = TypeVar("Request", bound=Message)


def parse(request_type: type[Request], raw: bytes) -> Request:
    """Parse a request.

    :raises MalformedRequest: the bytes are not a message of the type.
    :raises FieldNotServed: the message has a field that its type does not have. Ignoring it
        would record something other than what was asked.
    """
    try:
        request = request_type.FromString(raw)
    except DecodeError:
        raise MalformedRequest(request_type.DESCRIPTOR.full_name) from None
    size = request.ByteSize()
    request.DiscardUnknownFields()
    if request.ByteSize() != size:
        raise FieldNotServed.of(_unknown_field(request_type.FromString(raw)) or "(unknown)")
    return request


def parsed(request_type: type[Message] | None, raw: bytes) -> Any:
    """Parse a request; without a type, its bytes as they are. Raises what ``parse`` does."""
    return raw if request_type is None else parse(request_type, raw)


def _unknown_field(message: Message, path: str = "") -> str | None:
    """The path of the first field that is not in the contract, by its number."""
    unknown_fields: Iterable[Any] = cast(Any, UnknownFieldSet)(message)
    for unknown in unknown_fields:
        return f"{path}{unknown.field_number}"
    for named, value in message.ListFields():
        if named.message_type is not None:
            for item in value if named.is_repeated else [value]:
                if found := _unknown_field(item, f"{path}{named.name}."):
                    return found
    return None
