"""Who may call which method, as the contract says it."""

from typing import Any, ClassVar

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from chancery.v1 import (
    access_pb2,
    audit_service_pb2,
    desk_service_pb2,
    history_service_pb2,
    info_service_pb2,
    visit_service_pb2,
)
from service.rpc.access import Doors, roles_of
from service.rpc.calls import Calls
from service.rpc.server import Server

# A changed role is no breaking change to a linter of contracts: this list is what notices it.
ROLES = {
    "VisitService": {
        "GetVisit": "READER",
        "BatchGetVisits": "READER",
        "ListVisits": "READER",
        "CountVisits": "READER",
    },
    "DeskService": {
        "ScheduleVisit": "EDITOR",
        "DiscloseVisit": "EDITOR",
        "PostponeVisit": "EDITOR",
        "DeferVisit": "EDITOR",
        "RescheduleVisit": "EDITOR",
        "CompleteVisit": "EDITOR",
        "CancelVisit": "EDITOR",
        "AmendVisit": "EDITOR",
        "CorrectChange": "EDITOR",
        "RecordStatement": "EDITOR",
        "RetractChange": "EDITOR",
        "ApplyChanges": "EDITOR",
        "ImportChanges": "EDITOR",
    },
    "HistoryService": {
        "ListEvents": "READER",
        "ReadEvents": "READER",
        "WatchEvents": "READER",
        "CompareVisit": "READER",
    },
    "AuditService": {
        "ListChanges": "READER",
        "GetCheckpoint": "READER",
        "GetInclusionProof": "READER",
        "GetConsistencyProof": "READER",
        "GetTile": "READER",
        "ExportBundle": "READER",
    },
    "InfoService": {"GetServerInfo": ""},
}
SERVICES = {
    service.name: service
    for file in (
        audit_service_pb2,
        desk_service_pb2,
        history_service_pb2,
        info_service_pb2,
        visit_service_pb2,
    )
    for service in file.DESCRIPTOR.services_by_name.values()
}
METHODS = [method for service in SERVICES.values() for method in service.methods]


def test_these_roles_may_call_these_methods() -> None:
    """A caller needs one of them; where there is none, everybody may call."""
    assert {
        name: {m.name: ",".join(role.name for role in roles_of(m)) for m in service.methods}
        for name, service in SERVICES.items()
    } == ROLES


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_method_that_only_reads_says_so_and_no_other(method: MethodDescriptor) -> None:
    """Gateways answer such a method to a GET. None that records calls itself idempotent."""
    options = descriptor_pb2.MethodOptions
    reads = method.containing_service.name != "DeskService"
    level = options.NO_SIDE_EFFECTS if reads else options.IDEMPOTENCY_UNKNOWN
    assert method.GetOptions().idempotency_level == level


def service_with(options: descriptor_pb2.MethodOptions, name: str) -> ServiceDescriptor:
    """A service with one method that has these options."""
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{name}.proto",
        package=name,
        dependency=["chancery/v1/info_service.proto"],
        service=[
            descriptor_pb2.ServiceDescriptorProto(
                name="Service",
                method=[
                    descriptor_pb2.MethodDescriptorProto(
                        name="Ask",
                        input_type=".chancery.v1.GetServerInfoRequest",
                        output_type=".chancery.v1.GetServerInfoResponse",
                        options=options,
                    )
                ],
            )
        ],
    )
    pool: Any = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    found: ServiceDescriptor = pool.FindServiceByName(f"{name}.Service")
    return found


class Servicer:
    """Serves one method."""

    SERVICE: ClassVar[ServiceDescriptor]

    async def Ask(self, request: object, call: object) -> bytes:
        return b""


async def test_a_server_does_not_start_with_a_method_that_says_nothing_of_access() -> None:
    """With the option it does, even if it lets everybody in."""
    said = descriptor_pb2.MethodOptions()
    said.Extensions[access_pb2.access].SetInParent()
    for name, options in (("said", said), ("unsaid", descriptor_pb2.MethodOptions())):
        servicer = type(name, (Servicer,), {"SERVICE": service_with(options, name)})()
        if name == "said":
            Server([servicer], Calls(1, 1, Doors()), lambda: None)
        else:
            with pytest.raises(ValueError, match=r"does not say who may call unsaid\.Service\.Ask"):
                Server([servicer], Calls(1, 1, Doors()), lambda: None)
