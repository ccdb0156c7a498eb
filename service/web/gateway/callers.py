"""What a call sends on of whoever makes it: its own credentials, its name, and its deadline."""

import base64
import binascii
import re

from starlette.requests import Request

from service.limits import HTTP_CALL_SECONDS
from service.web.gateway.failures import Code, bad_field, refused

AUTHORIZATION = "authorization"
ACTOR, ACTOR_BIN = "chancery-actor", "chancery-actor-bin"
CONNECT_TIMEOUT, GRPC_TIMEOUT = "connect-timeout-ms", "grpc-timeout"

Metadata = tuple[tuple[str, str | bytes], ...]

# Seconds of each unit of grpc-timeout.
_UNITS = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}
_MILLISECONDS = re.compile(r"\d{1,10}(\.\d{1,10})?", re.ASCII)
_GRPC_TIMEOUT = re.compile(r"(\d{1,8})([HMSmun])", re.ASCII)


def metadata_of(request: Request) -> Metadata:
    """The metadata of a call: the credentials and the name of the caller, as they came.

    No cookie is read, so that no page of another site calls in somebody's name.

    :raises Failed: there are several credentials, or a header cannot be sent on.
    """
    found: list[tuple[str, str | bytes]] = []
    given = request.headers.getlist(AUTHORIZATION)
    if len(given) > 1:
        message = "the credentials must come once"
        raise refused(Code.UNAUTHENTICATED, "UNAUTHENTICATED", message)
    for name in (AUTHORIZATION, ACTOR):
        for value in request.headers.getlist(name):
            if not (value.isascii() and value.isprintable()):
                raise bad_field("INVALID_FIELD", f"metadata {name}", "must be ASCII")
            found.append((name, value))
    for value in request.headers.getlist(ACTOR_BIN):
        try:
            padded = value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4)
            found.append((ACTOR_BIN, base64.b64decode(padded, validate=True)))
        except (binascii.Error, ValueError):
            problem = "must be the UTF-8 of the name in base64"
            raise bad_field("INVALID_FIELD", f"metadata {ACTOR_BIN}", problem) from None
    return tuple(found)


def seconds_of(request: Request) -> float | None:
    """How long the caller waits, in seconds; None if it does not say.

    :raises Failed: it says so in another form than its protocol has.
    """
    headers = request.headers
    if (text := headers.get(CONNECT_TIMEOUT)) is not None:
        if not _MILLISECONDS.fullmatch(text):
            problem = "must be milliseconds, of at most 10 digits"
            raise bad_field("INVALID_FIELD", f"metadata {CONNECT_TIMEOUT}", problem)
        return min(float(text) / 1000, HTTP_CALL_SECONDS)
    if (text := headers.get(GRPC_TIMEOUT)) is not None:
        found = _GRPC_TIMEOUT.fullmatch(text)
        if found is None:
            problem = "must be a number of at most 8 digits and its unit: H, M, S, m, u or n"
            raise bad_field("INVALID_FIELD", f"metadata {GRPC_TIMEOUT}", problem)
        return min(float(found[1]) * _UNITS[found[2]], HTTP_CALL_SECONDS)
    return None
