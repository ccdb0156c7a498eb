"""From the bytes of a request to its message."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from service.codec import wire
from service.errors import FieldNotServed, MalformedRequest, TooLarge

Request = TypeVar("Request", bound=Message)

# Values of a request that is too large which are looked at, to say which field is to blame.
LOOKED_AT = 1000


@dataclass(frozen=True)
class RequestKind:
    """The requests of a method: of which type, with how many bytes, and whether parsed here."""

    descriptor: Descriptor
    most_bytes: int
    is_parsed: bool = True

    def parsed(self, raw: bytes) -> Any:
        """The message of a request, or its bytes if it is not parsed here.

        :raises TooLarge: it has too many bytes. Parsing them would make others wait.
        """
        if len(raw) > self.most_bytes:
            field = _largest_field(self.descriptor, raw) or "(request)"
            raise TooLarge.by(field, "the request", len(raw), self.most_bytes)
        if not self.is_parsed:
            return raw
        return parse(message_factory.GetMessageClass(self.descriptor), raw)

    def not_one(self) -> MalformedRequest:
        """The refusal of a call that has no request, or several."""
        return MalformedRequest(self.descriptor.full_name, "the call must have one request, a")


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


def _largest_field(kind: Descriptor, raw: bytes) -> str:
    """The path of the field that takes most of the bytes; empty if they cannot be told apart."""
    sizes: Counter[int] = Counter()
    longest = b""
    at = 0
    try:
        for _ in range(LOOKED_AT):
            if at >= len(raw):
                break
            begin = at
            tag, at = wire.read_varint(raw, at)
            number, at = wire.read_varint(raw, at)
            if tag & 7 == wire.LENGTH_DELIMITED:
                longest = max(longest, raw[at : at + number], key=len)
                at += number
            sizes[tag >> 3] += at - begin
    except (IndexError, ValueError):
        return ""
    field = kind.fields_by_number.get(max(sizes, key=sizes.__getitem__))
    if field is None:
        return ""
    within = _largest_field(field.message_type, longest) if field.message_type else ""
    return f"{field.name}.{within}" if within else str(field.name)
