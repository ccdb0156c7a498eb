"""The gRPC server: its services, its options, and how it stops."""

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Any

import grpc
from google.protobuf import message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer

from service.limits import DRAIN_SECONDS, METADATA_BYTES, REQUEST_BYTES
from service.rpc.access import roles_of
from service.rpc.calls import Calls
from service.rpc.desk_service import DeskServicer
from service.rpc.reflection import add_reflection

# A method of the contract's package, whether there is one of that name or not.
_METHOD = re.compile(r"chancery\.v1\.[A-Za-z0-9_]{1,100}/[A-Za-z0-9_]{1,100}")

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

# Streams that end only when the server stops or the client is gone.
ENDLESS = {"WatchEvents"}

OPTIONS = (
    # The edges share a port, which their supervisor has reserved.
    ("grpc.so_reuseport", 1),
    ("grpc.max_receive_message_length", REQUEST_BYTES),
    # Between two different bounds gRPC would refuse some calls and serve others.
    ("grpc.max_metadata_size", METADATA_BYTES),
    ("grpc.absolute_max_metadata_size", METADATA_BYTES),
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
        self._records = True
        self._is_started = False
        self._server = grpc.aio.server(options=OPTIONS)
        self._names = [self._add(servicer) for servicer in servicers]
        self._add_what_surrounds_them()

    async def start(self, address: str) -> None:
        """Start listening.

        :raises RuntimeError: the server cannot listen on the address.
        """
        self._server.add_insecure_port(address)
        await self._server.start()
        for name in self._names:
            await self._health.set(name, SERVING)
        self._is_started = True
        await self._tell_health()

    def tell_whether_it_records(self, records: bool) -> None:
        """Let the health of the server, and of DeskService, be that of recording changes."""
        if records != self._records:
            self._records = records
            self._telling = asyncio.ensure_future(self._tell_health())

    async def _tell_health(self) -> None:
        if self._is_started:
            for name in ("", DeskServicer.SERVICE.full_name):
                await self._health.set(name, SERVING if self._records else NOT_SERVING)

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
            roles = roles_of(method)
            kind: Any = self._calls.stream if method.server_streaming else self._calls.unary
            if method.name in ENDLESS:
                kind = self._calls.watch
            if method.client_streaming:
                kind = self._calls.exchange
            name = f"{service.full_name}/{method.name}"
            request_type = message_factory.GetMessageClass(method.input_type)
            if isinstance(servicer, DeskServicer):
                handlers[method.name] = kind(name, roles, None, servicer.handler(method.name))
            else:
                handlers[method.name] = kind(
                    name, roles, request_type, getattr(servicer, method.name)
                )
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(service.full_name, handlers),)
        )
        return str(service.full_name)

    def _add_what_surrounds_them(self) -> None:
        """Add health, reflection, and the refusal of methods that no service has."""
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        health = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
        add_reflection(self._server, [*self._names, health], self._calls.check_reader)
        self._server.add_generic_rpc_handlers((_NotServed(self._calls),))


class _NotServed(grpc.GenericRpcHandler):
    """Refuses calls of methods that only a later edition of the contract may have."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def service(self, handler_call_details: Any) -> Any:
        """What refuses the call; None for a method of another package, which gRPC refuses."""
        method = handler_call_details.method.removeprefix("/")
        return self._calls.refusal(method) if _METHOD.fullmatch(method) else None
