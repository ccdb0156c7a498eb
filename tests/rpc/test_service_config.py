"""The service config that clients are given repeats what is harmless, and nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from chancery.v1.desk_service_pb2_grpc import DeskServiceStub
from chancery.v1.visit_service_pb2_grpc import VisitServiceStub
from tests.support.messages import get_visit, request, scheduled, stated
from tests.support.paths import SERVICES
from tests.support.proxy import Proxy
from tests.support.server import ACTOR, PATIENCE, Client, Server

SERVICE_CONFIG = (Path(__file__).parents[2] / "protos" / "service_config.json").read_text()
METHODS = [method for service in SERVICES for method in service.methods]


def config_of(method: MethodDescriptor) -> dict[str, Any]:
    """What applies to a method: what names it, or else what names its service."""
    service = method.containing_service.full_name
    named: dict[tuple[str, str | None], dict[str, Any]] = {
        (name["service"], name.get("method")): config
        for config in json.loads(SERVICE_CONFIG)["methodConfig"]
        for name in config["name"]
    }
    return named.get((service, method.name)) or named[service, None]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_only_questions_are_repeated_and_only_streams_may_last(method: MethodDescriptor) -> None:
    config = config_of(method)
    is_question = method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
    assert ("retryPolicy" in config) == is_question
    assert ("timeout" in config) == (not method.server_streaming)


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    """A way to the server."""
    with Proxy(server.address) as proxy:
        yield proxy


@pytest.fixture
def channel(proxy: Proxy) -> Iterator[grpc.Channel]:
    """A channel with the service config, on a connection that works."""
    options = [("grpc.service_config", SERVICE_CONFIG)]
    with grpc.insecure_channel(proxy.address, options) as channel:
        grpc.channel_ready_future(channel).result(PATIENCE)
        yield channel


def cut_off(server: Server, proxy: Proxy, call: Any, message: Any, actor: str) -> Any:
    """A call whose connection breaks once the server has served it, before it is answered."""
    proxy.hang_answers()
    answer = call.future(message, metadata=[(ACTOR, actor)])
    server.logged("call", actor=f"unverified:{actor}")
    proxy.cut()
    proxy.resume()
    return answer


def test_a_question_is_answered_though_an_answer_was_lost(
    server: Server, proxy: Proxy, channel: grpc.Channel, client: Client, name: str
) -> None:
    client.record(name, scheduled())
    ask = VisitServiceStub(channel).GetVisit
    answer = cut_off(server, proxy, ask, get_visit(name), "asking").result(PATIENCE)
    assert answer.visit.name == name


def test_a_change_is_not_repeated_by_itself(
    server: Server, proxy: Proxy, channel: grpc.Channel, client: Client, name: str
) -> None:
    client.record(name, scheduled())
    record = DeskServiceStub(channel).RecordStatement
    answer = cut_off(server, proxy, record, request(name, stated()), "recording")
    assert answer.exception(PATIENCE).code() is grpc.StatusCode.UNAVAILABLE
    assert client.visit(name).version == 2
