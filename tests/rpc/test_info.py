"""InfoService, health, reflection, and the address."""

from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import Descriptor, FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from chancery.v1 import (
    access_pb2,
    audit_service_pb2,
    desk_service_pb2,
    error_pb2,
    event_pb2,
    history_service_pb2,
    info_service_pb2,
    values_pb2,
    visit_pb2,
    visit_service_pb2,
)
from chancery.v1.access_pb2 import ROLE_OPERATOR, Role
from chancery.v1.info_service_pb2 import GetServerInfoRequest, Limits
from service.tlog.note import VerifierKey
from tests.support.holders import NAMES, guarded
from tests.support.messages import postponed, scheduled
from tests.support.place import Place, Places
from tests.support.server import Client, DidNotStart, Server, refusal

SERVICES = {
    "chancery.v1.AuditService",
    "chancery.v1.DeskService",
    "chancery.v1.HistoryService",
    "chancery.v1.InfoService",
    "chancery.v1.VisitService",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
}

CONTRACT = [
    access_pb2,
    audit_service_pb2,
    desk_service_pb2,
    error_pb2,
    event_pb2,
    history_service_pb2,
    info_service_pb2,
    values_pb2,
    visit_pb2,
    visit_service_pb2,
]


def info(client: Client) -> info_service_pb2.GetServerInfoResponse:
    return client.info.GetServerInfo(GetServerInfoRequest())


# InfoService


def test_a_server_says_what_it_is(server: Server, client: Client) -> None:
    answer = info(client)

    assert answer.version == metadata.version("chancery")
    assert answer.engine.startswith(f"{server.place.engine} ")
    assert answer.log_origin
    assert answer.first_log_origin == answer.log_origin
    assert not answer.read_only
    assert VerifierKey.parse(answer.public_key).name == answer.log_origin


def test_where_callers_are_not_known_everybody_may_do_everything_under_a_name_of_their_own(
    client: Client,
) -> None:
    named = (("chancery-actor", "anna"),)
    answer = client.info.GetServerInfo(GetServerInfoRequest(), metadata=named)
    assert not answer.callers_known
    assert (answer.caller, answer.caller_role) == ("unverified:anna", ROLE_OPERATOR)


@pytest.mark.parametrize("role", NAMES)
def test_where_callers_are_known_each_is_told_its_name_and_its_role(
    places: Places, tmp_path: Path, role: str
) -> None:
    with guarded(places.new(), tmp_path) as server:
        answer = info(server.held(role))
        assert answer.callers_known
        assert answer.caller == NAMES[role]
        assert Role.Name(answer.caller_role) == f"ROLE_{role.upper()}"
        nobody = info(server.client())
        assert (nobody.callers_known, nobody.caller, nobody.caller_role) == (True, "", 0)


def test_a_server_says_what_it_allows(client: Client) -> None:
    """The same bounds that the other tests hit."""
    assert info(client).limits == Limits(
        text_length=4000,
        name_length=200,
        repeated_values=50,
        page_size=1000,
        batch_names=1000,
        apply_changes=100,
        import_changes=1000,
        visit_bytes=1 << 20,
        response_bytes=3 << 20,
        frame_bytes=1 << 17,
        request_bytes=4 << 20,
        concurrent_calls=1000,
        concurrent_watches=2000,
    )


def test_a_server_says_what_it_can_do(client: Client) -> None:
    """In the words of the contract."""
    assert list(info(client).capabilities) == [
        "get_visit.as_of",
        "batch_get_visits.as_of",
        "list_visits.as_of",
        "count_visits.as_of",
        "list_events.as_of",
        "watch_events",
        "compare_visit",
        "audit",
        "tiles",
    ]


def test_the_head_follows_the_log(client: Client, name: str, other_name: str) -> None:
    before = info(client).head_position
    client.record(name, scheduled())
    client.record(other_name, scheduled())

    assert info(client).head_position == before + 2


def test_a_log_keeps_its_origin_and_every_log_has_its_own(
    start_server: Callable[..., Server],
) -> None:
    server = start_server()
    origin = info(server.client()).log_origin
    server.stop()
    server.start()

    assert info(server.client()).log_origin == origin
    assert info(start_server().client()).log_origin != origin


# Health


@pytest.mark.parametrize("service", ["", *sorted(s for s in SERVICES if s.startswith("chancery"))])
def test_every_service_is_serving(client: Client, service: str) -> None:
    health = health_pb2_grpc.HealthStub(client.channel)

    answer = health.Check(  # type: ignore[attr-defined]
        health_pb2.HealthCheckRequest(service=service)
    )

    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_the_health_of_an_unknown_service_is_not_found(client: Client) -> None:
    health = health_pb2_grpc.HealthStub(client.channel)

    with pytest.raises(grpc.RpcError) as caught:
        health.Check(  # type: ignore[attr-defined]
            health_pb2.HealthCheckRequest(service="chancery.v1.Nobody")
        )

    assert caught.value.code() == grpc.StatusCode.NOT_FOUND


# Reflection


class Reflection:
    """A client of one version of reflection; both versions have the same messages on the wire."""

    def __init__(self, client: Client, version: str) -> None:
        self._call = client.channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )

    def ask(self, **question: Any) -> Any:
        """The answer to one question."""
        (answer,) = self._call(iter([reflection_pb2.ServerReflectionRequest(**question)]))
        return answer

    def files(self, **question: str) -> list[FileDescriptorProto]:
        """The files in the answer."""
        answer = self.ask(**question)
        assert answer.WhichOneof("message_response") == "file_descriptor_response", answer
        raw = answer.file_descriptor_response.file_descriptor_proto
        return [FileDescriptorProto.FromString(each) for each in raw]


@pytest.fixture(params=["v1", "v1alpha"])
def reflection(request: pytest.FixtureRequest, client: Client) -> Reflection:
    """Each version of reflection."""
    return Reflection(client, request.param)


def test_reflection_lists_every_service(reflection: Reflection) -> None:
    answer = reflection.ask(list_services="")

    assert {s.name for s in answer.list_services_response.service} == SERVICES


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_client_that_has_no_files_can_resolve_every_service(
    reflection: Reflection, service: str
) -> None:
    """With every file that its file imports, directly or indirectly."""
    wanted = reflection.files(file_containing_symbol=service)
    files: dict[str, FileDescriptorProto] = {}
    while wanted:
        file = wanted.pop()
        if file.name not in files:
            files[file.name] = file
            for imported in file.dependency:
                wanted += reflection.files(file_by_filename=imported)
    pool = DescriptorPool()

    def add(name: str) -> None:
        for imported in files[name].dependency:
            add(imported)
        pool.AddSerializedFile(files[name].SerializeToString())

    for name in files:
        add(name)
    found = pool.FindServiceByName(service)

    assert found.methods
    for method in found.methods:
        assert method.input_type.full_name
        assert method.output_type.full_name


@pytest.mark.parametrize("module", CONTRACT, ids=lambda module: module.__name__)
def test_reflection_serves_the_contract_as_it_is(reflection: Reflection, module: Any) -> None:
    expected = FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(expected)

    files = reflection.files(file_by_filename=module.DESCRIPTOR.name)

    assert expected in files


def symbols_of(message: Descriptor) -> Iterator[str]:
    """The names of all that a message has in it, and its own."""
    yield message.full_name
    yield from (field.full_name for field in message.fields)
    yield from (oneof.full_name for oneof in message.oneofs)
    for inner in message.nested_types:
        yield from symbols_of(inner)


def symbols(file: FileDescriptor) -> Iterator[str]:
    """The names of all that is described in a file."""
    for message in file.message_types_by_name.values():
        yield from symbols_of(message)
    for enum in file.enum_types_by_name.values():
        yield enum.full_name
        # An enum's values are named beside it, not in it.
        yield from (f"{file.package}.{value.name}" for value in enum.values)
    for service in file.services_by_name.values():
        yield service.full_name
        yield from (method.full_name for method in service.methods)
    yield from (extension.full_name for extension in file.extensions_by_name.values())


@pytest.mark.parametrize("module", CONTRACT, ids=lambda module: module.__name__)
def test_reflection_finds_the_file_of_every_symbol(reflection: Reflection, module: Any) -> None:
    """Of methods, fields, oneofs and values of enums as well."""
    for symbol in symbols(module.DESCRIPTOR):
        found = reflection.files(file_containing_symbol=symbol)

        assert module.DESCRIPTOR.name == found[0].name, symbol


def test_reflection_says_what_it_does_not_know(reflection: Reflection) -> None:
    for question in (
        {"file_by_filename": "nobody.proto"},
        {"file_containing_symbol": "chancery.v1.Nobody"},
        {"file_containing_symbol": "chancery.v1.DeskService.DoNothing"},
        {"file_containing_symbol": "DeskService"},
        {"file_containing_symbol": ""},
    ):
        answer = reflection.ask(**question)

        assert answer.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


def test_every_reason_that_is_told_is_one_of_the_contract() -> None:
    """The reasons that these tests expect are all in the documented enum."""
    told = {
        "CHANGE_NOT_ALLOWED",
        "DRAINING",
        "FIELD_NOT_SERVED",
        "INVALID_FIELD",
        "INVALID_PAGE_TOKEN",
        "LOG_REPLACED",
        "MALFORMED_REQUEST",
        "METHOD_NOT_SERVED",
        "NOT_IN_FORCE_BY_THEN",
        "NOT_KNOWN_BY_THEN",
        "NOT_RECORDED_BY_THEN",
        "NO_WINDOW",
        "POSITION_BEYOND_HEAD",
        "REQUEST_ID_REUSED",
        "RETRACTION_NOT_ALLOWED",
        "STORE_UNAVAILABLE",
        "TOO_LARGE",
        "TOO_MANY_CALLS",
        "VERSION_MISMATCH",
        "VIEW_NOT_FRESH",
        "VISIT_EXISTS",
        "VISIT_NOT_FOUND",
        "VISIT_WITHDRAWN",
    }

    assert {f"ERROR_REASON_{reason}" for reason in told} <= set(error_pb2.ErrorReason.keys())


# The address


def test_a_second_server_on_the_same_port_is_refused(
    server: Server, client: Client, place: Place
) -> None:
    """It says so in one line and ends with status 1; the first one goes on serving."""
    second = Server(place)

    with pytest.raises(DidNotStart) as caught:
        second.start(listen=server.address)

    assert caught.value.status == 1
    assert f"cannot listen on {server.address}" in caught.value.said
    assert "Traceback" not in caught.value.said
    assert info(client).version


def test_a_second_server_on_the_same_file_is_refused(tmp_path: Path) -> None:
    """This holds for SQLite; a PostgreSQL database may have any number of servers."""
    with Server(tmp_path / "chancery.db") as server:
        with pytest.raises(DidNotStart) as caught:
            Server(server.file).start()

        assert caught.value.status == 1
        assert "another process serves" in caught.value.said
        assert "Traceback" not in caught.value.said
        assert info(server.client()).version


def test_a_server_of_a_log_that_moved_still_says_so_after_it_has_refused_a_change(
    start_server: Callable[..., Server],
) -> None:
    server = start_server()
    server.client().record("visits/a", scheduled())
    server.stop()
    server.place.run("UPDATE head SET closed = 'moved elsewhere'")
    client = server.start().client()
    assert refusal(client.record, "visits/b", scheduled()).reason == "LOG_CLOSED"
    assert refusal(client.record, "visits/b", postponed()).reason == "VISIT_NOT_FOUND"
    assert client.info.GetServerInfo(GetServerInfoRequest()).read_only
