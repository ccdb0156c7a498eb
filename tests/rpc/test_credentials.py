"""Credentials that are made, withdrawn, or expire, while calls last."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from chancery.v1.desk_service_pb2 import ImportChangesRequest
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from tests.rpc.watching import BEGINNING, UNREAD, Watch, caught_up
from tests.support.holders import NAMES, EncryptedServer, GuardedServer, guarded
from tests.support.issuer import Issuer
from tests.support.messages import change, much_said, scheduled, stated
from tests.support.place import Places
from tests.support.server import Client, Server, failure, refusal
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def server(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EncryptedServer]:
    """A server that knows its callers by tokens, JWTs and certificates."""
    place = places.new()
    with place, EncryptedServer(place, tmp_path_factory.mktemp("doors")) as server:
        yield server


@pytest.fixture
def two_edges(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    """A server with two edges; each of many connections may lead to either."""
    with guarded(places.new(), tmp_path_factory.mktemp("tokens"), "--edges", "2") as server:
        yield server


LOCAL = ("grpc.use_local_subchannel_pool", 1)


def test_a_token_works_and_ends_on_every_edge_within_a_second(two_edges: GuardedServer) -> None:
    token = two_edges.holders.new("reader", "Nina")
    clients = [two_edges.client(LOCAL, token=token) for _ in range(8)]

    def all_say(code: grpc.StatusCode) -> bool:
        return {said(client) for client in clients} == {code}

    assert wait_until(lambda: all_say(grpc.StatusCode.OK), 20) < 1
    watches = [caught_up(client, **BEGINNING) for client in clients]
    begun = time.monotonic()
    two_edges.holders.revoke("Nina")
    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(end_of, watches))
    assert ends == ["UNAUTHENTICATED"] * 8
    assert time.monotonic() - begun < 1
    assert all_say(grpc.StatusCode.UNAUTHENTICATED)


def said(client: Client) -> grpc.StatusCode:
    """How a call of the client ends."""
    try:
        client.info.GetServerInfo(GetServerInfoRequest())
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK


def end_of(watch: Watch) -> str:
    """The reason why a watch ends."""
    with pytest.raises(grpc.RpcError) as caught:
        watch.rest()
    return failure(caught.value).reason


def test_watches_end_within_a_second_after_the_name_in_a_certificate_is_withdrawn(
    server: EncryptedServer,
) -> None:
    watch = caught_up(server.certified(NAMES["reader"]), **BEGINNING)
    with replaced(server.roles, server.roles.read_text().replace("reader", "editor")):
        assert seconds_to_end(watch) < 1


def test_watches_end_within_a_second_after_the_key_of_a_jwt_is_withdrawn(
    server: EncryptedServer,
) -> None:
    client = server.client(token=server.issuer.token())
    watch = caught_up(client, **BEGINNING)
    other = Issuer(server.issuer.file.with_name("new.json"))
    with replaced(server.issuer.file, other.file.read_text()):
        assert seconds_to_end(watch) < 1
    wait_until(lambda: said(client) is grpc.StatusCode.OK, 20)


@contextmanager
def replaced(file: Path, text: str) -> Iterator[None]:
    """A file that has something else within the context."""
    before = file.read_text()
    file.write_text(text)
    yield
    file.write_text(before)


def seconds_to_end(watch: Watch) -> float:
    """Seconds until a watch ends because its caller is not known any more."""
    begun = time.monotonic()
    assert end_of(watch) == "UNAUTHENTICATED"
    return time.monotonic() - begun


def test_a_watch_ends_when_its_token_expires(server: EncryptedServer) -> None:
    """Not before, and not a second later."""
    client = server.client(token=server.issuer.token("reader", "Jo", lasts=1.5))
    expires = int(time.time() + 1.5)
    watch = caught_up(client, **BEGINNING)
    assert end_of(watch) == "UNAUTHENTICATED"
    assert 0 <= time.time() - expires < 1


def test_a_watch_that_nobody_reads_ends_with_its_token(server: EncryptedServer, name: str) -> None:
    """It waits for its client to take a frame, and ends there."""
    editor = server.held("editor")
    for number in range(40):
        editor.record(f"{name}-{number}", scheduled(), basis=much_said()[:3])
    client = server.client(*UNREAD, token=server.holders.new("reader", "Uma"))
    wait_until(lambda: said(client) is grpc.StatusCode.OK, 20)
    watch = Watch(client, **BEGINNING)
    time.sleep(0.5)
    server.holders.revoke("Uma")
    time.sleep(1)
    assert end_of(watch) == "UNAUTHENTICATED"
    assert len(watch.events) < 40


def test_an_import_ends_with_its_token_and_records_nothing_after_it(
    server: EncryptedServer, name: str
) -> None:
    client = server.client(token=server.holders.new("editor", "Ines"))
    wait_until(lambda: said(client) is grpc.StatusCode.OK, 20)
    until_revoked = iter_with_pause(server, name)
    answers = client.desk.ImportChanges(until_revoked)

    assert len(next(answers).results) == 1
    server.holders.revoke("Ines")

    assert refusal(lambda: list(answers)).reason == "UNAUTHENTICATED"
    assert server.held("reader").visit(name).version == 1


def iter_with_pause(server: EncryptedServer, name: str) -> Iterator[ImportChangesRequest]:
    """A change at once, and another well after the token was taken back."""
    yield ImportChangesRequest(changes=[change(name, scheduled(), request_id=f"{name} 1")])
    time.sleep(2)
    yield ImportChangesRequest(changes=[change(name, stated(), request_id=f"{name} 2")])


def test_a_server_does_not_start_without_the_file_that_it_is_told_of(
    places: Places, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tokens")
    with places.new() as place:
        server = Server(place, "--token-file", str(folder / "tokens"))
        with pytest.raises(Exception, match=r"Failed: cannot read .*tokens: No such file"):
            server.start()
