"""The bytes of a request, as many as its method takes, and no more."""

import asyncio
import zlib
from collections.abc import Callable

from starlette.requests import Request

from service.limits import MESSAGE_SECONDS, SLOW_BYTES
from service.web.gateway.failures import Code, Failed, bad_field, malformed, refused

IDENTITY, GZIP = "identity", "gzip"
# A header and a trailer of gzip, and the heads of what is stored without becoming smaller.
_OVERHEAD = 1024


async def body(request: Request, most_bytes: int) -> bytes:
    """The body of a request, as it came.

    :raises Failed: it has more bytes, or takes longer than a request may.
    """
    parts: list[bytes] = []
    size, most = 0, most_bytes + _OVERHEAD
    try:
        async with asyncio.timeout(MESSAGE_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise too_large(size, most_bytes, "at least ")
                parts.append(part)
    except TimeoutError:
        seconds = f"{MESSAGE_SECONDS:.0f}"
        message = f"the request was not there within {seconds} s: send it at once"
        raise refused(Code.DEADLINE_EXCEEDED, "NOT_IN_TIME", message, seconds=seconds) from None
    return b"".join(parts)


def unpacked(data: bytes, encoding: str, most_bytes: int) -> bytes:
    """What bytes are that came with an encoding: "gzip", "identity" or none.

    :raises Failed: there is no such encoding, the bytes are not of it, or there would be more.
    """
    if encoding == GZIP:
        inflate = zlib.decompressobj(wbits=31)
        try:
            data = inflate.decompress(data, most_bytes + 1)
        except zlib.error:
            raise malformed("gzip", "the bytes are not gzip") from None
        if len(data) <= most_bytes and (not inflate.eof or inflate.unused_data):
            raise malformed("gzip", "the bytes are not one whole piece of gzip")
    elif encoding not in (IDENTITY, ""):
        raise bad_field("MALFORMED_REQUEST", "(encoding)", "must be gzip or identity")
    if len(data) > most_bytes:
        raise too_large(len(data), most_bytes, "at least " if encoding == GZIP else "")
    return data


def packed(data: bytes) -> bytes:
    """The bytes with gzip, quickly."""
    deflate = zlib.compressobj(level=1, wbits=31)
    return deflate.compress(data) + deflate.flush()


async def aside(work: Callable[[bytes], bytes], data: bytes) -> bytes:
    """What the work makes of these bytes; in a thread if there are many, since others wait."""
    return work(data) if len(data) < SLOW_BYTES else await asyncio.to_thread(work, data)


def too_large(size: int, most_bytes: int, how: str = "") -> Failed:
    """The refusal of a request of so many bytes."""
    return bad_field(
        "TOO_LARGE",
        "(request)",
        f"the request has {how}{size} bytes; at most {most_bytes} are allowed",
        size_bytes=str(size),
        limit_bytes=str(most_bytes),
    )
