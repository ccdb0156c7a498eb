"""The ports of a server, and what each asks of a connection."""

from collections.abc import Callable, Sequence
from typing import Any

import grpc

from service.access.tls import Identity, Tls
from service.config import Settings
from service.limits import CONNECTION_GRACE_SECONDS, CONNECTION_SECONDS


def open_ports(
    server: grpc.aio.Server, settings: Settings, tls: Tls | None, inner: str = ""
) -> None:
    """Listen on the addresses that the settings name, and on an inner one if there is one.

    The inner one is for the board, on this machine alone. Nothing is encrypted there, and callers
    are known by the same tokens.

    :raises RuntimeError: that is not possible.
    """
    if inner:
        server.add_insecure_port(inner)
    if tls is None:
        server.add_insecure_port(settings.listen)
        return
    server.add_secure_port(settings.listen, _credentials(tls, asks_clients=False))
    if settings.listen_mtls:
        server.add_secure_port(settings.listen_mtls, _credentials(tls, asks_clients=True))


def connection_options(settings: Settings) -> Sequence[tuple[str, int]]:
    """How long a connection may last.

    Until it ends it is as it was when it began: with a certificate, on either side, that may have
    been withdrawn since.
    """
    seconds = settings.connection_seconds or (CONNECTION_SECONDS if settings.tls_cert else None)
    if seconds is None:
        return ()
    grace = min(seconds, CONNECTION_GRACE_SECONDS)
    return (
        ("grpc.max_connection_age_ms", seconds * 1000),
        ("grpc.max_connection_age_grace_ms", grace * 1000),
    )


def _credentials(tls: Tls, *, asks_clients: bool) -> grpc.ServerCredentials:
    """What makes each new connection with the identity as it is then."""
    first = tls.identity
    return grpc.dynamic_ssl_server_credentials(
        _prepared(first, asks_clients),
        _renewal(tls, first, asks_clients),
        require_client_authentication=asks_clients,
    )


def _renewal(tls: Tls, given: Identity, asks_clients: bool) -> Callable[[], Any]:
    """What gRPC asks at each handshake, in threads of its own: for what is new, if anything is."""

    def renewed() -> Any:
        nonlocal given
        identity = tls.identity
        if identity is given:
            return None
        given = identity
        return _prepared(identity, asks_clients)

    return renewed


def _prepared(identity: Identity, asks_clients: bool) -> Any:
    return grpc.ssl_server_certificate_configuration(
        [(identity.key, identity.chain)], identity.client_ca if asks_clients else None
    )
