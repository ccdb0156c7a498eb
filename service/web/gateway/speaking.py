"""Which protocol a request speaks, by its method and the type of its content."""

import re

from starlette.requests import Request

from service.web.gateway.failures import Code, bad_field, refused
from service.web.gateway.methods import METHODS, Method
from service.web.gateway.protocols import (
    JSON,
    PROTO,
    ConnectStream,
    GrpcWeb,
    Lines,
    Protocol,
    Whole,
    takes_gzip,
)

_TYPE = re.compile(
    r"application/(?P<framing>connect\+|grpc-web(?P<text>-text)?(?:\+|$))?(?P<encoding>json|proto)?",
    re.ASCII,
)
_OTHER_NAME = "application/x-ndjson"


def method_at(path: str) -> Method:
    """The method at a path.

    :raises Failed: there is none, or it is not one to be called from here.
    """
    method, name = METHODS.get(path), path.removeprefix("/")
    if method is None:
        message = f"this server does not serve {name}"
    elif method.takes_many:
        message = (
            f"{method.name} takes a stream of requests, which comes by gRPC alone: call it at the "
            "server's own port, or record up to 100 changes at once with ApplyChanges"
        )
    else:
        return method
    raise refused(Code.UNIMPLEMENTED, "METHOD_NOT_SERVED", message, method=name)


def protocol_of(request: Request, method: Method) -> Protocol:
    """How the request wants to be read and answered.

    :raises Failed: it is of no type that the method takes, or asks to record by GET.
    """
    gzip = takes_gzip(request.headers, "accept-encoding")
    if request.method != "POST":
        if not method.reads or (method.streams and request.method == "HEAD"):
            message = f"{method.name} is called by POST"
            raise refused(
                Code.UNIMPLEMENTED,
                "METHOD_NOT_SERVED",
                message,
                http_status=405,
                headers={"allow": "POST"},
                method=method.path.removeprefix("/"),
            )
        if method.streams:
            return _lines(request, method)
        return Whole(method, _asked_encoding(request), gzip)
    if request.headers.get("connect-protocol-version", "1") != "1":
        name = "metadata connect-protocol-version"
        raise bad_field("INVALID_FIELD", name, "must be 1, or left out")
    return _by_type(request, method, gzip)


def _lines(request: Request, method: Method) -> Lines:
    """Lines of JSON, under the name that the caller has for them."""
    if _OTHER_NAME in request.headers.get("accept", ""):
        return Lines(method, JSON, False, _OTHER_NAME)
    return Lines(method, JSON, False)


def _asked_encoding(request: Request) -> str:
    asked = request.query_params
    return PROTO if "message" in asked and asked.get("encoding") == PROTO else JSON


def _by_type(request: Request, method: Method, gzip: bool) -> Protocol:
    given = request.headers.get("content-type", "")
    essence, _, rest = given.replace(" ", "").lower().partition(";")
    found = _TYPE.fullmatch(essence)
    if found is None or rest not in ("", "charset=utf-8") or essence.endswith(("/", "+")):
        raise _not_taken(method, given)
    encoding = found["encoding"] or PROTO
    if (found["framing"] or "").startswith("grpc-web"):
        packs = takes_gzip(request.headers, GrpcWeb.ACCEPTED)
        return GrpcWeb(method, encoding, packs, is_text=bool(found["text"]))
    if found["framing"]:
        if not method.streams:
            raise _not_taken(method, given)
        packs = takes_gzip(request.headers, ConnectStream.ACCEPTED)
        return ConnectStream(method, encoding, packs)
    if not method.streams:
        return Whole(method, encoding, gzip)
    if encoding != JSON:
        raise _not_taken(method, given)
    return _lines(request, method)


def _not_taken(method: Method, given: str) -> Exception:
    """The refusal of a type of content. Pages of other sites can send text and forms: not taken."""
    kinds = ["application/json"]
    if method.streams:
        kinds += ["application/connect+json", "application/connect+proto"]
    else:
        kinds.append("application/proto")
    kinds += ["application/grpc-web+proto", "application/grpc-web-text+proto"]
    accepted = ", ".join(kinds)
    return bad_field(
        "INVALID_FIELD",
        "metadata content-type",
        f"must be application/json with JSON, or one of {accepted}; it is {given or 'missing'}",
        http_status=415,
        headers={"accept-post": accepted},
    )
