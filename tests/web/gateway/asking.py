"""The ways to call a method over HTTP, and what each of them is told."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import httpx
from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from service.web.gateway.methods import METHODS, Method
from tests.support.reasons import code_of, details_of, variables_of
from tests.support.server import LEAKS

VISITS = "/chancery.v1.VisitService"
DESK = "/chancery.v1.DeskService"
HISTORY = "/chancery.v1.HistoryService"
AUDIT = "/chancery.v1.AuditService"
JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Told:
    """What a call was told: the messages, and how it ended: the code, with its details."""

    messages: list[Any] = field(default_factory=list)
    code: int | str = 0
    message: str = ""
    details: tuple[bytes, ...] = ()


def enveloped(data: bytes, flags: int = 0) -> bytes:
    """Bytes as the body of a request of Connect's streams, and of gRPC-Web."""
    return bytes([flags]) + len(data).to_bytes(4, "big") + data


def envelopes(body: bytes) -> list[tuple[int, bytes]]:
    """The flags and the bytes of all envelopes."""
    found = []
    while body:
        size = int.from_bytes(body[1:5], "big")
        assert len(body) >= 5 + size
        found.append((body[0], body[5 : 5 + size]))
        body = body[5 + size :]
    return found


def _json(message: Message) -> bytes:
    return json_format.MessageToJson(message).encode()


def _of_json(method: Method) -> Callable[[bytes], Any]:
    return lambda data: json_format.Parse(data, method.answer())


def _error(told: Mapping[str, Any], messages: list[Any]) -> Told:
    details = tuple(base64.b64decode(f"{each['value']}==") for each in told.get("details", ()))
    return Told(messages, told["code"], told["message"], details)


def plain(client: httpx.Client, path: str, request: Message, **options: Any) -> Told:
    """JSON by POST, as of curl; a stream is lines of JSON."""
    headers = {"content-type": "application/json"} | options.pop("headers", {})
    answer = client.post(path, content=_json(request), headers=headers, **options)
    return _of_plain(answer, METHODS[path])


def by_get(client: httpx.Client, path: str, request: Message, **options: Any) -> Told:
    """Connect's GET, with the message in base64."""
    message = base64.urlsafe_b64encode(request.SerializeToString()).decode().rstrip("=")
    asked = {"connect": "v1", "encoding": "proto", "base64": "1", "message": message}
    answer = client.get(path, params=asked, **options)
    method = METHODS[path]
    if answer.status_code == 200 and not method.streams:
        return Told([method.answer.FromString(answer.content)])
    return _of_plain(answer, method)


def _of_plain(answer: httpx.Response, method: Method) -> Told:
    parse = _of_json(method)
    if answer.status_code != 200:
        return _error(answer.json(), [])
    if not method.streams:
        return Told([parse(answer.content)])
    messages: list[Any] = []
    for line in answer.content.splitlines():
        if line.startswith(b'{"error":'):
            return _error(json.loads(line)["error"], messages)
        messages.append(parse(line))
    return Told(messages)


def connect(encoding: str) -> Callable[..., Told]:
    """Connect by POST, in JSON or in proto."""

    def call(client: httpx.Client, path: str, request: Message, **options: Any) -> Told:
        method = METHODS[path]
        parse = _of_json(method) if encoding == "json" else method.answer.FromString
        data = _json(request) if encoding == "json" else request.SerializeToString()
        framing = "connect+" if method.streams else ""
        headers = {
            "content-type": f"application/{framing}{encoding}",
            "connect-protocol-version": "1",
        } | options.pop("headers", {})
        content = enveloped(data) if method.streams else data
        answer = client.post(path, content=content, headers=headers, **options)
        if not method.streams:
            ok = answer.status_code == 200
            return Told([parse(answer.content)]) if ok else _error(answer.json(), [])
        assert answer.status_code == 200
        *frames, (flags, end) = envelopes(answer.content)
        assert flags == 2
        assert all(each == 0 for each, _ in frames)
        messages = [parse(data) for _, data in frames]
        told = json.loads(end)
        return _error(told["error"], messages) if "error" in told else Told(messages)

    return call


def grpc_web(kind: str) -> Callable[..., Told]:
    """gRPC-Web: "grpc-web+proto", or "grpc-web-text+proto" in base64."""

    def call(client: httpx.Client, path: str, request: Message, **options: Any) -> Told:
        content = enveloped(request.SerializeToString())
        if "text" in kind:
            content = base64.b64encode(content)
        headers = {"content-type": f"application/{kind}", "x-grpc-web": "1"}
        headers |= options.pop("headers", {})
        answer = client.post(path, content=content, headers=headers, **options)
        assert answer.status_code == 200
        body = answer.content
        if "text" in kind:
            pieces = body.replace(b"=", b"= ").replace(b"= =", b"==").split()
            body = b"".join(map(base64.b64decode, pieces))
        *frames, (flags, end) = envelopes(body)
        assert flags == 0x80
        messages = [METHODS[path].answer.FromString(data) for _, data in frames]
        trailers = dict(line.split(": ", 1) for line in end.decode().splitlines())
        if trailers["grpc-status"] == "0":
            return Told(messages)
        status = Status.FromString(base64.b64decode(f"{trailers['grpc-status-details-bin']}=="))
        assert str(status.code) == trailers["grpc-status"]
        details = tuple(each.value for each in status.details)
        message = unquote(trailers["grpc-message"])
        return Told(messages, status.code, message, details)

    return call


WAYS: dict[str, Callable[..., Told]] = {
    "plain JSON": plain,
    "GET": by_get,
    "Connect in JSON": connect("json"),
    "Connect in proto": connect("proto"),
    "gRPC-Web": grpc_web("grpc-web+proto"),
    "gRPC-Web as text": grpc_web("grpc-web-text+proto"),
}


def refused(answer: httpx.Response) -> tuple[str, list[str]]:
    """The reason, and the fields; what holds for each refusal of the contract is checked."""
    told = answer.json()
    info, *more = told["details"]
    reason = info["debug"]["reason"]
    assert code_of(reason).lower() == told["code"]
    assert info["debug"]["domain"] == "chancery"
    assert info["debug"].get("metadata", {}).keys() <= variables_of(reason)
    names = {each["type"].rpartition(".")[2] for each in told["details"]}
    assert names == details_of(reason)
    assert len(answer.content) < 8192
    for leak in LEAKS:
        assert leak not in answer.text
    violations = more[0]["debug"].get("fieldViolations", []) if more else []
    return reason, [each["field"] for each in violations]


def post(http: httpx.Client, path: str, content: bytes | str, **headers: str) -> httpx.Response:
    """The answer to JSON that need not be any."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return http.post(path, content=content, headers=JSON | named)
