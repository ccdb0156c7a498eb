"""The gRPC server: its services, its options, and how it stops."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer

from service.limits import (
    BATCH_BYTES,
    CONNECTIONS,
    DRAIN_SECONDS,
    HANDSHAKE_SECONDS,
    IDLE_CONNECTION_SECONDS,
    METADATA_BYTES,
    QUESTION_BYTES,
    REQUEST_BYTES,
    STREAMS_ON_CONNECTION,
)
from service.rpc.access import roles_of
from service.rpc.calls import Calls
from service.rpc.desk_service import DeskServicer
from service.rpc.parse import RequestKind
from service.rpc.reflection import add_reflection

# A method of the contract's package, whether there is one of that name or not.
_METHOD = re.compile(r"chancery\.v1\.[A-Za-z0-9_]{1,100}/[A-Za-z0-9_]{1,100}")

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

# Streams that end only when the server stops or the client is gone.
ENDLESS = {"WatchEvents"}
# Questions that name many visits.
LARGE = {"BatchGetVisits"}

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
    ("grpc.http2.ping_timeout_ms", 20_000),
    # A stream that is reset at once costs memory for a while: so no connection has many.
    ("grpc.max_concurrent_streams", STREAMS_ON_CONNECTION),
    # But gRPC would count calls that have ended, and refuse those of clients that keep to it.
    ("grpc.http.overload_protection", 0),
    ("grpc.max_allowed_incoming_connections", CONNECTIONS),
    ("grpc.max_connection_idle_ms", IDLE_CONNECTION_SECONDS * 1000),
    ("grpc.server_handshake_timeout_ms", HANDSHAKE_SECONDS * 1000),
    ("grpc.http2.max_pings_without_data", 0),
)


class Server:
    """Services on some ports.

    Each servicer has the methods of its ``SERVICE``. ``drain`` is called when the server begins
    to stop; it must end the watches. Other processes may listen on the same ports. ``options`` are
    more of gRPC's.
    """

    def __init__(
        self,
        servicers: Sequence[Any],
        calls: Calls,
        drain: Callable[[], None],
        options: Sequence[tuple[str, int]] = (),
    ) -> None:
        self._calls = calls
        self._drain = drain
        # All methods of the services, as calls and log lines name them.
        self.methods: set[str] = set()
        self._health = HealthServicer()
        self._records = True
        self._is_started = False
        self._server = grpc.aio.server(options=(*OPTIONS, *options))
        self._names = [self._add(servicer) for servicer in servicers]
        self._add_what_surrounds_them()

    async def start(self, open_ports: Callable[[grpc.aio.Server], None]) -> None:
        """Start listening on the ports that ``open_ports`` adds. Raises what that does."""
        open_ports(self._server)
        await self._server.start()
        self._calls.sweep()
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

    async def health(self) -> Mapping[str, bool]:
        """Of each service, and of all together, whether it answers."""
        found = {}
        for name in ("", *self._names):
            asked = health_pb2.HealthCheckRequest(service=name)
            answer = await self._health.Check(asked, cast(Any, None))  # of what it knows
            found[name] = answer.status == health_pb2.HealthCheckResponse.SERVING
        return found

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
            self.methods.add(name)
            if isinstance(servicer, DeskServicer):
                request = RequestKind(method.input_type, REQUEST_BYTES, is_parsed=False)
                serve = servicer.handler(method.name)
            else:
                most_bytes = BATCH_BYTES if method.name in LARGE else QUESTION_BYTES
                request = RequestKind(method.input_type, most_bytes)
                serve = getattr(servicer, method.name)
            handlers[method.name] = kind(name, roles, request, serve)
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
