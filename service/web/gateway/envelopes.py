"""Messages in a body one after the other: a flag, four bytes of length, the bytes."""

import json

from service.limits import GZIP_BYTES
from service.web.gateway.bodies import GZIP, packed, too_large, unpacked
from service.web.gateway.failures import Failed, malformed

COMPRESSED, END_OF_CONNECT, END_OF_GRPC_WEB = 0x01, 0x02, 0x80
_HEAD = 5


def enveloped(data: bytes, flags: int = 0) -> bytes:
    """The bytes in an envelope."""
    return bytes([flags]) + len(data).to_bytes(4, "big") + data


def compressed(data: bytes) -> bytes:
    """The bytes in an envelope, with gzip if that makes them smaller."""
    if len(data) < GZIP_BYTES:
        return enveloped(data)
    return enveloped(packed(data), COMPRESSED)


def opened(body: bytes, encoding: str, most_bytes: int, message_type: str) -> bytes:
    """What is in the one envelope that a request has.

    :raises Failed: there is none, there are several, or it holds too much.
    """
    if len(body) < _HEAD:
        raise malformed(message_type, "the body must be one message in an envelope of five bytes")
    flags, size, data = body[0], int.from_bytes(body[1:_HEAD], "big"), body[_HEAD:]
    if flags & ~COMPRESSED:
        raise malformed(message_type, f"the envelope has flags that requests do not have: {flags}")
    if size > most_bytes:
        raise too_large(size, most_bytes)
    if size != len(data):
        problem = f"the envelope says {size} bytes, and {len(data)} follow: send one message"
        raise malformed(message_type, problem)
    if flags & COMPRESSED and encoding != GZIP:
        raise malformed(message_type, "the envelope has an encoding that no header names: gzip")
    return unpacked(data, encoding if flags & COMPRESSED else "", most_bytes)


def end_of_connect(failed: Failed | None) -> bytes:
    """The last envelope of a stream of Connect: how the call ended."""
    told = {"error": failed.json()} if failed is not None else {}
    return enveloped(json.dumps(told, ensure_ascii=False).encode(), END_OF_CONNECT)


def end_of_grpc_web(failed: Failed | None) -> bytes:
    """The last envelope of an answer of gRPC-Web: the trailers of gRPC as lines."""
    lines = ["grpc-status: 0"]
    if failed is not None:
        lines = [f"{name}: {value}" for name, value in failed.trailers()]
    return enveloped("".join(f"{line}\r\n" for line in lines).encode(), END_OF_GRPC_WEB)
