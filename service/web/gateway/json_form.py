"""Messages as JSON, and what is wrong with JSON that is no message, by the name of the field."""

import json
import re
from typing import Any, cast

import msgspec
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from service.limits import BATCH_BYTES
from service.web.gateway.failures import Failed, bad_field, malformed
from service.web.gateway.fields import expected, field_named, no_such_field

PACKAGE = "chancery.v1"
# An empty text or list in JSON.
_NOTHING = re.compile(rb'""|\[\s*\]')


def to_json(kind: type[Any], raw: bytes) -> bytes:
    """The JSON of a serialized message, in one line."""
    return msgspec.json.encode(json_format.MessageToDict(kind.FromString(raw)))


def from_json(kind: type[Any], text: bytes) -> bytes:
    """The serialized message that JSON says.

    :raises Failed: it is not JSON, or not that of a message: what is wrong is named.
    """
    message = kind()
    try:
        if not text.lstrip().startswith(b"{"):  # an empty list would pass
            raise ValueError("must be an object of JSON: {...}")
        json_format.Parse(text.decode(), message)
        if _NOTHING.search(text):
            _check_objects(message.DESCRIPTOR, json.loads(text), "")
        raw: bytes = message.SerializeToString()
        return raw
    except Failed:
        raise
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


def _check_objects(kind: Descriptor, values: dict[str, Any], path: str) -> None:
    """Refuse an empty text or list where an object belongs: the parser takes both for one.

    A script whose variable is empty would ask about now, and not as of the moment that it means.
    """
    for name, value in values.items():
        field = field_named(kind, name)
        if (
            field is None
            or field.message_type is None
            or field.message_type.file.package != PACKAGE
        ):
            continue
        inner = f"{path}{field.name}"
        for i, item in enumerate((value or ()) if field.is_repeated else [value]):
            at = f"{inner}[{i}]" if field.is_repeated else inner
            if isinstance(item, dict):
                _check_objects(field.message_type, item, f"{at}.")
            elif item is not None:
                raise bad_field("INVALID_FIELD", at, f"must be {expected(field)}")


def _refusal(kind: type[Any], text: bytes, error: Exception) -> Failed:
    name = kind.DESCRIPTOR.full_name
    try:
        values = json.loads(text.decode())
    except UnicodeDecodeError:
        return malformed(name, "the bytes are not UTF-8")
    except RecursionError:
        return malformed(name, "the JSON is nested too deep")
    except json.JSONDecodeError as not_json:
        where = f"{not_json.msg}, line {not_json.lineno}, column {not_json.colno}"
        where = where if text.strip() else "write {} where nothing is asked"
        return malformed(name, f"the bytes are not JSON: {where}")
    except ValueError:
        return malformed(name, "a number has too many digits")
    if not isinstance(values, dict):
        return malformed(name, "must be an object of JSON: {...}")
    if len(text) > BATCH_BYTES:  # looking for it parses again what is to blame
        return malformed(name, f"cannot be read; of at most {BATCH_BYTES} bytes, you are told why")
    return _blamed(kind, values, "") or malformed(name, _said(error))


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
    if field.message_type is None or not isinstance(value, dict):
        return bad_field("INVALID_FIELD", path, f"must be {expected(field)}")
    found = _blamed(GetMessageClass(field.message_type), value, f"{path}.")
    return found or bad_field("INVALID_FIELD", path, "has fields that do not go together")


def _is_read(kind: type[Any], name: str, value: Any) -> bool:
    try:
        json_format.ParseDict({name: value}, kind())
    except Exception:
        return False
    return True


def _said(error: Exception) -> str:
    """What the parser said of fields that do not go together, in one line."""
    if not isinstance(error, json_format.ParseError):
        return "cannot be read"
    return " ".join(str(error).replace("Failed to load JSON: ", "").split()).rstrip(".")
