"""The methods of the contract, by the paths that they are called at."""

from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message_factory import GetMessageClass

from chancery.v1 import (
    audit_service_pb2,
    desk_service_pb2,
    history_service_pb2,
    info_service_pb2,
    visit_service_pb2,
)
from service.limits import BATCH_BYTES, QUESTION_BYTES, REQUEST_BYTES

_FILES: tuple[Any, ...] = (
    audit_service_pb2,
    desk_service_pb2,
    history_service_pb2,
    info_service_pb2,
    visit_service_pb2,
)
# Beside those that record, the one method whose requests may be long: it names many visits.
_LONG = "BatchGetVisits"


@dataclass(frozen=True)
class Method:
    """A method: its path, the types of its messages, and how it is called.

    ``reads`` says that it changes nothing, ``streams`` that it answers with many messages, and
    ``takes_many`` that its request is many messages. A request has at most ``most_bytes``.
    """

    name: str
    path: str
    request: type[Any]
    answer: type[Any]
    reads: bool
    streams: bool
    takes_many: bool
    most_bytes: int

    @classmethod
    def of(cls, method: MethodDescriptor) -> "Method":
        """The method that a descriptor describes."""
        reads = method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
        asks = BATCH_BYTES if method.name == _LONG else QUESTION_BYTES
        return cls(
            method.name,
            f"/{method.containing_service.full_name}/{method.name}",
            GetMessageClass(method.input_type),
            GetMessageClass(method.output_type),
            reads,
            method.server_streaming,
            method.client_streaming,
            asks if reads else REQUEST_BYTES,
        )

    @property
    def takes(self) -> Descriptor:
        """What its request is made of."""
        descriptor: Descriptor = self.request.DESCRIPTOR
        return descriptor


METHODS = {
    method.path: method
    for file in _FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in map(Method.of, service.methods)
}
