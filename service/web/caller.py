"""Who sent a request, and the cookies that say so."""

from dataclasses import dataclass
from urllib.parse import quote, unquote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service.web.sessions import Sessions

# The id of a session. Browsers take such a cookie only over https, or from this machine, and
# only for this very host.
SESSION_COOKIE = "__Host-chancery"
# The name that somebody gave where nobody verifies it. It is trusted for nothing else.
NAME_COOKIE = "chancery-name"
NAME_SECONDS = 365 * 86_400


@dataclass(frozen=True)
class WebCaller:
    """Whoever sent a request: with a token, or under a name that nobody verifies, or neither."""

    token: str = ""
    actor: str = ""


def caller_of(request: Request) -> WebCaller:
    """Who sent a request.

    A token that it carries itself comes first: that is what scripts send, and what a proxy in
    front passes on. Else it is the token of the session that its cookie names. A token that could
    not be one counts as none.

    :raises HTTPException: it carries several, and nobody can know which of them counts.
    """
    given = request.headers.getlist("authorization")
    if len(given) > 1:
        raise HTTPException(401, "Credentials must come once: there are two Authorization headers.")
    scheme, _, token = next(iter(given), "").partition(" ")
    if scheme.lower() != "bearer":
        token = sessions_of(request).token(session_id_of(request))
    token = token.strip()
    return WebCaller(token=token if is_token(token) else "")


def is_token(text: str) -> bool:
    """Whether a text could be a token: such ones can be sent on."""
    return text.isascii() and text.isprintable() and " " not in text


def sessions_of(request: Request) -> Sessions:
    """The sessions of the board that a request came to."""
    sessions: Sessions = request.app.state.board.sessions
    return sessions


def session_id_of(request: Request) -> str:
    """The id that the request's cookie has; empty without one."""
    return request.cookies.get(SESSION_COOKIE, "")


def begin_session(request: Request, response: Response, token: str) -> None:
    """Begin a session with a new id, and end the one that there was."""
    end_session(request, response)
    session_id = sessions_of(request).begin(token)
    response.set_cookie(SESSION_COOKIE, session_id, path="/", secure=True, httponly=True)


def end_session(request: Request, response: Response) -> None:
    """End the session of a request, if it has one."""
    if session_id := session_id_of(request):
        sessions_of(request).end(session_id)
        response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True)


def name_of(request: Request) -> str:
    """The name that somebody gave before, to be shown where it is asked for again."""
    return unquote(request.cookies.get(NAME_COOKIE, ""), errors="replace")[:200]


def remember_name(response: Response, name: str) -> None:
    """Have a browser remember the name that somebody gave."""
    response.set_cookie(NAME_COOKIE, quote(name), NAME_SECONDS, path="/", httponly=True)
