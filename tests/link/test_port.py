"""The port of the edges: reserved for them, and for nobody else."""

import socket

import pytest

from service.link.port import is_loopback, take_port


def test_a_port_that_is_not_named_is_chosen() -> None:
    """It is reserved as long as the socket is open."""
    taken, address = take_port("127.0.0.1:0")
    with taken:
        host, _, port = address.rpartition(":")
        assert (host, taken.getsockname()) == ("127.0.0.1", ("127.0.0.1", int(port)))
        with pytest.raises(OSError, match="in use"):
            take_port(address)
    again, same = take_port(address)
    again.close()
    assert same == address


def test_edges_share_it_and_nobody_else_does() -> None:
    """Those who say so listen on it side by side; who does not say so cannot."""
    taken, address = take_port("127.0.0.1:0")
    where = ("127.0.0.1", int(address.rpartition(":")[2]))
    with taken, socket.socket() as one, socket.socket() as two, socket.socket() as alone:
        for edge in (one, two):
            edge.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            edge.bind(where)
            edge.listen()
        with pytest.raises(OSError, match="in use"):
            alone.bind(where)
        with socket.create_connection(where):  # the socket that is only bound takes none
            pass


@pytest.mark.parametrize("shares", [True, False])
def test_a_port_that_somebody_listens_on_is_refused(shares: bool) -> None:
    """Also if that one would share it: it is not an edge of this server."""
    with socket.socket() as other:
        if shares:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(OSError, match="in use"):
            take_port(f"127.0.0.1:{other.getsockname()[1]}")


@pytest.mark.parametrize("address", ["[::1]:0", "localhost:0"])
def test_an_address_may_be_a_name_or_ipv6(address: str) -> None:
    try:
        taken, actual = take_port(address)
    except OSError as error:
        pytest.skip(f"this machine has no such address: {error}")
    with taken:
        assert actual.rpartition(":")[0] == address.rpartition(":")[0]
        assert actual.endswith(f":{taken.getsockname()[1]}")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1:0", True),
        ("127.8.9.10:50051", True),
        ("[::1]:0", True),
        ("localhost:0", True),
        ("0.0.0.0:0", False),
        ("[::]:0", False),
        ("192.0.2.1:0", False),
        ("[2001:db8::1]:0", False),
        ("[::ffff:192.0.2.1]:0", False),
        ("0:0", False),
    ],
)
def test_only_this_machine_reaches_what_stands_for_itself(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected


def test_whether_others_reach_a_host_that_is_not_known_cannot_be_told() -> None:
    with pytest.raises(OSError, match=r"[Nn]ame|resolution"):
        is_loopback("nowhere.invalid:0")
