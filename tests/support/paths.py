"""The fields of all requests of the contract, by the paths under which errors name them."""

import re
from collections.abc import Iterator

from google.protobuf.descriptor import Descriptor

from chancery.v1 import (
    audit_service_pb2,
    desk_service_pb2,
    history_service_pb2,
    info_service_pb2,
    visit_service_pb2,
)

SERVICES = [
    service
    for module in (
        audit_service_pb2,
        desk_service_pb2,
        history_service_pb2,
        info_service_pb2,
        visit_service_pb2,
    )
    for service in module.DESCRIPTOR.services_by_name.values()
]
# The request as a whole, a header, and fields that no message has, by their numbers.
OUTSIDE = re.compile(r"\(request\)|metadata chancery-actor(-bin)?|([a-z_\[\]0-9]+\.)*\d+")


def _paths(message: Descriptor, before: str = "") -> Iterator[str]:
    yield from (before + oneof.name for oneof in message.oneofs)
    for field in message.fields:
        yield f"{before}{field.name}"
        path = f"{before}{field.name}"
        if field.is_repeated:
            path += "[]"
            yield path
        if field.message_type is not None:
            yield from _paths(field.message_type, f"{path}.")


PATHS = frozenset(
    path for service in SERVICES for method in service.methods for path in _paths(method.input_type)
)


def is_path(field: str) -> bool:
    """Whether a request has such a field, or an error may name it all the same."""
    return re.sub(r"\[\d+\]", "[]", field) in PATHS or bool(OUTSIDE.fullmatch(field))
