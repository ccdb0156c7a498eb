"""The live line: tells a page that is open that something has changed, as server-sent events.

It never tells what: whoever wants to know asks for the page again.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, suppress

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from chancery.client import AsyncConnection
from chancery.client.errors import ChanceryError
from service.limits import WEB_SILENT_SECONDS
from service.web.board import board_of
from service.web.caller import caller_of
from service.web.lines import Line, Watch

EVENTS = "text/event-stream"
HEADERS = {"X-Accel-Buffering": "no"}
# Milliseconds after which a browser opens a line again that was cut.
RETRY = "retry: 2000\n\n"
ALIVE = ": still there\n\n"
# Digits of a position at most.
DIGITS = 18
FULL = "As many pages follow live as the board can serve. Load this page again to see what is new."


async def live(request: Request) -> Response:
    """Follow the log after a position, or one visit in it.

    ``after`` is the position that the page shows, ``visit`` the visit that it is about. A browser
    that comes back says by ``Last-Event-ID`` what it was told last. Each event has the position of
    the newest change, and how many there are after ``after``.
    """
    board = board_of(request)
    after = _position(request.query_params.get("after", ""))
    told = _position(request.headers.get("last-event-id", "0"))
    if board.lines.are_full:
        raise HTTPException(503, FULL, {"Retry-After": "60"})
    connection = board.connection(request)
    info = await connection.info()
    visit = request.query_params.get("visit", "")
    if visit:
        visit = (await connection.visit(visit)).name
    elif info.caller_role is None:
        raise HTTPException(401, "Only who has signed in can follow live.")
    if max(after, told) > info.head_position:  # that was another log
        after = told = 0
    opened = board.lines.opened(caller_of(request), connection, info, visit)
    if request.method == "HEAD":
        return Response(headers=HEADERS, media_type=EVENTS)
    events = _events(opened, connection, after, max(after, told))
    return StreamingResponse(events, headers=HEADERS, media_type=EVENTS)


async def _events(
    opened: AbstractContextManager[tuple[Line, Watch]],
    connection: AsyncConnection,
    after: int,
    told: int,
) -> AsyncIterator[str]:
    """What is sent to a viewer who was told of what is there up to a position."""
    yield RETRY  # the head and a first line go at once, so that nobody takes the line for dead
    with opened as (line, watch), suppress(ChanceryError):
        base = await _begin(line, watch, connection, after)
        while True:
            if not await line.has_news(WEB_SILENT_SECONDS):
                yield ALIVE
            elif line.is_over:
                return
            elif line.position > told:
                told = line.position
                data = json.dumps({"position": told, "changes": line.number - base})
                yield f"id: {told}\nevent: change\ndata: {data}\n\n"


async def _begin(line: Line, watch: Watch, connection: AsyncConnection, after: int) -> int:
    """Tell what was recorded before the line was there, and give the number that counts from.

    :raises ChanceryError: the server refuses that, or does not answer.
    """
    if not line.visit:
        line.tell(watch.head, watch.head)
        return after
    shown = await connection.visit(line.visit, min_position=watch.head)
    missed = 0
    if shown.position > after:
        changes = connection.events(line.visit, after=after)
        missed = len([each async for each in changes if each.position <= shown.position])
    line.tell(shown.position, shown.version)
    return shown.version - missed


def _position(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= DIGITS):
        raise HTTPException(400, "Follow after a position in the log, such as after=17.")
    return int(text)


ROUTES: Sequence[BaseRoute] = (Route("/live", live, methods=["GET"]),)
