"""Whom the board answers, from where it takes what changes something, and what pages may do."""

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.web import problems
from service.web.board import board_of, is_loopback
from service.web.lanes import CONTRACT, STATIC

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("style", "script", "font", "img", "connect")),
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ASKING = ("GET", "HEAD", "OPTIONS")


class Policy:
    """Refuses what other sites send in somebody's name, and adds the headers that keep pages in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith(STATIC):
                    headers.add_vary_header("Authorization, Cookie")
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        app = self._app
        if scope["type"] == "http":
            request = Request(scope)
            if not _is_ours(request):
                host = request.headers.get("host", "")[:100]
                text = f"This board does not answer as “{host}”. Its operator can name it so."
                app = problems.page(request, 421, text)
            elif not _may_change(request):
                text = "This came from a page of another site, or from no page. Open the form here."
                app = problems.page(request, 403, text)
        await app(scope, receive, send_with_headers)


def _is_ours(request: Request) -> bool:
    """Whether the board goes by the name that a request was sent to.

    Any name can be made to lead to this machine. So where the board is for this machine alone, it
    answers only by a name that is always this machine's, or by its public one.
    """
    listening = (request.scope.get("server") or ("",))[0]
    if not is_loopback(listening):
        return True
    host = _host(f"//{request.headers.get('host', '')}")
    return is_loopback(host) or host == _host(board_of(request).settings.public) != ""


def _may_change(request: Request) -> bool:
    """Whether a request only asks, or comes from a page of the board itself.

    A cookie is no proof: another port of the same host gets it too. Browsers say where a request
    comes from; old ones by the origin alone. Over the contract no cookie counts, and what other
    sites may do there has rules of its own.
    """
    if request.method in ASKING or request.url.path.startswith(CONTRACT):
        return True
    if site := request.headers.get("sec-fetch-site"):
        return site == "same-origin"
    host = request.headers.get("host", "")
    own = {f"{request.url.scheme}://{host}", board_of(request).settings.public.rstrip("/")}
    return request.headers.get("origin", "") in own - {""}


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
