"""The differences between two states of a visit, field by field."""

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict, ParseDict

from chancery.v1 import visit_pb2

# These fields number and date the record itself.
OF_THE_RECORD = {
    "name",
    "version",
    "status_version",
    "position",
    "create_time",
    "update_time",
}
# Messages that are compared as a whole.
WHOLE = {"chancery.v1.Date", "google.protobuf.Timestamp"}


def differences(before: bytes, after: bytes) -> list[visit_pb2.FieldChange]:
    """The fields that differ between two serialized visits. Empty bytes mean no visit."""
    old, new = (
        MessageToDict(visit_pb2.Visit.FromString(state), preserving_proto_field_name=True)
        for state in (before, after)
    )
    return [
        ParseDict({"path": path} | values, visit_pb2.FieldChange())
        for path, values in _differences(visit_pb2.Visit.DESCRIPTOR, old, new)
        if path not in OF_THE_RECORD
    ]


def _differences(
    message: Descriptor | None, old: Mapping[str, Any], new: Mapping[str, Any], within: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The path of each field that differs, and its old and new value if set."""
    for field in message.fields if message is not None else ():
        was, is_now = old.get(field.name), new.get(field.name)
        if was == is_now:
            continue
        path = within + field.name
        if _has_parts(field) and (path == "details" or None not in (was, is_now)):
            yield from _differences(field.message_type, was or {}, is_now or {}, f"{path}.")
        else:
            values = {"old_value": was, "new_value": is_now}
            yield path, {name: value for name, value in values.items() if value is not None}


def _has_parts(field: FieldDescriptor) -> bool:
    kind = field.message_type
    return kind is not None and not field.is_repeated and kind.full_name not in WHOLE
