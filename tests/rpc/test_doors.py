"""Who comes in, and what for: every method with every role, and with credentials that are none."""

from collections.abc import Iterator
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
from tests.support import messages
from tests.support.certificates import Authority
from tests.support.holders import NAMES, UNKNOWN, EncryptedServer
from tests.support.issuer import Issuer
from tests.support.messages import change, scheduled, stated
from tests.support.place import Places
from tests.support.server import Client, bearer, failure, refusal
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
    token, plain = server.holders.tokens["operator"], server.client()
    tokens = bad_tokens(token, revoked) | bad_jwts(server.issuer)
    shown = bad_headers(token, server.issuer.token("operator", "Otto"))
    shown |= {how: (bearer(each),) for how, each in tokens.items()}
    otto, another = server.certified(NAMES["operator"]), Authority(server.roles.parent, "another")
    pair = server.clients.certify(NAMES["operator"], file="unasked")
    unasked, own = server.trusting(pair), server.trusting(server.pair)
    return {how: (plain, metadata) for how, metadata in shown.items()} | {
        "a certificate of an unknown name": (server.certified("Zoe"), ()),
        "a certificate without a name": (server.certified(""), ()),
        "a certificate and a token": (otto, (bearer(token),)),
        "a certificate and a bad token": (otto, (bearer(UNKNOWN),)),
        "a certificate where none is asked for": (server.client(credentials=unasked), ()),
        "no certificate": (server.client(mtls=True), (bearer(token),)),
        "a certificate of another authority": (server.certified("Otto", another), ()),
        "that of the server": (server.client(mtls=True, credentials=own), ()),
    }


def bad_headers(token: str, jwt: str) -> dict[str, Metadata]:
    """What shows nothing, or valid tokens in another way than once and as such."""
    return {
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


def bad_tokens(token: str, revoked: str) -> dict[str, str]:
    """What resembles a token that is valid."""
    return {
        "an unknown token": UNKNOWN,
        "a revoked token": revoked,
        "a longer token": f"{token}A",
        "a shorter token": token[:-1],
        "two tokens in one": f"{token}, {token}",
        "a long token": "A" * 4000,
    }


def bad_jwts(issuer: Issuer) -> dict[str, str]:
    """What resembles an operator's JWT that is valid."""
    return {
        "an expired JWT": issuer.token("operator", "Otto", lasts=-1),
        "a JWT that does not expire": issuer.token("operator", "Otto", exp=None),
        "a JWT of another issuer": issuer.token("operator", "Otto", iss="https://other.example"),
        "a JWT for another audience": issuer.token("operator", "Otto", aud="others"),
        "a JWT without a role": issuer.token(None, "Otto"),
        "a JWT of an unknown role": issuer.token("king", "Otto"),
        "a JWT of a name that is not verified": issuer.token("operator", "unverified:Otto"),
        "a JWT with a longer signature": f"{issuer.token('operator', 'Otto')}AAAA",
        "a malformed JWT": "a.b.c",
        **{f"a JWT, {how}": forged for how, forged in issuer.forged().items()},
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
