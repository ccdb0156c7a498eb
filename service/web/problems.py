"""What went wrong, as a page that says what to do."""

from http import HTTPStatus
from urllib.parse import urlencode

import structlog
from grpc import StatusCode
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chancery.client.errors import ChanceryError, NotAuthenticated
from service.web.board import board_of, with_query
from service.web.caller import end_session
from service.web.look_back import LookBack
from service.web.page import Page

# The status of HTTP for a code of gRPC, as Connect has it.
HTTP_STATUS = {
    StatusCode.CANCELLED: 499,
    StatusCode.INVALID_ARGUMENT: 400,
    StatusCode.DEADLINE_EXCEEDED: 504,
    StatusCode.NOT_FOUND: 404,
    StatusCode.ALREADY_EXISTS: 409,
    StatusCode.PERMISSION_DENIED: 403,
    StatusCode.RESOURCE_EXHAUSTED: 429,
    StatusCode.FAILED_PRECONDITION: 400,
    StatusCode.ABORTED: 409,
    StatusCode.OUT_OF_RANGE: 400,
    StatusCode.UNIMPLEMENTED: 501,
    StatusCode.UNAVAILABLE: 503,
    StatusCode.UNAUTHENTICATED: 401,
}
HEADINGS = {
    400: "That cannot be asked",
    401: "Sign in first",
    403: "You may not do that",
    404: "There is no such page",
    405: "That cannot be done here",
    409: "The case has changed",
    413: "That is too much",
    415: "That is no form",
    421: "This is another board",
    429: "Too much at a time",
    503: "The service does not answer",
    504: "The service takes too long",
}

logger = structlog.get_logger()


async def failed(request: Request, error: Exception) -> Response:
    """A page about a call that the server refused, or did not answer."""
    assert isinstance(error, ChanceryError)
    if isinstance(error, NotAuthenticated):
        return sign_in(request)
    return page(request, HTTP_STATUS.get(error.code(), 500), str(error))


def sign_in(request: Request) -> Response:
    """To where one signs in, and from there back; a page that says so, if no page was asked for.

    The session, if it was that which was asked with, is over: its token is not taken any more.
    """
    address = with_query(request, request.url.path)
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        response: Response = RedirectResponse(f"/sign-in?{urlencode({'next': address})}", 303)
    else:
        response = page(request, 401, "Sign in, or send a token: Authorization: Bearer TOKEN.")
        response.headers["WWW-Authenticate"] = "Bearer"
    if "authorization" not in request.headers:
        end_session(request, response)
    return response


async def refused(request: Request, error: Exception) -> Response:
    """A page about a request that the board itself refused."""
    assert isinstance(error, HTTPException)
    detail = error.detail
    if detail == HTTPStatus(error.status_code).phrase:  # what nobody has put into words
        detail = "Look for it among the visits, or begin with today."
    response = page(request, error.status_code, detail)
    response.headers.update(error.headers or {})
    return response


async def broken(request: Request, error: Exception) -> Response:
    """A page about a defect of the board's own, which says nothing of it."""
    logger.error("page failed", path=request.url.path, exc_info=error)
    return page(request, 500, "This is a defect of the board. Its operator finds it in the log.")


def page(request: Request, status: int, message: str) -> Response:
    """A page about something that went wrong."""
    connection = board_of(request).for_token("")
    shown = Page(request, connection, LookBack.read(request.query_params))
    heading = HEADINGS.get(status, "Something went wrong")
    return shown.draw("error.html", status, heading=heading, message=message)
