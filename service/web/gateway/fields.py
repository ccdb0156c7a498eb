"""Fields of messages by the names that people write, and what each of them takes."""

import difflib

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from service.web.gateway.failures import Failed, bad_field, listed

# Messages that JSON writes as one text.
AS_TEXT = {
    "google.protobuf.Timestamp": 'a time of RFC 3339, such as "2023-06-18T09:30:00Z"',
    "google.protobuf.FieldMask": 'paths with commas between them, such as "details.title,window"',
    "google.protobuf.Duration": 'seconds, such as "1.5s"',
}
_WHOLE = "a whole number"
_NUMBERS = {
    FieldDescriptor.CPPTYPE_INT32: f"{_WHOLE} of at most 32 bits",
    FieldDescriptor.CPPTYPE_INT64: f"{_WHOLE} of at most 64 bits, with or without quotes",
    FieldDescriptor.CPPTYPE_UINT32: f"{_WHOLE}, not negative, of at most 32 bits",
    FieldDescriptor.CPPTYPE_UINT64: f"{_WHOLE}, not negative, of at most 64 bits",
    FieldDescriptor.CPPTYPE_BOOL: "true or false",
    FieldDescriptor.CPPTYPE_DOUBLE: "a number",
    FieldDescriptor.CPPTYPE_FLOAT: "a number",
}


def field_named(kind: Descriptor, name: str) -> FieldDescriptor | None:
    """The field that is written so in JSON: knownTime or known_time; None if there is none."""
    return next((field for field in kind.fields if name in (field.name, field.json_name)), None)


def no_such_field(kind: Descriptor, name: str, path: str = "") -> Failed:
    """The refusal of a name that no field has; it says which may have been meant."""
    names = [field.name for field in kind.fields]
    nearest = difflib.get_close_matches(name[:100], names, n=1)
    meant = f"; perhaps {path}{nearest[0]} is meant" if nearest else ""
    has = f"; it has {listed(names)}" if names and not nearest else ""
    return bad_field(
        "FIELD_NOT_SERVED", f"{path}{name}", f"there is no such field in {kind.name}{meant}{has}"
    )


def expected(field: FieldDescriptor) -> str:
    """What one value of a field has to be, in words."""
    if field.enum_type is not None:
        named = [each.name for each in field.enum_type.values if each.number != 0]
        return f"one of {listed(named)}"
    if field.message_type is not None:
        return AS_TEXT.get(field.message_type.full_name, "an object of JSON: {...}")
    if field.type == FieldDescriptor.TYPE_BYTES:
        return "bytes in base64"
    return _NUMBERS.get(field.cpp_type, "a text")
