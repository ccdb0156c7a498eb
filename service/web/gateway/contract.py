"""Calls of the contract's methods by their paths, such as /chancery.v1.VisitService/GetVisit."""

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from service.web.board import board_of
from service.web.gateway.calls import Call, Gone
from service.web.gateway.failures import Failed
from service.web.gateway.protocols import Protocol, Streamed, in_json
from service.web.gateway.sites import check_site, preflight, shared
from service.web.gateway.speaking import method_at, protocol_of

# What nobody receives any more.
_GONE = 499


async def called(request: Request) -> Response:
    """Call the method that the path names."""
    allowed = board_of(request).settings.cors
    if request.method == "OPTIONS":
        return preflight(request, allowed)
    try:
        response = await _answer(request)
    except (ClientDisconnect, Gone):
        response = Response(status_code=_GONE)
    return shared(request, response, allowed)


async def _answer(request: Request) -> Response:
    board = board_of(request)
    protocol: Protocol | None = None
    try:
        method = method_at(request.url.path)
        protocol = protocol_of(request, method)
        if not method.reads:
            check_site(request, board.settings.cors)
        call = Call.of(request, method, await protocol.request(request))
        if method.streams and isinstance(protocol, Streamed):
            frames = call.frames(board.channel, protocol)
            return StreamingResponse(frames, 200, protocol.headers, protocol.media_type)
        return await protocol.answer(await call.answer(board.channel, request.receive))
    except Failed as failed:
        return protocol.failed(failed) if protocol is not None else in_json(failed)


ROUTES = [Route("/chancery.v1.{service}/{method}", called, methods=["GET", "POST", "OPTIONS"])]
