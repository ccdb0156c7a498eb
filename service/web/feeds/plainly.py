"""What went wrong, in plain text: whoever fetches a feed is a program, or has typed an address."""

import math
from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from chancery.client.errors import ChanceryError, InvalidRequest
from service.web import filters
from service.web.filters import BadAddress
from service.web.problems import HTTP_STATUS

Handler = Callable[[Request], Awaitable[Response]]

UNAUTHENTICATED, TOO_MANY, UNAVAILABLE = 401, 429, 503


def plainly(handler: Handler) -> Handler:
    """The same, with failures as plain text."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except BadAddress as error:
            return _told(400, str(error))
        except InvalidRequest as error:
            return _told(400, str(filters.refused(error) if error.fields else error))
        except HTTPException as error:
            return _told(error.status_code, error.detail)
        except ChanceryError as error:
            return _told(HTTP_STATUS.get(error.code(), 500), str(error), error.retry_after)

    return handle


def _told(status: int, text: str, retry_after: float = 0) -> Response:
    headers = {}
    if status == UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    if status in (TOO_MANY, UNAVAILABLE):
        headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    return PlainTextResponse(f"{text}\n", status, headers)
