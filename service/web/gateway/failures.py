"""Why a call failed, as the contract says it, whichever protocol then tells it."""

import base64
import math
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import grpc
from google.protobuf import json_format
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2 as details
from google.rpc.status_pb2 import Status

from service.limits import ERROR_FIELD_BYTES, ERROR_VALUE_BYTES
from service.web.problems import HTTP_STATUS

Code = grpc.StatusCode

DETAILS = "grpc-status-details-bin"
# What gRPC does not escape in a message: all that ASCII prints, but for the percent sign.
_PLAIN = "".join(chr(each) for each in range(32, 127) if chr(each) != "%")
_CODES: dict[int, Code] = {code.value[0]: code for code in Code}
# What to say where gRPC itself failed: its own words tell of addresses and sockets.
_SAID = {
    Code.DEADLINE_EXCEEDED: "the time that the call was given is over; a change may have been "
    "recorded: repeat it with its request id",
    Code.RESOURCE_EXHAUSTED: "the request or its headers are too large",
    Code.CANCELLED: "the call was given up",
}


class Failed(Exception):
    """A call failed. ``status`` is what the contract says of it.

    ``http_status`` is that of the answer, and ``headers`` are further ones of it.
    """

    def __init__(
        self, status: Status, http_status: int = 0, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status.message)
        self.status = status
        self.http_status = http_status or HTTP_STATUS.get(self.code, 500)
        self.headers = dict(headers or {})
        if wait := self._seconds_to_wait():
            self.headers["retry-after"] = str(wait)
        if self.code is Code.UNAUTHENTICATED:
            self.headers["www-authenticate"] = "Bearer"

    @classmethod
    def of_call(cls, error: grpc.aio.AioRpcError) -> "Failed":
        """What a call told that gRPC raised."""
        for key, value in error.trailing_metadata() or ():
            if key == DETAILS and isinstance(value, bytes):
                try:
                    status = Status.FromString(value)
                except DecodeError:
                    break
                if _CODES.get(status.code) is error.code():
                    return cls(status)
        return (
            cls.away() if error.code() is Code.UNAVAILABLE else cls._without_details(error.code())
        )

    @classmethod
    def late(cls) -> "Failed":
        """The caller's own time is over."""
        return cls._without_details(Code.DEADLINE_EXCEEDED)

    @classmethod
    def _without_details(cls, code: Code) -> "Failed":
        said = _SAID.get(code, code.name.lower().replace("_", " "))
        return cls(Status(code=code.value[0], message=said))

    @classmethod
    def away(cls) -> "Failed":
        """The server cannot be reached."""
        retry = details.RetryInfo(retry_delay=Duration(seconds=1))
        message = "the server cannot be reached for the moment; a change may have been recorded"
        return refused(Code.UNAVAILABLE, "STORE_UNAVAILABLE", message, retry)

    @classmethod
    def draining(cls) -> "Failed":
        """The gateway stops while the call runs."""
        retry = details.RetryInfo(retry_delay=Duration(seconds=1))
        message = "the server is shutting down; a change may have been recorded"
        return refused(Code.UNAVAILABLE, "DRAINING", message, retry)

    @property
    def code(self) -> Code:
        """The code of gRPC."""
        return _CODES.get(self.status.code, Code.UNKNOWN)

    def json(self) -> dict[str, Any]:
        """The failure as Connect has it in JSON, with the details readable beside their bytes."""
        told: dict[str, Any] = {"code": _connect_name(self.code), "message": self.status.message}
        if self.status.details:
            told["details"] = [_detail(each) for each in self.status.details]
        return told

    def trailers(self) -> tuple[tuple[str, str], ...]:
        """The failure as gRPC has it in its trailers."""
        packed = base64.b64encode(self.status.SerializeToString()).decode().rstrip("=")
        return (
            ("grpc-status", str(self.status.code)),
            ("grpc-message", quote(self.status.message, safe=_PLAIN)),
            (DETAILS, packed),
        )

    def _seconds_to_wait(self) -> int:
        retry = details.RetryInfo()
        for each in self.status.details:
            each.Unpack(retry)
        milliseconds: int = retry.retry_delay.ToMilliseconds()
        return math.ceil(milliseconds / 1000)


def refused(
    code: Code,
    reason: str,
    message: str,
    *more: Message,
    http_status: int = 0,
    headers: Mapping[str, str] | None = None,
    **metadata: str,
) -> Failed:
    """A failure that the gateway finds by itself, with a reason of the contract."""
    status = Status(code=code.value[0], message=message)
    info = details.ErrorInfo(reason=reason, domain="chancery", metadata=metadata)
    for detail in (info, *more):
        packed = AnyMessage()
        packed.Pack(detail)
        status.details.append(packed)
    return Failed(status, http_status, headers)


def bad_field(
    reason: str,
    field: str,
    problem: str,
    *,
    http_status: int = 0,
    headers: Mapping[str, str] | None = None,
    **metadata: str,
) -> Failed:
    """The refusal of a field of the request, or of what else is named, for this problem."""
    field, problem = _cut(field, ERROR_VALUE_BYTES), _cut(problem, ERROR_FIELD_BYTES)
    violation = details.BadRequest.FieldViolation(field=field, description=problem)
    return refused(
        Code.INVALID_ARGUMENT,
        reason,
        f"{field}: {problem}",
        details.BadRequest(field_violations=[violation]),
        http_status=http_status,
        headers=headers,
        **{"fields": field, **metadata},
    )


def malformed(message_type: str, problem: str) -> Failed:
    """The refusal of a request that cannot be read at all."""
    return bad_field("MALFORMED_REQUEST", "(request)", problem, message_type=message_type)


def listed(names: Iterable[str]) -> str:
    """Names with commas between them, as many as are of use."""
    names = list(names)
    return ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")


def _connect_name(code: Code) -> str:
    return "canceled" if code is Code.CANCELLED else code.name.lower()


def _detail(packed: AnyMessage) -> dict[str, Any]:
    value = base64.b64encode(packed.value).decode().rstrip("=")
    told: dict[str, Any] = {"type": packed.TypeName(), "value": value}
    try:
        told["debug"] = json_format.MessageToDict(packed)
        del told["debug"]["@type"]
    except (TypeError, DecodeError, json_format.Error):
        pass  # of a type that this server does not know
    return told


def _cut(text: str, size: int) -> str:
    """The text in at most so many bytes, without halves of characters."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= size:
        return encoded.decode()
    return encoded[: size - 4].decode(errors="ignore") + " ..."
