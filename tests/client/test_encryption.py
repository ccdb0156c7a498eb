"""Both clients over TLS: whom they trust, what they show, and what they never send unencrypted."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import DNSName

from chancery.client import AsyncConnection, Connection
from chancery.client.errors import Unavailable
from chancery.client.shells.channel import is_local
from tests.support.certificates import LOCAL as LOCALLY
from tests.support.certificates import Authority, Pair
from tests.support.holders import NAMES, UNKNOWN, EncryptedServer
from tests.support.messages import change, scheduled
from tests.support.place import SqliteFile
from tests.support.server import Server

Calling = Callable[..., Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EncryptedServer]:
    """A server with TLS, which knows its callers."""
    folder = tmp_path_factory.mktemp("encrypted")
    with EncryptedServer(SqliteFile(folder / "chancery.db"), folder) as server:
        yield server


def with_tls(pair: Pair) -> Sequence[str]:
    """The options of a server with a certificate."""
    certificate, key = map(str, pair)
    return "--tls-cert", certificate, "--tls-key", key


@pytest.fixture
def fails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call is not made again."""
    monkeypatch.setattr("chancery.client.retry.WAITS", ())


@pytest.mark.parametrize("scheme", ["", "https://"])
def test_a_token_goes_over_a_connection_to_a_server_that_is_trusted(
    server: EncryptedServer, calling_at: Calling, name: str, scheme: str
) -> None:
    recorded = calling_at(
        f"{scheme}{server.address}",
        lambda c: c.messages.record(change(name, scheduled())),
        token=server.holders.tokens["editor"],
        ca=server.authority.file,
    )
    assert recorded.event.event.actor == NAMES["editor"]


def test_a_certificate_of_its_own_makes_a_caller_known(
    server: EncryptedServer, calling_at: Calling, name: str
) -> None:
    recorded = calling_at(
        server.mtls_address,
        lambda c: c.messages.record(change(name, scheduled())),
        ca=str(server.authority.file),
        certificate=server.clients.certify(NAMES["editor"], file="client"),
    )
    assert recorded.event.event.actor == NAMES["editor"]


@pytest.mark.usefixtures("fails_at_once")
@pytest.mark.parametrize(
    ("trust", "why"),
    [
        ("nobody else", "no authority that is trusted here certifies it"),
        ("another authority", "no authority that is trusted here certifies it"),
        ("no encryption", "it ends the connection, as one that wants encryption or a certificate"),
    ],
)
def test_no_call_reaches_a_server_that_is_not_trusted(
    server: EncryptedServer, calling_at: Calling, tmp_path: Path, trust: str, why: str
) -> None:
    """Nor one that is called unencrypted although it is not. The failure tells why."""
    target, given = server.address, {}
    if trust == "nobody else":
        target = f"https://{target}"
    elif trust == "another authority":
        given = {"ca": Authority(tmp_path).file}
    with pytest.raises(Unavailable, match=f"^cannot reach the server at .*: {why}"):
        calling_at(target, lambda c: c.info(), token=server.holders.tokens["reader"], **given)


@pytest.mark.usefixtures("fails_at_once")
def test_a_failure_tells_what_is_wrong_with_the_certificate_of_a_server(tmp_path: Path) -> None:
    """Or that it has none."""
    authority = Authority(tmp_path)
    named = authority.certify("named", DNSName("desk.example"))
    ended = authority.certify("ended", *LOCALLY, lasts=timedelta(days=-1))
    with (
        Server(tmp_path / "x.db", *with_tls(named)) as of_another_name,
        Server(tmp_path / "y.db", *with_tls(ended)) as expired,
        Server(tmp_path / "z.db") as plain,
    ):
        for server, why in (
            (of_another_name, "its certificate is for another name"),
            (expired, "its certificate has expired"),
            (plain, "it takes no encrypted calls"),
        ):
            with (
                pytest.raises(Unavailable, match=f": {why}$"),
                Connection(server.address, ca=authority.file) as connection,
            ):
                connection.info()


LOCAL = ["127.0.0.1:1", "[::1]:1", "localhost:1", "unix:/run/x", "unix:x", "ipv4:127.0.0.9:1"]
LOCAL += ["dns:///localhost:1", "ipv6:[::1]:1", "ipv4:127.0.0.1:1,127.0.0.2:1"]
OTHERS = ["192.0.2.1:1", "[2001:db8::1]:1", "desk.example:1", "localhost.example:1", ":1", "1"]
OTHERS += ["dns://127.0.0.1/desk.example:1", "ipv4:127.0.0.1:1,192.0.2.1:1", "127.0.0.1.example:1"]
OTHERS += ["xds:///desk", "0.0.0.0:1", "http://localhost:1"]


@pytest.mark.parametrize("target", LOCAL)
def test_what_can_only_be_on_this_machine_is_local(target: str) -> None:
    assert is_local(target)
    assert Connection(target, token=UNKNOWN).target == target


@pytest.mark.parametrize("kind", [Connection, AsyncConnection])
@pytest.mark.parametrize("target", OTHERS)
def test_a_token_is_not_sent_unencrypted_to_another_machine(kind: Any, target: str) -> None:
    """Unless that is asked for. Without a token there is nothing to keep from others."""
    assert not is_local(target)
    with pytest.raises(ValueError, match=r"token: it would be sent to .* unencrypted") as refused:
        kind(target, token=UNKNOWN)
    assert UNKNOWN not in str(refused.value)
    for allowed in ({"token": UNKNOWN, "insecure": True}, {"actor": "anna"}):
        assert kind(target, **allowed).target == target


@pytest.mark.parametrize("kind", [Connection, AsyncConnection])
def test_a_file_that_cannot_be_used_is_named(kind: Any, tmp_path: Path) -> None:
    authority, empty = Authority(tmp_path), tmp_path / "empty.pem"
    empty.touch()
    pair, (_, other) = authority.certify("anna"), authority.certify("ben")
    missing = tmp_path / "missing.pem"
    for given, problem in (
        ({"ca": missing}, f"ca: cannot read {missing}: No such file or directory"),
        ({"ca": empty}, f"ca: {empty} has no certificate in PEM"),
        ({"certificate": (pair[0], missing)}, f"certificate: cannot read {pair[0]}, {missing}: No"),
        ({"certificate": (pair[0], empty)}, "certificate: .* must be a certificate and its key"),
        ({"certificate": (pair[0], other)}, "certificate: .* must be a certificate and its key"),
    ):
        with pytest.raises(ValueError, match=problem):
            kind("127.0.0.1:1", **given)
