"""The gRPC server: its services, its options, and how it stops."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha._async import ReflectionServicer

from service.limits import DRAIN_SECONDS, REQUEST_BYTES
from service.rpc.access import roles_of
from service.rpc.calls import Calls
from service.rpc.desk_service import DeskServicer

REFLECTION_V1 = "grpc.reflection.v1"
REFLECTION_V1ALPHA = "grpc.reflection.v1alpha"

# Streams that end only when the server stops or the client is gone.
ENDLESS = {"WatchEvents"}

OPTIONS = (
    # The edges share a port, which their supervisor has reserved.
    ("grpc.so_reuseport", 1),
    ("grpc.max_receive_message_length", REQUEST_BYTES),
    # Accept a burst, so that calls beyond the bound get our error and not that of gRPC.
    ("grpc.server.max_pending_requests", 20_000),
    ("grpc.server.max_pending_requests_hard_limit", 50_000),
    # Clients may ping every 10 s, even while no call is open.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Notice clients that vanished, and free what their watches hold.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.max_pings_without_data", 0),
)


class Server:
    """Services on one address.

    Each servicer has the methods of its ``SERVICE``. ``drain`` is called when the server begins
    to stop; it must end the watches. Other processes may listen on the same port.
    """

    def __init__(
        self,
        servicers: Sequence[Any],
        calls: Calls,
        drain: Callable[[], None],
    ) -> None:
        self._calls = calls
        self._drain = drain
        self._health = HealthServicer()
        self._server = grpc.aio.server(options=OPTIONS)
        self._names = [self._add(servicer) for servicer in servicers]
        self._add_health_and_reflection()

    async def start(self, address: str) -> None:
        """Start listening.

        :raises RuntimeError: the server cannot listen on the address.
        """
        self._server.add_insecure_port(address)
        await self._server.start()
        for name in ("", *self._names):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def stop(self, seconds: float) -> None:
        """Refuse new calls, let those in flight end, and cut off the rest after so many seconds."""
        await self._health.enter_graceful_shutdown()
        self._calls.draining.set()
        self._drain()
        # Calls that arrive now get DRAINING, which clients retry; gRPC would cut them off.
        await asyncio.sleep(DRAIN_SECONDS)
        await self._server.stop(seconds)

    def _add(self, servicer: Any) -> str:
        """Add a service to the server, and return its name.

        :raises ValueError: the contract does not say who may call one of its methods.
        """
        service = servicer.SERVICE
        handlers = {}
        for method in service.methods:
            roles_of(method)
            kind: Any = self._calls.stream if method.server_streaming else self._calls.unary
            if method.name in ENDLESS:
                kind = self._calls.watch
            if method.client_streaming:
                kind = self._calls.exchange
            name = f"{service.full_name}/{method.name}"
            request_type = message_factory.GetMessageClass(method.input_type)
            if isinstance(servicer, DeskServicer):
                handlers[method.name] = kind(name, None, servicer.handler(method.name))
            else:
                handlers[method.name] = kind(name, request_type, getattr(servicer, method.name))
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(service.full_name, handlers),)
        )
        return str(service.full_name)

    def _add_health_and_reflection(self) -> None:
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        _load_reflection_v1()
        reflection = ReflectionServicer(
            [
                *self._names,
                health_pb2.DESCRIPTOR.services_by_name["Health"].full_name,
                f"{REFLECTION_V1}.ServerReflection",
                f"{REFLECTION_V1ALPHA}.ServerReflection",
            ]
        )
        add_reflection: Any = reflection_pb2_grpc.add_ServerReflectionServicer_to_server
        add_reflection(reflection, self._server)
        # The two versions of reflection have the same messages on the wire.
        handler = grpc.stream_stream_rpc_method_handler(
            reflection.ServerReflectionInfo,
            request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
            response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
        )
        v1 = grpc.method_handlers_generic_handler(
            f"{REFLECTION_V1}.ServerReflection", {"ServerReflectionInfo": handler}
        )
        self._server.add_generic_rpc_handlers((v1,))


def _load_reflection_v1() -> None:
    """Register the descriptor of reflection v1: that of v1alpha with other names."""
    file = descriptor_pb2.FileDescriptorProto()
    reflection_pb2.DESCRIPTOR.CopyToProto(file)
    described = json_format.MessageToJson(file).replace(REFLECTION_V1ALPHA, REFLECTION_V1)
    v1 = json_format.Parse(described, descriptor_pb2.FileDescriptorProto())
    v1.name = "grpc/reflection/v1/reflection.proto"
    pool: Any = descriptor_pool
    pool.Default().AddSerializedFile(v1.SerializeToString())
