"""Turns: what one address has under way at a time, so that nobody is served at another's expense.

To the server behind it the board is one caller. So it has to part what it gets among those who
look: by their addresses, since a token that nobody has verified yet could be another each time.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service.limits import WEB_TURN_SECONDS, WEB_WAITING
from service.web import problems
from service.web.gateway.failures import Code, refused
from service.web.gateway.protocols import in_json
from service.web.lanes import CONTRACT, Lane, lane_of

BUSY = "Your address has asked for as much as the board does for one at a time. Try again soon."
RETRY_SECONDS = 2


class Busy(Exception):
    """An address has as much under way as it may have."""


@dataclass
class _Places:
    """The places of an address in a lane. ``asking`` counts who has one, or waits."""

    free: asyncio.Semaphore
    asking: int = 0


class Places:
    """The places of all addresses. Only those that are in use are kept."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, Lane], _Places] = {}

    @asynccontextmanager
    async def place(self, address: str, lane: Lane) -> AsyncIterator[None]:
        """Have a place of an address in a lane until the end of the block.

        :raises Busy: none becomes free in time, or too many wait for one.
        """
        key = address, lane
        places = self._places.setdefault(key, _Places(asyncio.Semaphore(lane.places)))
        if places.asking >= lane.places + (WEB_WAITING if lane.waits else 0):
            raise Busy
        places.asking += 1
        try:
            try:
                async with asyncio.timeout(WEB_TURN_SECONDS):
                    await places.free.acquire()
            except TimeoutError:
                raise Busy from None
            try:
                yield
            finally:
                places.free.release()
        finally:
            places.asking -= 1
            if not places.asking:
                del self._places[key]

    def __len__(self) -> int:
        return len(self._places)


class Turns:
    """Lets each address have some requests under way; further ones wait, or are refused."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._places = Places()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request when it is its turn."""
        lane = lane_of(Request(scope)) if scope["type"] == "http" else None
        if lane is None:
            await self._app(scope, receive, send)
            return
        address = (scope.get("client") or ("",))[0]
        try:
            async with self._places.place(address, lane):
                await self._app(scope, receive, send)
        except Busy:
            await _busy(Request(scope))(scope, receive, send)


def _busy(request: Request) -> Response:
    """The refusal as whoever asks reads it: who calls, a program that fetches, or a browser."""
    headers = {"Retry-After": str(RETRY_SECONDS)}
    if request.scope["path"].startswith(CONTRACT):
        retry = RetryInfo(retry_delay=Duration(seconds=RETRY_SECONDS))
        return in_json(refused(Code.RESOURCE_EXHAUSTED, "TOO_MANY_CALLS", BUSY, retry))
    if "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse(f"{BUSY}\n", 429, headers)
    response = problems.page(request, 429, BUSY)
    response.headers.update(headers)
    return response
