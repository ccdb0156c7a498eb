"""The log in tiles, as C2SP tlog-tiles asks, for monitors, mirrors and witnesses.

``/checkpoint``, ``/tile/LEVEL/INDEX[.p/WIDTH]`` and ``/tile/entries/INDEX[.p/WIDTH]``. An entry is
the leaf of 48 bytes that the contract's GetInclusionProofResponse describes.
"""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chancery.v1.audit_service_pb2 import (
    GetCheckpointRequest,
    GetCheckpointResponse,
    GetTileRequest,
    GetTileResponse,
)
from service.limits import TILE_SECONDS
from service.web.board import board_of
from service.web.gateway.callers import AUTHORIZATION
from service.web.gateway.calls import Call, Gone
from service.web.gateway.failures import Code, Failed
from service.web.gateway.methods import METHODS
from service.web.gateway.sites import shared

_CHECKPOINT = METHODS["/chancery.v1.AuditService/GetCheckpoint"]
_TILE = METHODS["/chancery.v1.AuditService/GetTile"]
WIDTH = 256
# The index has three digits a step, all but the last after an x: x001/x234/067.
_PATH = re.compile(
    r"(?P<level>entries|\d|[1-5]\d|6[0-3])/(?P<index>(?:x\d{3}/){0,6}\d{3})(?:\.p/(?P<width>[1-9]\d{0,2}))?",
    re.ASCII,
)
_NOT_THERE = {Code.OUT_OF_RANGE, Code.INVALID_ARGUMENT, Code.NOT_FOUND}


async def checkpoint(request: Request) -> Response:
    """The latest signed checkpoint."""
    try:
        raw = await _asked(request, Call.of(request, _CHECKPOINT, _nothing()))
    except Failed as failed:
        return _failed(request, failed)
    except Gone:
        return Response(status_code=499)
    note = GetCheckpointResponse.FromString(raw).checkpoint
    return _shared(request, Response(note, 200, media_type="text/plain; charset=utf-8"))


async def tile(request: Request) -> Response:
    """A tile of the tree, or of the entries; 404 if there is none, or none of this width."""
    asked = _tile_at(request.path_params["path"])
    if asked is None:
        return _text(request, "there is no such tile", 404)
    try:
        raw = await _asked(request, Call.of(request, _TILE, asked.SerializeToString()))
    except Failed as failed:
        return _failed(request, failed)
    except Gone:
        return Response(status_code=499)
    headers = {"cache-control": _kept(request) if asked.width == WIDTH else "no-store"}
    data = GetTileResponse.FromString(raw).data
    return _shared(request, Response(data, 200, headers, "application/octet-stream"))


def _tile_at(path: str) -> GetTileRequest | None:
    """The tile at a path; None if no tile is written so."""
    found = _PATH.fullmatch(path)
    if found is None or found["index"].startswith("x000/"):
        return None
    index = int(found["index"].replace("x", "").replace("/", ""))
    width = int(found["width"] or WIDTH)
    if index >= 1 << 63 or (found["width"] and width >= WIDTH):
        return None
    if found["level"] == "entries":
        return GetTileRequest(entries=True, index=index, width=width)
    return GetTileRequest(level=int(found["level"]), index=index, width=width)


def _nothing() -> bytes:
    return GetCheckpointRequest().SerializeToString()


async def _asked(request: Request, call: Call) -> bytes:
    return await call.answer(board_of(request).channel, request.receive)


def _kept(request: Request) -> str:
    """Who may keep a full tile. What was given for credentials, nobody keeps for others."""
    who = "private" if AUTHORIZATION in request.headers else "public"
    return f"{who}, max-age={TILE_SECONDS}, immutable"


def _failed(request: Request, failed: Failed) -> Response:
    if failed.code in _NOT_THERE:
        return _text(request, "the log has no such tile, or not yet", 404)
    response = _text(request, failed.status.message, failed.http_status)
    response.headers.update(failed.headers)
    return response


def _text(request: Request, said: str, status: int) -> Response:
    said += "\n"
    return _shared(request, Response(said, status, media_type="text/plain; charset=utf-8"))


def _shared(request: Request, response: Response) -> Response:
    return shared(request, response, board_of(request).settings.cors)


ROUTES = [Route("/checkpoint", checkpoint), Route("/tile/{path:path}", tile)]
