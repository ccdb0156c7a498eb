"""Requests in the address: what Connect writes there, and fields as people write them.

``?message=...&encoding=json`` is that of Connect. ``?name=visits/x&as_of.position=7`` has a
parameter for each field, with dots between a message and its own fields; one that is given several
times is a list.
"""

import base64
import binascii
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from service.web.gateway.bodies import too_large, unpacked
from service.web.gateway.failures import bad_field, listed
from service.web.gateway.fields import AS_TEXT, field_named, no_such_field
from service.web.gateway.json_form import from_json, from_values
from service.web.gateway.methods import Method

JSON, PROTO = "json", "proto"
_CONNECT = ("message", "encoding", "base64", "compression", "connect")

Parameters = Sequence[tuple[str, str]]


def message(method: Method, parameters: Parameters) -> bytes:
    """The serialized request that the parameters say.

    :raises Failed: a parameter is missing or wrong.
    """
    given = dict(parameters)
    return _of_connect(method, given) if "message" in given else _of_fields(method, parameters)


def _of_connect(method: Method, given: Mapping[str, str]) -> bytes:
    for name in given:
        if name not in _CONNECT:
            problem = f"beside a message, only {listed(_CONNECT[1:])}"
            raise bad_field("FIELD_NOT_SERVED", f"?{name}", problem)
    encoding = given.get("encoding", "")
    if encoding not in (JSON, PROTO):
        raise bad_field("INVALID_FIELD", "?encoding", "must be json or proto")
    if given.get("connect", "v1") != "v1":
        raise bad_field("INVALID_FIELD", "?connect", "must be v1")
    data = _bytes(given["message"], given.get("base64", ""))
    data = unpacked(data, given.get("compression", ""), method.most_bytes)
    return data if encoding == PROTO else from_json(method.request, data)


def _of_fields(method: Method, parameters: Parameters) -> bytes:
    values: dict[str, Any] = {}
    size = sum(len(name) + len(value) for name, value in parameters)
    if size > method.most_bytes:
        raise too_large(size, method.most_bytes)
    for name, value in parameters:
        _put(values, method.takes, name, value)
    return from_values(method.request, values)


def _put(values: dict[str, Any], kind: Descriptor, name: str, value: str) -> None:
    """Put the value where the parameter names it."""
    steps, path = name.split("."), ""
    for step, following in itertools.zip_longest(steps, steps[1:]):
        field = field_named(kind, step)
        if field is None:
            raise no_such_field(kind, step, path)
        path += field.name
        if following is None:
            _set(values, field, path, value)
        elif field.message_type is None or field.is_repeated or _is_text(field):
            raise bad_field("INVALID_FIELD", path, "has no fields that an address can give")
        else:
            kind, path = field.message_type, f"{path}."
            values = values.setdefault(field.name, {})


def _set(values: dict[str, Any], field: FieldDescriptor, path: str, value: str) -> None:
    inner = field.message_type
    taken: Any = value
    if inner is not None and not _is_text(field):
        if inner.fields or value:
            raise bad_field("INVALID_FIELD", path, _within(field, path))
        taken = {}
    elif field.type == FieldDescriptor.TYPE_BOOL:
        taken = {"true": True, "false": False}.get(value, value)
    if field.is_repeated:
        values.setdefault(field.name, []).append(taken)
    elif field.name in values:
        raise bad_field("INVALID_FIELD", path, "must come once")
    else:
        values[field.name] = taken


def _is_text(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.full_name in AS_TEXT


def _within(field: FieldDescriptor, path: str) -> str:
    """How to say in an address what a message takes."""
    if field.is_repeated:
        return "is a list of objects: send the request as JSON by POST"
    inner = field.message_type.fields if field.message_type is not None else ()
    if not inner:
        return f"has no value: write {path}="
    return f"has fields of its own: write {path}.{inner[0].name}=..."


def _bytes(message: str, is_base64: str) -> bytes:
    if is_base64 not in ("", "0", "1"):
        raise bad_field("INVALID_FIELD", "?base64", "must be 1, or left out")
    if is_base64 != "1":
        return message.encode(errors="surrogateescape")
    try:
        padded = message + "=" * (-len(message) % 4)
        return base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise bad_field("INVALID_FIELD", "?message", "must be base64 for addresses") from None
