"""service/web/gateway/openapi.json: the contract over HTTP as an OpenAPI document."""

import json
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    MethodDescriptor,
)
from google.protobuf.descriptor_pb2 import MethodOptions
from grpc import StatusCode

from chancery.client.version import __version__
from chancery.v1 import access_pb2
from docs.generate.api import METHODS, line, meaning, split_reasons
from docs.generate.comments import PACKAGE, Comments, text
from docs.generate.examples import EXAMPLES

Schema = dict[str, Any]

_INTEGER = {"type": "integer", "format": "int32"}
# In JSON a number of 64 bits is a text, since many programs would round it.
_LONG = {"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"}
_SCALARS: dict[int, Schema] = {
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    FieldDescriptor.TYPE_INT32: _INTEGER,
    FieldDescriptor.TYPE_INT64: _LONG,
    FieldDescriptor.TYPE_STRING: {"type": "string"},
}
_WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.Empty": {"type": "object", "additionalProperties": False},
    "google.protobuf.Value": {},
}
_CODES = [code.name.lower() for code in StatusCode if code is not StatusCode.OK]
_CODES[_CODES.index("cancelled")] = "canceled"  # as Connect spells it
_ERROR: Schema = {
    "type": "object",
    "description": "Why a call failed.",
    "required": ["code", "message"],
    "properties": {
        "code": {"type": "string", "enum": _CODES, "description": "The code of gRPC."},
        "message": {"type": "string", "description": "What a person reads."},
        "details": {
            "type": "array",
            "description": (
                "The first is a google.rpc.ErrorInfo: its `debug.reason` is a reason of"
                " docs/errors.md, and `debug.metadata` has the variables of the message."
            ),
            "items": {
                "type": "object",
                "required": ["type", "value"],
                "properties": {
                    "type": {"type": "string"},
                    "value": {"type": "string", "contentEncoding": "base64"},
                    "debug": {"type": "object"},
                },
            },
        },
    },
}
_FAILED = {
    "description": "The call failed.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}


def openapi(said: Comments) -> str:
    """The document, as JSON."""
    methods = [method for method in METHODS if not method.client_streaming]
    schemas: dict[str, Schema] = {"Error": _ERROR}
    for method in methods:
        for kind in (method.input_type, method.output_type):
            _add(schemas, said, kind)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Chancery",
            "version": __version__,
            "summary": "The status of planned diplomatic visits",
            "description": text(said[PACKAGE]).strip(),
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "tags": [_tag(said, name) for name in dict.fromkeys(map(_service, methods))],
        "paths": {f"/{_service(method)}/{method.name}": _path(said, method) for method in methods},
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _service(method: MethodDescriptor) -> str:
    return str(method.containing_service.full_name)


def _tag(said: Comments, name: str) -> Schema:
    return {"name": name, "description": line(split_reasons(said[name])[0])}


def _path(said: Comments, method: MethodDescriptor) -> Schema:
    """How a method is called: by POST, and by GET if it only reads."""
    asked = {"$ref": f"#/components/schemas/{method.input_type.name}"}
    body = {"schema": asked, "example": EXAMPLES[method.name]}
    described = _operation(said, method)
    post = {
        **described,
        "operationId": method.name,
        "requestBody": {"required": True, "content": {"application/json": body}},
    }
    if method.GetOptions().idempotency_level != MethodOptions.NO_SIDE_EFFECTS:
        return {"post": post}
    get = {
        **described,
        "operationId": f"{method.name}ByAddress",
        "parameters": list(_parameters(said, method.input_type)),
    }
    return {"get": get, "post": post}


def _operation(said: Comments, method: MethodDescriptor) -> Schema:
    comment, reasons = split_reasons(said[method.full_name])
    roles = method.GetOptions().Extensions[access_pb2.access].roles
    names = [access_pb2.Role.Name(role).removeprefix("ROLE_").lower() for role in roles]
    answer = {"schema": {"$ref": f"#/components/schemas/{method.output_type.name}"}}
    answered = {"description": "The answer.", "content": {"application/json": answer}}
    if method.server_streaming:
        how = 'One such object a line; a last line `{"error": ...}` if the call failed.'
        answered = {"description": how, "content": {"application/jsonl": answer}}
    return {
        "tags": [_service(method)],
        "summary": line(comment).partition(". ")[0].removesuffix("."),
        "description": text(comment).strip(),
        "x-roles": names,
        "x-reasons": reasons,
        "responses": {"200": answered, "default": _FAILED},
    }


def _parameters(said: Comments, kind: Descriptor, path: str = "") -> Iterator[Schema]:
    """A parameter for each field of a question that an address can give."""
    for field in kind.fields:
        inner = field.message_type
        name = f"{path}{field.name}"
        if inner is None or inner.full_name in _WELL_KNOWN:
            schema = _of_value(field)
            if inner is not None and not inner.fields:
                schema = {"type": "string", "maxLength": 0}
            if field.is_repeated:
                schema = {"type": "array", "items": schema}
            yield {"name": name, "in": "query", "schema": schema, **_about(said, field)}
        elif not field.is_repeated:
            yield from _parameters(said, inner, f"{name}.")


def _add(schemas: dict[str, Schema], said: Comments, kind: Descriptor | EnumDescriptor) -> None:
    """Add the schema of a message or enum, and of all that is in it."""
    name = _name(kind)
    if name in schemas or kind.full_name in _WELL_KNOWN:
        return
    if isinstance(kind, EnumDescriptor):
        values = {each.name: said[f"{kind.full_name}.{each.name}"] for each in kind.values}
        meaning_of = "\n".join(f"- `{each}`: {line(told)}" for each, told in values.items())
        description = f"{text(said[kind.full_name])}\n{meaning_of}"
        schemas[name] = {"type": "string", "enum": list(values), "description": description}
        return
    schemas[name] = {
        "type": "object",
        "description": text(said[kind.full_name]).strip(),
        "additionalProperties": False,
        "properties": {field.json_name: _property(said, field) for field in kind.fields},
    }
    for field in kind.fields:
        if inner := field.message_type or field.enum_type:
            _add(schemas, said, inner)


def _property(said: Comments, field: FieldDescriptor) -> Schema:
    schema = _of_value(field)
    if field.is_repeated:
        schema = {"type": "array", "items": schema}
    return {**schema, **_about(said, field)}


def _about(said: Comments, field: FieldDescriptor) -> Schema:
    return {"description": meaning(said, field)}


def _of_value(field: FieldDescriptor) -> Schema:
    """The schema of one value of a field."""
    kind = field.message_type or field.enum_type
    if kind is None:
        return _SCALARS[field.type]
    return _WELL_KNOWN.get(kind.full_name, {"$ref": f"#/components/schemas/{_name(kind)}"})


def _name(kind: Descriptor | EnumDescriptor) -> str:
    return str(kind.full_name.removeprefix(f"{PACKAGE}."))
