"""Requests that are bad, large, packed or odd: what is wrong is named, and nothing is a defect."""

import base64
import gzip
import json
import random
import socket
from typing import Any

import httpx
import pytest
from google.protobuf import json_format

from service.limits import QUESTION_BYTES, REQUEST_BYTES
from service.web.gateway import bodies
from service.web.gateway.methods import METHODS
from tests.rpc.walk import TEMPLATES
from tests.support import messages
from tests.support.board import ServedBoard
from tests.support.server import Client
from tests.web.gateway.asking import DESK, HISTORY, JSON, VISITS, enveloped, post, refused

GET_VISIT, LIST_VISITS = f"{VISITS}/GetVisit", f"{VISITS}/ListVisits"
READ_EVENTS = f"{HISTORY}/ReadEvents"
# The same in each process that collects the tests: without the time in it.
PACKED = gzip.compress(b"{}", mtime=0)


def test_bytes_that_are_no_message_are_refused_as_over_grpc(http: httpx.Client) -> None:
    answer = http.post(GET_VISIT, content=b"\xff", headers={"content-type": "application/proto"})
    assert refused(answer)[0] == "MALFORMED_REQUEST"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data", 415),
        ("", 415),
        ("application/", 415),
        ("application/grpc-web+", 415),
        ("application/grpc", 415),
        ("application/json; charset=latin-1", 415),
        ("application/connect+json", 415),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON;charset=UTF-8", 200),
    ],
)
def test_only_json_is_taken_for_json(http: httpx.Client, given: str, status: int) -> None:
    """A page of another site can send texts and forms without asking first."""
    answer = http.post(LIST_VISITS, content="{}", headers={"content-type": given})
    assert answer.status_code == status
    if status == 415:
        assert "application/json" in answer.headers["accept-post"]
        assert refused(answer)[1] == ["metadata content-type"]


def test_a_question_has_as_many_bytes_as_over_grpc(http: httpx.Client) -> None:
    said = json.dumps({"query": "x" * QUESTION_BYTES})
    assert refused(post(http, LIST_VISITS, said))[0] == "TOO_LARGE"
    bomb = gzip.compress(b" " * (50 << 20))
    assert len(bomb) < QUESTION_BYTES
    answer = post(http, LIST_VISITS, bomb, content_encoding="gzip")
    assert refused(answer)[0] == "TOO_LARGE"


def test_more_than_a_request_may_have_is_not_even_read(http: httpx.Client) -> None:
    answer = post(http, f"{DESK}/ApplyChanges", b" " * (REQUEST_BYTES + 2000))
    assert refused(answer)[0] == "TOO_LARGE"


def test_gzip_is_taken_and_given(http: httpx.Client, client: Client) -> None:
    client.record("visits/packed", messages.scheduled(purpose="talks " * 600))
    said = gzip.compress(b'{"name": "visits/packed"}')
    answer = post(http, GET_VISIT, said, content_encoding="gzip")
    assert answer.status_code == 200
    assert answer.headers["content-encoding"] == "gzip"
    plain = post(http, GET_VISIT, said, content_encoding="gzip", accept_encoding="gzip;q=0")
    assert "content-encoding" not in plain.headers
    assert answer.json() == plain.json()


@pytest.mark.parametrize("said", [b"no gzip", PACKED[:-3], PACKED * 2])
def test_what_is_not_gzip_is_refused(http: httpx.Client, said: bytes) -> None:
    assert refused(post(http, LIST_VISITS, said, content_encoding="gzip"))[0] == "MALFORMED_REQUEST"


def test_another_encoding_is_refused(http: httpx.Client) -> None:
    assert post(http, LIST_VISITS, b"{}", content_encoding="br").status_code == 400


def test_a_request_that_does_not_come_is_not_waited_for(
    gateway: ServedBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For 10 s, as over gRPC; here it is less."""
    monkeypatch.setattr(bodies, "MESSAGE_SECONDS", 0.2)
    head = f"POST {LIST_VISITS} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n"
    with socket.create_connection(("127.0.0.1", gateway.port)) as connection:
        connection.settimeout(5)
        connection.sendall(f"{head}content-type: application/json\r\n\r\n{{".encode())
        answer = connection.recv(65536)
        while b"NOT_IN_TIME" not in answer:
            answer += connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 504 ")


def test_another_version_of_connect_is_refused(http: httpx.Client) -> None:
    answer = post(http, LIST_VISITS, "{}", connect_protocol_version="2")
    assert refused(answer)[1] == ["metadata connect-protocol-version"]


@pytest.mark.parametrize("name", ["connect-timeout-ms", "grpc-timeout"])
@pytest.mark.parametrize("value", ["", "x", "-1", "1e9", "nan", "99999999999", "1.5.5", "٣"])
def test_a_deadline_that_is_none_is_refused(http: httpx.Client, name: str, value: str) -> None:
    given: Any = [*JSON.items(), (name, value.encode())]
    answer = http.post(LIST_VISITS, content="{}", headers=given)
    assert refused(answer) == ("INVALID_FIELD", [f"metadata {name}"])


@pytest.mark.parametrize(
    "headers",
    [
        {"connect-timeout-ms": "0.0001"},
        {"connect-timeout-ms": "0"},
        {"grpc-timeout": "1n"},
    ],
)
def test_a_call_ends_at_its_deadline(http: httpx.Client, headers: dict[str, str]) -> None:
    answer = post(http, LIST_VISITS, "{}", **headers)
    assert (answer.status_code, answer.json()["code"]) == (504, "deadline_exceeded")


@pytest.mark.parametrize(
    "headers", [{"connect-timeout-ms": "9999999999"}, {"grpc-timeout": "99999999H"}]
)
def test_a_deadline_may_be_far(http: httpx.Client, headers: dict[str, str]) -> None:
    assert post(http, LIST_VISITS, "{}", **headers).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        enveloped(b"{}") + enveloped(b"{}"),
        enveloped(b"{}")[:-1],
        enveloped(b"{}", 1),
        enveloped(b"{}", 2),
        b"\x00\xff\xff\xff\xff{}",
    ],
)
def test_an_envelope_that_is_none_ends_the_stream_at_once(http: httpx.Client, body: bytes) -> None:
    headers = {"content-type": "application/connect+json"}
    answer = http.post(READ_EVENTS, content=body, headers=headers)
    assert answer.status_code == 200
    assert answer.content[0] == 2
    assert json.loads(answer.content[5:])["error"]["code"] == "invalid_argument"


FUZZED_TYPES = [
    "application/json",
    "application/proto",
    "application/connect+json",
    "application/grpc-web+proto",
    "application/grpc-web-text",
]


@pytest.mark.parametrize("given", FUZZED_TYPES)
def test_no_bytes_are_a_defect(http: httpx.Client, client: Client, given: str) -> None:
    """Requests with bytes changed, left out and put in, and bytes that are nothing."""
    chance = random.Random(f"gateway {given}")
    for _ in range(40):
        template = chance.choice(TEMPLATES)
        service = next(path for path in METHODS if path.endswith(f"/{template.method}"))
        is_proto = "proto" in given or "text" in given
        said = template.message.SerializeToString() if is_proto else _json(template.message)
        body = bytearray(said or b"{}")
        for _ in range(chance.randrange(4)):
            at = chance.randrange(len(body))
            body[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
            body = body or bytearray(b"\x00")
        content = bytes(body)
        if "connect+" in given or "grpc-web" in given:
            content = enveloped(content, chance.choice([0, 0, 0, 1, 2, 128]))
        if "text" in given:
            content = base64.b64encode(content)[chance.randrange(2) :]
        headers = {"content-type": given, "connect-timeout-ms": "150"}
        answer = http.post(service, content=content, headers=headers)
        assert answer.status_code < 500 or answer.status_code == 504, (service, content)
        assert b"internal" not in answer.content


def _json(message: Any) -> bytes:
    return json_format.MessageToJson(message).encode()


def test_credentials_that_are_too_long_are_refused_and_do_no_harm(http: httpx.Client) -> None:
    """The server takes 8 KiB of metadata; others call on the same connection to it."""
    for size in (9_000, 15_000, 40_000):
        answer = post(http, LIST_VISITS, "{}", authorization=f"Bearer {'x' * size}")
        assert (answer.status_code, answer.json()["code"]) == (429, "resource_exhausted")
        assert post(http, LIST_VISITS, "{}").status_code == 200
