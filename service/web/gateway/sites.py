"""Pages of other sites: what they may call, and what they may read (CORS)."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from service.limits import PREFLIGHT_SECONDS
from service.web.gateway.failures import Code, refused

ANY = "*"
_HEADERS = ", ".join(
    (
        "authorization",
        "chancery-actor",
        "chancery-actor-bin",
        "connect-protocol-version",
        "connect-timeout-ms",
        "content-type",
        "grpc-timeout",
        "x-grpc-web",
        "x-user-agent",
    )
)


def check_site(request: Request, allowed: Sequence[str]) -> None:
    """Refuse what would change something if a page of a site asks that is not allowed to.

    A browser says which site it is. Without this, any page that is open on this machine could
    record changes at a server that knows no callers.

    :raises Failed: it is another site.
    """
    origin = request.headers.get("origin")
    if origin is None:
        is_ours = request.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
    else:
        is_ours = _is_own(request, origin) or _is_allowed(origin, allowed)
    if not is_ours:
        message = f"pages of {origin or 'another site'} may not record changes here"
        raise refused(Code.PERMISSION_DENIED, "NOT_PERMITTED", message)


def preflight(request: Request, allowed: Sequence[str]) -> Response:
    """The answer to a browser that asks what a page of another site may call."""
    origin = request.headers.get("origin")
    if origin is None or not (_is_own(request, origin) or _is_allowed(origin, allowed)):
        return PlainTextResponse("pages of this origin may not call here\n", 403)
    headers = {
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": _HEADERS,
        "access-control-max-age": str(PREFLIGHT_SECONDS),
    }
    return shared(request, Response(status_code=204, headers=headers), allowed)


def shared(request: Request, response: Response, allowed: Sequence[str]) -> Response:
    """The response, which pages of the origins that are allowed may read.

    Cookies are never allowed: nothing here reads any.
    """
    if not allowed:
        return response
    response.headers.append("vary", "Origin")
    origin = request.headers.get("origin")
    if origin is not None and _is_allowed(origin, allowed):
        told = ANY if ANY in allowed else origin
        response.headers["access-control-allow-origin"] = told
    return response


def _is_allowed(origin: str, allowed: Sequence[str]) -> bool:
    return origin in allowed or ANY in allowed


def _is_own(request: Request, origin: str) -> bool:
    """Whether a page came from where it calls. Behind a proxy the scheme may be another."""
    return origin.partition("://")[2] == request.headers.get("host")
