"""How a caller speaks: how its request is read, and how it is answered."""

import base64
import json
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from service.limits import GZIP_BYTES
from service.web.gateway import queries
from service.web.gateway.bodies import GZIP, aside, body, packed, unpacked
from service.web.gateway.envelopes import (
    compressed,
    end_of_connect,
    end_of_grpc_web,
    enveloped,
    opened,
)
from service.web.gateway.failures import Failed, malformed
from service.web.gateway.json_form import from_json, to_json
from service.web.gateway.methods import Method

JSON, PROTO = queries.JSON, queries.PROTO


@dataclass(frozen=True)
class Protocol(ABC):
    """A way to call a method over HTTP. ``packs`` says that the caller takes gzip."""

    method: Method
    encoding: str
    packs: bool

    @abstractmethod
    async def request(self, request: Request) -> bytes:
        """The serialized message of a request.

        :raises Failed: it cannot be read.
        """

    @abstractmethod
    async def answer(self, raw: bytes) -> Response:
        """The answer with one message, serialized."""

    def failed(self, failed: Failed) -> Response:
        """The answer to a call that failed before it was answered."""
        return in_json(failed)

    async def _unframed(self, request: Request) -> bytes:
        """The serialized message that is the body, or stands in the address."""
        if request.method != "POST":
            return queries.message(self.method, request.query_params.multi_items())
        data, most = await body(request, self.method.most_bytes), self.method.most_bytes
        return await self._read(unpacked(data, request.headers.get("content-encoding", ""), most))

    async def _read(self, data: bytes) -> bytes:
        """The serialized message of what was sent."""
        if self.encoding == PROTO:
            return data
        return await aside(partial(from_json, self.method.request), data)

    async def _written(self, raw: bytes) -> bytes:
        """What to send of a serialized message."""
        if self.encoding == PROTO:
            return raw
        return await aside(partial(to_json, self.method.answer), raw)


class Whole(Protocol):
    """An answer of one message: unary calls of Connect, and plain JSON."""

    async def request(self, request: Request) -> bytes:
        """The message in the body, or in the address."""
        return await self._unframed(request)

    async def answer(self, raw: bytes) -> Response:
        """The answer with a message."""
        headers = {"vary": "Accept-Encoding"}
        content = await self._written(raw)
        if self.encoding == JSON:
            content += b"\n"
        if self.packs and len(content) >= GZIP_BYTES:
            content = await aside(packed, content)
            headers["content-encoding"] = GZIP
        return Response(content, 200, headers, f"application/{self.encoding}")


class Streamed(Protocol):
    """An answer of many messages, one after the other, and how the call ended."""

    # The headers by which a request says how its messages are packed, and what it takes.
    ENCODING: ClassVar = ""
    ACCEPTED: ClassVar = ""

    @property
    @abstractmethod
    def media_type(self) -> str:
        """What the answer says it is."""

    @abstractmethod
    async def frame(self, raw: bytes) -> bytes:
        """What to send of a message."""

    @abstractmethod
    def end(self, failed: Failed | None) -> bytes:
        """What to send last; ``failed`` if the call did."""

    @property
    def headers(self) -> dict[str, str]:
        """Further headers of the answer. No proxy is to keep frames back."""
        headers = {"x-accel-buffering": "no"}
        if self.packs and self.ENCODING:
            headers[self.ENCODING] = GZIP
        return headers

    async def answer(self, raw: bytes) -> Response:
        """The message, and that the call ended well."""
        content = await self.frame(raw) + self.end(None)
        return Response(content, 200, self.headers, self.media_type)

    def _opened(self, request: Request, data: bytes) -> bytes:
        encoding = request.headers.get(self.ENCODING, "")
        name = self.method.takes.full_name
        return opened(data, encoding, self.method.most_bytes, name)

    def _enveloped(self, data: bytes) -> bytes:
        return compressed(data) if self.packs else enveloped(data)


@dataclass(frozen=True)
class Lines(Streamed):
    """A line of JSON for each message, and a last one with ``error`` if the call failed."""

    media_type: str = "application/jsonl"

    async def request(self, request: Request) -> bytes:
        """The message in the body, or in the address."""
        return await self._unframed(request)

    async def frame(self, raw: bytes) -> bytes:
        """A line."""
        return await self._written(raw) + b"\n"

    def end(self, failed: Failed | None) -> bytes:
        """Nothing, or the line of the failure."""
        if failed is None:
            return b""
        return json.dumps({"error": failed.json()}, ensure_ascii=False).encode() + b"\n"


class ConnectStream(Streamed):
    """A stream of Connect."""

    ENCODING = "connect-content-encoding"
    ACCEPTED = "connect-accept-encoding"

    @property
    def media_type(self) -> str:
        """As it was asked."""
        return f"application/connect+{self.encoding}"

    async def request(self, request: Request) -> bytes:
        """The message in the one envelope."""
        data = await body(request, self.method.most_bytes)
        return await self._read(self._opened(request, data))

    async def frame(self, raw: bytes) -> bytes:
        """An envelope."""
        return self._enveloped(await self._written(raw))

    def end(self, failed: Failed | None) -> bytes:
        """The envelope that ends a stream."""
        return end_of_connect(failed)

    def failed(self, failed: Failed) -> Response:
        """A stream that ends at once."""
        return Response(self.end(failed), 200, self.headers, self.media_type)


@dataclass(frozen=True)
class GrpcWeb(Streamed):
    """gRPC-Web, for one message and for many alike; as text it is in base64."""

    ENCODING = "grpc-encoding"
    ACCEPTED = "grpc-accept-encoding"
    is_text: bool = False

    @property
    def media_type(self) -> str:
        """As it was asked."""
        return f"application/grpc-web{'-text' if self.is_text else ''}+{self.encoding}"

    async def request(self, request: Request) -> bytes:
        """The message in the one envelope."""
        most = self.method.most_bytes
        data = await body(request, most * 4 // 3 if self.is_text else most)
        if self.is_text:
            data = self._from_text(data)
        return await self._read(self._opened(request, data))

    async def frame(self, raw: bytes) -> bytes:
        """An envelope."""
        return self._as_text(self._enveloped(await self._written(raw)))

    def end(self, failed: Failed | None) -> bytes:
        """The envelope with the trailers."""
        return self._as_text(end_of_grpc_web(failed))

    def failed(self, failed: Failed) -> Response:
        """An answer of trailers alone."""
        return Response(self.end(failed), 200, self.headers, self.media_type)

    def _as_text(self, data: bytes) -> bytes:
        return base64.b64encode(data) if self.is_text else data

    def _from_text(self, data: bytes) -> bytes:
        """The bytes of base64, of which several pieces may stand one after the other."""
        try:
            pieces = re.findall(rb"[^=]+=*", data)
            return b"".join(base64.b64decode(each, validate=True) for each in pieces)
        except ValueError:
            raise malformed(self.method.takes.full_name, "the body is not base64") from None


def takes_gzip(headers: Headers, name: str) -> bool:
    """Whether a header lists gzip among what the caller takes."""
    for each in headers.get(name, "").split(","):
        coding, _, weight = each.replace(" ", "").partition(";")
        if coding == GZIP:
            return weight not in ("q=0", "q=0.0")
    return False


def in_json(failed: Failed) -> Response:
    """A failure as an answer of its own."""
    content = json.dumps(failed.json(), ensure_ascii=False) + "\n"
    return Response(content, failed.http_status, failed.headers, "application/json")
