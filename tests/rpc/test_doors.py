"""Who comes in, and what for: every method with every role, and with credentials that are none."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
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
from tests.support.certificates import Authority
from tests.support.holders import NAMES, UNKNOWN, EncryptedServer, GuardedServer, guarded
from tests.support.issuer import Issuer
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
def server(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EncryptedServer]:
    """A server that knows its callers by tokens, JWTs and certificates."""
    place = places.new()
    with place, EncryptedServer(place, tmp_path_factory.mktemp("doors")) as server:
        yield server


@pytest.fixture(scope="module")
def revoked(server: EncryptedServer) -> str:
    """A token of an operator's that was valid, and is not any more."""
    token = server.holders.new("operator", "Rex")
    client = server.client()
    wait_until(lambda: called(client, METHODS[0], (bearer(token),)) == "MALFORMED_REQUEST", 20)
    server.holders.revoke("Rex")
    wait_until(lambda: called(client, METHODS[0], (bearer(token),)) == "UNAUTHENTICATED", 20)
    return token


@pytest.fixture(scope="module")
def callers(server: EncryptedServer) -> dict[str, tuple[Client, Metadata]]:
    """Everybody who calls, with what they show: those with roles by a token, a JWT or a
    certificate, spoofing or not, and those with nothing that is valid."""
    plain = server.client()
    known: dict[str, tuple[Client, Metadata]] = {}
    for role, name in NAMES.items():
        known[f"{role}, token"] = plain, (bearer(server.holders.tokens[role]),)
        known[f"{role}, JWT"] = plain, (bearer(server.issuer.token(role, name)),)
        known[f"{role}, certificate"] = server.certified(name), ()
    for who, (client, metadata) in list(known.items()):
        known[f"{who}, spoofed"] = client, (*SPOOFED, *metadata)
    return known


def called(client: Client, method: MethodDescriptor, metadata: Metadata) -> str:
    """The reason why a malformed call of the method fails; or UNAVAILABLE, if none arrives."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    channel: Any = client.channel
    many = channel.stream_stream(path)
    with pytest.raises(grpc.RpcError) as caught:
        list(many(iter([MALFORMED]), metadata=metadata))
    if caught.value.code() is grpc.StatusCode.UNAVAILABLE:
        return "UNAVAILABLE"
    told = failure(caught.value)
    if told.reason == "NOT_PERMITTED":
        assert told.metadata["roles"] == ",".join(roles(method))
    return told.reason


def roles(method: MethodDescriptor) -> list[str]:
    """The roles that the contract asks for."""
    declared = method.GetOptions().Extensions[access_pb2.access].roles
    return [access_pb2.Role.Name(role) for role in declared]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_method_lets_those_in_that_the_contract_says(
    callers: dict[str, tuple[Client, Metadata]], method: MethodDescriptor
) -> None:
    """By a token, a JWT or a certificate alike; all others before the request is looked at."""
    may = set(NAMES).intersection(*(INCLUDING[role] for role in roles(method)))

    found = {who: called(client, method, shown) for who, (client, shown) in callers.items()}

    assert found == {
        who: "MALFORMED_REQUEST" if who.partition(",")[0] in may else "NOT_PERMITTED"
        for who in callers
    }


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_method_lets_nobody_in_with_bad_credentials(
    strangers: dict[str, tuple[Client, Metadata]], method: MethodDescriptor
) -> None:
    """Those who are asked for none must show none that are bad either."""
    found = {who: called(client, method, shown) for who, (client, shown) in strangers.items()}

    expected = dict.fromkeys(strangers, "UNAUTHENTICATED")
    for who in NONE:
        expected[who] = "UNAUTHENTICATED" if roles(method) else "MALFORMED_REQUEST"
    for who in NOT_CERTIFIED:
        expected[who] = "UNAVAILABLE"
    assert found == expected


# Who shows nothing, and who does not even get a connection.
NONE = ("nothing", "nothing, spoofed", "a certificate where none is asked for")
NOT_CERTIFIED = ("no certificate", "a certificate of another authority", "that of the server")


@pytest.fixture(scope="module")
def strangers(server: EncryptedServer, revoked: str) -> dict[str, tuple[Client, Metadata]]:
    """Everybody whose credentials are not valid, with what they show."""
    plain, issuer = server.client(), server.issuer
    token = server.holders.tokens["operator"]
    jwt = issuer.token("operator", "Otto")
    shown: dict[str, Metadata] = {
        "nothing": (),
        "nothing, spoofed": SPOOFED,
        "a bare token": (("authorization", token),),
        "no token": (("authorization", "Bearer "),),
        "an empty header": (("authorization", ""),),
        "another scheme": (("authorization", f"Basic {token}"),),
        "the same twice": (bearer(token), bearer(token)),
        "a bad token and a good one": (bearer(UNKNOWN), bearer(token)),
        "a good one and an empty header": (bearer(token), ("authorization", "")),
        "a token and a JWT": (bearer(token), bearer(jwt)),
    }
    tokens = {
        "an unknown token": UNKNOWN,
        "a revoked token": revoked,
        "a longer token": f"{token}A",
        "a shorter token": token[:-1],
        "two tokens in one": f"{token}, {token}",
        "a long token": "A" * 4000,
        "an expired JWT": issuer.token("operator", "Otto", lasts=-1),
        "a JWT that does not expire": issuer.token("operator", "Otto", exp=None),
        "a JWT of another issuer": issuer.token("operator", "Otto", iss="https://other.example"),
        "a JWT for another audience": issuer.token("operator", "Otto", aud="others"),
        "a JWT without a role": issuer.token(None, "Otto"),
        "a JWT of an unknown role": issuer.token("king", "Otto"),
        "a JWT of a name that is not verified": issuer.token("operator", "unverified:Otto"),
        "a JWT with a longer signature": f"{jwt}AAAA",
        "a malformed JWT": "a.b.c",
        **{f"a JWT, {how}": forged for how, forged in issuer.forged().items()},
    }
    shown |= {how: (bearer(each),) for how, each in tokens.items()}
    found = {how: (plain, metadata) for how, metadata in shown.items()}
    otto, another = server.certified(NAMES["operator"]), Authority(server.roles.parent, "another")
    pair = server.clients.certify(NAMES["operator"], file="unasked")
    return found | {
        "a certificate of an unknown name": (server.certified("Zoe"), ()),
        "a certificate without a name": (server.certified(""), ()),
        "a certificate and a token": (otto, (bearer(token),)),
        "a certificate and a bad token": (otto, (bearer(UNKNOWN),)),
        "a certificate where none is asked for": (
            server.client(credentials=server.trusting(pair)),
            (),
        ),
        "no certificate": (server.client(mtls=True), (bearer(token),)),
        "a certificate of another authority": (server.certified("Otto", another), ()),
        "that of the server": (
            server.client(mtls=True, credentials=server.trusting(server.pair)),
            (),
        ),
    }


def test_the_scheme_may_be_written_in_any_case(server: EncryptedServer) -> None:
    for scheme in ("bearer", "BEARER"):
        shown = (("authorization", f"{scheme} {server.holders.tokens['reader']}"),)
        assert called(server.client(), METHODS[0], shown) == "MALFORMED_REQUEST"


def test_a_method_of_a_later_contract_is_refused_to_who_is_not_known(
    server: EncryptedServer,
) -> None:
    call: Any = server.client().channel.unary_unary("/chancery.v1.VisitService/Later")
    assert refusal(call, b"").reason == "UNAUTHENTICATED"
    shown = (bearer(server.holders.tokens["reader"]),)
    assert refusal(call, b"", metadata=shown).reason == "METHOD_NOT_SERVED"


def test_everybody_may_ask_how_the_server_is_and_what_it_is(server: EncryptedServer) -> None:
    client = server.client()
    health: Any = health_pb2_grpc.HealthStub(client.channel)
    assert health.Check(health_pb2.HealthCheckRequest()).status
    assert client.info.GetServerInfo(GetServerInfoRequest()).version


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_reflection_is_for_those_who_may_read(server: EncryptedServer, version: str) -> None:
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
@pytest.mark.parametrize("kind", ["token", "JWT", "certificate"])
def test_the_actor_is_the_holder_of_the_credentials_whatever_else_is_said(
    callers: dict[str, tuple[Client, Metadata]], name: str, role: str, kind: str
) -> None:
    """As a plain name, in single changes, in several and in imports."""
    client, shown = callers[f"{role}, {kind}"]
    single = client.desk.ScheduleVisit(
        messages.request(name, scheduled()), metadata=(*SPOOFED[:2], *shown)
    )
    several = messages.apply(change(name, stated()))
    applied = client.desk.ApplyChanges(several, metadata=(*SPOOFED[:1], *shown))
    imported = ImportChangesRequest(changes=[change(name, stated(), request_id=f"{name} import")])
    (result,) = client.desk.ImportChanges(iter([imported]), metadata=(*shown, *SPOOFED[1:]))
    events = [single.event, applied.changes[0].event, result.results[0].event]
    assert [each.event.actor for each in events] == [NAMES[role]] * 3


def test_a_name_that_would_be_refused_is_not_even_read(server: EncryptedServer, name: str) -> None:
    metadata = (("chancery-actor-bin", b"\xff"),)
    request = messages.request(name, scheduled())
    recorded = server.held("editor").desk.ScheduleVisit(request, metadata=metadata)
    assert recorded.event.event.actor == NAMES["editor"]


def test_whose_token_it_is_stands_in_the_log_and_the_token_does_not(
    server: EncryptedServer, revoked: str, name: str
) -> None:
    """Nor does a JWT, nor any key."""
    server.held("editor").record(name, scheduled(), request_id=name)
    assert server.logged("call", request_id=name)["actor"] == NAMES["editor"]
    jwts = [server.issuer.token(name="Jo"), server.issuer.token(aud="others")]
    for token in (revoked, *jwts):
        refusal(server.client(token=token).visit, "visits/nowhere")
    assert server.logged("call", code="UNAUTHENTICATED")["actor"] == ""
    assert server.logged("call", code="NOT_FOUND")["actor"] == "Jo"
    said = "".join(server.lines)
    for token in (*server.holders.tokens.values(), revoked):
        assert token.removeprefix("chancery_") not in said
        assert digest_of(token) not in said
    for token in jwts:
        assert not any(part in said for part in token.split("."))
    assert "PRIVATE" not in said


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
