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

    A browser says which site it is, in the one header or the other. Without this, any page that is
    open on this machine could record changes at a server that knows no callers.

    :raises Failed: it is another site.
    """
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if site is None:
        is_ours = origin is None or origin.partition("://")[2] == request.headers.get("host")
    else:  # behind a proxy the host that it asked for may be another
        is_ours = site in ("none", "same-origin")
    if not is_ours and not _is_allowed(origin, allowed):
        message = f"pages of {origin or 'another site'} may not record changes here"
        raise refused(Code.PERMISSION_DENIED, "NOT_PERMITTED", message)


def preflight(request: Request, allowed: Sequence[str]) -> Response:
    """The answer to a browser that asks what a page of another site may call."""
    origin = request.headers.get("origin")
    if not _is_allowed(origin, allowed):
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


def _is_allowed(origin: str | None, allowed: Sequence[str]) -> bool:
    """Whether pages of an origin may call here. A browser may leave out which it is."""
    return origin in allowed or (ANY in allowed and origin is not None)
