"""Encrypted connections: how they begin, what is renewed while they last, and how they end."""

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from chancery.client import Connection
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from tests.cli.watcher import Watcher
from tests.client.following import Following
from tests.support.certificates import LOCAL, Authority, server_options
from tests.support.holders import NAMES, EncryptedServer
from tests.support.messages import change, scheduled
from tests.support.place import SqliteFile
from tests.support.processes import chancery
from tests.support.server import Client, DidNotStart, Server
from tests.support.waiting import wait_until

# A connection of its own for each client.
OWN = ("grpc.use_local_subchannel_pool", 1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EncryptedServer]:
    """A server with TLS and two edges, whose connections last a second and one more."""
    folder = tmp_path_factory.mktemp("tls")
    options = ("--connection-seconds", "1", "--edges", "2")
    with EncryptedServer(SqliteFile(folder / "chancery.db"), folder, *options) as server:
        yield server


def shown_by(server: EncryptedServer) -> str:
    """The certificate that a new connection is shown."""
    host, _, port = server.address.rpartition(":")
    return ssl.get_server_certificate((host, int(port)))


def is_served(client: Client) -> bool:
    """Whether the client is served."""
    try:
        client.info.GetServerInfo(GetServerInfoRequest(), timeout=5)
    except grpc.RpcError:
        return False
    return True


def test_a_renewed_certificate_is_shown_to_whoever_connects_and_no_call_fails(
    server: EncryptedServer,
) -> None:
    """On both edges, within a second."""
    client = server.client(token=server.holders.tokens["reader"])
    for _ in range(2):
        before = shown_by(server)
        server.authority.certify("server", *LOCAL)
        new = server.pair[0].read_text()

        def all_are_new(new: str = new) -> bool:
            assert is_served(client)
            return {shown_by(server) for _ in range(6)} == {new}

        assert wait_until(all_are_new, 20) < 1.5
        assert new != before


def test_a_new_authority_of_clients_is_taken_and_an_old_one_is_not_any_more(
    server: EncryptedServer, tmp_path: Path
) -> None:
    """Connections that a certificate of the old one had begun end with their age."""
    old, new = server.clients, Authority(tmp_path, "new")
    before = server.certified(NAMES["reader"])
    assert is_served(before)
    trusted = old.file.read_bytes()
    old.file.write_bytes(new.file.read_bytes())
    try:
        wait_until(lambda: is_served(server.certified(NAMES["reader"], new)), 20)
        # For so long it may go on: its second, a tenth more or less, and the grace.
        assert wait_until(lambda: not is_served(before), 20) < 3.5
        assert not is_served(server.certified(NAMES["reader"], old))
    finally:
        old.file.write_bytes(trusted)
    wait_until(lambda: is_served(server.certified(NAMES["reader"])), 20)


def test_followers_and_watches_go_on_over_the_ends_of_their_connections(
    server: EncryptedServer,
) -> None:
    """Each change comes once, some three connections long."""
    shown: dict[str, Any] = {
        "token": server.holders.tokens["editor"],
        "ca": server.authority.file,
    }
    env = {"CHANCERY_TOKEN": shown["token"], "CHANCERY_CA": str(shown["ca"])}
    with ExitStack() as open_ones, pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        connection = open_ones.enter_context(Connection(server.address, **shown))
        start = connection.info().head_position
        following = open_ones.enter_context(Following(connection, after=start))
        watching = ("--after", str(start), "--json")
        watcher = open_ones.enter_context(Watcher(server.address, *watching))
        number = 0
        while len(following.cuts) < 2:
            number += 1
            connection.messages.record(change(f"visits/age-{number}", scheduled()))
            time.sleep(0.05)
        events, told = following.handed_back(number), watcher.tells(number)
    expected = list(range(start + 1, start + number + 1))
    assert [event.position for event in events] == expected
    assert [int(json.loads(line)["position"]) for line in told] == expected


def test_unencrypted_calls_do_not_arrive_nor_do_those_that_trust_somebody_else(
    server: EncryptedServer,
) -> None:
    assert is_served(server.client())
    assert not is_served(server.client(OWN, credentials=None))
    assert not is_served(server.client(credentials=grpc.ssl_channel_credentials()))


def test_the_end_of_the_certificate_is_told_in_info_and_in_the_log(
    tmp_path: Path,
) -> None:
    pair = Authority(tmp_path).certify("server", *LOCAL, lasts=timedelta(days=3))
    options = server_options(pair)
    with Server(tmp_path / "chancery.db", *options) as server:
        trust = grpc.ssl_channel_credentials((tmp_path / "authority.pem").read_bytes())
        info = server.client(credentials=trust).info.GetServerInfo(GetServerInfoRequest())
        (warning,) = info.warnings
        assert warning.startswith("the certificate of the server expires on 20")
        assert server.logged("certificate")["reason"] == warning


def test_a_server_does_not_start_with_a_key_that_does_not_fit(tmp_path: Path) -> None:
    """It says so in one line."""
    authority, database = Authority(tmp_path), tmp_path / "chancery.db"
    (certificate, key), (_, other) = authority.certify("server"), authority.certify("other")
    given = ("serve", "--database", f"sqlite:///{database}", "--tls-cert", certificate)
    done = chancery(*given, "--tls-key", other, "--listen", "127.0.0.1:0")
    assert done.returncode == 1
    assert (
        done.stderr
        == f"Failed: the key in {other} is not that of the certificate in {certificate}\n"
    )
    key.chmod(0o644)
    done = chancery(*given, "--tls-key", key, "--listen", "127.0.0.1:0")
    assert (
        done.stderr == f"Failed: others may read {key}, the key of the certificate: chmod 600 it\n"
    )
    assert not database.exists()


def test_a_second_port_that_is_taken_is_named(server: EncryptedServer, tmp_path: Path) -> None:
    taken = server.mtls_address
    options = [taken if option == "127.0.0.1:0" else option for option in server.options]
    with pytest.raises(
        DidNotStart, match=f"Failed: cannot listen on {taken}: Address already in use\n"
    ):
        Server(tmp_path / "chancery.db", *options).start()
