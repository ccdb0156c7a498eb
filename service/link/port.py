"""The ports of a server. The edges share one: the kernel spreads connections over them."""

import socket
from ipaddress import ip_address
from typing import Any


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach all that HOST:PORT stands for.

    :raises OSError: the host is not known.
    """
    return all(ip_address(where[0].partition("%")[0]).is_loopback for *_, where in _found(address))


def take_port(address: str) -> tuple[socket.socket, str]:
    """Reserve the port of HOST:PORT for the edges, and return the address with the actual port.

    The port is reserved while the socket is open. The socket itself does not listen.

    :raises OSError: another process has the port.
    """
    host = address.rpartition(":")[0]
    family, kind, protocol, _, where = _found(address)[0]
    with socket.socket(
        family, kind, protocol
    ) as alone:  # fails if anybody has the port, even to share it
        alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        alone.bind(where)
        taken = alone.getsockname()
    shared = socket.socket(family, kind, protocol)
    shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    shared.bind(taken)
    return shared, f"{host}:{taken[1]}"


def listen(address: str) -> tuple[socket.socket, str]:
    """A socket that listens on HOST:PORT, and the address with the actual port.

    :raises OSError: another process has the port, or the host is not known.
    """
    host = address.rpartition(":")[0]
    family, kind, protocol, _, where = _found(address)[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(where)
        listening.listen()
    except OSError:
        listening.close()
        raise
    return listening, f"{host}:{listening.getsockname()[1]}"


def _found(address: str) -> list[tuple[Any, ...]]:
    """What an address to listen on stands for."""
    host, _, port = address.rpartition(":")
    return socket.getaddrinfo(
        host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
