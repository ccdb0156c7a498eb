"""Messages as JSON, and what is wrong with JSON that is no message, by the name of the field."""

import json
from typing import Any, cast

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from service.limits import QUESTION_BYTES
from service.web.gateway.failures import Failed, bad_field, malformed
from service.web.gateway.fields import expected, field_named, no_such_field


def to_json(kind: type[Any], raw: bytes) -> bytes:
    """The JSON of a serialized message, in one line."""
    told = json_format.MessageToDict(kind.FromString(raw))
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def from_json(kind: type[Any], text: bytes) -> bytes:
    """The serialized message that JSON says.

    :raises Failed: it is not JSON, or not that of a message: what is wrong is named.
    """
    message = kind()
    try:
        if not text.lstrip().startswith(b"{"):  # an empty list would pass
            raise ValueError("must be an object of JSON: {...}")
        json_format.Parse(text.decode(), message)
        raw: bytes = message.SerializeToString()
        return raw
    except Exception as error:  # whatever bytes do to a parser: RecursionError among it
        raise _refusal(kind, text, error) from None


def from_values(kind: type[Any], values: dict[str, Any]) -> bytes:
    """The serialized message that these values of JSON say.

    :raises Failed: they are none, which is named.
    """
    message = kind()
    try:
        json_format.ParseDict(values, message)
        raw: bytes = message.SerializeToString()
        return raw
    except Exception as error:
        raise _blamed(kind, values, "") or malformed(kind.DESCRIPTOR.full_name, _said(error)) from (
            None
        )


def _refusal(kind: type[Any], text: bytes, error: Exception) -> Failed:
    name = kind.DESCRIPTOR.full_name
    try:
        values = json.loads(text.decode())
    except UnicodeDecodeError:
        return malformed(name, "the bytes are not UTF-8")
    except RecursionError:
        return malformed(name, "the JSON is nested too deep")
    except ValueError as not_json:
        where = "write {} where nothing is asked" if not text.strip() else _said(not_json)
        return malformed(name, f"the bytes are not JSON: {where}")
    if not isinstance(values, dict):
        return malformed(name, "must be an object of JSON: {...}")
    found = None
    if len(text) <= QUESTION_BYTES:  # looking for it parses again what is to blame
        found = _blamed(kind, values, "")
    return found or malformed(name, _said(error))


def _blamed(kind: type[Any], values: dict[str, Any], path: str) -> Failed | None:
    """The refusal of the first field that cannot be read."""
    for name, value in values.items():
        field = field_named(kind.DESCRIPTOR, name)
        if field is None:
            return no_such_field(kind.DESCRIPTOR, name, path)
        if not _is_read(kind, name, value):
            return _blamed_value(field, value, f"{path}{field.name}")
    return None


def _blamed_value(field: FieldDescriptor, value: Any, path: str) -> Failed:
    """The refusal of a value that a field does not take, or of what is within it."""
    if field.is_repeated:
        if not isinstance(value, list):
            return bad_field("INVALID_FIELD", path, "must be a list: [...]")
        of_field = GetMessageClass(cast(Descriptor, field.containing_type))
        for i, item in enumerate(value):
            if not _is_read(of_field, field.name, [item]):
                path, value = f"{path}[{i}]", item
                break
    found = None
    if field.message_type is not None and isinstance(value, dict):
        found = _blamed(GetMessageClass(field.message_type), value, f"{path}.")
    return found or bad_field("INVALID_FIELD", path, f"must be {expected(field)}")


def _is_read(kind: type[Any], name: str, value: Any) -> bool:
    try:
        json_format.ParseDict({name: value}, kind())
    except Exception:
        return False
    return True


def _said(error: Exception) -> str:
    """What a parser said, in one line."""
    if isinstance(error, RecursionError):
        return "the JSON is nested too deep"
    return " ".join(str(error).removeprefix("Failed to load JSON: ").split())
