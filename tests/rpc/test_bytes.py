"""Bytes that are not a valid message are refused, whatever they are."""

import os
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from chancery.v1 import (
    audit_service_pb2,
    desk_service_pb2,
    history_service_pb2,
    info_service_pb2,
    visit_service_pb2,
)
from tests.rpc.walk import TEMPLATES
from tests.rpc.whole_changes import CONTEXT, NEW, STANDING, record_visits
from tests.support.cases import each
from tests.support.messages import request, scheduled
from tests.support.server import Client, Failure, refusal

CONTRACT = (
    audit_service_pb2,
    desk_service_pb2,
    history_service_pb2,
    info_service_pb2,
    visit_service_pb2,
)
EVERY_METHOD = [
    method
    for module in CONTRACT
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]
BY_NAME = {method.name: method for method in EVERY_METHOD}
METHODS = list(BY_NAME)

# Requests with wrong bytes, of each right one. `make torture` has some million in all.
MUTATED = int(os.environ.get("CHANCERY_MUTATED", "40"))
# Seconds after which a watch is left.
LASTS = 0.3 if MUTATED == 40 else 0.03

NEVER = (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)


@pytest.fixture(scope="module", autouse=True)
def _standing_visits(client: Client) -> None:
    """The visits that the requests name."""
    record_visits(client)


@pytest.fixture(autouse=True)
def _nothing_is_recorded(_standing_visits: None, client: Client) -> Iterator[None]:
    """Whatever a test of this module sends, the head does not move."""
    yield
    assert client.head == 4


def raw(client: Client, method: Any) -> Callable[[bytes], Any]:
    """The call, taking raw bytes."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    if method.server_streaming:
        stream: grpc.UnaryStreamMultiCallable[bytes, bytes] = client.channel.unary_stream(path)
        return stream
    call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = client.channel.unary_unary(path)
    return call


def refused(client: Client, method: Any, data: bytes) -> Failure:
    return refusal(raw(client, method), data)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 20,
        b"\x00",
        b"\x07",
        b"\x0a",
        b"\x0a\xff\xff\xff\xff\x0f",
        b"\x0a\x80",
        b"\x0b",
        b"\x0c",
        b"GET / HTTP/1.1\r\n\r\n",
        b'{"name": "visits/blinken"}',
        b"\xff" * 60_000,
    ],
    ids=range(11),
)
@each("method", METHODS)
def test_bytes_that_are_no_message_are_refused(client: Client, method: str, data: bytes) -> None:
    told = refused(client, BY_NAME[method], data)

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.reason in ("MALFORMED_REQUEST", "FIELD_NOT_SERVED")
    assert len(told.fields) == 1


@pytest.mark.parametrize(
    "data", [b"\x12\x02\xc3\x28", b"\x12\x03\xed\xa0\x80", b"\x12\x01\xff"], ids=range(3)
)
def test_text_that_is_not_utf_8_is_malformed(client: Client, data: bytes) -> None:
    """An overlong form, half a surrogate pair, a stray byte."""
    told = refused(client, BY_NAME["ScheduleVisit"], data)

    assert told.reason == "MALFORMED_REQUEST"


# A varint, 64 bits, a length, a group and 32 bits, for field 2000 and for the highest number.
UNKNOWN = [
    (b"\x80\x7d\x01", "2000"),
    (b"\x81\x7d" + b"\x00" * 8, "2000"),
    (b"\x82\x7d\x03abc", "2000"),
    (b"\x83\x7d\x84\x7d", "2000"),
    (b"\x85\x7d" + b"\x00" * 4, "2000"),
    (b"\xf8\xff\xff\xff\x0f\x00", "536870911"),
]


@each("method", METHODS)
def test_a_field_that_is_not_in_the_contract_is_refused_by_its_number(
    client: Client, method: str
) -> None:
    """To ignore it would be to do something other than what was asked."""
    for extra, number in UNKNOWN:
        told = refused(client, BY_NAME[method], extra)

        assert told.code == grpc.StatusCode.INVALID_ARGUMENT
        assert told.reason == "FIELD_NOT_SERVED"
        assert told.fields == [number]


def _nested(message: Message, path: str = "") -> Iterator[tuple[str, Message]]:
    """Every message inside it, with its path."""
    for field, value in message.ListFields():
        if field.message_type is not None:
            for item in value if field.is_repeated else [value]:
                yield f"{path}{field.name}", item
                yield from _nested(item, f"{path}{field.name}.")


@each("index", range(len(TEMPLATES)))
def test_an_unknown_field_is_found_in_every_message_of_a_request(
    client: Client, index: int
) -> None:
    template = TEMPLATES[index]
    for wanted in range(len(list(_nested(template.message)))):
        request = type(template.message)()
        request.CopyFrom(template.message)
        path, inner = list(_nested(request))[wanted]
        inner.MergeFromString(b"\x80\x7d\x01")

        told = refusal(template.call(client), request)

        assert told.reason == "FIELD_NOT_SERVED"
        assert told.fields == [re.sub("^changes", "changes[0]", f"{path}.2000")]


def test_a_request_cut_short_anywhere_is_refused(client: Client) -> None:
    """At each of its bytes."""
    whole = request(NEW, scheduled(), **(CONTEXT | {"expected_version": 0}))
    whole.context.validate_only = False
    data = whole.SerializeToString()
    for length in range(len(data)):
        told = refused(client, BY_NAME["ScheduleVisit"], data[:length])

        assert told.code == grpc.StatusCode.INVALID_ARGUMENT, length


@each("index", range(len(TEMPLATES)))
def test_a_request_with_a_wrong_byte_is_never_a_defect(client: Client, index: int) -> None:
    """It is answered or refused like any other; the seed makes the same requests each time."""
    template = TEMPLATES[index]
    method = BY_NAME[template.method]
    good = template.message.SerializeToString()
    chance = random.Random(index)
    call = raw(client, method)
    for _ in range(MUTATED):
        data = bytearray(good)
        for _ in range(chance.choice((1, 1, 2, 5))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if _is_to_be_recorded(method, bytes(data)):
            continue
        assert outcome(call, bytes(data)) not in NEVER, bytes(data)


def outcome(call: Callable[..., Any], data: bytes) -> grpc.StatusCode:
    """The code with which the call ends."""
    answer = (
        call.future(data, timeout=LASTS) if hasattr(call, "future") else call(data, timeout=LASTS)
    )
    code: grpc.StatusCode = answer.code()
    return code


def _is_to_be_recorded(method: Any, data: bytes) -> bool:
    """Whether the bytes ask to record something, because the wrong byte hit validate_only."""
    try:
        message: Any = GetMessageClass(method.input_type).FromString(data)
    except DecodeError:
        return False
    asked = getattr(message, "changes", [message])
    return any(hasattr(each, "context") and not each.context.validate_only for each in asked)


def test_a_request_over_four_mebibytes_is_refused_unread(client: Client) -> None:
    huge = b"\x12" + b"\x80\x80\x80\x03" + b"x" * (6 << 20)

    with pytest.raises(grpc.RpcError) as caught:
        raw(client, BY_NAME["ScheduleVisit"])(huge)

    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_huge_field_makes_a_small_error(client: Client) -> None:
    """Even if the error would quote what was sent."""
    long = "x" * 3_900_000
    for told in (
        refusal(client.record, f"visits/{long}", scheduled()),
        refusal(client.record, STANDING, scheduled(title=long)),
        refusal(client.record, STANDING, scheduled(), request_id=long),
        refusal(client.visit, f"visits/{long}"),
    ):
        assert told.code == grpc.StatusCode.INVALID_ARGUMENT
        assert len(told.message) < 1000


def test_a_method_that_is_not_there_is_unimplemented(client: Client) -> None:
    for path in ("/chancery.v1.DeskService/EraseVisit", "/chancery.v1.Nobody/GetVisit"):
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = client.channel.unary_unary(path)
        with pytest.raises(grpc.RpcError) as caught:
            call(b"")

        assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("shape", ["unary_unary", "unary_stream", "stream_unary", "stream_stream"])
@pytest.mark.parametrize("method", ["DeskService/ForgetVisit", "AgendaService/GetAgenda"])
def test_a_method_that_this_server_does_not_have_is_refused_by_its_name(
    client: Client, method: str, shape: str
) -> None:
    """Whoever was made for a later edition of the contract is told so as all else is told."""
    call = getattr(client.channel, shape)(f"/chancery.v1.{method}")

    told = refusal(call, iter([b"\x0a\x01"]) if shape.startswith("stream") else b"\x0a\x01")

    assert (told.code, told.reason) == (grpc.StatusCode.UNIMPLEMENTED, "METHOD_NOT_SERVED")
    assert told.metadata == {"method": f"chancery.v1.{method}"}
