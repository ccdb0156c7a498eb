"""Every method of the contract, called in every way, answers as it does over gRPC."""

import json
from collections.abc import Callable
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf import json_format
from google.protobuf.message import Message

from chancery.v1.desk_service_pb2 import ApplyChangesRequest
from docs.generate.examples import EXAMPLES
from service.web.gateway.methods import METHODS, Method
from tests.support.server import Client
from tests.web.gateway.asking import WAYS, Told

RECORDING = [path for path, each in METHODS.items() if not each.reads and not each.takes_many]
READING = [path for path, each in METHODS.items() if each.reads]
# It never ends: it is given so long.
MOMENT = {"connect-timeout-ms": "200"}


def example(path: str, suffix: str = "") -> Message:
    """The example of a method, about visits whose names end so."""
    text = json.dumps(EXAMPLES[path.rpartition("/")[2]])
    for name in (
        "charles-france",
        "blinken-beijing",
        "biden-kyiv",
        "trump-denmark",
        "biden-sydney",
    ):
        text = text.replace(name, f"{name}{suffix}")
    text = text.replace("biden-port-moresby", f"biden-port-moresby{suffix}")
    text = text.replace("king-in-paris", f"king-in-paris{suffix}")
    request: Message = json_format.Parse(text, METHODS[path].request())
    return request


@pytest.fixture(scope="module")
def recorded(client: Client) -> Client:
    """The client, once the examples that record have been played over gRPC."""
    for path in RECORDING:
        called(client, METHODS[path], example(path))
    return client


def called(client: Client, method: Method, request: Message) -> list[Any]:
    """What a method answers over gRPC."""
    kind = client.channel.unary_stream if method.streams else client.channel.unary_unary
    call: Any = kind(
        method.path,
        request_serializer=method.request.SerializeToString,
        response_deserializer=method.answer.FromString,
    )
    if not method.streams:
        return [call(request)]
    answers = []
    try:
        for answer in call(request, timeout=0.2):
            answers.append(answer)
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.DEADLINE_EXCEEDED:
            raise
    return answers


@pytest.mark.parametrize("way", WAYS)
def test_each_method_that_reads_answers_as_over_grpc(
    recorded: Client, http: httpx.Client, way: str
) -> None:
    for path in READING:
        headers = MOMENT if path.endswith("WatchEvents") else {}
        told = WAYS[way](http, path, example(path), headers=headers)
        expected = called(recorded, METHODS[path], example(path))
        assert [comparable(each) for each in told.messages] == [
            comparable(each) for each in expected
        ], path
        assert told.code in ({4, "deadline_exceeded"} if headers else {0}), path


def comparable(message: Any) -> Message:
    """The message without what is signed or asked anew for each call."""
    for name in ("checkpoint", "uptime", "server_time"):
        if name in message.DESCRIPTOR.fields_by_name:
            message.ClearField(name)
    found: Message = message
    return found


@pytest.mark.parametrize("way", [way for way in WAYS if way != "GET"])
def test_each_method_that_records_does_so(recorded: Client, http: httpx.Client, way: str) -> None:
    """The change is in the log as its answer says, and comes again for the same request id."""
    suffix = "-" + way.lower().replace(" ", "-")
    for path in RECORDING:
        request: Any = example(path, suffix)
        if not isinstance(request, ApplyChangesRequest):
            request.context.request_id = f"{path}{suffix}"
        (answer,) = asked(WAYS[way], http, path, request).messages
        if isinstance(request, ApplyChangesRequest):
            assert len(answer.changes) == len(request.changes)
            continue
        assert answer.event.event.visit == request.name
        again = asked(WAYS[way], http, path, request).messages[0]
        assert (again.replayed, again.event) == (True, answer.event)


def asked(way: Callable[..., Told], http: httpx.Client, path: str, request: Message) -> Told:
    """What is told to a call that must succeed."""
    told = way(http, path, request)
    assert told.code == 0, (path, told.message)
    return told


def test_the_only_method_that_takes_many_requests_points_to_grpc(http: httpx.Client) -> None:
    (path,) = (path for path, each in METHODS.items() if each.takes_many)
    answer = http.post(path, json={})
    assert (answer.status_code, answer.json()["code"]) == (501, "unimplemented")
    assert "gRPC" in answer.json()["message"]
    assert "ApplyChanges" in answer.json()["message"]


@pytest.mark.parametrize("path", ["/chancery.v1.VisitService/Nothing", "/chancery.v1.No/GetVisit"])
def test_a_method_that_there_is_not_is_refused_as_over_grpc(http: httpx.Client, path: str) -> None:
    told = http.post(path, json={})
    assert told.status_code == 501
    assert told.json()["details"][0]["debug"]["reason"] == "METHOD_NOT_SERVED"


@pytest.mark.parametrize(
    "path",
    [
        "/grpc.health.v1.Health/Check",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    ],
)
def test_health_and_reflection_are_not_here(http: httpx.Client, path: str) -> None:
    assert http.post(path, json={}).status_code == 404


def test_no_field_of_a_question_is_named_as_a_parameter_of_connect() -> None:
    """Both stand in addresses. And no line of a stream is told apart by a field of the answer."""
    for path in READING:
        taken = set(METHODS[path].takes.fields_by_name)
        assert not taken & {"message", "encoding", "base64", "compression", "connect"}
        assert "error" not in METHODS[path].answer.DESCRIPTOR.fields_by_name
