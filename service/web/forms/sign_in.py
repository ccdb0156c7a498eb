"""Signing in with a token, where the server knows its callers, and signing out."""

import math
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chancery.client.errors import NotAuthenticated
from service.web import form_body
from service.web.board import board_of, is_loopback
from service.web.caller import begin_session, end_session, is_token
from service.web.look_back import LookBack
from service.web.page import Page

REFUSED = "The server does not know this token. It may have ended, or been taken back"


async def show(request: Request) -> Response:
    """The form, or what is missing for it."""
    return await _draw(request, safe(request.query_params.get("next", "")))


async def send(request: Request) -> Response:
    """Sign in, and go to the page that was asked for."""
    inputs = await form_body.sent(request)
    board, address = board_of(request), request.client.host if request.client else ""
    after, token = safe(inputs.get("next", "")), inputs.get("token", "")
    if not keeps_cookies(request):
        return await _draw(request, after, status=400)
    if wait := board.attempts.wait(address):
        raise HTTPException(
            429,
            f"Too many tokens were wrong. Try again in {math.ceil(wait)} seconds.",
            {"Retry-After": str(math.ceil(wait))},
        )
    if problem := await _problem_with(request, token):
        board.attempts.failed(address)
        return await _draw(request, after, problem, status=422)
    response = RedirectResponse(after, 303)
    begin_session(request, response, token)
    return response


async def out(request: Request) -> Response:
    """Sign out."""
    response = RedirectResponse("/sign-in", 303)
    end_session(request, response)
    return response


def safe(address: str) -> str:
    """A page of this board to go to: ``address`` if it is one, or else the first page.

    Browsers read a backslash as a slash, and pass over control characters.
    """
    is_local = address.startswith("/") and not address.startswith(("//", "/sign-in"))
    if not is_local or "\\" in address or not address.isprintable():
        return "/"
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else address


def keeps_cookies(request: Request) -> bool:
    """Whether the browser keeps the cookie of a session: over https, or on this machine."""
    public = board_of(request).settings.public
    host = request.url.hostname or ""
    if request.url.scheme == "https" or is_loopback(host):
        return True
    return public.startswith("https://") and urlsplit(public).hostname == host


async def _problem_with(request: Request, token: str) -> str:
    """Why the server does not take a token; empty if it does."""
    if not token:
        return "Give your token"
    if not is_token(token):
        return "This is no token: one has no blanks, and letters without accents alone"
    try:
        info = await board_of(request).for_token(token).info()
    except NotAuthenticated:
        return REFUSED
    if info.callers_known and not info.caller:
        return REFUSED
    return ""


async def _draw(request: Request, after: str, problem: str = "", status: int = 200) -> Response:
    connection = board_of(request).for_token("")
    page = Page(request, connection, LookBack(), await connection.info())
    return page.draw(
        "forms/sign_in.html",
        status,
        after=after,
        problem=problem,
        keeps=keeps_cookies(request),
        host=request.url.hostname or "",
    )
