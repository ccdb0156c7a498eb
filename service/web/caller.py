"""Who sent a request."""

from dataclasses import dataclass

from starlette.requests import Request


@dataclass(frozen=True)
class WebCaller:
    """Whoever sent a request: with a token, or under a name that nobody verifies, or neither."""

    token: str = ""
    actor: str = ""


def caller_of(request: Request) -> WebCaller:
    """Who sent a request, by the token that it carries."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return WebCaller(token=token.strip() if scheme.lower() == "bearer" else "")
