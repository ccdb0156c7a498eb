"""Who comes in, and what for: every method with every role, and with credentials that are none."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from chancery.v1 import access_pb2
from chancery.v1.desk_service_pb2 import ImportChangesRequest
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from service.access.token_file import digest_of
from tests.rpc.test_access import METHODS
from tests.rpc.watching import BEGINNING, UNREAD, Watch, caught_up
from tests.support import messages
from tests.support.holders import NAMES, UNKNOWN, GuardedServer, guarded
from tests.support.messages import change, much_said, scheduled, stated
from tests.support.place import Places
from tests.support.server import Client, Server, bearer, failure, refusal
from tests.support.waiting import wait_until

Metadata = tuple[tuple[str, str | bytes], ...]

# What each role may, by the role that a method asks for.
INCLUDING = {
    "ROLE_READER": {"reader", "editor", "auditor", "operator"},
    "ROLE_EDITOR": {"editor", "operator"},
    "ROLE_AUDITOR": {"auditor", "operator"},
    "ROLE_OPERATOR": {"operator"},
}
# What others take for the name or the role of a caller.
SPOOFED: Metadata = (
    ("chancery-actor", "Otto"),
    ("chancery-actor-bin", b"Otto"),
    ("chancery-role", "operator"),
    ("x-forwarded-user", "Otto"),
    ("x-forwarded-client-cert", "Subject=Otto"),
    ("x-authorization", "Bearer Otto"),
    ("proxy-authorization", "Bearer Otto"),
)
# Bytes that are no request of any method: who may call is told so, and nobody else.
MALFORMED = b"\xff"


@pytest.fixture(scope="module")
def server(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    """A server that knows its callers."""
    with guarded(places.new(), tmp_path_factory.mktemp("tokens")) as server:
        yield server


@pytest.fixture(scope="module")
def revoked(server: GuardedServer) -> str:
    """A token of an operator's that was valid, and is not any more."""
    token = server.holders.new("operator", "Rex")
    wait_until(lambda: called(server, METHODS[0], (bearer(token),)) == "MALFORMED_REQUEST", 20)
    server.holders.revoke("Rex")
    wait_until(lambda: called(server, METHODS[0], (bearer(token),)) == "UNAUTHENTICATED", 20)
    return token


def called(server: Server, method: MethodDescriptor, metadata: Metadata) -> str:
    """The reason why a malformed call of the method fails."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    channel: Any = server.client().channel if not server._clients else server._clients[0].channel
    many = channel.stream_stream(path)
    told = refusal(lambda: list(many(iter([MALFORMED]), metadata=metadata)))
    if told.reason == "NOT_PERMITTED":
        assert told.metadata["roles"] == ",".join(roles(method))
    return told.reason


def roles(method: MethodDescriptor) -> list[str]:
    """The roles that the contract asks for."""
    declared = method.GetOptions().Extensions[access_pb2.access].roles
    return [access_pb2.Role.Name(role) for role in declared]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_method_lets_those_in_that_the_contract_says(
    server: GuardedServer, revoked: str, method: MethodDescriptor
) -> None:
    """Others are refused before the request is looked at."""
    tokens, needed = server.holders.tokens, roles(method)
    may = set(NAMES).intersection(*(INCLUDING[role] for role in needed))
    expected = {role: "MALFORMED_REQUEST" if role in may else "NOT_PERMITTED" for role in NAMES}
    credentials: dict[str, Metadata] = {role: (bearer(tokens[role]),) for role in NAMES}
    for role in NAMES:
        expected[f"{role}, spoofed"] = expected[role]
        credentials[f"{role}, spoofed"] = (*SPOOFED, bearer(tokens[role]))
    for name, metadata in bad_credentials(tokens["operator"], revoked).items():
        credentials[name] = metadata
        expected[name] = "UNAUTHENTICATED" if metadata or needed else "MALFORMED_REQUEST"
    expected["none, spoofed"] = expected["none"]
    credentials["none, spoofed"] = SPOOFED

    found = {name: called(server, method, given) for name, given in credentials.items()}

    assert found == expected


def bad_credentials(token: str, revoked: str) -> dict[str, Metadata]:
    """Credentials of nobody. Those who are asked for none must show none that are bad either."""
    return {
        "none": (),
        "unknown": (bearer(UNKNOWN),),
        "revoked": (bearer(revoked),),
        "a bare token": (("authorization", token),),
        "no token": (("authorization", "Bearer "),),
        "nothing": (("authorization", ""),),
        "another scheme": (("authorization", f"Basic {token}"),),
        "a longer token": (bearer(f"{token}A"),),
        "a shorter token": (bearer(token[:-1]),),
        "two tokens in one": (bearer(f"{token}, {token}"),),
        "a long token": (bearer("A" * 4000),),
        "the same twice": (bearer(token), bearer(token)),
        "two": (bearer(UNKNOWN), bearer(token)),
        "one bad and one good": (bearer(token), ("authorization", "")),
    }


def test_the_scheme_may_be_written_in_any_case(server: GuardedServer) -> None:
    for scheme in ("bearer", "BEARER"):
        shown = (("authorization", f"{scheme} {server.holders.tokens['reader']}"),)
        assert called(server, METHODS[0], shown) == "MALFORMED_REQUEST"


def test_a_method_of_a_later_contract_is_refused_to_who_is_not_known(
    server: GuardedServer,
) -> None:
    call: Any = server.client().channel.unary_unary("/chancery.v1.VisitService/Later")
    assert refusal(call, b"").reason == "UNAUTHENTICATED"
    shown = (bearer(server.holders.tokens["reader"]),)
    assert refusal(call, b"", metadata=shown).reason == "METHOD_NOT_SERVED"


def test_everybody_may_ask_how_the_server_is_and_what_it_is(server: GuardedServer) -> None:
    client = server.client()
    health: Any = health_pb2_grpc.HealthStub(client.channel)
    assert health.Check(health_pb2.HealthCheckRequest()).status
    assert client.info.GetServerInfo(GetServerInfoRequest()).version


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_reflection_is_for_those_who_may_read(server: GuardedServer, version: str) -> None:
    def asked(client: Client) -> Any:
        call = client.channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        return call(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))

    assert refusal(asked, server.client()).reason == "UNAUTHENTICATED"
    assert refusal(asked, server.client(token=UNKNOWN)).reason == "UNAUTHENTICATED"
    (answer,) = asked(server.held("reader"))
    assert len(answer.list_services_response.service) == 8


# The actor


@pytest.mark.parametrize("role", ["editor", "operator"])
def test_the_actor_is_the_holder_of_the_token_whatever_else_is_said(
    server: GuardedServer, name: str, role: str
) -> None:
    """As a plain name, in single changes, in several and in imports."""
    client, spoofed = server.held(role), SPOOFED[:2]
    single = client.desk.ScheduleVisit(messages.request(name, scheduled()), metadata=spoofed)
    several = messages.apply(change(name, stated()))
    applied = client.desk.ApplyChanges(several, metadata=spoofed[:1])
    imported = ImportChangesRequest(changes=[change(name, stated(), request_id=f"{name} import")])
    (result,) = client.desk.ImportChanges(iter([imported]), metadata=spoofed[1:])
    events = [single.event, applied.changes[0].event, result.results[0].event]
    assert [each.event.actor for each in events] == [NAMES[role]] * 3


def test_a_name_that_would_be_refused_is_not_even_read(server: GuardedServer, name: str) -> None:
    metadata = (("chancery-actor-bin", b"\xff"),)
    request = messages.request(name, scheduled())
    recorded = server.held("editor").desk.ScheduleVisit(request, metadata=metadata)
    assert recorded.event.event.actor == NAMES["editor"]


def test_whose_token_it_is_stands_in_the_log_and_the_token_does_not(
    server: GuardedServer, revoked: str, name: str
) -> None:
    server.held("editor").record(name, scheduled(), request_id=name)
    assert server.logged("call", request_id=name)["actor"] == NAMES["editor"]
    refusal(server.client(token=revoked).visit, name)
    assert server.logged("call", code="UNAUTHENTICATED")["actor"] == ""
    said = "".join(server.lines)
    for token in (*server.holders.tokens.values(), revoked):
        assert token.removeprefix("chancery_") not in said
        assert digest_of(token) not in said


# Tokens that are made and taken back


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


def test_a_watch_that_nobody_reads_ends_with_its_token(server: GuardedServer, name: str) -> None:
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
    server: GuardedServer, name: str
) -> None:
    client = server.client(token=server.holders.new("editor", "Ines"))
    wait_until(lambda: said(client) is grpc.StatusCode.OK, 20)
    until_revoked = iter_with_pause(server, name)
    answers = client.desk.ImportChanges(until_revoked)

    assert len(next(answers).results) == 1
    server.holders.revoke("Ines")

    assert refusal(lambda: list(answers)).reason == "UNAUTHENTICATED"
    assert server.held("reader").visit(name).version == 1


def iter_with_pause(server: GuardedServer, name: str) -> Iterator[ImportChangesRequest]:
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
